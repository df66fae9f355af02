"""Facts of each kind for its letter, read just before the mail is sent."""

from collections.abc import Awaitable, Callable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import case_notices, event_facts, order_facts
from ticketing_app.notices.views.account import WelcomeFacts
from ticketing_app.notices.views.facts import Facts

# Returns None if the mail is no longer needed.
Prepare = Callable[[AsyncSession, DueMail], Awaitable[Facts | None]]


async def prepare(session: AsyncSession, mail: DueMail) -> Facts | None:
    return await PREPARE[mail.kind](session, mail)


async def _welcome(_session: AsyncSession, _mail: DueMail) -> WelcomeFacts:
    return WelcomeFacts()


PREPARE: Mapping[str, Prepare] = {
    "welcome": _welcome,
    **dict.fromkeys(order_facts.STATUSES, order_facts.prepare),
    "event_changed": event_facts.prepare,
    "event_cancelled": event_facts.prepare,
    "case_received": case_notices.prepare_received,
    "case_answered": case_notices.prepare_answered,
    "case_waits": case_notices.prepare_waits,
}
