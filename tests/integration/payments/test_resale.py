"""Refunds and disputes along a chain of sales: the owner of the seat and of the money."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import DISPUTED
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.service import order_payment, sell
from ticketing_app.orders.service.sell import NotTicketOwnerError, TicketStillHeldError
from ticketing_app.payments.rules import DISPUTE_KINDS
from ticketing_app.payments.service import alerts
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead

pytestmark = pytest.mark.usefixtures("database")


async def may_relist(ticket: TicketRead, user: UserRead) -> bool:
    async with db.transaction() as session:
        return ticket.id in await sell.list_relistable(
            session, owner_id=user.id, ticket_ids=[ticket.id]
        )


async def availability(ticket: TicketRead) -> Availability:
    return (await factories.read_ticket(ticket.id)).status


async def sold_on_orders() -> list[UUID | None]:
    async with db.transaction() as session:
        return [
            alert.order_id for alert in await alerts.list_open(session) if alert.kind == "sold_on"
        ]


async def held_relisting() -> tuple[Sale, Sale]:
    """A sells to B, and C holds B's listing of it."""
    first = await sales.sell()
    return first, await sales.start_sale(await sales.relist(first.ticket, first.buyer))


async def two_sales() -> tuple[Sale, Sale]:
    """A sells to B, and B to C."""
    first = await sales.sell()
    return first, await sales.sell(await sales.relist(first.ticket, first.buyer))


class TestHeldRelistingOfRefundedTicket:
    async def test_blocks_the_owner_until_its_buyer_has_paid(self) -> None:
        first, later = await held_relisting()
        await sales.refund_sale(first)
        seller = sales.seller_of(first.ticket)
        assert not await may_relist(first.ticket, seller)
        with pytest.raises(TicketStillHeldError):
            await sales.relist(first.ticket, seller)
        await sales.pay(later)
        assert await sales.statuses(later) == ("completed", "completed")
        assert await availability(later.ticket) is Availability.SOLD
        assert await sales.broken_rules() == []

    async def test_is_the_owners_again_when_the_hold_ends(self) -> None:
        first, later = await held_relisting()
        await sales.refund_sale(first)
        await sales.release(later)
        again = await sales.sell(await sales.relist(first.ticket, sales.seller_of(first.ticket)))
        assert await sales.statuses(again) == ("completed", "completed")
        assert await sales.broken_rules() == []

    async def test_refunded_between_claim_and_capture_is_sold_anyway(self) -> None:
        first, later = await held_relisting()
        await sales.press_pay(later)
        await emulator.enter_card(later.secret)
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=later.order.id)
        await sales.refund_sale(first)
        assert await availability(later.ticket) is Availability.WITHDRAWN
        with pytest.raises(TicketStillHeldError):
            await sales.relist(first.ticket, sales.seller_of(first.ticket))
        assert (await sales.settle_sale(later)).status == "completed"
        assert await sold_on_orders() == [later.order.id]
        assert await sales.broken_rules() == []


class TestCapturedOrderWithoutTicket:
    async def list_beside(self, first: Sale) -> None:
        """List the ticket once more, as the previous version does."""
        again = await factories.make_ticket(sales.seller_of(first.ticket))
        statement = text("UPDATE tickets SET previous_ticket_id = :previous WHERE id = :id")
        async with db.autocommit() as connection:
            await connection.execute(statement, {"previous": first.ticket.id, "id": again.id})

    async def test_is_refunded_automatically(self) -> None:
        first, later = await held_relisting()
        await sales.refund_sale(first)
        await self.list_beside(first)
        await sales.press_pay(later)
        await emulator.enter_card(later.secret)
        told = await sales.settle_sale(later)
        assert told.status in {"refunding", "refunded"}
        await sales.sweep()
        assert await sales.statuses(later) == ("refunded", "completed")
        (intent,) = [
            row for row in (await emulator.books())["intents"] if row["id"] in later.secret
        ]
        assert intent["captured"] == intent["refunded"] == 4000
        assert await sales.open_alerts() == ["no_ticket"]
        assert await sales.broken_rules() == []


