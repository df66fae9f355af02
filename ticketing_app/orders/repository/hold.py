"""Holds of tickets, and the facts behind a refusal. Times are in seconds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id, oldest_id
from ticketing_app.orders.repository.hold_statements import (
    HOLD_LISTED,
    HOLD_LOOSE,
    LISTING_LIMITS,
    TICKET_LIMITS,
)
from ticketing_app.orders.rules import COOLDOWN_WINDOW, LONGEST_COOLDOWN_HOLDS, Choice, SeenOffer
from ticketing_app.orders.schemas import OrderRead

# Covers the grace of a payment and the clock skew between web processes.
CLOCKS_DIFFER = timedelta(hours=1)


class HoldLimits(NamedTuple):
    hold_seconds: float
    max_open_holds: int
    cooldown_seconds: float
    max_unconfirmed_holds: int | None = None  # Of an account with an unconfirmed address.


class Hold(NamedTuple):
    order: OrderRead
    event_id: UUID | None
    lapsed: int  # Number of expired orders that it closed, to take over their tickets.


async def hold_loose(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    seen: SeenOffer,
    limits: HoldLimits,
    correlation_id: str | None,
) -> Hold | None:
    """Lock a ticket without a listing for the buyer; None if refused. `connection` is in AUTOCOMMIT."""
    values = (
        _new_ids(1)
        | _limit_values(buyer_id, limits)
        | {
            "ticket_id": ticket_id,
            "seen_version": seen.version,
            "seen_price_cents": seen.price_cents,
            "max_open_holds": limits.max_open_holds,
            "max_unconfirmed_holds": limits.max_unconfirmed_holds,
            "correlation_id": correlation_id,
        }
    )
    return await _hold(connection, HOLD_LOOSE, values)


async def hold_listed(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    choice: Choice,
    seen: SeenOffer,
    limits: HoldLimits,
    correlation_id: str | None,
) -> Hold | None:
    """Lock tickets of a listing for the buyer, all or none; None if refused. As `hold_loose`."""
    is_of_ticket = choice.is_seen_by_ticket
    values = (
        _new_ids(choice.quantity)
        | _limit_values(buyer_id, limits)
        | {
            "listing_id": choice.listing_id,
            "ticket_ids": list(choice.ticket_ids) or None,
            "quantity": choice.quantity,
            "seen_version": None if is_of_ticket else seen.version,
            "seen_ticket_version": seen.version if is_of_ticket else None,
            "seen_price_cents": seen.price_cents,
            "max_open_holds": limits.max_open_holds,
            "max_unconfirmed_holds": limits.max_unconfirmed_holds,
            "correlation_id": correlation_id,
        }
    )
    return await _hold(connection, HOLD_LISTED, values)


async def _hold(
    connection: AsyncConnection, statement: TextClause, values: dict[str, object]
) -> Hold | None:
    return _read_hold((await connection.execute(statement, values)).mappings().all())


def _new_ids(quantity: int) -> dict[str, object]:
    # Each ticket may be that of another expired order.
    return {
        "order_id": new_id(),
        "created_event_id": new_id(),
        "expired_event_ids": [new_id() for _ in range(quantity)],
    }


def _read_hold(rows: Sequence[RowMapping]) -> Hold | None:
    """Read the rows of the statement, one per ticket."""
    if not rows:
        return None
    tickets = [
        {**row, "id": row["ticket_id"], "price_cents": row["ticket_price_cents"]} for row in rows
    ]
    items = [{"ticket": ticket} for ticket in tickets]
    order = OrderRead.model_validate({**rows[0], "ticket": tickets[0], "items": items})
    return Hold(order, rows[0]["event_id"], rows[0]["lapsed"])


def _limit_values(buyer_id: UUID, limits: HoldLimits) -> dict[str, object]:
    # A hold that ended within the window began at most this long before it, including its grace.
    longest = COOLDOWN_WINDOW + timedelta(seconds=limits.hold_seconds) + CLOCKS_DIFFER
    return {
        "buyer_id": buyer_id,
        "hold_seconds": limits.hold_seconds,
        "cooldown_seconds": limits.cooldown_seconds,
        "cooldown_window": COOLDOWN_WINDOW,
        "longest_cooldown_holds": LONGEST_COOLDOWN_HOLDS,
        "since": oldest_id(utc_now() - longest),
    }


class HoldFacts(NamedTuple):
    own_order_id: UUID | None
    open_holds: int
    cooldown: timedelta | None
    is_confirmed: bool


_IS_LIVE = """
    (o.status IN ('capturing', 'completed', 'refunding')
      OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at > now()))
"""
_TICKET_FACTS = text(f"""
    SELECT (SELECT o.id FROM order_items i JOIN orders o ON o.id = i.order_id
            WHERE i.ticket_id = :ticket_id AND i.is_order_live AND i.refunded_at IS NULL
              AND o.buyer_id = :buyer_id AND {_IS_LIVE}),
           l.open_holds,
           l.cooldown_ends_at - now(),
           (SELECT email_confirmed_at IS NOT NULL FROM users WHERE id = :buyer_id)
    FROM ({TICKET_LIMITS}) l
""")  # noqa: S608  # built from constants.
_LISTING_FACTS = text(f"""
    SELECT CASE WHEN CAST(:ticket_ids AS uuid[]) IS NULL THEN (
             SELECT o.id FROM orders o
             WHERE o.buyer_id = :buyer_id AND (o.buyer_id, o.id) > (:buyer_id, :since)
               AND o.listing_id = :listing_id AND o.status IN ('created', 'awaiting_payment', 'capturing')
               AND {_IS_LIVE}
             ORDER BY o.id DESC LIMIT 1)
           ELSE (
             SELECT o.id FROM order_items i JOIN orders o ON o.id = i.order_id
             WHERE i.ticket_id = ANY(CAST(:ticket_ids AS uuid[])) AND i.is_order_live AND i.refunded_at IS NULL
               AND o.buyer_id = :buyer_id AND {_IS_LIVE}
             LIMIT 1)
           END,
           l.open_holds,
           l.cooldown_ends_at - now(),
           (SELECT email_confirmed_at IS NOT NULL FROM users WHERE id = :buyer_id)
    FROM ({LISTING_LIMITS}) l
""")  # noqa: S608  # as above.


async def get_ticket_facts(
    session: AsyncSession, *, buyer_id: UUID, ticket_id: UUID, limits: HoldLimits
) -> HoldFacts:
    values = _limit_values(buyer_id, limits) | {"ticket_id": ticket_id}
    connection = await session.connection()
    return HoldFacts(*(await connection.execute(_TICKET_FACTS, values)).one())


async def get_listing_facts(
    session: AsyncSession, *, buyer_id: UUID, choice: Choice, limits: HoldLimits
) -> HoldFacts:
    """As `get_ticket_facts`; the own order is that of a chosen ticket, without any an open one of the listing."""
    values = _limit_values(buyer_id, limits) | {
        "listing_id": choice.listing_id,
        "ticket_ids": list(choice.ticket_ids) or None,
    }
    connection = await session.connection()
    return HoldFacts(*(await connection.execute(_LISTING_FACTS, values)).one())
