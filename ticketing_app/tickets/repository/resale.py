"""SQL of relisted tickets: each listing refers to the previous one of its seat."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, bindparam, or_, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.rules import TicketStatus


class SeatRows(NamedTuple):
    """The listings of the seat of `ticket_id`, newest first, without withdrawn ones."""

    ticket_id: UUID
    rows: list[Ticket]


def _is_active() -> ColumnElement[bool]:
    # A withdrawn listing that is held may still be paid, so its seat must not be listed again.
    return or_(col(Ticket.status) != TicketStatus.WITHDRAWN, col(Ticket.locked_until).is_not(None))


# The statements are built once: that takes longer than PostgreSQL needs to run them.
_TICKET_IDS: Any = bindparam("ticket_ids", expanding=True)


def _earlier() -> CTE:
    """These listings and all earlier ones; `asked` is the id in `ticket_ids` that each was found from."""
    asked = select(col(Ticket.id).label("asked"), Ticket.id, Ticket.previous_ticket_id)
    earlier = asked.where(col(Ticket.id).in_(_TICKET_IDS)).cte("earlier", recursive=True)
    previous: Any = select(earlier.c.asked, Ticket.id, Ticket.previous_ticket_id)
    return earlier.union(previous.where(col(Ticket.id) == earlier.c.previous_ticket_id))


def _later() -> CTE:
    """These listings and the active later ones of their seats; `asked` as in `_earlier`."""
    asked = select(col(Ticket.id).label("asked"), Ticket.id)
    later = asked.where(col(Ticket.id).in_(_TICKET_IDS)).cte("later", recursive=True)
    following: Any = select(later.c.asked, Ticket.id)
    return later.union(following.where(col(Ticket.previous_ticket_id) == later.c.id, _is_active()))


_EARLIER = _earlier()
_LATER = _later()


def _lock() -> Any:  # noqa: ANN401  # a select for update.
    listings = select(col(Ticket.listing_id)).where(col(Ticket.id).in_(select(_LATER.c.id)))
    ids = union(
        select(_EARLIER.c.id),
        select(_LATER.c.id),
        select(col(Ticket.id)).where(col(Ticket.listing_id).in_(listings)),
    )
    tickets = select(Ticket.id).where(col(Ticket.id).in_(ids))
    return tickets.order_by(col(Ticket.id)).with_for_update(key_share=True)


_LOCK = _lock()


async def lock_seats(session: AsyncSession, ticket_ids: Sequence[UUID]) -> None:
    """Lock the listings of the seats of these tickets by id, each with all its tickets but the earlier ones."""
    await session.exec(_LOCK, params={"ticket_ids": list(ticket_ids)})


def _seats() -> Any:  # noqa: ANN401  # a select of ids and tickets.
    asked = select(_EARLIER.c.asked, _EARLIER.c.id)
    both = asked.union(select(_LATER.c.asked, _LATER.c.id)).subquery()
    query: Any = select(both.c.asked, Ticket).join(both, both.c.id == col(Ticket.id))
    newest_first = query.order_by(both.c.asked, col(Ticket.id).desc())
    return newest_first.execution_options(populate_existing=True)


_SEATS = _seats()


async def list_seats(session: AsyncSession, ticket_ids: list[UUID]) -> list[SeatRows]:
    """Return the seats of the sold ones among these tickets."""
    found = await session.exec(_SEATS, params={"ticket_ids": ticket_ids})
    seats = [
        SeatRows(asked, [ticket for _, ticket in rows])
        for asked, rows in groupby(found.all(), key=lambda row: row[0])
    ]
    return [seat for seat in seats if _was_sold(seat)]


def _was_sold(seat: SeatRows) -> bool:
    return any(row.id == seat.ticket_id and row.status == TicketStatus.SOLD for row in seat.rows)


async def find_sold(session: AsyncSession, file_id: UUID) -> UUID | None:
    """Return the listing with this file that was sold last."""
    is_sold = (col(Ticket.vault_file_id) == file_id, col(Ticket.status) == TicketStatus.SOLD)
    query = select(Ticket.id).where(*is_sold).order_by(col(Ticket.id).desc())
    return (await session.exec(query.limit(1))).first()


async def get_listing_for_update(session: AsyncSession, ticket_id: UUID) -> Ticket | None:
    """Lock and return a listing that is for sale or paused, held or not."""
    is_open = col(Ticket.status).in_((TicketStatus.FOR_SALE, TicketStatus.PAUSED))
    query = select(Ticket).where(Ticket.id == ticket_id, is_open)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.exec(locked)).one_or_none()


async def list_ownership(session: AsyncSession, ticket_id: UUID) -> list[Ticket]:
    """Return the listings of the same seat, oldest first; of withdrawn ones only `ticket_id`."""
    chain = select(_EARLIER.c.id).union(select(_LATER.c.id))
    is_part = or_(col(Ticket.status) != TicketStatus.WITHDRAWN, col(Ticket.id) == ticket_id)
    query = select(Ticket).where(col(Ticket.id).in_(chain), is_part).order_by(col(Ticket.id))
    return list((await session.exec(query, params={"ticket_ids": [ticket_id]})).all())
