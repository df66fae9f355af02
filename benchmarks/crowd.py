"""Accounts with sessions, and events with listings, written directly: by the API they would take minutes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import jwt

from benchmarks.sample_market import COLUMNS, EVENT_COLUMNS, LISTING_COLUMNS, VENUE_COLUMNS
from tests.site import Site
from ticketing_app.accounts.auth import ALGORITHM
from ticketing_app.core.db import new_id
from ticketing_app.core.settings import Settings

# Off in the site of tests.
SHEDDING = {
    name.upper(): str(Settings.model_fields[name].default)
    for name in ("reads_in_progress", "writes_in_progress", "loop_lag_seconds")
}
USER_COLUMNS = ("id", "email", "email_confirmed_at", "password_hash", "version", "created_at")
SESSION_COLUMNS = (
    "id",
    "user_id",
    "device",
    "created_at",
    "last_seen_at",
    "proved_at",
    "expires_at",
)


class Person(NamedTuple):
    """An account with a confirmed address, and the cookie of its session."""

    id: UUID
    email: str
    cookie: str


class Listing(NamedTuple):
    id: UUID
    ticket_ids: list[UUID]


class Event(NamedTuple):
    id: UUID
    slug: str
    listings: list[Listing]


async def connect(site: Site) -> asyncpg.Connection:
    return await asyncpg.connect(site.stack.env["DATABASE_URL"].replace("+asyncpg", ""))


async def make_people(
    database: asyncpg.Connection, site: Site, count: int, *, hashed: str = "-"
) -> list[Person]:
    """Make accounts, all with the password of this hash."""
    now = datetime.now(UTC)
    users = [uuid4() for _ in range(count)]
    sessions = [new_id() for _ in range(count)]
    emails = [f"{user_id}@gittix.test" for user_id in users]
    ends_at = now + timedelta(days=1)
    await database.copy_records_to_table(
        "users",
        columns=USER_COLUMNS,
        records=[
            (user_id, email, now, hashed, 1, now)
            for user_id, email in zip(users, emails, strict=True)
        ],
    )
    await database.copy_records_to_table(
        "sessions",
        columns=SESSION_COLUMNS,
        records=[
            (session_id, user_id, "", now, now, now, ends_at)
            for session_id, user_id in zip(sessions, users, strict=True)
        ],
    )
    key = site.stack.env["JWT_KEY"]
    cookies = [
        jwt.encode(
            {"sub": str(user_id), "jti": str(session_id), "iat": now, "exp": ends_at},
            key,
            algorithm=ALGORITHM,
        )
        for session_id, user_id in zip(sessions, users, strict=True)
    ]
    return [Person(*facts) for facts in zip(users, emails, cookies, strict=True)]


async def make_event(
    database: asyncpg.Connection, seller: Person, title: str, sizes: Sequence[int]
) -> Event:
    """Make an event in a month with a listing of each of these sizes, at $40 per ticket."""
    now = datetime.now(UTC)
    starts_at = now.replace(microsecond=0) + timedelta(days=30)
    event_id = new_id()
    venue_id = new_id()
    slug = f"event-{event_id}"
    place = (f"Hall {venue_id}", "Leeds")
    venue = (venue_id, f"venue-{venue_id}", *place, "GB", "UTC")
    await _copy(database, "venues", VENUE_COLUMNS, [venue])
    starts_local = starts_at.replace(tzinfo=None)
    row = (event_id, slug, title, "concert", venue_id, *place, "UTC", starts_local, starts_at)
    await _copy(database, "events", EVENT_COLUMNS, [row])
    listings = [Listing(new_id(), [new_id() for _ in range(size)]) for size in sizes]
    rows = [(listing.id, seller.id, event_id, "any", False) for listing in listings]
    await _copy(database, "listings", LISTING_COLUMNS, rows)
    tickets = [
        (ticket_id, seller.id, event_id, listing.id, position, position == 0, title, 4000, "usd",
         "for_sale", None, None, 1, now, *place, starts_at, "UTC", 0, "concert")
        for listing in listings
        for position, ticket_id in enumerate(listing.ticket_ids)
    ]  # fmt: skip
    await _copy(database, "tickets", COLUMNS, tickets)
    return Event(event_id, slug, listings)


async def _copy(
    database: asyncpg.Connection,
    table: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
) -> None:
    await database.copy_records_to_table(table, columns=columns, records=rows)
