"""The offers of an event that fit a choice, with the choices above them."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.core.formatting import ReaderLocale
from ticketing_app.ui.events.choices import Choices, Wanted, address, choices, choose
from ticketing_app.ui.events.offers import OfferRow, offer_rows
from ticketing_app.ui.events.queries import EventPage
from ticketing_app.ui.shell.rows import MAX_ROWS

MAX_SHARED = 64


class ChosenOffers(NamedTuple):
    choices: Choices
    rows: list[OfferRow]


def choose_offers(page: EventPage, wanted: Wanted, viewer_id: UUID | None = None) -> ChosenOffers:
    """Return the offers; strangers with the same choice share them, as thousands read them after one change."""
    now = utc_now()
    if viewer_id in page.insiders:
        return _choose(page, wanted, viewer_id, now)
    shared = _choose_for_strangers(page, wanted, formatting.current())
    # Countdowns begin at the time of their reader.
    at = formatting.iso(now)
    rows = [replace(row, now=at) if row.now else row for row in shared.rows]
    return ChosenOffers(shared.choices, rows)


@lru_cache(MAX_SHARED)
def _choose_for_strangers(page: EventPage, wanted: Wanted, _locale: ReaderLocale) -> ChosenOffers:
    return _choose(page, wanted, None, utc_now())


def _choose(page: EventPage, wanted: Wanted, viewer_id: UUID | None, now: datetime) -> ChosenOffers:
    href = routes.event_detail(page.event.slug)
    rows = offer_rows(
        choose(page.offers, wanted),
        viewer_id,
        now,
        wanted.quantity,
        action=address(href, wanted),
    )
    return ChosenOffers(choices(page.offers, href, wanted), rows[:MAX_ROWS])
