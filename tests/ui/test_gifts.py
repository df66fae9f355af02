"""A gift on its page and on that of its order, also with hostile arguments."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.orders import given
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import Settings
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import GiftRead
from ticketing_app.ui.deliveries.state import DeliveryState
from ticketing_app.ui.gifts.state import GiftState, GivingState
from ticketing_app.ui.gifts.views import LOST, gift_lines
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.sell.relist_state import RelistState

pytestmark = pytest.mark.usefixtures("stripe_books")
SignIn = Callable[[UserRead], Awaitable[str]]


@pytest.fixture
def see(tab: Tab, sign_in: SignIn) -> Callable[[GiftRead, UserRead], Awaitable[GiftState]]:
    """Return the page of a gift as this user sees it."""

    async def load(gift: GiftRead, viewer: UserRead) -> GiftState:
        cookie = await sign_in(viewer)
        tab.open(f"/gifts/{gift.id}", cookie=cookie, gift_id=str(gift.id))
        await tab.call(GiftState.load)
        return tab.state(GiftState)

    return load


See = Callable[[GiftRead, UserRead], Awaitable[GiftState]]


class TestGiftPage:
    async def test_of_a_friend_who_takes_it(self, tab: Tab, see: See) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        page = await see(gift, friend)
        assert page.gift.heading == "A ticket for you"
        assert page.gift.from_line == f"From {sold.buyer.email}. It costs you nothing."
        assert page.gift.seal_line.startswith("It was never opened")
        assert (page.gift.can_take, page.gift.can_withdraw) == (True, False)
        await tab.call(GiftState.take)
        assert (page.gift.heading, page.gift.is_yours) == ("Yours", True)
        assert page.gift.resale_href == f"/tickets/new?previous={sold.ticket.id}"
        (line,) = tab.state(GivingState).lines
        assert (line.can_give, line.file_id) == (True, str(sold.file_id))
        await tab.call(GiftState.take)
        assert page.error_message == "This ticket was taken already."

    async def test_without_mail_nothing_can_be_given_on(
        self, tab: Tab, see: See, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The pages may be built where another server sends the mails.
        monkeypatch.setattr(Settings, "has_mail", False)
        sold = await given.sell()
        friend = await factories.make_user()
        await see(await given.offer(sold, friend), friend)
        await tab.call(GiftState.take)
        assert tab.state(GivingState).lines == []

    async def test_of_a_friend_who_declines(self, tab: Tab, see: See) -> None:
        sold = await given.sell()
        await given.open_file(sold, sold.buyer)
        friend = await factories.make_user()
        page = await see(await given.offer(sold, friend), friend)
        assert page.gift.seal_line.startswith("It was opened on")
        await tab.call(GiftState.decline)
        assert (page.gift.heading, page.gift.can_take) == ("You said no, thanks", False)

    async def test_of_a_friend_with_an_unconfirmed_address(self, see: See) -> None:
        friend = await factories.make_user(is_confirmed=False)
        page = await see(await given.offer(await given.sell(), friend), friend)
        assert (page.gift.needs_confirmation, page.gift.can_take) == (True, False)

    async def test_of_its_giver(self, tab: Tab, see: See) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        page = await see(gift, sold.buyer)
        assert (page.gift.heading, page.gift.from_line) == (
            "Waiting for your friend",
            f"For {friend.email}",
        )
        assert (page.gift.can_take, page.gift.can_withdraw) == (False, True)
        await tab.call(GiftState.withdraw)
        assert (page.gift.heading, page.gift.can_withdraw) == ("It is not offered any more", False)

    async def test_after_a_refund_it_is_lost(self, see: See) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.give(sold, friend)
        await sales.request_refund(sold.sale)
        page = await see(gift, friend)
        assert ((page.gift.heading, page.gift.more), page.gift.is_yours) == (LOST, False)
        assert page.gift.resale_href == ""

    async def test_is_not_for_others(self, see: See) -> None:
        gift = await given.offer(await given.sell(), await factories.make_user())
        page = await see(gift, await factories.make_user())
        assert not page.is_loaded
        assert page.error_message.startswith("We could not find this gift")


class TestGiving:
    async def test_offers_and_withdraws(self, tab: Tab, see: See) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await see(await given.give(sold, friend), friend)
        giving = tab.state(GivingState)
        form = {"file": str(sold.file_id), "email": "no address"}
        await tab.call(GivingState.offer, form)
        assert giving.errors["email"].startswith("Email must be a valid address")
        await tab.call(GivingState.offer, form | {"email": friend.email})
        assert giving.errors | {"": giving.error_message}
        await tab.call(GivingState.offer, form | {"email": "Other@Gittix.test "})
        (line,) = giving.lines
        assert line.line.startswith("Offered to other@gittix.test until ")
        assert not line.can_give
        await tab.call(GivingState.withdraw, line.offered_id)
        assert giving.lines[0].can_give

    @pytest.mark.parametrize("form", [{}, {"file": 7, "email": []}, {"file": "x", "email": "x"}])
    async def test_refuses_anything_else(
        self, tab: Tab, sign_in: SignIn, form: dict[str, object]
    ) -> None:
        tab.open("/orders/x", cookie=await sign_in(await factories.make_user()))
        await tab.call(GivingState.offer, form)
        assert tab.state(GivingState).error_message
        await tab.call(GivingState.withdraw, form.get("file", ""))
        assert tab.state(GivingState).error_message

    async def test_shows_where_the_ticket_is(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.give(sold, friend)
        lines = await given.list_of_tickets(sold, sold.buyer)
        assert [(each.is_taken, each.to_email) for each in lines] == [(True, friend.email)]
        assert (await given.read(gift, sold.buyer)).status is GiftStatus.TAKEN
        await sales.relist(sold.ticket, friend)
        assert gift_lines(await given.list_of_tickets(sold, friend), {}, utc_now()) == []

    async def test_is_on_the_page_of_the_order(self, tab: Tab, sign_in: SignIn) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        order_id = str(sold.sale.order.id)
        tab.open(f"/orders/{order_id}", cookie=await sign_in(sold.buyer), order_id=order_id)
        await tab.call(OrderDetailState.load)
        order = tab.state(OrderDetailState).order
        assert order.outcome == "Your ticket is here."
        assert tab.state(GivingState).lines[0].can_give
        await given.give(sold, friend)
        await tab.call(OrderDetailState.load)
        order = tab.state(OrderDetailState).order
        assert (order.outcome, order.heading) == (
            "You passed it on.",
            f"Paid: {sold.ticket.title}",
        )
        await tab.call(OrderListState.load)
        ((line,),) = (group.lines for group in tab.state(OrderListState).upcoming)
        assert (line.arrival, line.show_label) == ("You passed it on.", "")
        assert tab.state(GivingState).lines[0].line == f"Given to {friend.email}."


class TestOpening:
    async def test_is_not_offered_while_the_ticket_is_for_sale_or_offered(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        sold = await given.sell()
        order_id = str(sold.sale.order.id)
        tab.open(f"/orders/{order_id}", cookie=await sign_in(sold.buyer), order_id=order_id)
        gift = await given.offer(sold, await factories.make_user())
        await tab.call(OrderDetailState.load)
        shown = tab.state(DeliveryState)
        assert (shown.delivery.can_open, shown.delivery.busy[0].href) == (
            False,
            f"/gifts/{gift.id}",
        )
        await given.withdraw(gift, sold.buyer)
        listed = await sales.relist(sold.ticket, sold.buyer)
        await tab.call(OrderDetailState.load)
        assert not shown.delivery.can_open
        assert shown.delivery.busy[0].href == f"/tickets/{listed.id}"
        await given.end_listing(listed)
        await tab.call(OrderDetailState.load)
        assert (shown.delivery.can_open, shown.delivery.busy) == (True, [])


class TestSellingOn:
    async def test_says_that_the_file_goes_with_it(self, tab: Tab, sign_in: SignIn) -> None:
        sold = await given.sell()
        cookie = await sign_in(sold.buyer)
        tab.open(f"/tickets/new?previous={sold.ticket.id}", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        form = tab.state(TicketFormState)
        assert form.file_line.endswith("nothing to upload. Buyers see: never opened.")
        await given.open_file(sold, sold.buyer)
        order_id = str(sold.sale.order.id)
        tab.open(f"/orders/{order_id}/sell", cookie=cookie, order_id=order_id)
        await tab.call(RelistState.load)
        assert "Buyers see: opened on " in tab.state(RelistState).file_line
