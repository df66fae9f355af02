"""Tickets with files, sold and given away."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from tests import factories
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.schemas import GiftRead, GivenTicket
from ticketing_app.orders.service import gifts
from ticketing_app.orders.service import ownership as owners
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.vault.inspection.results import Code
from ticketing_app.vault.schemas import Reader
from ticketing_app.vault.service import claims, ownership, reading, storing


class FileSale(NamedTuple):
    sale: Sale
    file_id: UUID

    @property
    def buyer(self) -> UserRead:
        return self.sale.buyer

    @property
    def ticket(self) -> TicketRead:
        return self.sale.ticket


async def put_file(ticket: TicketRead) -> UUID:
    """Keep a file for the listing, as if it was uploaded with it."""
    payload = str(ticket.id).encode()
    code = Code("QRCode", "]Q1", payload, 1, "<svg/>")
    new = storing.NewTicket("application/pdf", b"%PDF-" + payload, payload, 1, (code,))
    (file_id,) = await storing.store(db.transaction, owner_id=ticket.seller_id, tickets=[new])
    async with db.transaction() as session:
        await claims.claim(session, seller_id=ticket.seller_id, file_ids=[file_id], event_day=None)
    await attach(ticket, file_id)
    return file_id


async def attach(ticket: TicketRead, file_id: UUID) -> None:
    statement = "UPDATE tickets SET delivery_method = 'file', vault_file_id = :file WHERE id = :id"
    async with db.autocommit() as connection:
        await connection.execute(text(statement), {"file": file_id, "id": ticket.id})


async def sell(buyer: UserRead | None = None) -> FileSale:
    """Sell a ticket with a file."""
    ticket = await factories.make_ticket()
    file_id = await put_file(ticket)
    return await _sold(await sales.sell(ticket, buyer), file_id)


async def sell_on(ticket: TicketRead, file_id: UUID, buyer: UserRead | None = None) -> FileSale:
    """Sell a ticket that was listed again."""
    return await _sold(await sales.sell(ticket, buyer), file_id)


async def _sold(sale: Sale, file_id: UUID) -> FileSale:
    async with db.transaction() as session:
        await ownership.move(
            session, file_ids=[file_id], from_id=sale.ticket.seller_id, to_id=sale.buyer.id
        )
    return FileSale(sale, file_id)


async def relist(ticket: TicketRead, owner: UserRead, file_id: UUID) -> TicketRead:
    """List a ticket with its file again."""
    again = await sales.relist(ticket, owner)
    await attach(again, file_id)
    return again


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
    """Break the seal as the page of the order does."""
    async with db.transaction() as session:
        await owners.require_own(session, owner_id=user.id, ticket_ids=[sold.ticket.id])
        reader = Reader(user.id, db.new_id(), "192.0.2.7")
        await reading.break_seal(session, file_ids=[sold.file_id], reader=reader)


async def let_lapse(gift: GiftRead) -> None:
    """Move the end of the offer to a moment ago."""
    async with db.autocommit() as connection:
        await connection.execute(
            text("UPDATE gifts SET expires_at = clock_timestamp() WHERE id = :id"), {"id": gift.id}
        )
