"""Notices of a gift for the friend and the giver, and the facts of their mails."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.messaging.catalog import TicketGiven
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import telling
from ticketing_app.notices.service.order_facts import TICKET_FIELDS
from ticketing_app.notices.views.facts import TicketFacts
from ticketing_app.notices.views.gifts import GiftFacts
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import GiftSummary
from ticketing_app.orders.service import gifts

# A letter about a gift is sent while the gift has one of these statuses.
STATUSES: Mapping[str, frozenset[GiftStatus]] = {
    "gift_offered": frozenset({GiftStatus.OFFERED}),
    "gift_taken": frozenset({GiftStatus.TAKEN}),
    "gift_returned": frozenset({GiftStatus.DECLINED, GiftStatus.LAPSED}),
}


async def tell_change(session: AsyncSession, event: TicketGiven) -> None:
    kind = next((kind for kind, of in STATUSES.items() if event.status in of), None)
    gift = await gifts.get_summary(session, gift_id=event.gift_id)
    # The giver has withdrawn it themselves, or has lost the ticket and knows of the refund.
    if kind is None or gift.status not in STATUSES[kind]:
        return
    key = f"{kind}:{gift.id}"
    facts = {"gift_id": str(gift.id), "title": gift.ticket.title}
    if kind != "gift_offered":
        await telling.tell(session, user_id=gift.from_id, kind=kind, key=key, facts=facts)
    elif gift.to_email:
        await _tell_friend(session, gift, gift.to_email, key, facts)


async def _tell_friend(
    session: AsyncSession, gift: GiftSummary, address: str, key: str, facts: dict[str, str]
) -> None:
    friend = await users.find_user(session, email=address)
    # The bell of an account with an unconfirmed address may be a stranger's.
    if friend and friend.email_confirmed_at:
        await telling.tell(session, user_id=friend.id, kind="gift_offered", key=key, facts=facts)
    else:
        await telling.tell_address(
            session, address=address, kind="gift_offered", key=key, facts={"gift_id": str(gift.id)}
        )


async def prepare(session: AsyncSession, mail: DueMail) -> GiftFacts | None:
    gift = await gifts.get_summary(session, gift_id=UUID(mail.facts["gift_id"]))
    if gift.status not in STATUSES[mail.kind]:
        return None
    ticket = gift.ticket.model_dump(include=set(TICKET_FIELDS), exclude_none=True)
    return GiftFacts(
        gift_id=gift.id,
        from_email=gift.from_email,
        expires_at=gift.expires_at,
        is_opened=gift.opened_at is not None,
        ticket=TicketFacts.model_validate(ticket),
    )
