"""Handlers of the order pages, called by the pages and with hostile arguments."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import order_payment, queries
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]
ChangeSettings = Callable[..., None]


async def present(order: OrderRead, buyer: UserRead) -> OrderStatus:
    async with db.transaction() as session:
        return (await queries.get_order(session, buyer_id=buyer.id, order_id=order.id)).status


async def held() -> tuple[UserRead, OrderRead]:
    buyer = await factories.make_user()
    return buyer, await factories.hold(await factories.make_ticket(), buyer)


async def open_order(tab: Tab, order: OrderRead, cookie: str) -> None:
    tab.open(f"/orders/{order.id}", cookie=cookie, order_id=str(order.id))
    await tab.call(OrderDetailState.load)


class TestResaleLink:
    @pytest.mark.usefixtures("stripe_books")
    async def test_shown_to_owner(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell()
        order_id = str(sale.order.id)
        cookie = await sign_in(sale.buyer)

        async def offers() -> list[str]:
            tab.open(f"/orders/{order_id}", cookie=cookie, order_id=order_id)
            await tab.call(OrderDetailState.load)
            await tab.call(OrderListState.load)
            listed = tab.state(OrderListState)
            (line,) = [line for group in listed.upcoming + listed.past for line in group.lines]
            (item,) = tab.state(OrderDetailState).items
            return [item.resale_href, line.resale_href]

        assert await offers() == [f"/tickets/new?previous={sale.ticket.id}"] * 2
        await sales.refund_sale(sale)
        assert await offers() == ["", ""]

    async def test_hidden_during_hold(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        assert [item.resale_href for item in tab.state(OrderDetailState).items] == [""]


class TestOrderDetailState:
    async def test_shows_hold_with_deadline(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        shown = tab.state(OrderDetailState)
        assert shown.order.heading == "Purchasing The Paper Lanterns"
        assert shown.order.deadline == order.expires_at.isoformat()
        assert [item.stub.price for item in shown.items] == ["$40"]
        assert (shown.is_loaded, shown.is_just_paid) == (True, False)

    async def test_shows_expiry_without_worker(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        await factories.let_hold_lapse(order.id)
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        shown = tab.state(OrderDetailState).order
        assert (shown.status, shown.can_pay) == ("expired", False)

    async def test_celebrates_payment_seen_on_page(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=order.id)
        await tab.call(OrderDetailState.load)
        assert tab.state(OrderDetailState).order.is_checking
        assert not tab.state(OrderDetailState).is_just_paid

    @pytest.mark.parametrize("order_id", ["nonsense", "", "' OR 1=1", "\x00"])
    async def test_reports_unknown_order(self, tab: Tab, sign_in: SignIn, order_id: str) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/orders/x", cookie=cookie, order_id=order_id)
        for handler in (OrderDetailState.load, OrderDetailState.release):
            await tab.call(handler)
            shown = tab.state(OrderDetailState)
            assert "could not find this order" in shown.error_message
            assert not shown.is_loaded

    async def test_hides_order_of_another_buyer(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/orders/{order.id}", cookie=cookie, order_id=str(order.id))
        for handler in (OrderDetailState.load, OrderDetailState.release):
            await tab.call(handler)
            assert "could not find this order" in tab.state(OrderDetailState).error_message
        assert await present(order, buyer) is OrderStatus.CREATED

    async def test_requires_sign_in(self, tab: Tab) -> None:
        buyer, order = await held()
        tab.open(f"/orders/{order.id}", order_id=str(order.id))
        for handler in (OrderDetailState.load, OrderDetailState.release):
            assert f"/auth/signin?next=%2Forders%2F{order.id}" in await tab.call(handler)
        assert await present(order, buyer) is OrderStatus.CREATED

    async def test_shows_timeline(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        async with db.transaction() as session:
            await order_payment.start_confirming(session, order_id=order.id)
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        await tab.call(OrderDetailState.release)
        assert [entry.text for entry in tab.state(OrderDetailState).timeline] == [
            "Ticket locked for you",
            "Payment started",
            "Order cancelled, ticket released",
        ]

    async def test_release_cancels_order(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.release)
        assert tab.state(OrderDetailState).order.status == "cancelled"
        assert await present(order, buyer) is OrderStatus.CANCELLED

    async def test_release_rejected_after_capture(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, order = await held()
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=order.id)
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        assert tab.state(OrderDetailState).refusals == 0
        await tab.call(OrderDetailState.release)
        assert "cannot be cancelled" in tab.state(OrderDetailState).error_message
        # Ends the pending state of a pressed button.
        assert tab.state(OrderDetailState).refusals == 1


class TestOrderListState:
    async def test_shows_own_orders_only(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, _ = await held()
        await held()
        tab.open("/orders", cookie=await sign_in(buyer))
        await tab.call(OrderListState.load)
        await tab.call(OrderListState.load_more)
        (group,) = tab.state(OrderListState).to_pay
        (line,) = group.lines
        assert (group.title, line.status_label) == ("The Paper Lanterns", "Waiting for payment")

    async def test_shows_the_chosen_section(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, _ = await held()
        tab.open("/orders", cookie=await sign_in(buyer))
        await tab.call(OrderListState.load)
        shown = tab.state(OrderListState)
        assert shown.section == "to_pay"
        await tab.call(OrderListState.choose, "past")
        assert shown.section == "past"
        await tab.call(OrderListState.choose, "nothing")
        assert shown.section == "past"
        # It has no orders.
        await tab.call(OrderListState.load)
        assert shown.section == "to_pay"

    @pytest.mark.usefixtures("stripe_books")
    async def test_has_a_bar_only_with_several_sections(self, tab: Tab, sign_in: SignIn) -> None:
        buyer, _ = await held()
        tab.open("/orders", cookie=await sign_in(buyer))
        await tab.call(OrderListState.load)
        shown = tab.state(OrderListState)
        assert not shown.has_sections
        await sales.sell(buyer=buyer)
        await tab.call(OrderListState.load)
        assert shown.has_sections

    async def test_shows_older_orders_on_request(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        buyer, _ = await held()
        for title in ("Second", "Third"):
            await factories.hold(await factories.make_ticket(title=title), buyer)
        monkeypatch.setattr("ticketing_app.ui.orders.state.DEFAULT_LIMIT", 1)
        monkeypatch.setattr("ticketing_app.ui.orders.queries.MAX_LIMIT", 1)
        tab.open("/orders", cookie=await sign_in(buyer))
        shown = tab.state(OrderListState)
        shown._limit = 1
        await tab.call(OrderListState.load)
        assert ([group.title for group in shown.to_pay], shown.has_more) == (["Third"], True)
        await tab.call(OrderListState.load_more)
        assert {group.title for group in shown.to_pay} == {"Second", "Third"}
        monkeypatch.setattr("ticketing_app.ui.orders.state.MAX_ROWS", 2)
        await tab.call(OrderListState.load_more)
        assert (len(shown.to_pay), shown.has_more) == (2, False)
        monkeypatch.setattr("ticketing_app.ui.orders.state.MAX_ROWS", 9)
        await tab.call(OrderListState.load_more)
        assert (len(shown.to_pay), shown.has_more) == (3, False)

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/orders")
        for handler in (OrderListState.load, OrderListState.load_more):
            assert "/auth/signin?next=%2Forders" in await tab.call(handler)


class TestHoldAgain:
    async def test_holds_as_many_tickets_at_the_price_of_now(
        self, tab: Tab, sign_in: SignIn, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_cooldown_seconds=0)
        tickets = await factories.make_tickets_together(seats=3, price=68)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets[:2], buyer)
        await open_order(tab, order, await sign_in(buyer))
        shown = tab.state(OrderDetailState)
        assert shown.order.again_key == ""
        await tab.call(OrderDetailState.release)
        assert shown.order.again_label == "Hold them again"
        assert shown.order.again_price == "2\xa0tickets · $68\xa0each · $136\xa0total"
        answer = await tab.call(OrderDetailState.purchase, shown.order.again_fields)
        assert "/orders/" in answer
        assert str(order.id) not in answer

    async def test_counts_down_the_pause(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        buyer = await factories.make_user()
        order = await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 901)
        await open_order(tab, order, await sign_in(buyer))
        shown = tab.state(OrderDetailState)
        assert (shown.order.again_label, shown.order.again_price) == ("Hold it again", "$40")
        assert await tab.call(OrderDetailState.purchase, shown.order.again_fields) == ""
        assert shown.paused_key == shown.order.again_key
        assert "you can hold it again in" in shown.error_message

    async def test_pause_is_for_all_tickets(self, tab: Tab, sign_in: SignIn) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        await factories.let_time_pass(tickets[0].id, 901)
        await open_order(tab, order, await sign_in(buyer))
        shown = tab.state(OrderDetailState)
        await tab.call(OrderDetailState.purchase, shown.order.again_fields)
        assert "You had these tickets for a while" in shown.error_message
        assert "you can hold them again in" in shown.error_message

    @pytest.mark.parametrize("taken", [1, 2])
    async def test_is_not_offered_for_tickets_that_are_gone(
        self, tab: Tab, sign_in: SignIn, taken: int
    ) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        await factories.let_time_pass(tickets[0].id, 901)
        await factories.hold_tickets(tickets[:taken])
        await open_order(tab, order, await sign_in(buyer))
        assert tab.state(OrderDetailState).order.is_over
        assert tab.state(OrderDetailState).order.again_key == ""
