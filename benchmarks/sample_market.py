"""A generated market of any size: invented events and their tickets.

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
from ticketing_app.tickets.rules import TicketStatus

SEED = 20261126
TICKETS_PER_EVENT = 25
CITIES = 400
VENUES_PER_CITY = 8
DAYS_PAST = 60
DAYS_AHEAD = 365
STATUSES = (TicketStatus.FOR_SALE, TicketStatus.SOLD, TicketStatus.WITHDRAWN)
STATUS_WEIGHTS = (80, 15, 5)
LOCKED_PER_THOUSAND = 5
ACCENTED_PER_THOUSAND = 50
CATEGORY_WEIGHTS = (40, 25, 15, 10, 5, 5)
ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")
COMMON_WORDS = ("Live", "Tour", "The", "Night", "Festival", "vs", "World", "Open", "Final", "Club")
ACCENTS = str.maketrans("aeou", "áéöü")
COLUMNS = (
    "id",
    "seller_id",
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


class Event(NamedTuple):
    """An event with several tickets."""

    title: str
    venue: str
    city: str
    starts_at: datetime
    timezone: str
    category: str
    price_cents: int


class SampleMarket:
    """Words, cities and events; `tickets` makes the rows."""

    def __init__(self, size: int, now: datetime) -> None:
        self.size = size
        self.now = now
        self._random = random.Random(SEED)  # noqa: S311  # Invented names are no secrets.
        self.words = self._make_words(4_000 + size // 25)
        self.cities = [word.capitalize() for word in self.words[: 2 * CITIES : 2]]
        self._word_weights = _zipf(len(self.words), 0.9)
        self._city_weights = _zipf(CITIES, 1.0)
        self.events = [self._make_event() for _ in range(max(size // TICKETS_PER_EVENT, 1))]

    def tickets(self, seller_id: UUID) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for each ticket, the oldest first."""
        pick = self._random
        event_weights = _zipf(len(self.events), 0.6)
        for _ in range(self.size):
            [event] = pick.choices(self.events, cum_weights=event_weights)
            [status] = pick.choices(STATUSES, STATUS_WEIGHTS)
            is_locked = status == TicketStatus.FOR_SALE and (
                pick.randrange(1000) < LOCKED_PER_THOUSAND
            )
            local = event.starts_at.astimezone(ZoneInfo(event.timezone))
            yield (
                new_id(),
                seller_id,
                event.title,
                max(int(event.price_cents * pick.uniform(0.6, 1.6)) // 50 * 50, 50),
                "usd",
                status.value,
                new_id() if is_locked or status == TicketStatus.SOLD else None,
                self.now + timedelta(hours=2) if is_locked else None,
                1,
                self.now,
                event.venue,
                event.city,
                event.starts_at,
                event.timezone,
                int((local.utcoffset() or timedelta()).total_seconds() // 60),
                event.category,
            )

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
            title=title,
            venue=f"{venue.capitalize()} Hall",
            city=self.cities[city],
            starts_at=starts_at.astimezone(UTC),
            timezone=ZONES[city % len(ZONES)],
            category=pick.choices(CATEGORIES, CATEGORY_WEIGHTS)[0],
            price_cents=int(pick.lognormvariate(8.4, 0.7)),
        )


def _zipf(count: int, exponent: float) -> list[float]:
    """Return cumulative weights of which the first ones are by far the largest."""
    return list(itertools.accumulate(1 / (rank + 10) ** exponent for rank in range(count)))
