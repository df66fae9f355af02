"""Tickets with files: claimed while they are for sale."""

from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from tests.integration.vault.tickets import ticket as inspected
from tests.integration.vault.tickets import upload
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.listings import ListingRead, ListingUpdate
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead
from ticketing_app.tickets.service import listings, tickets
from ticketing_app.vault.schemas import FileRead, Reader
from ticketing_app.vault.service import ownership, reading
from ticketing_app.vault.service.claims import KnownTicketError, UnknownFileError

pytestmark = pytest.mark.usefixtures("database")

CODES = (b"a-long-payload-1", b"a-long-payload-2")


async def uploaded(
    monkeypatch: pytest.MonkeyPatch, seller: UserRead, *payloads: bytes
) -> list[UUID]:
    taken = await upload(monkeypatch, seller, *(inspected(payload) for payload in payloads))
    return [item.id for item in taken.items]


def by_file(*file_ids: UUID) -> dict[str, Any]:
    return {"method": "file", "fileIds": [str(file_id) for file_id in file_ids]}


async def listed(seller: UserRead, *file_ids: UUID) -> ListingRead:
    seats = [str(nth) for nth, _ in enumerate(file_ids, 5)]
    return await factories.make_listing(*seats, seller=seller, delivery=by_file(*file_ids))


async def change(listing: ListingRead, **fields: Any) -> ListingRead:  # noqa: ANN401  # any field
    update = ListingUpdate.model_validate({"price": 40, **fields})
    async with db.transaction() as session:
        return await listings.update_listing(
            session, seller_id=listing.seller_id, listing_id=listing.id, listing=update
        )


async def describe(file_id: UUID) -> FileRead:
    async with db.transaction() as session:
        return (await reading.describe(session, file_ids=[file_id]))[file_id]


