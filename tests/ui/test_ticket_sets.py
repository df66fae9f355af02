"""The page of a ticket whose seller lists several: one set, or a choice of the quantity."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.strangers import everything
from tests.ui.test_forms import ANA, Form
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import queries
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.listings import ListingRead
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


async def open_seat(tab: Tab, listing: ListingRead, nth: int = 0, cookie: str = "") -> None:
    ticket_id = str(listing.seats[nth].ticket_id)
    tab.open(f"/tickets/{ticket_id}", cookie=cookie, ticket_id=ticket_id)
    await tab.call(TicketDetailState.load)


async def take(listing: ListingRead, nth: int) -> OrderRead:
    return await factories.hold(await factories.read_ticket(listing.seats[nth].ticket_id))


async def held_seats(listing: ListingRead) -> list[str | None]:
    tickets = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
    return [each.seat for each in tickets if each.status is Availability.LOCKED]


async def newest_order(buyer: UserRead) -> OrderRead:
    async with db.transaction() as session:
        return (await queries.list_orders(session, buyer_id=buyer.id, limit=1)).items[0]


async def press_for_two(tab: Tab, listing: ListingRead) -> None:
    await open_seat(tab, listing)
    fields = tab.state(TicketDetailState).ticket.fields | {"quantity": "2"}
    assert "signin" in await tab.call(TicketDetailState.purchase, fields)


async def return_from_sign_in(tab: Tab, listing: ListingRead, cookie: str) -> str:
    interrupted = tab.state(TicketDetailState)._purchase
    assert interrupted
    ticket_id = str(listing.seats[0].ticket_id)
    address = f"/tickets/{ticket_id}?purchase={interrupted.token}"
    tab.open(address, cookie=cookie, ticket_id=ticket_id)
    return await tab.call(TicketDetailState.load)


def labels(tab: Tab) -> list[str]:
    return [choice.label for choice in tab.state(TicketDetailState).ticket.choices]


def seats(order: OrderRead) -> list[str | None]:
    return [item.ticket.seat for item in order.items]


class TestSet:
    async def test_is_bought_as_a_whole(self, tab: Tab, sign_in: SignIn) -> None:
        listing = await factories.make_listing("12", "13", split="together", price=68)
        buyer = await factories.make_user()
        await open_seat(tab, listing, nth=1, cookie=await sign_in(buyer))
        shown = tab.state(TicketDetailState).ticket
        assert shown.price_line == "2\xa0tickets · $68\xa0each · $136\xa0total"
        assert (shown.seat, shown.choices) == ("Row F · Seats 12, 13", ())
        assert "locks the tickets" in shown.hold_note
        assert "/orders/" in await tab.call(TicketDetailState.purchase, shown.fields)
        order = await newest_order(buyer)
        assert (seats(order), order.price_cents) == (["12", "13"], 13600)

    async def test_refusal_is_about_all_tickets(self, tab: Tab, sign_in: SignIn) -> None:
        listing = await factories.make_listing("12", "13", split="together")
        await open_seat(tab, listing, cookie=await sign_in(await factories.make_user()))
        shown = tab.state(TicketDetailState)
        fields = shown.ticket.fields
        other = await factories.make_user()
        await factories.hold_tickets(
            [await factories.read_ticket(seat.ticket_id) for seat in listing.seats], other
        )
        assert await tab.call(TicketDetailState.purchase, fields) == ""
        assert "is buying these tickets right now" in shown.error_message
        assert "they may come back" in shown.error_message
        assert shown.ticket.status == "locked"

    async def test_is_not_for_sale_without_its_middle(self, tab: Tab) -> None:
        listing = await factories.make_listing("1", "2", "3", split="no_single", sideBySide=True)
        await take(listing, 1)
        await open_seat(tab, listing)
        shown = tab.state(TicketDetailState).ticket
        assert shown.can_buy is False
        assert "does not sell this ticket alone" in shown.reason

    async def test_is_a_plain_ticket_again_when_the_other_is_sold(self, tab: Tab) -> None:
        listing = await factories.make_listing("12", "13")
        await open_seat(tab, listing)
        assert labels(tab) == ["1 ticket · $40", "2 tickets · $80 total · seats 12, 13"]
        await take(listing, 1)
        await tab.call(TicketDetailState.refresh)
        shown = tab.state(TicketDetailState).ticket
        assert (shown.choices, shown.price_line) == ((), "Price - $40")
        assert shown.seat == "Row F · Seat 12"
        assert "listing_id" not in shown.fields


class TestChoice:
    @pytest.mark.parametrize(
        ("quantity", "taken"), [("1", ["13"]), ("2", ["11", "12"]), ("3", ["11", "12", "13"])]
    )
    async def test_starts_with_this_seat(
        self, tab: Tab, sign_in: SignIn, quantity: str, taken: list[str]
    ) -> None:
        listing = await factories.make_listing("11", "12", "13")
        buyer = await factories.make_user()
        await open_seat(tab, listing, nth=2, cookie=await sign_in(buyer))
        shown = tab.state(TicketDetailState).ticket
        assert labels(tab) == [
            "1 ticket · $40",
            "2 tickets · $80 total · seats 11, 12",
            "3 tickets · $120 total · seats 11, 12, 13",
        ]
        fields = shown.fields | {"quantity": quantity}
        assert "/orders/" in await tab.call(TicketDetailState.purchase, fields)
        assert seats(await newest_order(buyer)) == taken

    async def test_follows_the_rule_of_the_seller(self, tab: Tab) -> None:
        listing = await factories.make_listing("1", "2", "3", "4", split="no_single")
        await open_seat(tab, listing)
        values = [choice.value for choice in tab.state(TicketDetailState).ticket.choices]
        assert values == ["1", "2", "4"]

    async def test_names_no_seats_without_numbers(self, tab: Tab) -> None:
        listing = await factories.make_listing(seats=[], quantity=2)
        await open_seat(tab, listing)
        assert labels(tab) == ["1 ticket · $40", "2 tickets · $80 total"]

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"quantity": "3"}, "Only 2 of these tickets are left. You were not charged."),
            ({"quantity": "1"}, "Someone was quicker"),
            ({"quantity": "2", "price_cents": "1"}, "changed this offer"),
            ({"quantity": "11"}, "could not see what you want to buy"),
        ],
    )
    async def test_refusal_shows_its_sentence_and_new_choices(
        self, tab: Tab, sign_in: SignIn, fields: dict[str, str], sentence: str
    ) -> None:
        listing = await factories.make_listing("11", "12", "13")
        cookie = await sign_in(await factories.make_user())
        await open_seat(tab, listing, nth=2, cookie=cookie)
        shown = tab.state(TicketDetailState)
        seen = shown.ticket.fields
        await take(listing, 2)
        before = await everything()
        assert await tab.call(TicketDetailState.purchase, seen | fields) == ""
        assert sentence in shown.error_message
        assert await everything() == before
        is_read_again = "quantity" not in sentence and "could not see" not in sentence
        assert (shown.ticket.status == "locked") is is_read_again

    async def test_of_a_changed_listing_is_refused_after_sign_in(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        listing = await factories.make_listing("11", "12", description="Front")
        await press_for_two(tab, listing)
        seller = UserRead(id=listing.seller_id, email="")
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        await factories.change_ticket(ticket, seller, description="Back")
        assert (
            await return_from_sign_in(tab, listing, await sign_in(await factories.make_user()))
            == ""
        )
        assert "changed this offer" in tab.state(TicketDetailState).error_message

    async def test_continues_after_sign_in(self, tab: Tab, sign_in: SignIn) -> None:
        listing = await factories.make_listing("11", "12")
        await press_for_two(tab, listing)
        buyer = await factories.make_user()
        cookie = await sign_in(buyer)
        assert "/orders/" in await return_from_sign_in(tab, listing, cookie)
        assert seats(await newest_order(buyer)) == ["11", "12"]


class TestWithoutScript:
    async def test_buys_a_set_after_sign_up(self, site: AsyncClient) -> None:
        listing = await factories.make_listing("12", "13", split="together", price=68)
        address = f"/tickets/{listing.seats[0].ticket_id}"
        document = await site.get(address)
        assert "2\xa0tickets · $68\xa0each · $136\xa0total" in document.text
        to_sign_up = await site.post(address, data=Form(document).values)
        back = await site.post(to_sign_up.headers["location"], data=ANA)
        assert back.headers["location"] == address
        answer = await site.post(address, data=Form(await site.get(address)).values)
        assert answer.headers["location"].startswith("/orders/")
        assert await held_seats(listing) == ["12", "13"]

    async def test_chooses_the_quantity(self, site: AsyncClient) -> None:
        listing = await factories.make_listing("11", "12", "13")
        address = f"/tickets/{listing.seats[2].ticket_id}"
        document = await site.get(address)
        assert '<option value="2">2 tickets · $80 total · seats 11, 12</option>' in document.text
        await site.post("/auth/signup", data=ANA)
        await site.post(address, data={**Form(document).values, "quantity": "2"})
        assert await held_seats(listing) == ["11", "12"]

    @pytest.mark.parametrize("quantity", ["2", "0", "x"])
    async def test_refusal_is_on_the_page(self, site: AsyncClient, quantity: str) -> None:
        listing = await factories.make_listing("11", "12")
        address = f"/tickets/{listing.seats[0].ticket_id}"
        fields: dict[str, Any] = Form(await site.get(address)).values
        await site.post("/auth/signup", data=ANA)
        await take(listing, 1)
        answer = await site.post(address, data={**fields, "quantity": quantity})
        assert answer.status_code in {400, 409}
        assert "Price - $40" in answer.text
        assert 'role="alert"' in answer.text
