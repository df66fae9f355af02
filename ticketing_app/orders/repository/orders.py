"""SQL of orders and their items."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, bindparam, func, literal, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.models import Order, OrderItem, OrderStep
from ticketing_app.orders.rules import SOURCES, OrderStatus


class OrderWithItems(NamedTuple):
    order: Order
    items: list[OrderItem]  # By ticket id.

    @property
    def ticket_ids(self) -> list[UUID]:
        return [item.ticket_id for item in self.items]


async def get_order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Return the present row, even if this session has loaded the order before."""
    query = select(Order).where(Order.id == order_id).execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


_WITH_ITEMS = (
    select(Order, OrderItem)
    .join(OrderItem, col(OrderItem.order_id) == Order.id)
    .order_by(col(OrderItem.ticket_id))
    .execution_options(populate_existing=True)
)


async def get_with_items(session: AsyncSession, order_id: UUID) -> OrderWithItems | None:
    """Return the present rows, even if this session has loaded them before."""
    rows = (await session.exec(_WITH_ITEMS.where(Order.id == order_id))).all()
    return OrderWithItems(rows[0][0], [item for _, item in rows]) if rows else None


class OrderedTickets(NamedTuple):
    buyer_id: UUID
    ticket_ids: list[UUID]


_ORDERED_TICKETS = text("""
    SELECT o.buyer_id, i.ticket_id FROM orders o JOIN order_items i ON i.order_id = o.id
    WHERE o.id = :order_id ORDER BY i.ticket_id
""")


async def get_ordered_tickets(session: AsyncSession, order_id: UUID) -> OrderedTickets | None:
    """Return the buyer and the tickets of an order, which never change."""
    found = await (await session.connection()).execute(_ORDERED_TICKETS, {"order_id": order_id})
    rows = found.all()
    return OrderedTickets(rows[0].buyer_id, [row.ticket_id for row in rows]) if rows else None


class RunningOrder(NamedTuple):
    order: Order
    items: list[OrderItem]  # By ticket id.
    is_running: bool  # The deadline lies ahead on the database clock.


async def get_running(session: AsyncSession, order_id: UUID) -> RunningOrder | None:
    """As `get_with_items`; compared with the clock of this moment, also after a lock was awaited."""
    query: Any = _WITH_ITEMS.add_columns(col(Order.expires_at) > func.clock_timestamp())
    rows = (await session.exec(query.where(Order.id == order_id))).all()
    return RunningOrder(rows[0][0], [row[1] for row in rows], rows[0][2]) if rows else None


async def list_items(session: AsyncSession, order_ids: Collection[UUID]) -> list[OrderItem]:
    """Return the items of these orders, by order and ticket."""
    query = select(OrderItem).where(col(OrderItem.order_id).in_(order_ids))
    ordered = query.order_by(col(OrderItem.order_id), col(OrderItem.ticket_id))
    return list((await session.exec(ordered.execution_options(populate_existing=True))).all())


async def has_order(session: AsyncSession, *, buyer_id: UUID, ticket_id: UUID) -> bool:
    query = (
        select(Order.id)
        .join(OrderItem, col(OrderItem.order_id) == Order.id)
        .where(Order.buyer_id == buyer_id, OrderItem.ticket_id == ticket_id)
    )
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


async def get_by_ids(session: AsyncSession, order_ids: Collection[UUID]) -> list[Order]:
    return list((await session.exec(select(Order).where(col(Order.id).in_(order_ids)))).all())


_LIST_TITLES = text("SELECT id, title, quantity FROM orders WHERE id = ANY(:order_ids)").bindparams(
    bindparam("order_ids", type_=ARRAY(Uuid))
)


