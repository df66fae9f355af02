"""The page of a sale, what is left to do on My Listings, and the choices on the page of the order."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import clocks
from tests.integration.payments import groups
from tests.integration.payments.sales import Sale
from tests.integration.vault import tickets as files
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries.schemas import AddressUpdate
from ticketing_app.deliveries.service import addresses
from ticketing_app.ui.listings.state import OwnListingsState
from ticketing_app.ui.orders.state import OrderDetailState
from ticketing_app.ui.sales.state import SaleState

pytestmark = pytest.mark.usefixtures("stripe_books")
SignIn = Callable[[UserRead], Awaitable[str]]

BEN = {"name": "Ben Ives", "email": "ben@gittix.test"}


def seller_of(sale: Sale) -> UserRead:
    return UserRead(id=sale.ticket.seller_id, email="seller@gittix.test")


async def give_address(sale: Sale) -> None:
    address = AddressUpdate.model_validate(BEN)
    own = {"order_id": sale.order.id, "buyer_id": sale.buyer.id}
    async with db.transaction() as session:
        await addresses.save(session, **own, address=address)


async def open_sale(tab: Tab, sale: Sale, cookie: str) -> SaleState:
    tab.open(f"/sales/{sale.order.id}", cookie=cookie, order_id=str(sale.order.id))
    await tab.call(SaleState.load)
    return tab.state(SaleState)


async def open_order(tab: Tab, sale: Sale, cookie: str) -> OrderDetailState:
    tab.open(f"/orders/{sale.order.id}", cookie=cookie, order_id=str(sale.order.id))
    await tab.call(OrderDetailState.load)
    return tab.state(OrderDetailState)


class TestSale:
    async def test_is_sent_with_a_proof(self, tab: Tab, sign_in: SignIn) -> None:
        sale, delivery_id = await clocks.sell()
        await give_address(sale)
        page = await open_sale(tab, sale, await sign_in(seller_of(sale)))
        assert (page.sale.heading, page.sale.email) == ("Send 1 ticket to Ben", BEN["email"])
        assert page.sale.steps[0] == "Open your tickets in the Ticketmaster app."
        await tab.call(SaleState.mark_sent, {"reference": " "})
        assert "confirmation number" in page.errors["reference"]
        await tab.call(SaleState.mark_sent, {"reference": "TM-4711"})
        assert (page.sale.heading, page.sale.can_send) == ("Sent: 1 ticket", False)
        assert page.sale.reference == "Confirmation number: TM-4711"
        assert (await clocks.read(delivery_id)).status == "sent"

    async def test_is_sent_with_a_screenshot(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sale, delivery_id = await clocks.sell()
        taken = await files.upload(monkeypatch, seller_of(sale), files.ticket())
        await open_sale(tab, sale, await sign_in(seller_of(sale)))
        await tab.call(SaleState.set_files, [str(taken.items[0].id)])
        await tab.call(SaleState.mark_sent, {})
        assert (await clocks.read(delivery_id)).proof_file_id == taken.items[0].id

    async def test_is_handed_over_as_files(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sale, _ = await clocks.sell(method="file_later")
        page = await open_sale(tab, sale, await sign_in(seller_of(sale)))
        assert (page.sale.heading, page.sale.can_upload) == ("Upload 1 ticket", True)
        await tab.call(SaleState.hand_over)
        assert "fileIds" in page.errors
        taken = await files.upload(monkeypatch, seller_of(sale), files.ticket(b"a-long-payload-1"))
        await tab.call(SaleState.set_files, [str(taken.items[0].id)])
        await tab.call(SaleState.hand_over)
        assert page.sale.heading == "Handed over: 1 ticket"

    @pytest.mark.parametrize(
        ("status", "seconds", "heading"),
        [
            ("waiting", -1, "Not sent in time: 1 ticket"),
            ("received", None, "Arrived: 1 ticket"),
            ("failed", None, "Sale ended: 1 ticket"),
            ("voided", None, "Sale refunded: 1 ticket"),
        ],
    )
    async def test_shows_no_address_that_is_not_needed(
        self, tab: Tab, sign_in: SignIn, status: str, seconds: float | None, heading: str
    ) -> None:
        sale, delivery_id = await clocks.sell()
        await give_address(sale)
        await clocks.put(delivery_id, status, due_in_seconds=seconds)
        page = await open_sale(tab, sale, await sign_in(seller_of(sale)))
        assert (page.sale.heading, page.sale.has_address) == (heading, False)
        await clocks.put(delivery_id, "waiting")

    async def test_is_hidden_from_others(self, tab: Tab, sign_in: SignIn) -> None:
        sale, _ = await clocks.sell()
        for user in (sale.buyer, await factories.make_user()):
            page = await open_sale(tab, sale, await sign_in(user))
            assert "could not find this sale" in page.error_message
            assert not page.is_loaded
        tab.open("/sales/x", cookie=await sign_in(sale.buyer), order_id="x")
        await tab.call(SaleState.load)
        assert "could not find this sale" in tab.state(SaleState).error_message


class TestToDo:
    async def test_comes_first_and_names_buyer_and_day(self, tab: Tab, sign_in: SignIn) -> None:
        sale, delivery_id = await clocks.sell()
        await give_address(sale)
        tab.open("/tickets/mine", cookie=await sign_in(seller_of(sale)))
        await tab.call(OwnListingsState.load)
        (line,) = tab.state(OwnListingsState).to_do
        due = utc_now() + timedelta(seconds=clocks.HOUR)
        assert line.text == f"Send 1 ticket to Ben by {due:%a, %b} {due.day}"
        assert line.href == f"/sales/{sale.order.id}"
        await clocks.put(delivery_id, "waiting", due_in_seconds=-1)
        await tab.call(OwnListingsState.load)
        (line,) = tab.state(OwnListingsState).to_do
        assert (line.text, line.is_late) == ("Late: 1 ticket, the buyer chooses", True)
        await clocks.put(delivery_id, "sent", due_in_seconds=None)
        await tab.call(OwnListingsState.load)
        assert tab.state(OwnListingsState).to_do == []


class TestOrder:
    async def test_asks_for_the_address_before_the_payment(self, tab: Tab, sign_in: SignIn) -> None:
        buyer = await factories.make_user()
        promise = {"method": "transfer", "issuer": "dice"}
        order = await factories.hold(await factories.make_ticket(delivery=promise), buyer)
        tab.open(f"/orders/{order.id}", cookie=await sign_in(buyer), order_id=str(order.id))
        await tab.call(OrderDetailState.load)
        page = tab.state(OrderDetailState)
        assert page.sending.needs_address
        assert page.sending.email == buyer.email
        await tab.call(OrderDetailState.save_address, {"name": "Ben"})
        assert page.errors == {"phone": "Phone or email is needed: give one of the two."}
        await tab.call(OrderDetailState.save_address, BEN)
        assert not page.sending.needs_address
        assert page.sending.address_line == "Goes to Ben Ives · ben@gittix.test"

    async def test_changes_the_address_after_the_payment_with_a_proof(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        sale, _ = await clocks.sell()
        page = await open_order(tab, sale, await sign_in(sale.buyer))
        async with db.autocommit() as connection:
            await connection.execute(
                text("UPDATE sessions SET proved_at = now() - interval '1 hour'")
            )
        assert "proofneeded" in await tab.call(OrderDetailState.save_address, BEN)
        assert page.sending.needs_address

    async def test_confirms_that_they_came(self, tab: Tab, sign_in: SignIn) -> None:
        sale, delivery_id = await clocks.sell("sent", due_in_seconds=None)
        page = await open_order(tab, sale, await sign_in(sale.buyer))
        assert page.sending.have == "I have it"
        assert "Ticketmaster app" in page.sending.accept
        await tab.call(OrderDetailState.confirm_receipt)
        assert page.sending.have == ""
        assert (await clocks.read(delivery_id)).status == "received"

    async def test_asks_for_what_is_left_after_a_refund(self, tab: Tab, sign_in: SignIn) -> None:
        sale, tickets = await groups.sell(2)
        page = await open_order(tab, sale, await sign_in(sale.buyer))
        assert page.sending.have == "I have them"
        await groups.refund_items(sale, tickets[0])
        await tab.call(OrderDetailState.load)
        assert page.sending.have == "I have it"
        assert page.sending.accept.startswith("Did the seller send it? Tell us when you have it")
        assert page.order.outcome_tone == ""

    async def test_offers_to_wait_once_or_the_money(self, tab: Tab, sign_in: SignIn) -> None:
        sale, delivery_id = await clocks.sell("late")
        page = await open_order(tab, sale, await sign_in(sale.buyer))
        assert page.sending.is_late
        # The day fits on a phone; the sentence above has the time, too.
        day = page.sending.wait.removeprefix("Wait until ")
        assert re.fullmatch(r"\w{3}, \w{3} \d{1,2}", day)
        assert page.sending.choose.startswith(f"You can give the seller until {day}, ")
        assert page.sending.give_up == "Get my $40.00 back"
        await tab.call(OrderDetailState.wait_longer)
        assert not page.sending.is_late
        await clocks.put(delivery_id, "late")
        await tab.call(OrderDetailState.load)
        assert (page.sending.is_late, page.sending.wait) == (True, "")
        await tab.call(OrderDetailState.give_up)
        assert "order has ended" in page.sending.failed

    async def test_refuses_the_delivery_of_another(self, tab: Tab, sign_in: SignIn) -> None:
        sale, delivery_id = await clocks.sell("late")
        page = await open_order(tab, sale, await sign_in(await factories.make_user()))
        for handler in (OrderDetailState.give_up, OrderDetailState.wait_longer):
            await tab.call(handler)
            assert page.error_message
        await tab.call(OrderDetailState.save_address, BEN)
        assert "could not find this order" in page.error_message
        assert (await clocks.read(delivery_id)).status == "late"
