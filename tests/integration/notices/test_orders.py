from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests import factories
from tests.integration.deliveries import sales as deliveries
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.payments import sales
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.deliveries.rules import Transition
from ticketing_app.messaging.catalog import CATALOG, ChargeRefunded, DeliveryChanged
from ticketing_app.notices import subscribers
from ticketing_app.notices.service import preparing, reminding, sending
from ticketing_app.notices.views.facts import OrderFacts
from ticketing_app.orders.service import release

ALL = (
    "OrderCreated",
    "OrderUpdated",
    "OrderCancelled",
    "OrderExpired",
    "OrderCompleted",
    "ChargeRefunded",
)


async def told(user: UserRead) -> list[str]:
    return await sends.column(
        "SELECT kind FROM notices WHERE user_id = :id ORDER BY id", id=user.id
    )


async def mailed() -> list[str]:
    return await sends.column(
        "SELECT n.kind FROM sends s JOIN notices n ON n.id = s.notice_id ORDER BY s.id"
    )


async def forget_confirmation(user: UserRead) -> None:
    await sends.column(
        "UPDATE users SET email_confirmed_at = NULL WHERE id = :id RETURNING id", id=user.id
    )


async def facts_of(kind: str) -> OrderFacts | None:
    """Prepare the mail of this kind."""
    [send_id] = await sends.column(
        "SELECT s.id FROM sends s JOIN notices n ON n.id = s.notice_id WHERE n.kind = :kind",
        kind=kind,
    )
    async with db.transaction() as session:
        mail = await sending.read_mail(session, send_id)
        assert mail
        facts = await preparing.prepare(session, mail)
    assert facts is None or isinstance(facts, OrderFacts)
    return facts


@pytest.mark.usefixtures("database")
class TestHold:
    async def test_tells_the_seller_once(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        order = await factories.hold(ticket)
        await deliver(*ALL)
        [event] = await factories.recorded_events("NoticeCreated")
        assert (event["user_id"], event["kind"]) == (str(seller.id), "order_started")
        assert await told(seller) == ["order_started"]
        facts = await sends.column("SELECT facts FROM notices")
        assert facts == [
            {
                "order_id": str(order.id),
                "ticket_id": str(ticket.id),
                "title": "The Paper Lanterns",
                "quantity": 1,
                "price_cents": 4000,
                "currency": "usd",
            }
        ]
        assert await mailed() == []

    async def test_tells_the_buyer_that_it_expired(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await factories.let_hold_lapse(order.id)
        await sales.expire_due()
        await deliver(*ALL)
        assert await told(buyer) == ["order_expired"]

    async def test_mails_the_buyer_that_it_was_cancelled(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold_tickets(await factories.make_tickets_together(seats=2), buyer)
        async with db.transaction() as session:
            await release.cancel_unpaid(session, order_id=order.id, is_excused=True)
        await deliver(*ALL)
        assert await told(buyer) == ["order_cancelled"]
        facts = await facts_of("order_cancelled")
        assert facts
        assert (facts.order_id, facts.quantity, facts.price_cents) == (order.id, 2, 8000)
        assert [ticket.price_cents for ticket in facts.tickets] == [4000, 4000]

    async def test_says_nothing_about_an_own_release(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        await deliver(*ALL)
        assert await told(buyer) == []

    async def test_unconfirmed_address_reads_no_words_of_users(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        async with db.transaction() as session:
            await release.cancel_unpaid(session, order_id=order.id, is_excused=True)
        await forget_confirmation(buyer)
        await deliver(*ALL)
        facts = await facts_of("order_cancelled")
        assert facts
        assert (facts.title, facts.tickets, facts.quantity) == ("", (), 1)


@pytest.mark.usefixtures("database")
class TestReminder:
    async def remind(self, order_id: UUID) -> timedelta | None:
        return await reminding.remind(db.transaction, str(order_id))

    async def test_waits_until_shortly_before_the_end(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await deliver(*ALL)
        [due_at] = await sends.column(
            "SELECT due_at FROM work WHERE kind = 'notices.hold_ending' AND key = :id",
            id=str(order.id),
        )
        assert due_at == order.expires_at - timedelta(minutes=3)
        assert await self.remind(order.id)
        assert await told(buyer) == []

    async def test_reminds_the_buyer_once(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await factories.let_hold_lapse(order.id, seconds_ago=-100)
        for _ in range(2):
            assert await self.remind(order.id) is None
        assert await told(buyer) == ["hold_ending"]

    async def test_reminds_of_no_order_that_is_over(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await factories.let_hold_lapse(order.id)
        assert await self.remind(order.id) is None
        assert await told(buyer) == []

    async def test_short_hold_has_none(self, change_settings: Callable[..., None]) -> None:
        change_settings(order_hold_seconds=100)
        await factories.hold(await factories.make_ticket())
        await deliver(*ALL)
        assert await sends.column("SELECT key FROM work WHERE kind = 'notices.hold_ending'") == []


@pytest.mark.usefixtures("stripe_books")
class TestSale:
    async def test_mails_buyer_and_seller_of_two_tickets(self) -> None:
        seller = await factories.make_user()
        tickets = await factories.make_tickets_together(seller, seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        sale = sales.Sale(buyer, tickets[0], order, await sales.open_payment(order, buyer))
        await sales.pay(sale)
        await deliver(*ALL)
        assert await told(buyer) == ["paid"]
        assert await told(seller) == ["order_started", "sold"]
        assert await mailed() == ["paid", "sold"]
        facts = await facts_of("paid")
        assert facts
        assert (facts.title, facts.quantity, facts.price_cents) == ("The Paper Lanterns", 2, 8000)

    async def test_tickets_that_come_later_are_announced_once(self) -> None:
        sale = await deliveries.sell_files(b"a-long-payload-1")
        (begun,) = await factories.recorded_events("DeliveryChanged")
        event = CATALOG["DeliveryChanged"].model_validate(begun)
        assert isinstance(event, DeliveryChanged)
        async with db.transaction() as session:
            await subscribers.on_delivery_changed(session, event)
        assert await told(sale.buyer) == []
        later = event.model_copy(update={"transition": Transition.HAND_OVER})
        for _ in range(2):
            async with db.transaction() as session:
                await subscribers.on_delivery_changed(session, later)
        assert await told(sale.buyer) == ["tickets_here"]
        facts = await facts_of("tickets_here")
        assert facts
        assert facts.is_here

    async def test_refund_meanwhile_replaces_the_receipt(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.refund_sale(sale)
        await deliver(*ALL)
        assert await mailed() == ["paid", "sold", "refunded", "sale_refunded"]
        assert await facts_of("paid") is None
        assert await facts_of("sold") is None
        facts = await facts_of("refunded")
        assert facts
        assert facts.refunded_cents == 4000

    async def test_receipt_names_the_tickets_to_an_unconfirmed_address(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await forget_confirmation(sale.buyer)
        await deliver(*ALL)
        facts = await facts_of("paid")
        assert facts
        assert facts.title
        assert len(facts.tickets) == 1

    async def test_refund_without_a_sale_concerns_the_buyer_only(self) -> None:
        sale = await sales.start_sale()
        event = ChargeRefunded(
            charge_id=sale.payment.id,
            charge_version=2,
            order_id=sale.order.id,
            amount_cents=4000,
            currency="usd",
            stripe_id="pi_1",
            stripe_refund_id="re_1",
        )
        async with db.transaction() as session:
            await subscribers.on_charge_refunded(session, event)
        assert await mailed() == ["refunded"]
