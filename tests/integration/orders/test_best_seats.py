"""The rules that pages show, `quantities` and `best_seats`, against the hold statement."""

import random
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests import factories
from ticketing_app.core import db
from ticketing_app.orders.repository.hold import HoldLimits, hold_listed
from ticketing_app.orders.rules import ANY_OFFER, MAX_TICKETS, Choice
from ticketing_app.tickets.rules import Split, best_seats, quantities

LAYOUTS = 30
# More positions than tickets, so that there are gaps.
POSITIONS = range(MAX_TICKETS + 4)
LIMITS = HoldLimits(hold_seconds=900, max_open_holds=100, cooldown_seconds=0)
SET_LISTING = text("UPDATE listings SET split = :split, is_side_by_side = :is_side_by_side")
SET_SEATS = text("""
    UPDATE tickets t
    SET position = seats.position, status = CASE WHEN nth <= :available THEN 'for_sale' ELSE 'withdrawn' END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS smallint[])) WITH ORDINALITY AS seats(id, position, nth)
    WHERE t.id = seats.id
""")


async def held_seats(
    connection: AsyncConnection, listing_id: UUID, buyer_id: UUID, quantity: int
) -> set[UUID]:
    """Return the tickets that the statement takes, and undo it; none if it refuses."""
    attempt = await connection.begin_nested()
    hold = await hold_listed(
        connection,
        buyer_id=buyer_id,
        choice=Choice(listing_id, quantity),
        seen=ANY_OFFER,
        limits=LIMITS,
        correlation_id=None,
    )
    await attempt.rollback()
    return {item.ticket.id for item in hold.order.items} if hold else set()


@pytest.mark.no_cover  # Tracing would double its time.
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("split", "is_side_by_side"), list(product(Split, [True, False])))
async def test_the_statement_agrees_with_the_rules(split: Split, *, is_side_by_side: bool) -> None:
    chance = random.Random(0)
    buyer = await factories.make_user()
    listing = await factories.make_listing(*[str(nth) for nth in range(MAX_TICKETS)])
    ids = [seat.ticket_id for seat in listing.seats]
    for _ in range(LAYOUTS):
        positions = chance.sample(POSITIONS, MAX_TICKETS)
        available = positions[: chance.randint(0, MAX_TICKETS)]
        ticket_ids = dict(zip(positions, ids, strict=True))
        async with db.transaction() as session:
            connection = await session.connection()
            rule = {"split": split, "is_side_by_side": is_side_by_side}
            await connection.execute(SET_LISTING, rule)
            seats = {"ids": ids, "positions": positions, "available": len(available)}
            await connection.execute(SET_SEATS, seats)
            allowed = quantities(split, available, is_side_by_side=is_side_by_side)
            for quantity in range(1, MAX_TICKETS + 1):
                best = best_seats(available, quantity) if quantity in allowed else []
                held = await held_seats(connection, listing.id, buyer.id, quantity)
                assert held == {ticket_ids[position] for position in best}, positions