async def list_titles(session: AsyncSession, order_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    # Without flushing: the events of many notices are then written at once.
    connection = await session.connection()
    return (await connection.execute(_LIST_TITLES, {"order_ids": list(order_ids)})).all()


# The condition of `ix_orders_due`, which no other query may state: the planner would read all of that
# index for it.
_OPEN = "status IN ('created', 'awaiting_payment') AND expires_at < 'infinity'"
_DUE = f"{_OPEN} AND expires_at <= now()"
_LIST_DUE = text(f"""
    SELECT id, ARRAY(
      SELECT ticket_id FROM order_items WHERE order_id = orders.id ORDER BY ticket_id
    ) AS ticket_ids
    FROM orders WHERE {_DUE} ORDER BY expires_at LIMIT :limit
""")  # noqa: S608  # a constant.
_MEASURE_NEXT = text(f"SELECT min(expires_at) - clock_timestamp() FROM orders WHERE {_OPEN}")  # noqa: S608  # as above.
_MEASURE_DUE = text(f"SELECT now() - min(expires_at) FROM orders WHERE {_DUE}")  # noqa: S608  # as above.


async def list_due(session: AsyncSession, limit: int) -> dict[UUID, list[UUID]]:
    """Return the tickets of up to `limit` orders past their deadline, by order.

    Without a lock: any of them may end meanwhile.
    """
    rows = await (await session.connection()).execute(_LIST_DUE, {"limit": limit})
    return {row.id: row.ticket_ids for row in rows}


async def expire(session: AsyncSession, order_ids: Collection[UUID]) -> list[Order]:
    """Expire those of these orders that are past their deadline and open; return them by id."""
    statement = (
        update(Order)
        .where(
            # An array: each length of a list would be another statement to plan.
            col(Order.id) == any_(literal(list(order_ids), ARRAY(Uuid))),
            col(Order.status).in_(SOURCES[OrderStatus.EXPIRED]),
            col(Order.expires_at) <= func.clock_timestamp(),
        )
        .values(
            status=OrderStatus.EXPIRED,
            version=col(Order.version) + 1,
            ended_at=col(Order.expires_at),
        )
        .returning(Order)
        .execution_options(populate_existing=True)
    )
    return sorted((await session.exec(statement)).scalars(), key=lambda order: order.id)


async def measure_next(session: AsyncSession) -> timedelta | None:
    """Return the time to the first deadline of an open order; None if there is no open order."""
    return await (await session.connection()).scalar(_MEASURE_NEXT)


async def measure_due(session: AsyncSession) -> timedelta | None:
    """Return the age of the oldest deadline of an open order; None if none has passed."""
    return await (await session.connection()).scalar(_MEASURE_DUE)


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


async def sum_paid(session: AsyncSession, ticket_ids: Collection[UUID]) -> dict[str, int]:
    """Return the sums that buyers paid for these tickets by currency; none that goes back or may go back."""
    query = (
        select(Order.currency, func.sum(col(OrderItem.price_cents)))
        .join(Order, col(Order.id) == OrderItem.order_id)
        .where(
            col(OrderItem.ticket_id).in_(ticket_ids),
            # The condition of `uq_order_items_one_live_per_ticket`.
            col(OrderItem.is_order_live),
            col(OrderItem.refunded_at).is_(None),
            col(OrderItem.refund_requested_at).is_(None),
            Order.status == OrderStatus.COMPLETED,
            col(Order.is_disputed).is_(False),
        )
        .group_by(Order.currency)
    )
    return dict((await session.exec(query)).all())


async def list_unrefunded(session: AsyncSession, order_ids: Collection[UUID]) -> set[UUID]:
    """Return live orders with an item that has no refund requested."""
    query = (
        select(OrderItem.order_id)
        .where(
            col(OrderItem.order_id).in_(order_ids),
            col(OrderItem.is_order_live),
            col(OrderItem.refund_requested_at).is_(None),
        )
        .distinct()
    )
    return set((await session.exec(query)).all())


async def add_version(session: AsyncSession, order_id: UUID) -> Order:
    """Count a change of the items only."""
    statement = (
        update(Order)
        .where(col(Order.id) == order_id)
        .values(version=col(Order.version) + 1)
        .returning(Order)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).scalar_one()


async def move_items(
    session: AsyncSession, order_id: UUID, ticket_ids: Collection[UUID], *, is_refunded: bool
) -> None:
    """Mark items as refunded, or as being refunded."""
    now = func.clock_timestamp()
    statement = (
        update(OrderItem)
        .where(col(OrderItem.order_id) == order_id, col(OrderItem.ticket_id).in_(ticket_ids))
        .values(
            refund_requested_at=func.coalesce(col(OrderItem.refund_requested_at), now),
            refunded_at=now if is_refunded else None,
        )
    )
    await session.exec(statement)


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


_ADD_STEPS = text("""
    INSERT INTO order_steps (order_id, version, status, expires_at)
    SELECT id, version, status, expires_at FROM orders WHERE id = ANY(:order_ids)
""").bindparams(bindparam("order_ids", type_=ARRAY(Uuid)))


async def add_steps(session: AsyncSession, order_ids: Collection[UUID]) -> None:
    """Add the present step of each of these orders."""
    await (await session.connection()).execute(_ADD_STEPS, {"order_ids": list(order_ids)})


async def list_steps(session: AsyncSession, order_id: UUID) -> list[OrderStep]:
    query = select(OrderStep).where(OrderStep.order_id == order_id)
    return list((await session.exec(query.order_by(col(OrderStep.version)))).all())