class TestOwner:
    @pytest.mark.parametrize("is_newest_first", [True, False])
    async def test_of_a_chain_that_was_refunded_is_the_first_seller(
        self, *, is_newest_first: bool
    ) -> None:
        first, second = await two_sales()
        for sale in (second, first) if is_newest_first else (first, second):
            await sales.refund_sale(sale)
        for refunded in (first.buyer, second.buyer):
            for ticket in (first.ticket, second.ticket):
                assert not await may_relist(ticket, refunded)
                with pytest.raises(NotTicketOwnerError):
                    await sales.relist(ticket, refunded)
        seller = sales.seller_of(first.ticket)
        assert await may_relist(first.ticket, seller)
        again = await sales.relist(first.ticket, seller)
        assert again.previous_ticket_id == second.ticket.id
        sold = await sales.sell(again)
        assert await may_relist(again, sold.buyer)
        assert not await may_relist(first.ticket, seller)
        assert await sales.broken_rules() == []

    async def test_of_a_seat_whose_last_sale_was_refunded_is_the_buyer_before(self) -> None:
        first, second = await two_sales()
        await sales.refund_sale(second)
        assert await may_relist(second.ticket, first.buyer)
        assert await may_relist(first.ticket, first.buyer)
        assert not await may_relist(first.ticket, sales.seller_of(first.ticket))
        await sales.relist(first.ticket, first.buyer)
        assert await sales.broken_rules() == []

    async def test_loses_a_listing_further_down_the_chain(self) -> None:
        first, second = await two_sales()
        await sales.refund_sale(second)
        again = await sales.relist(second.ticket, first.buyer)
        await sales.refund_sale(first)
        assert await availability(again) is Availability.WITHDRAWN
        assert await may_relist(first.ticket, sales.seller_of(first.ticket))

    async def test_of_both_incomes_is_reported(self) -> None:
        first, second = await two_sales()
        await sales.refund_sale(first)
        with pytest.raises(NotTicketOwnerError):
            await sales.relist(first.ticket, sales.seller_of(first.ticket))
        assert await sold_on_orders() == [first.order.id]
        assert await may_relist(second.ticket, second.buyer)

    async def test_of_a_refunded_chain_is_not(self) -> None:
        first, second = await two_sales()
        for sale in (second, first):
            await sales.refund_sale(sale)
        assert await sold_on_orders() == []


class TestDisputedTicket:
    async def disputed(self) -> Sale:
        sale = await sales.start_sale()
        await sales.pay(sale, DISPUTED)
        return sale

    async def test_cannot_be_sold_on_until_the_dispute_is_won(self) -> None:
        sale = await self.disputed()
        assert await may_relist(sale.ticket, sale.buyer)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        assert not await may_relist(sale.ticket, sale.buyer)
        with pytest.raises(NotTicketOwnerError):
            await sales.relist(sale.ticket, sale.buyer)
        await emulator.answer_dispute(sale.secret, wins=True)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        assert await may_relist(sale.ticket, sale.buyer)

    async def test_cannot_be_sold_on_once_the_dispute_is_lost(self) -> None:
        sale = await self.disputed()
        await emulator.answer_dispute(sale.secret, wins=False)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        for user in (sale.buyer, sales.seller_of(sale.ticket)):
            assert not await may_relist(sale.ticket, user)

    async def test_goes_off_sale(self) -> None:
        sale = await self.disputed()
        again = await sales.relist(sale.ticket, sale.buyer)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        assert await availability(again) is Availability.WITHDRAWN

    async def test_that_was_sold_on_is_reported(self) -> None:
        sale = await self.disputed()
        later = await sales.sell(await sales.relist(sale.ticket, sale.buyer))
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        assert await sold_on_orders() == [sale.order.id]
        assert await may_relist(later.ticket, later.buyer)
