"""Offers chosen on the page of an event: shared by strangers, own for sellers and buyers."""

from datetime import datetime, timedelta

import pytest

from tests.ui import offers
from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.tickets.schemas.listings import OfferRead
from ticketing_app.ui.events import chosen
from ticketing_app.ui.events.choices import Wanted
from ticketing_app.ui.events.chosen import choose_offers
from ticketing_app.ui.events.queries import EventPage


def page(*found: OfferRead) -> EventPage:
    event = offers.event()
    return EventPage(
        event=event,
        offers=list(found),
        other_dates=[],
        summaries={event.id: offers.summary(event)},
        insiders=frozenset(offer.seller_id for offer in found),
        read=frozenset(),
        until=None,
    )


class TestChooseOffers:
    def test_strangers_share_them(self) -> None:
        shown = page(offers.offer(offers.seat()))
        first = choose_offers(shown, Wanted())
        second = choose_offers(shown, Wanted(), new_id())
        assert second.choices is first.choices
        assert second.rows[0] is first.rows[0]

    def test_seller_sees_the_own_ones(self) -> None:
        shown = page(offers.offer(offers.seat()))
        assert not choose_offers(shown, Wanted()).rows[0].own
        assert choose_offers(shown, Wanted(), shown.offers[0].seller_id).rows[0].own

    def test_another_choice_is_another_answer(self) -> None:
        shown = page(offers.offer(offers.seat()))
        assert len(choose_offers(shown, Wanted()).rows) == 1
        assert choose_offers(shown, Wanted(quantity=2)).rows == []

    def test_prices_are_in_the_language_of_the_reader(self) -> None:
        shown = page(offers.offer(offers.seat(), price=1234))
        with formatting.use_locale("de"):
            assert choose_offers(shown, Wanted()).rows[0].price == "1.234\N{NO-BREAK SPACE}US$"
        assert choose_offers(shown, Wanted()).rows[0].price == "$1,234"

    def test_countdown_begins_at_the_time_of_its_reader(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = page(offers.offer(offers.held_seat(), quantities=[]))
        choose_offers(shown, Wanted())
        later = utc_now() + timedelta(seconds=20)
        monkeypatch.setattr(chosen, "utc_now", lambda: later)
        (row,) = choose_offers(shown, Wanted()).rows
        assert datetime.fromisoformat(row.now) == later
