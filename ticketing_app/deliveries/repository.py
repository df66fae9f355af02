"""SQL of deliveries. Deadlines are compared with the database clock only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.deliveries.models import (
    Delivery,
    DeliveryAddress,
    DeliveryAddressRead,
    DeliveryStep,
    IssuerTicket,
    TicketUse,
)
from ticketing_app.deliveries.rules import (
    ADDRESS_KEPT,
    ONLY_IN_TIME,
    TRANSITIONS,
    UNPROMISED_SOURCES,
    WITH_DEADLINE,
    DeliveryStatus,
    Transition,
)
from ticketing_app.tickets.rules import DeliveryMethod

# clock_timestamp() and not now(): a transaction may have waited for the row.
NOW = func.clock_timestamp()


class DeliveryNow(NamedTuple):
    delivery: Delivery
    is_running: bool  # The deadline, if there is one, lies ahead on the database clock.


async def add(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether it was added: an order has one delivery."""
    statement = insert(Delivery).values(**delivery.model_dump()).on_conflict_do_nothing()
    return (await session.exec(statement)).rowcount > 0


async def get_by_order(session: AsyncSession, order_id: UUID) -> DeliveryNow | None:
    return await _get(session, Delivery.order_id == order_id)


async def get_delivery(session: AsyncSession, delivery_id: UUID) -> DeliveryNow | None:
    return await _get(session, Delivery.id == delivery_id)


async def _get(session: AsyncSession, condition: Any) -> DeliveryNow | None:  # noqa: ANN401  # SQL.
    row = (await session.exec(_NOW.where(condition))).one_or_none()
    return DeliveryNow(*row) if row else None


_NOW = select(
    Delivery, func.coalesce(col(Delivery.due_at) > NOW, True)
).execution_options(  # SQL's true.
    populate_existing=True
)


async def list_by_orders(session: AsyncSession, order_ids: Collection[UUID]) -> list[DeliveryNow]:
    rows = await session.exec(_NOW.where(col(Delivery.order_id).in_(order_ids)))
    return [DeliveryNow(*row) for row in rows.all()]


