"""SQL of orders, and the one statement that spans features: the hold."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id, oldest_id
from ticketing_app.orders.models import Order, OrderStep
from ticketing_app.orders.rules import (
    COOLDOWN_WINDOW,
    LONGEST_COOLDOWN_HOLDS,
    SOURCES,
    OrderStatus,
    SeenOffer,
)

# Covers the grace of a payment and the clock skew between web processes.
CLOCKS_DIFFER = timedelta(hours=1)

# The hold: "give this ticket to this buyer if it is free", decided by PostgreSQL in one statement, which
# is also the whole transaction (it runs on an AUTOCOMMIT connection).
#
# How it works. `was` selects the ticket under every condition on the ticket itself and locks its row
# (FOR NO KEY UPDATE). Fifty concurrent buyers queue at that lock; PostgreSQL then re-checks the
# conditions on the row as the winner left it, so the other forty-nine find nothing. `lapsed` closes the
# order of an expired lease, so a ticket is free the moment its time is over, without a worker (rule 2).
# `held` moves the lease, `made` inserts the order, `events` adds the events of both orders to the outbox,
# and `steps` their history. If `was` is empty, the other parts have no effect.
#
# What must not be "simplified":
# - No part may decide by the rows of another part other than by a join: `order_id IN (SELECT id FROM
#   lapsed)` caused internal errors under load, and a LEFT JOIN on its count is optimised away.
# - `WHERE (SELECT count(*) FROM lapsed) >= 0` is always true. It makes PostgreSQL close the old order
#   before it inserts the new one, which the unique index (rule 1) would refuse otherwise.
# - `IS TRUE` in `lapsed`: without it the planner may use the small index of active orders, whose
#   condition implies this one, and read all of them; their number grows with each hold.
# - The ticket row is locked before the order row, as in every transaction of the program; the opposite
#   order deadlocks against the expiry.
# - `now()` is correct here, because the statement is the transaction. A statement that waited for the
#   row lock has an older `now()`, which can only refuse a lease that ended meanwhile, never take over
#   one that is still running.
#
# The limits (open holds, cool-down) are checked inside to save a round trip; concurrent requests may
# exceed them, because limits are not invariants. The reason of a refusal is read afterwards.

# Reads the buyer's last day once: the number of open holds, and the end of the cool-down for this ticket
# (`rules.cooldown_seconds`). `since` is an id older than any relevant order. It is compared together
# with the buyer: by `id` alone the planner may choose the primary key, because its statistics know no
# rows that new, and read the orders of all buyers of the day.
# Versions of the program before `ended_at` cancel without setting it; such a hold costs nothing.
_LIMITS = """
    SELECT count(*) FILTER (
             WHERE o.status IN ('created', 'awaiting_payment') AND o.expires_at > now()
           ) AS open_holds,
           max(lost.ended_at) + make_interval(secs => CAST(:cooldown_seconds AS float8) / 3 * (power(
             4,
             least(:longest_cooldown_holds, CAST(
               extract(epoch FROM sum(lost.ended_at - o.created_at)) AS float8
             ) / CAST(:hold_seconds AS float8))
           ) - 1)) AS cooldown_ends_at
    FROM orders o
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN o.ticket_id <> :ticket_id OR o.is_excused THEN NULL
        WHEN o.status = 'cancelled' THEN o.ended_at
        WHEN o.status = 'expired' OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at <= now())
          THEN coalesce(o.ended_at, o.expires_at)
      END AS ended_at
    ) lost
    WHERE o.buyer_id = :buyer_id
      AND (o.buyer_id, o.id) > (:buyer_id, :since)
      AND coalesce(lost.ended_at > now() - CAST(:cooldown_window AS interval), true)
