"""Tickets with files, sold and given away."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from tests.integration.deliveries import sales as deliveries
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.schemas import GiftRead, GivenTicket, TicketGift
from ticketing_app.orders.service import gifts
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import promises, tickets
from ticketing_app.vault.service import reading


class FileSale(NamedTuple):
    sale: Sale
    file_id: UUID

    @property
    def buyer(self) -> UserRead:
        return self.sale.buyer

    @property
    def ticket(self) -> TicketRead:
        return self.sale.ticket


async def sell(buyer: UserRead | None = None) -> FileSale:
    """Sell a ticket with a file."""
    return await with_file(await deliveries.sell_files(str(db.new_id()).encode(), buyer=buyer))


async def sell_on(ticket: TicketRead) -> FileSale:
    """Sell a ticket that was listed again."""
    return await with_file(await sales.sell(ticket))


async def with_file(sale: Sale) -> FileSale:
    async with db.transaction() as session:
        promised = await promises.list_promises(session, ticket_ids=[sale.ticket.id])
    file_id = promised[sale.ticket.id].file_id
    assert file_id
    return FileSale(sale, file_id)


async def offer(sold: FileSale, friend: UserRead, giver: UserRead | None = None) -> GiftRead:
    """Offer a ticket to a friend, by default as its buyer."""
    giver = giver or sold.buyer
    async with db.transaction() as session:
        return await gifts.offer_gift(
            session, from_id=giver.id, file_id=sold.file_id, email=friend.email
        )


async def take(gift: GiftRead, friend: UserRead) -> GiftRead:
    async with db.transaction() as session:
        return await gifts.take_gift(session, gift_id=gift.id, user_id=friend.id)


async def withdraw(gift: GiftRead, giver: UserRead) -> GiftRead:
    async with db.transaction() as session:
        return await gifts.withdraw_gift(session, gift_id=gift.id, user_id=giver.id)


async def decline(gift: GiftRead, friend: UserRead) -> GiftRead:
    async with db.transaction() as session:
        return await gifts.decline_gift(session, gift_id=gift.id, user_id=friend.id)


async def give(sold: FileSale, friend: UserRead, giver: UserRead | None = None) -> GiftRead:
    return await take(await offer(sold, friend, giver), friend)


async def read(gift: GiftRead, viewer: UserRead) -> GiftRead:
    async with db.transaction() as session:
        return await gifts.get_gift(session, gift_id=gift.id, viewer_id=viewer.id)


async def list_given(user: UserRead) -> list[GivenTicket]:
    async with db.transaction() as session:
        return await gifts.list_given(session, user_id=user.id)


async def owner_of(file_id: UUID) -> UUID:
    async with db.transaction() as session:
        return (await reading.describe(session, file_ids=[file_id]))[file_id].owner_id


async def open_file(sold: FileSale, user: UserRead) -> None:
    await deliveries.open_files(sold.sale, user.id)


async def let_lapse(gift: GiftRead) -> None:
    """Move the end of the offer to a moment ago."""
    async with db.autocommit() as connection:
        await connection.execute(
            text("UPDATE gifts SET expires_at = clock_timestamp() WHERE id = :id"), {"id": gift.id}
        )


async def list_of_tickets(sold: FileSale, viewer: UserRead) -> list[TicketGift]:
    async with db.transaction() as session:
        return await gifts.list_of_tickets(
            session, viewer_id=viewer.id, ticket_ids=[sold.ticket.id]
        )


async def end_listing(ticket: TicketRead) -> None:
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=ticket.seller_id, ticket_id=ticket.id)
