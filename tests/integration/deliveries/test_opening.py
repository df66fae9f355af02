"""Files belong to their buyer from the payment on; the seal is broken once, by its owner, for good."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import sales
from tests.integration.orders import given
from tests.integration.payments import groups
from tests.integration.payments import sales as payments
from ticketing_app.core import db
from ticketing_app.deliveries.service.opening import (
    NotOpenableError,
    NotTheBuyerError,
    PartNotFoundError,
    UnconfirmedReaderError,
)
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.orders.service.ownership import SeatNotFreeError
from ticketing_app.vault.service.reading import FileMissingError, FileSealedError

pytestmark = pytest.mark.usefixtures("stripe_books")


async def run(statement: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(statement), values)


class TestBegin:
    async def test_files_are_the_buyers_from_the_payment_on(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1", b"a-long-payload-2")
        delivery = await sales.read(sale.order.id)
        assert (delivery.status, delivery.method, delivery.due_at) == ("ready", "file", None)
        seen = await sales.get(sale)
        sold = await sales.get(sale, sale.ticket.seller_id)
        assert [item.number for item in seen.own_items] == [1, 2]
        assert sold.own_items == []
        hashes = [item.file.sha256 for item in seen.items if item.file]
        assert hashes == [item.file.sha256 for item in sold.items if item.file]

    async def test_waits_for_the_seller_if_a_file_is_gone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def find_none(*_: object, **__: object) -> dict[object, object]:
            return {}

        with monkeypatch.context() as patch:
            patch.setattr("ticketing_app.vault.service.reading.describe", find_none)
            sale = await sales.sell_files(b"a-long-payload-1")
        delivery = await sales.read(sale.order.id)
        assert (delivery.status, delivery.method) == ("waiting", "file_later")
        assert delivery.due_at


class TestOpenDelivery:
    async def test_is_sealed_until_the_buyer_opens_it(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1", b"a-long-payload-2")
        with pytest.raises(FileSealedError):
            await sales.read_part(sale)
        opened = await sales.open_files(sale)
        assert opened.status == "received"
        assert all(item.file and item.file.opened_at for item in opened.items)
        assert await sales.read_part(sale, "2") == b"a-long-payload-2"
        assert await sales.read_part(sale, "2-code-1") == b"<svg>a-long-payload-2</svg>"
        assert await sales.read_part(sale, "1-page-1") == b"a page"

    async def test_a_seal_is_broken_once(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        first = await sales.open_files(sale)
        assert await sales.open_files(sale) == first
        assert await sales.steps(sale.order.id) == ["begin", "open"]

    async def test_only_the_buyer_opens_and_reads(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        stranger = await factories.make_user()
        with pytest.raises(DeliveryNotFoundError):
            await sales.open_files(sale, stranger.id)
        with pytest.raises(NotTheBuyerError):
            await sales.open_files(sale, sale.ticket.seller_id)
        await sales.open_files(sale)
        with pytest.raises(DeliveryNotFoundError):
            await sales.read_part(sale, user_id=stranger.id)
        with pytest.raises(PartNotFoundError):
            await sales.read_part(sale, user_id=sale.ticket.seller_id)

    @pytest.mark.parametrize("part", ["0", "2", "1-code-2", "1-page-2", "1-secrets", "clean"])
    async def test_other_parts_are_not_found(self, part: str) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        await sales.open_files(sale)
        with pytest.raises((PartNotFoundError, FileMissingError)):
            await sales.read_part(sale, part)

    async def test_nothing_to_open_before_the_seller_sent_it(self) -> None:
        sale = await sales.sell()
        with pytest.raises(NotOpenableError, match="not here yet"):
            await sales.open_files(sale)

    async def test_a_refund_ends_it(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        await groups.request_refund(sale, sale.ticket)
        with pytest.raises(NotOpenableError, match="refunded"):
            await sales.open_files(sale)
        assert (await sales.read(sale.order.id)).opened_at is None

    async def test_a_listed_ticket_stays_sealed(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        await payments.relist(sale.ticket, sale.buyer)
        with pytest.raises(SeatNotFreeError, match="for sale again"):
            await sales.open_files(sale)
        assert await sales.steps(sale.order.id) == ["begin"]

    async def test_another_owner_has_them_now(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        friend = await factories.make_user()
        await given.give(await given.with_file(sale), friend)
        with pytest.raises(NotOpenableError, match="another owner"):
            await sales.open_files(sale)
        opened = await sales.open_files(sale, friend.id)
        assert [item.number for item in opened.items] == [1]
        assert await sales.read_part(sale, user_id=friend.id) == b"a-long-payload-1"

    async def test_an_unconfirmed_address_opens_nothing(
        self, change_settings: Callable[..., None]
    ) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        await run("UPDATE users SET email_confirmed_at = NULL WHERE id = :id", id=sale.buyer.id)
        change_settings(unconfirmed_holds=1)
        with pytest.raises(UnconfirmedReaderError):
            await sales.open_files(sale)
        change_settings(unconfirmed_holds=0)
        await sales.open_files(sale)

    async def test_open_against_void_ends_void(self) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        opened, refunded = await asyncio.gather(
            sales.open_files(sale),
            groups.request_refund(sale, sale.ticket),
            return_exceptions=True,
        )
        assert refunded is None
        assert not isinstance(opened, BaseException) or isinstance(
            opened, NotOpenableError | SeatNotFreeError
        )
        delivery = await sales.read(sale.order.id)
        steps = await sales.steps(sale.order.id)
        assert delivery.status == "voided"
        assert ("open" in steps) == (delivery.opened_at is not None)