"""
_HOLD = text(f"""
WITH was AS (
    SELECT t.id, t.order_id, t.price_cents, t.currency, t.title
    FROM tickets t
    WHERE t.id = :ticket_id
      AND t.status = 'for_sale'
      AND (t.locked_until IS NULL OR t.locked_until <= now())
      AND (t.starts_at IS NULL OR t.starts_at > now())
      AND t.seller_id <> :buyer_id
      AND t.version = coalesce(CAST(:seen_version AS integer), t.version)
      AND t.price_cents = coalesce(CAST(:seen_price_cents AS bigint), t.price_cents)
      AND (
        SELECT l.open_holds < :max_open_holds AND coalesce(l.cooldown_ends_at <= now(), true)
        FROM ({_LIMITS}) l
      )
    FOR NO KEY UPDATE OF t
), lapsed AS (
    UPDATE orders o SET status = 'expired', version = o.version + 1, ended_at = o.expires_at
    FROM was
    WHERE o.id = was.order_id AND (o.status IN ('created', 'awaiting_payment')) IS TRUE
    RETURNING o.id, o.version, o.buyer_id, o.price_cents, o.currency, o.expires_at, o.ticket_id
), held AS (
    UPDATE tickets t
    SET order_id = :order_id,
        holder_id = :buyer_id,
        locked_until = now() + make_interval(secs => :hold_seconds),
        version = t.version + 1
    FROM was
    WHERE t.id = was.id
    RETURNING t.id, t.version, t.locked_until, t.title, t.price_cents, t.currency, t.seller_id
), made AS (
    INSERT INTO orders (
        id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, is_grace_used, version, created_at
    )
    SELECT :order_id, :buyer_id, held.id, held.title, held.price_cents, held.currency, 'created',
           held.locked_until, false, 1, now()
    FROM held
    WHERE (SELECT count(*) FROM lapsed) >= 0
    RETURNING *
), events AS (
    INSERT INTO outbox (
        id, name, schema_version, occurred_at, aggregate_id, aggregate_version, correlation_id, payload
    )
    SELECT CAST(:expired_event_id AS uuid), 'OrderExpired', 1, now(), lapsed.id, lapsed.version, :correlation_id,
           jsonb_build_object(
             'order_id', lapsed.id, 'order_version', lapsed.version, 'status', 'expired',
             'buyer_id', lapsed.buyer_id, 'price_cents', lapsed.price_cents, 'currency', lapsed.currency,
             'expires_at', lapsed.expires_at, 'ticket_id', lapsed.ticket_id,
             'ticket_version', NULL, 'locked_until', NULL)
    FROM lapsed
    UNION ALL
    SELECT CAST(:created_event_id AS uuid), 'OrderCreated', 1, now(), made.id, made.version, :correlation_id,
           jsonb_build_object(
             'order_id', made.id, 'order_version', made.version, 'status', made.status,
             'buyer_id', made.buyer_id, 'price_cents', made.price_cents, 'currency', made.currency,
             'expires_at', made.expires_at, 'ticket_id', made.ticket_id, 'title', made.title,
             'ticket_version', held.version, 'locked_until', held.locked_until,
             'seller_id', held.seller_id)
    FROM made, held
), steps AS (
    INSERT INTO order_steps (order_id, version, status, expires_at, at)
    SELECT lapsed.id, lapsed.version, 'expired', lapsed.expires_at, now() FROM lapsed
    UNION ALL
    SELECT made.id, made.version, made.status, made.expires_at, now() FROM made
)
SELECT id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, is_grace_used, version, created_at,
       (SELECT count(*) FROM lapsed) AS lapsed
FROM made
""")  # noqa: S608  # built from a constant.


class Hold(NamedTuple):
    order: Order
    lapsed: int  # Number of expired orders whose ticket it took over, 0 or 1.


async def hold_ticket(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    seen: SeenOffer,
    hold_seconds: float,
    max_open_holds: int,
    cooldown_seconds: float,
    correlation_id: str | None,
) -> Hold | None:
    """Lock the ticket for the buyer; None if refused. `connection` is in AUTOCOMMIT, times are in seconds."""
    values = _limit_values(buyer_id, ticket_id, hold_seconds, cooldown_seconds) | {
        "order_id": new_id(),
        "created_event_id": new_id(),
        "expired_event_id": new_id(),
        "seen_version": seen.version,
        "seen_price_cents": seen.price_cents,
        "max_open_holds": max_open_holds,
        "correlation_id": correlation_id,
    }
    row = (await connection.execute(_HOLD, values)).mappings().one_or_none()
    if row is None:
        return None
    made = dict(row)
    lapsed = made.pop("lapsed")
    return Hold(Order(**made), lapsed)


def _limit_values(
    buyer_id: UUID, ticket_id: UUID, hold_seconds: float, cooldown_seconds: float
) -> dict[str, object]:
    # A hold that ended within the window began at most this long before it, including its grace.
    longest = COOLDOWN_WINDOW + timedelta(seconds=hold_seconds) + CLOCKS_DIFFER
    return {
        "buyer_id": buyer_id,
        "ticket_id": ticket_id,
        "hold_seconds": hold_seconds,
        "cooldown_seconds": cooldown_seconds,
        "cooldown_window": COOLDOWN_WINDOW,
        "longest_cooldown_holds": LONGEST_COOLDOWN_HOLDS,
        "since": oldest_id(utc_now() - longest),
    }


class HoldFacts(NamedTuple):
    own_order_id: UUID | None
    open_holds: int
    cooldown: timedelta | None


_HOLD_FACTS = text(f"""
    SELECT (SELECT id FROM orders WHERE buyer_id = :buyer_id AND ticket_id = :ticket_id
             AND (status IN ('capturing', 'completed', 'refunding')
               OR (status IN ('created', 'awaiting_payment') AND expires_at > now()))),
           l.open_holds,
           l.cooldown_ends_at - now()
    FROM ({_LIMITS}) l
