"""A generated market of any size: invented events, their tickets, and tickets without an event.

Words, cities and events are as unevenly popular as real ones (Zipf): a few words are in a tenth of
all titles, most in a handful. The same size and moment give the same market, but for the ids.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ticketing_app.core.db import new_id
from ticketing_app.events.rules import CATEGORIES
from ticketing_app.tickets.rules import Split, TicketStatus

SEED = 20261126
TICKETS_PER_EVENT = 10
LOOSE = 0.1
# Of the offers of events: listings of 2 to 4 neighbouring seats.
LISTED = 0.4
CITIES = 400
VENUES_PER_CITY = 8
DAYS_PAST = 60
DAYS_AHEAD = 365
SPLITS = (Split.ANY.value, Split.NO_SINGLE.value, Split.TOGETHER.value)
STATUSES = (TicketStatus.FOR_SALE, TicketStatus.SOLD, TicketStatus.WITHDRAWN)
STATUS_WEIGHTS = (80, 15, 5)
LOCKED = 0.005
ACCENTED_PER_THOUSAND = 50
CATEGORY_WEIGHTS = (40, 25, 15, 10, 5, 5)
ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")
COMMON_WORDS = ("Live", "Tour", "The", "Night", "Festival", "vs", "World", "Open", "Final", "Club")
ACCENTS = str.maketrans("aeou", "áéöü")
COLUMNS = (
    "id",
    "seller_id",
    "event_id",
    "listing_id",
    "position",
    "is_front",
    "title",
    "price_cents",
    "currency",
    "status",
    "order_id",
    "locked_until",
    "version",
    "created_at",
    "venue",
    "city",
    "starts_at",
    "timezone",
    "utc_offset_minutes",
    "category",
)
VENUE_COLUMNS = ("id", "slug", "name", "city", "country", "timezone")
EVENT_COLUMNS = (
    "id",
    "slug",
    "title",
    "category",
    "venue_id",
    "venue",
    "city",
    "timezone",
    "starts_local",
    "starts_at",
)
LISTING_COLUMNS = ("id", "seller_id", "event_id", "split", "is_side_by_side")


class Event(NamedTuple):
    """An event with several tickets."""

    id: UUID
    title: str
    venue: str
    city: str
    starts_at: datetime
    timezone: str
    category: str
    price_cents: int

    @property
    def starts_local(self) -> datetime:
        return self.starts_at.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)

    @property
    def utc_offset_minutes(self) -> int:
        local = self.starts_at.astimezone(ZoneInfo(self.timezone))
        return int((local.utcoffset() or timedelta()).total_seconds() // 60)


class SampleMarket:
    """Words, cities and events; the methods make the rows."""

    def __init__(self, size: int, now: datetime) -> None:
        self.size = size
        self.now = now
        self._random = random.Random(SEED)  # noqa: S311  # Invented names are no secrets.
        self.words = self._make_words(4_000 + size // 25)
        self.cities = [word.capitalize() for word in self.words[: 2 * CITIES : 2]]
        self._word_weights = _zipf(len(self.words), 0.9)
        self._city_weights = _zipf(CITIES, 1.0)
        self.listings: list[tuple[Any, ...]] = []
        self._venue_ids: dict[tuple[str, str], UUID] = {}
        self.events = [self._make_event() for _ in range(max(size // TICKETS_PER_EVENT, 1))]

    def venues(self) -> list[tuple[Any, ...]]:
        places = {(event.venue, event.city): event.timezone for event in self.events}
        self._venue_ids = {place: new_id() for place in places}
        return [
            (self._venue_ids[place], f"venue-{self._venue_ids[place]}", *place, "GB", timezone)
            for place, timezone in places.items()
        ]

    def event_rows(self) -> Iterator[tuple[Any, ...]]:
        for event in self.events:
            yield (
                event.id,
                f"event-{event.id}",
                event.title,
                event.category,
                self._venue_ids[event.venue, event.city],
                event.venue,
                event.city,
                event.timezone,
                event.starts_local,
                event.starts_at,
            )

    def tickets(self, seller_id: UUID) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for each ticket, the oldest first; `listings` has those of its listings."""
        pick = self._random
        weights = _zipf(len(self.events), 0.6)
        chosen = iter(pick.choices(range(len(self.events)), cum_weights=weights, k=self.size))
        leases = iter(self._leases())
        offsets = [event.utc_offset_minutes for event in self.events]
        made = 0
        while made < self.size:
            number = next(chosen)
            event = self.events[number]
            is_loose = pick.random() < LOOSE
            is_listed = not is_loose and pick.random() < LISTED
            count = min(int(pick.uniform(2, 5)), self.size - made) if is_listed else 1
            listing_id = new_id() if is_listed else None
            if listing_id:
                self.listings.append((listing_id, seller_id, event.id, pick.choice(SPLITS), True))
            price = max(int(event.price_cents * pick.uniform(0.6, 1.6)) // 50 * 50, 50)
            owner = (seller_id, None if is_loose else event.id)
            facts = (event.venue, event.city, event.starts_at, event.timezone,
                     offsets[number], event.category)  # fmt: skip
            states = list(itertools.islice(leases, count))
            front = _first_for_sale(states)
            for position, state in enumerate(states):
                place = (listing_id, position if is_listed else None, position == front)
                yield (new_id(), *owner, *place, event.title, price, "usd", *state,
                       1, self.now, *facts)  # fmt: skip
            made += count

    def _leases(self) -> Iterator[tuple[Any, ...]]:
        """Yield status, order and end of the lease of each ticket."""
        later = self.now + timedelta(hours=2)
        for status in self._random.choices(STATUSES, STATUS_WEIGHTS, k=self.size):
            if status is TicketStatus.FOR_SALE and self._random.random() < LOCKED:
                yield status.value, new_id(), later
            else:
                yield status.value, new_id() if status is TicketStatus.SOLD else None, None

    def _make_words(self, count: int) -> list[str]:
        syllables = [a + b for a, b in itertools.product("bdfgklmnprstvz", "aeiou")]
        words: dict[str, None] = {}
        while len(words) < count:
            word = "".join(self._random.choices(syllables, k=self._random.choice((2, 3, 3, 4))))
            words[word + self._random.choice(("", "n", "r", "s", "l"))] = None
        return list(words)

    def _make_event(self) -> Event:
        pick = self._random
        [city] = pick.choices(range(CITIES), cum_weights=self._city_weights)
        venue = self.words[-1 - city * VENUES_PER_CITY - pick.randrange(VENUES_PER_CITY)]
        name = pick.choices(self.words, cum_weights=self._word_weights, k=pick.choice((1, 2, 2, 3)))
        common = pick.sample(COMMON_WORDS, pick.choice((0, 1, 1, 2)))
        title = " ".join((*name, *common)).title()
        if pick.randrange(1000) < ACCENTED_PER_THOUSAND:
            title = title.translate(ACCENTS)
        starts_at = self.now + timedelta(
            days=pick.randrange(-DAYS_PAST, DAYS_AHEAD), hours=pick.randrange(24)
        )
        return Event(
            id=new_id(),
            title=title,
            venue=f"{venue.capitalize()} Hall",
            city=self.cities[city],
            starts_at=starts_at.astimezone(UTC),
            timezone=ZONES[city % len(ZONES)],
            category=pick.choices(CATEGORIES, CATEGORY_WEIGHTS)[0],
            price_cents=int(pick.lognormvariate(8.4, 0.7)),
        )


def _first_for_sale(states: list[tuple[Any, ...]]) -> int:
    positions = (n for n, (status, *_) in enumerate(states) if status == TicketStatus.FOR_SALE)
    return next(positions, 0)


def _zipf(count: int, exponent: float) -> list[float]:
    """Return cumulative weights of which the first ones are by far the largest."""
    return list(itertools.accumulate(1 / (rank + 10) ** exponent for rank in range(count)))