async def list_order_ids(session: AsyncSession, order_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these orders that have a delivery."""
    query = select(Delivery.order_id).where(col(Delivery.order_id).in_(order_ids))
    return set((await session.exec(query)).all())


async def move(
    session: AsyncSession,
    delivery_id: UUID,
    name: Transition,
    *,
    is_clock: bool,
    values: dict[str, object],
) -> Delivery | None:
    """Make the transition; None if the rules or the clock do not allow it."""
    statement = (
        update(Delivery)
        .where(col(Delivery.id) == delivery_id, *_conditions(name, is_clock=is_clock))
        .values(status=TRANSITIONS[name][1], version=col(Delivery.version) + 1, **values)
        .returning(Delivery)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).scalar_one_or_none()


def _conditions(name: Transition, *, is_clock: bool) -> list[ColumnElement[bool]]:
    is_promised = col(Delivery.method).is_not(None)
    status = col(Delivery.status)
    sources = or_(
        and_(is_promised, status.in_(TRANSITIONS[name][0])),
        and_(~is_promised, status.in_(UNPROMISED_SOURCES.get(name, ()))),
    )
    conditions = [sources]
    due_at = col(Delivery.due_at)
    if is_clock:
        conditions.append(due_at <= NOW)
    elif name in ONLY_IN_TIME:
        conditions.append(or_(due_at.is_(None), due_at > NOW))
    if name is Transition.WAIT:
        conditions.append(col(Delivery.has_waited).is_(False))
    return conditions


def add_step(
    session: AsyncSession, delivery: Delivery, name: Transition, by_user_id: UUID | None
) -> None:
    # The primary key includes the version, so no step is stored twice.
    session.add(
        DeliveryStep(
            delivery_id=delivery.id,
            version=delivery.version,
            transition=name,
            status=delivery.status,
            due_at=delivery.due_at,
            by_user_id=by_user_id,
        )
    )


async def list_steps(session: AsyncSession, delivery_id: UUID) -> list[DeliveryStep]:
    query = select(DeliveryStep).where(DeliveryStep.delivery_id == delivery_id)
    return list((await session.exec(query.order_by(col(DeliveryStep.version)))).all())


async def get_database_time(session: AsyncSession) -> datetime:
    return (await session.exec(select(NOW))).one()


async def list_overdue(session: AsyncSession) -> list[UUID]:
    """Return the deliveries with a deadline in the past."""
    return list((await session.exec(select(Delivery.id).where(col(Delivery.due_at) <= NOW))).all())


async def add_uses(session: AsyncSession, ticket_ids: Collection[UUID]) -> None:
    """Record the use of tickets; the first time stays."""
    rows = [TicketUse(ticket_id=ticket_id).model_dump() for ticket_id in ticket_ids]
    await session.exec(insert(TicketUse).values(rows).on_conflict_do_nothing())


async def list_used(session: AsyncSession, ticket_ids: Collection[UUID]) -> set[UUID]:
    query = select(TicketUse.ticket_id).where(col(TicketUse.ticket_id).in_(ticket_ids))
    return set((await session.exec(query)).all())


async def get_used_at(session: AsyncSession, ticket_ids: Collection[UUID]) -> datetime | None:
    """Return when the last of these tickets was used; None unless all were."""
    query = select(func.max(TicketUse.used_at), func.count()).where(
        col(TicketUse.ticket_id).in_(ticket_ids)
    )
    used_at, count = (await session.exec(query)).one()
    return used_at if count == len(ticket_ids) else None


# ---- addresses at issuers ----------------------------------------------------------------------


async def get_address(session: AsyncSession, order_id: UUID) -> DeliveryAddress | None:
    return await session.get(DeliveryAddress, order_id, populate_existing=True)


async def save_address(session: AsyncSession, address: DeliveryAddress) -> DeliveryAddress:
    """Add or replace the address of an order."""
    adding = insert(DeliveryAddress).values(**address.model_dump())
    replaced = {
        name: adding.excluded[name] for name in ("key_name", "wrapped_key", "sealed", "changed_at")
    }
    statement = adding.on_conflict_do_update(
        index_elements=[col(DeliveryAddress.order_id)],
        set_=replaced | {"version": col(DeliveryAddress.version) + 1},
    ).returning(DeliveryAddress)
    saved = await session.exec(statement.execution_options(populate_existing=True))
    return saved.scalar_one()


async def list_addresses(
    session: AsyncSession, order_ids: Collection[UUID]
) -> list[DeliveryAddress]:
    query = select(DeliveryAddress).where(col(DeliveryAddress.order_id).in_(order_ids))
    return list((await session.exec(query)).all())


async def record_address_read(
    session: AsyncSession, order_id: UUID, user_id: UUID, session_id: UUID
) -> None:
    """Count the views of a session: a page that stays open reads the address again and again."""
    read = DeliveryAddressRead(order_id=order_id, user_id=user_id, session_id=session_id)
    statement = insert(DeliveryAddressRead).values(**read.model_dump())
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["order_id", "session_id"],
            set_={"count": col(DeliveryAddressRead.count) + 1, "last_at": NOW},
        )
    )


async def list_addresses_of_other_keys(
    session: AsyncSession, key_name: str, limit: int
) -> list[DeliveryAddress]:
    """Return addresses whose key is wrapped by another one than `key_name`, locked."""
    query = (
        select(DeliveryAddress)
        .where(DeliveryAddress.key_name != key_name)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(query)).all())


async def delete_old_addresses(session: AsyncSession, limit: int) -> int:
    """Delete addresses of orders that ended, or whose delivery needs them no more."""
    since = NOW - ADDRESS_KEPT
    needed = (
        select(Delivery.id)
        .join(DeliveryStep, col(DeliveryStep.delivery_id) == Delivery.id)
        .where(
            Delivery.order_id == DeliveryAddress.order_id,
            or_(col(Delivery.status).in_(WITH_DEADLINE), col(DeliveryStep.at) > since),
        )
    )
    return await db.delete_batch(
        session,
        DeliveryAddress,
        col(DeliveryAddress.changed_at) < since,
        ~needed.exists(),
        limit=limit,
    )


async def list_addresses_of(session: AsyncSession, buyer_id: UUID) -> list[DeliveryAddress]:
    query = select(DeliveryAddress).where(DeliveryAddress.buyer_id == buyer_id)
    return list((await session.exec(query.order_by(col(DeliveryAddress.order_id)))).all())


async def delete_addresses_of(session: AsyncSession, buyer_id: UUID) -> None:
    await session.exec(delete(DeliveryAddress).where(col(DeliveryAddress.buyer_id) == buyer_id))


# ---- sellers -----------------------------------------------------------------------------------


async def list_promised_by_seller(
    session: AsyncSession, seller_id: UUID, *, limit: int
) -> list[DeliveryNow]:
    """Return the seller's deliveries with a deadline that they or their buyers have to keep."""
    query = _NOW.where(
        Delivery.seller_id == seller_id,
        col(Delivery.due_at).is_not(None),
        col(Delivery.status).in_((DeliveryStatus.WAITING, DeliveryStatus.LATE)),
        # The issuer has to act, not the seller.
        Delivery.method != DeliveryMethod.REISSUE,
    )
    rows = await session.exec(query.order_by(col(Delivery.due_at)).limit(limit))
    return [DeliveryNow(*row) for row in rows.all()]


async def list_by_person(session: AsyncSession, user_id: UUID) -> list[Delivery]:
    query = select(Delivery).where(
        or_(col(Delivery.buyer_id) == user_id, col(Delivery.seller_id) == user_id)
    )
    return list((await session.exec(query.order_by(col(Delivery.id)))).all())


async def list_steps_of(
    session: AsyncSession, delivery_ids: Collection[UUID]
) -> list[DeliveryStep]:
    query = select(DeliveryStep).where(col(DeliveryStep.delivery_id).in_(delivery_ids))
    return list((await session.exec(query.order_by(col(DeliveryStep.version)))).all())


# ---- re-issue --------------------------------------------------------------------------------


async def put_issuer_ticket(session: AsyncSession, row: IssuerTicket) -> None:
    """Add the ticket; one that was listed before by another file gets the new file."""
    values = row.model_dump()
    statement = insert(IssuerTicket).values(**values)
    changed = {"file_id": row.file_id, "ticket_id": row.ticket_id}
    await session.exec(
        statement.on_conflict_do_update(constraint="pk_issuer_tickets", set_=changed)
    )


async def list_issuer_tickets(
    session: AsyncSession, file_ids: Collection[UUID]
) -> list[IssuerTicket]:
    query = select(IssuerTicket).where(col(IssuerTicket.file_id).in_(file_ids))
    return list(await session.exec(query.execution_options(populate_existing=True)))


async def list_frozen_for(session: AsyncSession, ticket_id: UUID) -> list[IssuerTicket]:
    query = select(IssuerTicket).where(IssuerTicket.ticket_id == ticket_id)
    return list(await session.exec(query.execution_options(populate_existing=True)))


async def lock_issuer_ticket(session: AsyncSession, file_id: UUID) -> IssuerTicket | None:
    query = select(IssuerTicket).where(IssuerTicket.file_id == file_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    return found.one_or_none()


async def lock_delivery(session: AsyncSession, delivery_id: UUID) -> Delivery | None:
    query = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    return found.one_or_none()
