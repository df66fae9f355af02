"""Handlers of the sell form, called by its page and with hostile arguments."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

import pytest

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales as deliveries
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from tests.ui.strangers import HOSTILE, everything
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.service import release
from ticketing_app.tickets.service import offers, tickets
from ticketing_app.ui.listings.state import TicketFormState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


class TestTicketFormState:
    @pytest.mark.usefixtures("stripe_books")
    async def test_resells_bought_ticket(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell(await factories.make_ticket(city="Rome", seat="7"))
        address = f"/tickets/new?previous={sale.ticket.id}"
        tab.open(address, cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        shown = tab.state(TicketFormState)
        assert (shown.form.title, shown.form.city, shown.form.seat) == (
            "The Paper Lanterns",
            "Rome",
            "7",
        )
        assert shown.form.previousTicketId == str(sale.ticket.id)
        answer = await tab.call(TicketFormState.create, asdict(shown.form) | {"price": "55"})
        assert "/tickets/" in answer
        # Another tab with the same form shows the refusal.
        tab.open(address, cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        assert "listed again already" in shown.error_message

    @pytest.mark.usefixtures("stripe_books")
    async def test_resells_a_file_after_a_proof(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await deliveries.sell_files(b"a-long-payload-1")
        tab.open(f"/tickets/new?previous={sale.ticket.id}", cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        await age_proofs()
        form = asdict(tab.state(TicketFormState).form) | {"price": "55"}
        assert "proofneeded" in await tab.call(TicketFormState.create, form)
        await age_proofs(minutes=-11)
        assert "/tickets/" in await tab.call(TicketFormState.create, form)

    @pytest.mark.usefixtures("stripe_books")
    async def test_resells_for_the_same_event(self, tab: Tab, sign_in: SignIn) -> None:
        event = await factories.make_event()
        made = await factories.make_listing("9", event=event)
        sale = await sales.sell(await factories.read_ticket(made.seats[0].ticket_id))
        tab.open(f"/tickets/new?previous={sale.ticket.id}", cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        shown = tab.state(TicketFormState)
        assert shown.form.eventId == str(event.id)
        # The event decides on its title, whatever a client sends.
        form = asdict(shown.form) | {"price": "55", "title": "Another"}
        assert "/tickets/" in await tab.call(TicketFormState.create, form)
        async with db.transaction() as session:
            (offer,) = await offers.list_event_offers(session, event_id=event.id)
        assert [seat.seat for seat in offer.seats] == ["9"]
        sold_again = await factories.read_ticket(offer.seats[0].ticket_id)
        assert (sold_again.title, sold_again.price_cents) == (event.title, 5500)

    @pytest.mark.usefixtures("stripe_books")
    async def test_rejects_resale_by_non_owner(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell()
        cookie = await sign_in(await factories.make_user())
        for previous, problem in (
            (sale.ticket.id, "only while it is yours"),
            (db.new_id(), "could not find this ticket"),
            ("nonsense", "could not find this ticket"),
        ):
            tab.open(f"/tickets/new?previous={previous}", cookie=cookie)
            await tab.call(TicketFormState.load_new)
            shown = tab.state(TicketFormState)
            assert problem in shown.error_message
            assert not shown.is_loaded
        before = await everything()
        form = {"title": "x", "price": "40", "previousTicketId": str(sale.ticket.id)}
        await tab.call(TicketFormState.create, form)
        assert "only while it is yours" in tab.state(TicketFormState).error_message
        assert await everything() == before

    async def test_create_is_idempotent(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        form = {"title": "The Paper Lanterns 🎫 مرحبا", "price": "40.50", "city": ""}
        first = await tab.call(TicketFormState.create, form)
        assert "/tickets/" in first
        assert await tab.call(TicketFormState.create, form) == first
        assert len(await everything()) == 1
        await tab.call(TicketFormState.load_new)
        assert await tab.call(TicketFormState.create, form) != first
        assert len(await everything()) == 2

    async def test_creates_after_state_was_lost(self, tab: Tab, sign_in: SignIn) -> None:
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        answer = await tab.call(TicketFormState.create, {"title": "x", "price": "40"})
        assert "/tickets/" in answer

    async def test_shows_errors_of_fields(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        form = {"title": " ", "price": "0.49", "city": "x" * 200}
        await tab.call(TicketFormState.create, form)
        shown = tab.state(TicketFormState)
        assert set(shown.errors) == {"title", "price", "city"}
        assert shown.has_event_facts
        assert await everything() == []

    @pytest.mark.parametrize(
        "form",
        [
            *HOSTILE,
            {"title": "x", "price": 40},
            {"title": ["x"], "price": "40"},
            {"title": "\x00", "price": "40"},
            {"title": "\ud800", "price": "40"},
            {"title": "x" * 100_000, "price": "40"},
            {"title": "x", "price": "NaN"},
            {"title": "x", "price": "1e9999"},
            {"title": "x", "price": "-40"},
            {"title": "x", "price": "40", "startsAt": "9999-99-99T00:00", "timezone": "UTC"},
            {"title": "x", "price": "40", "category": "robbery"},
        ],
    )
    async def test_rejects_invalid_values(self, tab: Tab, sign_in: SignIn, form: object) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        await tab.call(TicketFormState.create, form)
        shown = tab.state(TicketFormState)
        assert shown.error_message or shown.errors
        assert await everything() == []

    async def test_requires_sign_in(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        tab.open(f"/tickets/{ticket.id}/edit", ticket_id=str(ticket.id))
        form = {"title": "Mine now", "price": "1"}
        for answer in (
            await tab.call(TicketFormState.load_new),
            await tab.call(TicketFormState.load_edit),
            await tab.call(TicketFormState.create, form),
            await tab.call(TicketFormState.update, form),
            await tab.call(TicketFormState.update_listing, form),
        ):
            assert "/auth/signin?next=" in answer
        assert await everything() == before

    async def test_edits_own_listing(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, city="Hamburg")
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        assert tab.state(TicketFormState).form.city == "Hamburg"
        answer = await tab.call(TicketFormState.update, {"title": "New", "price": "41"})
        assert f"/tickets/{ticket.id}" in answer
        async with db.transaction() as session:
            changed = await tickets.get_ticket(session, ticket_id=ticket.id)
        assert (changed.title, changed.price_cents, changed.city) == ("New", 4100, None)

    async def test_edits_all_unsold_tickets_of_a_listing(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        made = await factories.make_listing("9", "10", seller=seller)
        first = made.seats[0].ticket_id
        tab.open(f"/tickets/{first}/edit", cookie=await sign_in(seller), ticket_id=str(first))
        await tab.call(TicketFormState.load_edit)
        shown = tab.state(TicketFormState)
        assert shown.listing_line == "2 tickets: Row F · Seats 9, 10"
        form = {"price": "41", "description": "Aisle", "version": f"{shown.version}"}
        await tab.call(TicketFormState.update_listing, form | {"price": "0.2"})
        assert set(shown.errors) == {"price"}
        assert f"/tickets/{first}" in await tab.call(TicketFormState.update_listing, form)
        for each in made.seats:
            changed = await factories.read_ticket(each.ticket_id)
            assert (changed.price_cents, changed.description) == (4100, "Aisle")
        await tab.call(TicketFormState.update_listing, form)
        assert ("changed while" in shown.error_message, shown.is_stale) == (True, True)
        await tab.call(TicketFormState.load_edit)
        assert not shown.is_stale

    @pytest.mark.parametrize("form", [*HOSTILE, {"price": "1", "version": []}, {"price": 1}])
    async def test_edits_no_listing_by_hostile_form(
        self, tab: Tab, sign_in: SignIn, form: object
    ) -> None:
        seller = await factories.make_user()
        made = await factories.make_listing("9", seller=seller)
        other = await factories.make_listing("9")
        loose = await factories.make_ticket(seller)
        before = await everything()
        for ticket_id in (made.seats[0].ticket_id, other.seats[0].ticket_id, loose.id):
            path = f"/tickets/{ticket_id}/edit"
            tab.open(path, cookie=await sign_in(seller), ticket_id=str(ticket_id))
            await tab.call(TicketFormState.update_listing, form)
            shown = tab.state(TicketFormState)
            assert shown.error_message or shown.errors
        valid = {"price": "41"}
        for ticket_id in (other.seats[0].ticket_id, loose.id):
            path = f"/tickets/{ticket_id}/edit"
            tab.open(path, cookie=await sign_in(seller), ticket_id=str(ticket_id))
            assert await tab.call(TicketFormState.update_listing, valid) == ""
        assert await everything() == before

    async def test_rejects_stale_version(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        await tab.call(TicketFormState.update, {"title": "Faster", "price": "40"})
        before = await everything()
        await tab.call(TicketFormState.update, {"title": "Slower", "price": "40"})
        assert "changed while you were editing" in tab.state(TicketFormState).error_message
        assert await everything() == before

    async def test_accepts_version_from_before_lapsed_hold(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        form = {"title": "Mine", "price": "50", "version": str(ticket.version)}
        order = await factories.hold(ticket, buyer)
        await tab.call(TicketFormState.update, form)
        assert "buying this ticket right now" in tab.state(TicketFormState).error_message
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert f"/tickets/{ticket.id}" in await tab.call(TicketFormState.update, form)

    async def test_load_again_clears_stale_version(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        # The state of the tab is lost, as after an hour: the form itself carries its version.
        form = {"title": "Mine", "price": "50", "version": str(ticket.version - 1)}
        assert await tab.call(TicketFormState.update, form) == ""
        shown = tab.state(TicketFormState)
        assert ("changed while" in shown.error_message, shown.is_stale) == (True, True)
        await tab.call(TicketFormState.load_edit)
        assert (shown.error_message, shown.is_stale) == ("", False)
        form["version"] = str(shown.version)
        assert f"/tickets/{ticket.id}" in await tab.call(TicketFormState.update, form)

    async def test_keeps_form_during_outage(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        other = await factories.make_ticket(seller)
        cookie = await sign_in(seller)
        tab.open(f"/tickets/{ticket.id}/edit", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketFormState.load_edit)

        async def away(*_: object, **__: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(tickets, "require_own_ticket", away)
        await tab.call(TicketFormState.load_edit)
        shown = tab.state(TicketFormState)
        assert (shown.is_unavailable, shown.is_loaded) == (True, True)
        tab.open(f"/tickets/{other.id}/edit", cookie=cookie, ticket_id=str(other.id))
        await tab.call(TicketFormState.load_edit)
        assert not shown.is_loaded

    async def test_rejects_listing_of_another_seller(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}/edit", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketFormState.load_edit)
        assert "Only the seller" in tab.state(TicketFormState).error_message
        await tab.call(TicketFormState.update, {"title": "Mine now", "price": "1"})
        assert "Only the seller" in tab.state(TicketFormState).error_message
        assert await everything() == before
