"""Facts of each kind for its letter, read just before the mail is sent."""

from collections.abc import Awaitable, Callable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import (
    account_facts,
    case_notices,
    delivery_notices,
    digesting,
    door_notices,
    event_facts,
    gift_notices,
    leaving_facts,
    order_facts,
)
from ticketing_app.notices.views.facts import Facts

# Returns None if the mail is no longer needed.
Prepare = Callable[[AsyncSession, DueMail], Awaitable[Facts | None]]


async def prepare(session: AsyncSession, mail: DueMail) -> Facts | None:
    return await PREPARE[mail.kind](session, mail)


PREPARE: Mapping[str, Prepare] = {
    digesting.DIGEST: digesting.prepare,
    "welcome": account_facts.prepare_welcome,
    "confirm_address": account_facts.prepare_confirm_address,
    "reset_password": account_facts.prepare_reset_password,
    "address_change": account_facts.prepare_address_change,
    "address_changed": account_facts.prepare_address_changed,
    "password_changed": account_facts.prepare_password_changed,
    "account_leaving": leaving_facts.prepare_leaving,
    "account_kept": leaving_facts.prepare_kept,
    "export_ready": leaving_facts.prepare_export_ready,
    "passkey_added": account_facts.prepare_passkey,
    "passkey_removed": account_facts.prepare_passkey,
    "new_signin": account_facts.prepare_new_signin,
    **dict.fromkeys(order_facts.STATUSES, order_facts.prepare),
    **dict.fromkeys(gift_notices.STATUSES, gift_notices.prepare),
    door_notices.DOOR: door_notices.prepare,
    **dict.fromkeys(delivery_notices.STATUSES, delivery_notices.prepare),
    "event_changed": event_facts.prepare,
    "event_cancelled": event_facts.prepare,
    "case_received": case_notices.prepare_received,
    "case_answered": case_notices.prepare_answered,
    "case_waits": case_notices.prepare_waits,
}
