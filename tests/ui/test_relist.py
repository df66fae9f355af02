"""The form that sells tickets of a paid order again, also with hostile arguments."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales as deliveries
from tests.integration.payments import groups, sales
from tests.ui.conftest import Tab
from tests.ui.strangers import HOSTILE
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.schemas.listings import ListingRead
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings, offers
from ticketing_app.ui.sell.relist_state import RelistState
from ticketing_app.ui.tickets.state import TicketDetailState

SignIn = Callable[[UserRead], Awaitable[str]]


class Bought(NamedTuple):
    """A paid order of the seats 5, 6 and 7 of an event."""

    sale: sales.Sale
    tickets: list[TicketRead]
    event: EventRead

    @property
    def path(self) -> str:
        return f"/orders/{self.sale.order.id}/sell"

    def form(self, *numbers: int, **fields: str) -> dict[str, str]:
        chosen = {f"ticket-{self.tickets[number].id}": "true" for number in numbers}
        return chosen | {"price": "55"} | fields


async def buy(event: EventRead | None = None) -> Bought:
    event = event or await factories.make_event()
    made = await factories.make_listing("5", "6", "7", event=event)
    bought = [await factories.read_ticket(seat.ticket_id) for seat in made.seats]
    buyer = await factories.make_user()
    order = await factories.hold_tickets(bought, buyer)
    sale = sales.Sale(buyer, bought[0], order, await sales.open_payment(order, buyer))
    await sales.pay(sale)
    return Bought(sale, bought, event)


async def listed_by(bought: Bought) -> list[ListingRead]:
    async with db.transaction() as session:
        found = await offers.list_event_offers(session, event_id=bought.event.id)
        return [
            await listings.get_listing(session, listing_id=offer.listing_id)
            for offer in found
            if offer.listing_id
        ]


@pytest.mark.usefixtures("stripe_books")
class TestRelistState:
    @pytest.fixture
    async def bought(self, stripe_books: None, tab: Tab, sign_in: SignIn) -> Bought:  # noqa: ARG002  # order only.
        bought = await buy()
        tab.open(
            bought.path,
            cookie=await sign_in(bought.sale.buyer),
            order_id=str(bought.sale.order.id),
        )
        await tab.call(RelistState.load)
        return bought

    async def test_lists_chosen_tickets_together(self, tab: Tab, bought: Bought) -> None:
        shown = tab.state(RelistState)
        assert [seat.label for seat in shown.seats] == [f"Row F · Seat {n}" for n in (5, 6, 7)]
        assert (shown.left_out, shown.price, shown.split.count) == ([], "40", 3)
        form = bought.form(0, 1, split="together", sideBySide="true")
        answer = await tab.call(RelistState.list_again, form)
        assert f"/events/{bought.event.slug}" in answer
        # A second press only redirects again.
        assert await tab.call(RelistState.list_again, form) == answer
        (made,) = await listed_by(bought)
        assert [seat.seat for seat in made.seats] == ["5", "6"]
        assert (made.price_cents, made.split, made.is_side_by_side) == (5500, "together", True)
        again = [await factories.read_ticket(seat.ticket_id) for seat in made.seats]
        assert [ticket.previous_ticket_id for ticket in again] == [
            ticket.id for ticket in bought.tickets[:2]
        ]
        # The others can still be sold, and a seat that is listed is left out.
        await tab.call(RelistState.load)
        assert [seat.label for seat in shown.seats] == ["Row F · Seat 7"]
        assert [line.partition(": ")[0] for line in shown.left_out] == [
            "Row F · Seat 5",
            "Row F · Seat 6",
        ]
        assert all("is listed again already" in line for line in shown.left_out)

    async def test_a_file_needs_a_proof(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await deliveries.sell_files(b"a-long-payload-1")
        order_id = str(sale.order.id)
        tab.open(f"/orders/{order_id}/sell", cookie=await sign_in(sale.buyer), order_id=order_id)
        await tab.call(RelistState.load)
        await age_proofs()
        form = {f"ticket-{sale.ticket.id}": "true", "price": "55"}
        assert "proofneeded" in await tab.call(RelistState.list_again, form)
        assert tab.state(RelistState).refusals == 1
        await age_proofs(minutes=-11)
        assert "/tickets/" in await tab.call(RelistState.list_again, form)

    async def test_ticket_page_leads_to_it(self, tab: Tab, bought: Bought, sign_in: SignIn) -> None:
        ticket_id = str(bought.tickets[0].id)
        cookie = await sign_in(bought.sale.buyer)
        tab.open(f"/tickets/{ticket_id}", cookie=cookie, ticket_id=ticket_id)
        await tab.call(TicketDetailState.load)
        assert tab.state(TicketDetailState).resale_href == bought.path

    async def test_leaves_out_refunded_seat(self, tab: Tab, bought: Bought) -> None:
        await groups.refund_items(bought.sale, bought.tickets[1])
        await tab.call(RelistState.load)
        shown = tab.state(RelistState)
        assert [seat.label for seat in shown.seats] == ["Row F · Seat 5", "Row F · Seat 7"]
        (line,) = shown.left_out
        assert line.startswith("Row F · Seat 6: You can list a ticket again only while it is yours")

    async def test_refuses_a_seat_that_is_gone_meanwhile(self, tab: Tab, bought: Bought) -> None:
        await groups.refund_items(bought.sale, bought.tickets[1])
        await tab.call(RelistState.list_again, bought.form(0, 1))
        assert "cannot be sold again any more" in tab.state(RelistState).error_message
        assert await listed_by(bought) == []

    async def test_follows_typing(self, tab: Tab, bought: Bought) -> None:
        shown = tab.state(RelistState)
        # The default of three is another one for a pair.
        form = bought.form(0, 1, split="no_single", price="0.2")
        await tab.call(RelistState.type_form, form, ["price", "ticket-x"])
        assert (shown.split.count, shown.split.split) == (2, "together")
        assert set(shown.shown_errors) == {"price"}
        await tab.call(RelistState.type_form, bought.form(), ["ticket-x"])
        assert shown.shown_errors == {"seats": "Choose at least one ticket."}
        await tab.call(RelistState.type_form, bought.form(0, 1, split="any"), ["split"])
        assert (shown.split.split, shown.shown_errors) == ("any", {})
        assert "$55 per ticket, $110 for both" in shown.total_line

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"price": ""}, "price"),
            ({"price": "0.2"}, "price"),
            ({"price": "999999"}, "price"),
            ({"description": "x" * 2001}, "description"),
        ],
    )
    async def test_explains_wrong_fields(
        self, tab: Tab, bought: Bought, fields: dict[str, str], field: str
    ) -> None:
        await tab.call(RelistState.list_again, bought.form(0, 1, **fields))
        shown = tab.state(RelistState)
        assert set(shown.errors) == {field}
        assert await listed_by(bought) == []

    async def test_requires_a_ticket(self, tab: Tab, bought: Bought) -> None:
        await tab.call(RelistState.list_again, bought.form())
        assert tab.state(RelistState).errors == {"seats": "Choose at least one ticket."}

    @pytest.mark.parametrize("form", [*HOSTILE, {"price": 7}, {"ticket-x": "true", "price": "1"}])
    async def test_survives_hostile_arguments(self, tab: Tab, bought: Bought, form: object) -> None:
        shown = tab.state(RelistState)
        await tab.call(RelistState.type_form, form, form)
        await tab.call(RelistState.type_form, bought.form(0), form)
        await tab.call(RelistState.list_again, form)
        assert shown.errors or shown.error_message
        assert await listed_by(bought) == []

    async def test_hides_order_of_another_buyer(
        self, tab: Tab, bought: Bought, sign_in: SignIn
    ) -> None:
        seller = UserRead(id=bought.tickets[0].seller_id, email="")
        for other in (await factories.make_user(), seller):
            order_id = str(bought.sale.order.id)
            tab.open(bought.path, cookie=await sign_in(other), order_id=order_id)
            for handler, *arguments in (
                (RelistState.load,),
                (RelistState.list_again, bought.form(0)),
            ):
                await tab.call(handler, *arguments)
                assert "could not find this order" in tab.state(RelistState).error_message
        assert await listed_by(bought) == []

    async def test_requires_sign_in(self, tab: Tab, bought: Bought) -> None:
        tab.open(bought.path, order_id=str(bought.sale.order.id))
        for handler, *arguments in (
            (RelistState.load,),
            (RelistState.type_form, {}, []),
            (RelistState.list_again, {}),
        ):
            assert "/auth/signin?next=" in await tab.call(handler, *arguments)


@pytest.mark.usefixtures("stripe_books")
class TestOtherOrders:
    async def open(self, tab: Tab, cookie: str, order_id: object) -> RelistState:
        tab.open(f"/orders/{order_id}/sell", cookie=cookie, order_id=str(order_id))
        await tab.call(RelistState.load)
        return tab.state(RelistState)

    async def test_sells_tickets_without_event(self, tab: Tab, sign_in: SignIn) -> None:
        sale, bought = await groups.sell(2)
        shown = await self.open(tab, await sign_in(sale.buyer), sale.order.id)
        assert shown.stub.title == "The Paper Lanterns"
        form = {f"ticket-{ticket.id}": "true" for ticket in bought} | {"price": "55"}
        assert "done=listed" in await tab.call(RelistState.list_again, form)

    async def test_leaves_out_unpaid_tickets(self, tab: Tab, sign_in: SignIn) -> None:
        sale, _ = await groups.start_sale(2)
        shown = await self.open(tab, await sign_in(sale.buyer), sale.order.id)
        assert (shown.seats, len(shown.left_out)) == ([], 2)

    async def test_refuses_event_that_began(self, tab: Tab, sign_in: SignIn) -> None:
        bought = await buy()
        loose, _ = await groups.sell(2)
        for sale in (bought.sale, loose):
            await factories.let_event_begin(sale.ticket.id)
            shown = await self.open(tab, await sign_in(sale.buyer), sale.order.id)
            assert "has begun" in shown.error_message

    @pytest.mark.parametrize("order_id", ["nonsense", db.new_id()])
    async def test_refuses_unknown_order(self, tab: Tab, sign_in: SignIn, order_id: object) -> None:
        cookie = await sign_in(await factories.make_user())
        shown = await self.open(tab, cookie, order_id)
        assert "could not find this order" in shown.error_message