""")  # noqa: S608  # as above.


async def get_hold_facts(
    session: AsyncSession,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    hold_seconds: float,
    cooldown_seconds: float,
) -> HoldFacts:
    values = _limit_values(buyer_id, ticket_id, hold_seconds, cooldown_seconds)
    connection = await session.connection()
    return HoldFacts(*(await connection.execute(_HOLD_FACTS, values)).one())


async def get_order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return the present row, even if this session has loaded the order before."""
    query = select(Order).where(Order.id == order_id).execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def has_order(session: AsyncSession, *, buyer_id: UUID, ticket_id: UUID) -> bool:
    query = select(Order.id).where(Order.buyer_id == buyer_id, Order.ticket_id == ticket_id)
    return (await session.exec(query.limit(1))).one_or_none() is not None


async def get_database_time(session: AsyncSession) -> datetime:
    return (await session.exec(select(func.clock_timestamp()))).one()


class OrderNow(NamedTuple):
    order: Order
    is_running: bool  # The deadline lies ahead on the database clock.


# `now()` is the start of the transaction: read this before anything that may wait.
_ORDERS_NOW = select(Order, col(Order.expires_at) > func.now())


async def get_order_now(session: AsyncSession, order_id: UUID) -> OrderNow | None:
    row = (await session.exec(_ORDERS_NOW.where(Order.id == order_id))).one_or_none()
    return OrderNow(*row) if row else None


async def list_by_buyer(
    session: AsyncSession, *, buyer_id: UUID, limit: int, before: UUID | None
) -> list[OrderNow]:
    """Return up to `limit` + 1 orders, newest first, older than `before`."""
    query = _ORDERS_NOW.where(Order.buyer_id == buyer_id)
    if before:
        query = query.where(col(Order.id) < before)
    rows = await session.exec(query.order_by(col(Order.id).desc()).limit(limit + 1))
    return [OrderNow(*row) for row in rows.all()]


async def get_by_ids(session: AsyncSession, order_ids: list[UUID]) -> list[Order]:
    return list((await session.exec(select(Order).where(col(Order.id).in_(order_ids)))).all())


async def transition(
    session: AsyncSession,
    *,
    order_id: UUID,
    to: OrderStatus,
    values: dict[str, object] | None = None,
) -> Order:
    """Set the status and `values`; raises `NoResultFound` if the rules do not allow the transition."""
    # Callers have checked the status under the lock of the ticket row. The condition here enforces the
    # rules even for a caller without that lock.
    statement = (
        update(Order)
        .where(col(Order.id) == order_id, col(Order.status).in_(SOURCES[to]))
        .values(status=to, version=col(Order.version) + 1, **(values or {}))
        .returning(Order)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).scalar_one()


async def set_disputed(session: AsyncSession, order_id: UUID, *, is_disputed: bool) -> None:
    # Not a transition: version and history stay as they are.
    statement = update(Order).where(col(Order.id) == order_id).values(is_disputed=is_disputed)
    await session.exec(statement)


def add_step(session: AsyncSession, order: Order) -> None:
    # The primary key includes the version, so no step is stored twice.
    session.add(
        OrderStep(
            order_id=order.id,
            version=order.version,
            status=order.status,
            expires_at=order.expires_at,
        )
    )


async def list_steps(session: AsyncSession, order_id: UUID) -> list[OrderStep]:
    query = select(OrderStep).where(OrderStep.order_id == order_id)
    return list((await session.exec(query.order_by(col(OrderStep.version)))).all())
