"""Collects the notices of a kind into one mail a day."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.notices import repository, rules
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import telling
from ticketing_app.notices.views import catalog
from ticketing_app.notices.views.digests import DigestFacts

DIGEST = "digest"


async def make_digest(transaction: db.Transaction, key: str) -> timedelta | None:
    """Mail the notices since the last digest, if the person still wants mails of this kind."""
    user_id, _, kind = key.partition(".")
    async with transaction() as session:
        choices = await repository.list_choices(session, UUID(user_id), kind)
        if Channel.MAIL not in rules.wanted_channels(rules.KINDS[kind], choices):
            return None
        since = await repository.get_last_digest(session, UUID(user_id), kind)
        until = utc_now()
        facts = {
            "kind": kind,
            "since": (since or until - rules.FIRST_DIGEST).isoformat(),
            "until": until.isoformat(),
        }
        await telling.tell(
            session,
            user_id=UUID(user_id),
            kind=DIGEST,
            key=f"digest:{key}:{facts['since']}",
            facts=facts,
        )
    return None


async def prepare(session: AsyncSession, mail: DueMail) -> DigestFacts | None:
    """Return the lines; None for an unconfirmed address, as they contain words of users."""
    if mail.user_id is None or not mail.is_confirmed:
        return None
    kind = mail.facts["kind"]
    since, until = (datetime.fromisoformat(mail.facts[name]) for name in ("since", "until"))
    notices = await repository.list_between(session, mail.user_id, kind, since, until)
    if not notices:
        return None
    return DigestFacts(
        label=catalog.WORDINGS[kind].label,
        lines=tuple(catalog.draw_line(kind, notice.facts).text for notice in notices),
    )