class TestList:
    async def test_gives_each_seat_its_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        first, second = await uploaded(monkeypatch, seller, *CODES)
        listing = await factories.make_listing(
            "12", "9", seller=seller, delivery=by_file(first, second)
        )
        assert listing.delivery
        assert (listing.delivery.method, listing.delivery.code_count) == (DeliveryMethod.FILE, 1)
        # In the order of the seats, the second of which comes first.
        assert listing.delivery.file_ids == [second, first]
        assert not listing.delivery.is_sealed
        async with db.transaction() as session:
            public = await listings.get_listing(session, listing_id=listing.id)
        assert public.delivery
        assert public.delivery.file_ids == []

    async def test_needs_a_file_for_each_ticket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        (file_id,) = await uploaded(monkeypatch, seller, CODES[0])
        with pytest.raises(InvalidInputError, match="one file for each"):
            await factories.make_listing("5", "6", seller=seller, delivery=by_file(file_id))

    async def test_rejects_a_file_of_another_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (file_id,) = await uploaded(monkeypatch, await factories.make_user(), CODES[0])
        with pytest.raises(UnknownFileError):
            await listed(await factories.make_user(), file_id)

    async def test_rejects_the_second_seller_of_a_barcode(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        thief = await factories.make_user()
        await listed(seller, *await uploaded(monkeypatch, seller, *CODES))
        with pytest.raises(KnownTicketError, match="for sale here already") as refused:
            await listed(thief, *await uploaded(monkeypatch, thief, CODES[1]))
        assert refused.value.known_file_id is None

    async def test_rejects_a_file_that_is_for_sale(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        file_ids = await uploaded(monkeypatch, seller, CODES[0])
        listing = await listed(seller, *file_ids)
        with pytest.raises(KnownTicketError) as refused:
            await listed(seller, *file_ids)
        assert refused.value.known_file_id == file_ids[0]
        async with db.transaction() as session:
            await listings.pause_listing(session, seller_id=seller.id, listing_id=listing.id)
        with pytest.raises(KnownTicketError):
            await listed(seller, *file_ids)


class TestChange:
    async def test_keeps_the_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        file_ids = await uploaded(monkeypatch, seller, *CODES)
        listing = await listed(seller, *file_ids)
        changed = await change(listing, price=41)
        assert changed.delivery
        assert changed.delivery.file_ids == file_ids

    async def test_exchanges_the_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        first, second = await uploaded(monkeypatch, seller, *CODES)
        changed = await change(await listed(seller, first, second), delivery=by_file(second, first))
        assert changed.delivery
        assert changed.delivery.file_ids == [second, first]

    async def test_frees_a_file_that_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        old, new = await uploaded(monkeypatch, seller, *CODES)
        listing = await listed(seller, old)
        await change(listing, delivery=by_file(new))
        assert not (await describe(old)).is_claimed
        assert (await describe(new)).is_claimed
        await change(listing, delivery=None)
        assert not (await describe(new)).is_claimed


class TestWithdraw:
    async def test_of_a_listing_frees_its_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        other = await factories.make_user()
        listing = await listed(seller, *await uploaded(monkeypatch, seller, CODES[0]))
        async with db.transaction() as session:
            await listings.withdraw_listing(session, seller_id=seller.id, listing_id=listing.id)
        await listed(other, *await uploaded(monkeypatch, other, CODES[0]))

    async def test_of_a_ticket_frees_its_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        (file_id,) = await uploaded(monkeypatch, seller, CODES[0])
        ticket = await factories.make_ticket(seller, delivery=by_file(file_id))
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=ticket.id)
        assert not (await describe(file_id)).is_claimed


async def sold_with_file(monkeypatch: pytest.MonkeyPatch) -> tuple[Sale, UUID]:
    """Sell a ticket with a file, which is its buyer's then."""
    seller = await factories.make_user()
    (file_id,) = await uploaded(monkeypatch, seller, CODES[0])
    sale = await sales.sell(await factories.make_ticket(seller, delivery=by_file(file_id)))
    await move(file_id, seller.id, sale.buyer.id)
    return sale, file_id


async def move(file_id: UUID, from_id: UUID, to_id: UUID) -> None:
    async with db.transaction() as session:
        await ownership.move(session, file_ids=[file_id], from_id=from_id, to_id=to_id)


async def relist(ticket: TicketRead, owner: UserRead) -> TicketRead:
    again = TicketCreate.model_validate(
        {"title": ticket.title, "price": 50, "previousTicketId": str(ticket.id)}
    )
    async with db.transaction() as session:
        return await sell.sell_ticket(session, seller_id=owner.id, ticket=again)


@pytest.mark.usefixtures("stripe_books")
class TestSellAgain:
    async def test_moves_the_sealed_file_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, _ = await sold_with_file(monkeypatch)
        again = await relist(sale.ticket, sale.buyer)
        assert again.delivery
        assert (again.delivery.method, again.delivery.is_sealed) == (DeliveryMethod.FILE, True)
        seller = UserRead(id=sale.ticket.seller_id, email="")
        with pytest.raises(KnownTicketError, match="You sold this ticket on"):
            await listed(seller, *await uploaded(monkeypatch, seller, CODES[0]))

    async def test_shows_that_it_was_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_id = await sold_with_file(monkeypatch)
        reader = Reader(sale.buyer.id, db.new_id(), "192.0.2.7")
        async with db.transaction() as session:
            await reading.break_seal(session, file_ids=[file_id], reader=reader)
        again = await relist(sale.ticket, sale.buyer)
        assert again.delivery
        assert not again.delivery.is_sealed

    async def test_promises_nothing_without_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_id = await sold_with_file(monkeypatch)
        await move(file_id, sale.buyer.id, sale.ticket.seller_id)
        assert (await relist(sale.ticket, sale.buyer)).delivery is None
        # As it was: no owner loses a file without a refund.
        await move(file_id, sale.ticket.seller_id, sale.buyer.id)
