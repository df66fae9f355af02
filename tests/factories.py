"""Create test data through the services, and move times in the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ticketing_app.accounts.models import User
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.models import Event, Venue
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import events
from ticketing_app.orders.rules import Choice
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold as holding
from ticketing_app.tickets.models import Listing
from ticketing_app.tickets.rules import Split
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead, TicketUpdate
from ticketing_app.tickets.service import listings, tickets

UNKNOWN_ID = "01a20000-0000-7000-8000-000000000000"
"""A well-formed id without a row, the same in each run."""


async def make_user(email: str | None = None, *, is_confirmed: bool = True) -> UserRead:
    """Create an account that cannot sign in: hashing passwords would dominate the run time."""
    user = User(
        email=email or f"{db.new_id()}@gittix.test",
        email_confirmed_at=utc_now() if is_confirmed else None,
        password_hash="no password",
    )
    async with db.transaction() as session:
        session.add(user)
    return UserRead(id=user.id, email=user.email)


CITIES = {
    "Berlin": (2950159, "DE", "Europe/Berlin", 52.5244, 13.4105, 3426354, ["Berlino"]),
    "Chicago": (4887398, "US", "America/Chicago", 41.85, -87.65, 2665039, []),
    "London": (2643743, "GB", "Europe/London", 51.5085, -0.1257, 8961989, ["Londres"]),
    "Munich": (
        2867714,
        "DE",
        "Europe/Berlin",
        48.1374,
        11.5755,
        1505005,
        ["München", "Monaco di Baviera"],
    ),
    "Münster": (2867543, "DE", "Europe/Berlin", 51.9624, 7.6257, 322904, []),
    "Porto": (2735943, "PT", "Europe/Lisbon", 41.1496, -8.611, 231800, ["Oporto"]),
    "São Paulo": (3448439, "BR", "America/Sao_Paulo", -23.5475, -46.6361, 12400232, ["Sampa"]),
}
"""A handful of the data set, which takes seconds to load."""


async def make_cities() -> None:
    """Add `CITIES` with their other names; those that are there stay."""
    async with db.transaction() as session:
        connection = await session.connection()
        for name, (
            city_id,
            country,
            timezone,
            latitude,
            longitude,
            population,
            others,
        ) in CITIES.items():
            place = {"id": city_id, "name": name, "country": country, "timezone": timezone}
            place |= {"latitude": latitude, "longitude": longitude, "population": population}
            await connection.execute(
                text(
                    f"INSERT INTO cities ({', '.join(place)})"
                    f" VALUES ({', '.join(f':{column}' for column in place)}) ON CONFLICT DO NOTHING"
                ),
                place,
            )
            await connection.execute(
                text(
                    "INSERT INTO city_names (city_id, key) SELECT :id, search_key(name)"
                    " FROM unnest(CAST(:names AS text[])) AS n (name) ON CONFLICT DO NOTHING"
                ),
                {"id": city_id, "names": [name, *others]},
            )


async def make_ticket(seller: UserRead | None = None, **fields: Any) -> TicketRead:  # noqa: ANN401  # any field
    """List a ticket, by default for $40 by a new seller."""
    seller = seller or await make_user()
    described = TicketCreate.model_validate({"title": "The Paper Lanterns", "price": 40, **fields})
    async with db.transaction() as session:
        return await tickets.create_ticket(session, seller_id=seller.id, ticket=described)


async def make_event(title: str = "The Paper Lanterns", **fields: Any) -> EventRead:  # noqa: ANN401  # any column
    """Create an event in 30 days at a venue of its own; without the limits and checks of the service."""
    venue = Venue(
        slug=f"venue-{db.new_id()}",
        name=f"Harbour Hall {db.new_id()}",
        city="Rotterdam",
        country="NL",
        timezone="UTC",
    )
    starts_at: datetime = fields.pop("starts_at", utc_now() + timedelta(days=30))
    event = Event(
        slug=f"event-{db.new_id()}",
        title=title,
        venue_id=venue.id,
        venue=venue.name,
        city=venue.city,
        timezone=venue.timezone,
        starts_local=starts_at.replace(tzinfo=None),
        starts_at=starts_at,
        **fields,
    )
    async with db.transaction() as session:
        session.add(venue)
        await session.flush()
        session.add(event)
    async with db.transaction() as session:
        return await events.get_event(session, event_id=event.id)


async def make_listing(
    *seats: str,
    seller: UserRead | None = None,
    event: EventRead | None = None,
    **fields: Any,  # noqa: ANN401  # any field
) -> ListingRead:
    """List these seats of row F for $40 each, by default of a new event by a new seller."""
    seller = seller or await make_user()
    event = event or await make_event()
    described = ListingCreate.model_validate(
        {
            "eventId": str(event.id),
            "price": 40,
            "seats": [{"row": "F", "seat": seat} for seat in seats],
            **fields,
        }
    )
    async with db.transaction() as session:
        return await listings.create_listing(session, seller_id=seller.id, listing=described)


async def change_ticket(ticket: TicketRead, seller: UserRead, **fields: Any) -> TicketRead:  # noqa: ANN401  # any field
    """Replace the listing as its seller; fields that are not given are cleared."""
    update = TicketUpdate.model_validate(
        {"title": ticket.title, "price": Decimal(ticket.price_cents) / 100, **fields}
    )
    async with db.transaction() as session:
        return await tickets.update_ticket(
            session, seller_id=seller.id, ticket_id=ticket.id, ticket=update
        )


async def withdraw(ticket: TicketRead, seller: UserRead) -> None:
    """Take the listing off sale as its seller."""
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=ticket.id)


async def hold(ticket: TicketRead, buyer: UserRead | None = None) -> OrderRead:
    """Hold the ticket, by default for a new buyer."""
    buyer = buyer or await make_user()
    return await holding.create_order(db.autocommit, buyer_id=buyer.id, ticket_id=ticket.id)


async def make_tickets_together(
    seller: UserRead | None = None,
    *,
    seats: int = 4,
    split: Split = Split.ANY,
    is_side_by_side: bool = False,
    **fields: Any,  # noqa: ANN401  # any field of a ticket.
) -> list[TicketRead]:
    """List tickets together, by default four for $40 each; return them in the order of their seats."""
    seller = seller or await make_user()
    made = [await make_ticket(seller, **fields) for _ in range(seats)]
    listing = Listing(seller_id=seller.id, split=split, is_side_by_side=is_side_by_side)
    async with db.transaction() as session:
        session.add(listing)
        await session.flush()
        for position, ticket in enumerate(made):
            values = {
                "listing": listing.id,
                "position": position,
                "is_front": position == 0,
                "id": ticket.id,
            }
            await (await session.connection()).execute(_JOIN_LISTING, values)
    return [await read_ticket(ticket.id) for ticket in made]


_JOIN_LISTING = text(
    "UPDATE tickets SET listing_id = :listing, position = :position, is_front = :is_front"
    " WHERE id = :id"
)


async def hold_tickets(tickets: Sequence[TicketRead], buyer: UserRead | None = None) -> OrderRead:
    """Hold these tickets of one listing, by default for a new buyer."""
    buyer = buyer or await make_user()
    ticket_ids = [ticket.id for ticket in tickets]
    return await holding.create_order_of_tickets(
        db.autocommit, buyer_id=buyer.id, ticket_ids=ticket_ids
    )


async def hold_best(
    tickets: Sequence[TicketRead], quantity: int, buyer: UserRead | None = None
) -> OrderRead:
    """Hold the best seats of the listing of these tickets, by default for a new buyer."""
    buyer = buyer or await make_user()
    listing_id = tickets[0].listing_id
    assert listing_id
    return await holding.create_listing_order(
        db.autocommit, buyer_id=buyer.id, choice=Choice(listing_id, quantity)
    )


async def let_event_begin(ticket_id: UUID) -> None:
    """Move the start of the event to a moment ago, for all tickets of the listing."""
    statement = """
        UPDATE tickets t SET starts_at = now() - interval '1 s', timezone = 'UTC'
        FROM tickets given WHERE given.id = :id AND (t.id = given.id OR t.listing_id = given.listing_id)
    """
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": ticket_id})


async def let_delivery_be_too_late(ticket_id: UUID) -> None:
    """Move the last moment of the sale to a moment ago, for all tickets of the listing."""
    statement = """
        UPDATE tickets t SET sellable_until = now() - interval '1 s'
        FROM tickets given WHERE given.id = :id AND (t.id = given.id OR t.listing_id = given.listing_id)
    """
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": ticket_id})


async def let_hold_lapse(order_id: UUID, *, seconds_ago: float = 1) -> None:
    """Move the deadline of the order and the lease of its tickets to `seconds_ago`.

    With 0 also while others hold: a statement that waits at the tickets must not find a lease that ended
    before it began, which no clock can do.
    """
    # The count is always true: as in the program, the tickets are locked before the order.
    statement = """
        WITH clock AS MATERIALIZED (
            SELECT clock_timestamp() - make_interval(secs => :ago) AS at
        ), own AS (
            SELECT id FROM tickets WHERE order_id = :id AND locked_until < 'infinity'
            ORDER BY id FOR NO KEY UPDATE
        ), leases AS (
            UPDATE tickets t SET locked_until = clock.at FROM own, clock WHERE t.id = own.id RETURNING t.id
        )
        UPDATE orders SET expires_at = clock.at FROM clock
        WHERE id = :id AND status IN ('created', 'awaiting_payment', 'capturing') AND (SELECT count(*) FROM leases) >= 0
    """
    async with db.transaction() as session:
        values = {"ago": seconds_ago, "id": order_id}
        await (await session.connection()).execute(text(statement), values)


async def let_time_pass(ticket_id: UUID, seconds: float) -> None:
    """Move all times of the ticket's orders and of their leases back."""
    back = "- make_interval(secs => :seconds)"
    orders = "SELECT order_id FROM order_items WHERE ticket_id = :id"
    moved = ", ".join(
        f"{name} = {name} {back}" for name in ("created_at", "expires_at", "ended_at")
    )
    async with db.transaction() as session:
        for statement in (
            f"UPDATE tickets SET locked_until = locked_until {back} WHERE order_id IN ({orders})",
            f"UPDATE orders SET {moved} WHERE id IN ({orders})",
        ):
            values = {"seconds": seconds, "id": ticket_id}
            await (await session.connection()).execute(text(statement), values)


async def let_cooldown_pass(order_id: UUID) -> None:
    """Move the end of this hold a day back."""
    async with db.transaction() as session:
        await (await session.connection()).execute(
            text(
                "UPDATE orders SET expires_at = now() - interval '1 day',"
                " ended_at = ended_at - interval '1 day' WHERE id = :id"
            ),
            {"id": order_id},
        )


async def recorded_events(*names: str) -> list[dict[str, Any]]:
    """Return the payloads of the recorded events with these names (all by default), oldest first."""
    async with db.transaction() as session:
        rows = await (await session.connection()).execute(
            text("SELECT name, payload FROM outbox ORDER BY position")
        )
        return [{"name": name, **payload} for name, payload in rows if not names or name in names]


async def read_ticket(ticket_id: UUID | str, viewer: UserRead | None = None) -> TicketRead:
    """Return the ticket as `viewer`, or a stranger, sees it."""
    async with db.transaction() as session:
        return await tickets.get_ticket(
            session, ticket_id=UUID(str(ticket_id)), viewer_id=viewer.id if viewer else None
        )
