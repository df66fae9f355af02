"""Notices of a case for its reporter and the operator, and the facts of their mails.

The facts of cases come with their events: `cases` and `notices` do not import each other.
"""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging.catalog import CaseChanged, CaseOpened
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import telling
from ticketing_app.notices.views.cases import CaseAnsweredFacts, CaseReceivedFacts, CaseWaitsFacts


async def tell_opening(session: AsyncSession, event: CaseOpened) -> None:
    # The address is not confirmed: quoting the message would send any text to a stranger.
    await _tell_reporter(session, event, "case_received", {"number": event.number})
    # Without the e-mail of an account, which its erasure would have to find here.
    reporter = {"user_id": str(event.user_id)} if event.user_id else {"email": event.email}
    await telling.tell_address(
        session,
        address=get_settings().operator_email,
        kind="case_waits",
        key=f"case_waits:{event.case_id}",
        facts=event.model_dump(include={"number", "kind", "message"}) | reporter,
    )


async def tell_answer(session: AsyncSession, event: CaseChanged) -> None:
    facts = event.model_dump(include={"number", "answer", "message"})
    await _tell_reporter(session, event, "case_answered", facts)


async def _tell_reporter(
    session: AsyncSession, event: CaseOpened | CaseChanged, kind: str, facts: dict[str, str]
) -> None:
    key = f"{kind}:{event.case_id}:{event.case_version}"
    if event.user_id:
        await telling.tell(session, user_id=event.user_id, kind=kind, key=key, facts=facts)
    else:
        await telling.tell_address(session, address=event.email, kind=kind, key=key, facts=facts)


async def prepare_received(_session: AsyncSession, mail: DueMail) -> CaseReceivedFacts:
    return CaseReceivedFacts.model_validate(mail.facts)


async def prepare_answered(_session: AsyncSession, mail: DueMail) -> CaseAnsweredFacts:
    return CaseAnsweredFacts.model_validate(mail.facts)


async def prepare_waits(session: AsyncSession, mail: DueMail) -> CaseWaitsFacts:
    facts = dict(mail.facts)
    user_id = facts.pop("user_id", None)
    reporter = facts.pop("email", "")
    if user_id:
        reporter = (await users.get_user(session, user_id=UUID(user_id))).email
    kind = facts.pop("kind").replace("_", " ")
    return CaseWaitsFacts(reporter=reporter, kind=kind, **facts)
