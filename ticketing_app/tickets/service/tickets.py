"""Use cases of tickets: list, show, sell, edit, withdraw; and the lease, for orders."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import TicketCreated, TicketUpdated
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import find
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.repository.tickets import TicketRow
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas import (
    COUNT_LIMIT,
    TicketCreate,
    TicketFacts,
    TicketFilter,
    TicketLease,
    TicketPage,
    TicketRead,
    TicketUpdate,
)

SIMILAR_LIMIT = 4
MAX_CITIES = 500
MAX_CORRECTED_WORDS = 6
SIMILAR_WORDS = 20


class TicketNotFoundError(AppError):
    """There is no such ticket."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("We could not find this ticket. It may have been taken down.")


class TicketHasNoDateError(AppError):
    """The seller did not tell when the event is."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("This ticket has no date, so that there is nothing for a calendar.")


class NotTicketSellerError(AppError):
    """Somebody else listed this ticket."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        """Say who may."""
        super().__init__("Only the seller of this ticket can change it.")


class TicketNotChangeableError(AppError):
    """The ticket is locked, sold or withdrawn."""

    status = HTTPStatus.CONFLICT

    def __init__(self, availability: rules.Availability) -> None:
        """Say why, and what to do."""
        reasons = {
            rules.Availability.LOCKED: "Somebody is buying this ticket right now, so it cannot be changed. "
            "Try again when the hold is over.",
            rules.Availability.SOLD: "This ticket is sold and can no longer be changed.",
        }
        super().__init__(
            reasons.get(availability, "This ticket was withdrawn and can no longer be changed.")
        )


class StaleTicketError(AppError):
    """The listing changed since it was read."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        """Say what happened and what to do."""
        super().__init__(
            "This ticket changed while you were editing it. Load it again, then make your change.",
            field="version",
        )


class TicketListedAgainError(AppError):
    """The ticket is listed again already, or was sold on."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "This ticket is listed again already. Edit that listing, or withdraw it first.",
            field="previousTicketId",
        )


async def list_tickets(
    session: AsyncSession, *, wanted: TicketFilter, viewer_id: UUID | None = None
) -> TicketPage:
    """Return one page of what is for sale; locked tickets are included and marked.

    Raises:
        InvalidInputError: the cursor is not from this list.
    """
    try:
        cursor = find.read_cursor(wanted)
    except find.InvalidCursorError:
        raise InvalidInputError(
            [("cursor", "Use the cursor that the page before gave you, with the same sort.")]
        ) from None
    corrected_q = cursor.q if cursor else None
    await find.plan_for_values(session)
    rows = await find.list_for_sale(session, _corrected(wanted, corrected_q), cursor)
    if not rows and not cursor and (corrected_q := await _correct(session, wanted.q)):
        rows = await find.list_for_sale(session, _corrected(wanted, corrected_q), None)
    page = rows[: wanted.limit]
    has_more = len(rows) > wanted.limit
    last = page[-1].ticket if has_more else None
    return TicketPage(
        items=[to_read(row, viewer_id) for row in page],
        next_cursor=find.make_cursor(wanted.sort, last, corrected_q) if last else None,
        corrected_q=corrected_q,
    )


async def count_tickets(session: AsyncSession, *, wanted: TicketFilter) -> int:
    """Count what the list shows on all its pages; more than COUNT_LIMIT means that there are more."""
    await find.plan_for_values(session)
    return await find.count_for_sale(session, wanted, COUNT_LIMIT + 1)


async def list_matching(
    session: AsyncSession, *, wanted: TicketFilter, ticket_ids: list[UUID]
) -> list[UUID]:
    """Return those of `ticket_ids` that the list shows on some page."""
    return await find.list_matching(session, wanted, ticket_ids)


async def list_cities(session: AsyncSession) -> list[str]:
    """Return the cities of events ahead, at most MAX_CITIES, in the order of their letters."""
    return await find.list_cities(session, MAX_CITIES)


async def get_ticket(
    session: AsyncSession, *, ticket_id: UUID, viewer_id: UUID | None = None
) -> TicketRead:
    """Return a ticket.

    Raises:
        TicketNotFoundError: there is none with this id.
    """
    row = await repository.get_ticket(session, ticket_id)
    if row is None:
        raise TicketNotFoundError
    return to_read(row, viewer_id)


async def list_similar(session: AsyncSession, *, ticket_id: UUID) -> list[TicketRead]:
    """Return a few others that can be bought now: of the same title, or of the kind in the same city.

    The soonest come first; what has begun is left out. A ticket that nobody knows resembles nothing.
    """
    row = await repository.get_ticket(session, ticket_id)
    if row is None:
        return []
    rows = await find.list_similar(session, row.ticket, SIMILAR_LIMIT)
    return [to_read(similar, None) for similar in rows]


async def create_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket: TicketCreate
) -> TicketRead:
    """List a ticket for sale. That `previous_ticket_id` is the seller's to list, the caller has checked.

    Raises:
        TicketListedAgainError: another listing of that ticket lives.
    """
    row = Ticket(seller_id=seller_id, currency=get_settings().currency, **_values(ticket))
    repository.add(session, row)
    try:
        await session.flush()
    except IntegrityError:
        if ticket.previous_ticket_id is None:
            raise
        raise TicketListedAgainError from None
    await find.learn_words(session, row.id)
    outbox.record(session, TicketCreated(**_facts(row)))
    return to_read(TicketRow(row, is_locked=False), seller_id)


async def require_own_ticket(session: AsyncSession, *, seller_id: UUID, ticket_id: UUID) -> None:
    """Check who is asking, before what they sent is looked at.

    Raises:
        TicketNotFoundError: there is none with this id.
        NotTicketSellerError: somebody else listed it.
    """
    _own(await repository.get_ticket(session, ticket_id), seller_id)


async def update_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket_id: UUID, ticket: TicketUpdate
) -> TicketRead:
    """Replace the whole description of a listing.

    Raises:
        TicketNotFoundError: there is none with this id.
        NotTicketSellerError: somebody else listed it.
        TicketNotChangeableError: it is locked, sold or withdrawn.
        StaleTicketError: `ticket.version` is not the present one.
    """
    row = await _get_changeable(session, seller_id, ticket_id)
    if ticket.version is not None and ticket.version != row.version:
        raise StaleTicketError
    for name, value in _values(ticket).items():
        setattr(row, name, value)
    await save_new_version(session, row)
    await find.learn_words(session, row.id)
    return to_read(TicketRow(row, is_locked=False), seller_id)


async def withdraw_ticket(session: AsyncSession, *, seller_id: UUID, ticket_id: UUID) -> None:
    """Take a listing off sale for good.

    Raises:
        TicketNotFoundError: there is none with this id.
        NotTicketSellerError: somebody else listed it.
        TicketNotChangeableError: it is locked, sold or withdrawn.
    """
    row = await _get_changeable(session, seller_id, ticket_id)
    row.status = TicketStatus.WITHDRAWN
    await save_new_version(session, row)


# ---- the lease: called by orders, in its transaction -------------------------------------------


async def lock_ticket_row(session: AsyncSession, *, ticket_id: UUID) -> None:
    """Lock the row: every transaction locks the ticket before its order, so that none can deadlock."""
    await repository.get_ticket_for_update(session, ticket_id)


async def extend_lease(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID, until: datetime
) -> TicketLease | None:
    """Move the end of this order's running lease; none when it is over or another order's."""
    changes: dict[str, object] = {"locked_until": until}
    return _lease(await repository.change_running_lease(session, ticket_id, order_id, changes))


async def keep_for_capture(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID
) -> TicketLease | None:
    """Turn this order's running lease into one without an end; none when it is over or another's."""
    changes: dict[str, object] = {"locked_until": repository.NEVER_AT}
    return _lease(await repository.change_running_lease(session, ticket_id, order_id, changes))


async def mark_sold(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID
) -> TicketLease | None:
    """Give the ticket to this order for good; none when it is another order's."""
    changes: dict[str, object] = {
        "status": TicketStatus.SOLD,
        "locked_until": None,
        "sold_at": repository.NOW,
    }
    return _lease(await repository.change_lease(session, ticket_id, order_id, changes))


async def release(session: AsyncSession, *, ticket_id: UUID, order_id: UUID) -> TicketLease | None:
    """End this order's own lease; none when the ticket is another order's by now."""
    changes: dict[str, object] = {"order_id": None, "holder_id": None, "locked_until": None}
    return _lease(await repository.change_lease(session, ticket_id, order_id, changes))


async def lock_lapsed(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Lock up to `limit` tickets whose lease is over; return the orders that held them."""
    rows = await repository.list_lapsed_for_update(session, limit)
    return [row.order_id for row in rows if row.order_id]


# ---- inside ------------------------------------------------------------------------------------


def _corrected(wanted: TicketFilter, q: str | None) -> TicketFilter:
    return wanted.model_copy(update={"q": q}) if q else wanted


async def _correct(session: AsyncSession, q: str) -> str | None:
    """Return `q` with the nearest words on sale for those that no ticket has; none without such.

    A word that is on sale stays, also when other filters leave nothing: then it is no typing error.
    """
    words = await find.list_words(session, q, MAX_CORRECTED_WORDS)
    nearest = [
        word if is_on_sale else await _nearest_on_sale(session, word)
        for word, is_on_sale in words.items()
    ]
    return " ".join(nearest) if nearest != list(words) else None


async def _nearest_on_sale(session: AsyncSession, word: str) -> str:
    similar = await find.list_similar_words(session, word, SIMILAR_WORDS)
    close = rules.close_words(word, similar)
    known = await find.list_words(session, " ".join(close), len(close))
    return next((other for other in close if known.get(other)), word)


def _values(ticket: TicketFacts) -> dict[str, Any]:
    offset = rules.utc_offset_minutes(ticket.starts_at, ticket.timezone)
    return ticket.model_dump(exclude={"version"}) | {"utc_offset_minutes": offset}


def _own(row: TicketRow | None, seller_id: UUID) -> TicketRow:
    if row is None:
        raise TicketNotFoundError
    if row.ticket.seller_id != seller_id:
        raise NotTicketSellerError
    return row


async def _get_changeable(session: AsyncSession, seller_id: UUID, ticket_id: UUID) -> Ticket:
    row = _own(await repository.get_ticket_for_update(session, ticket_id), seller_id)
    status = TicketStatus(row.ticket.status)
    if not rules.can_change(status, is_locked=row.is_locked):
        raise TicketNotChangeableError(rules.availability(status, is_locked=row.is_locked))
    return row.ticket


async def save_new_version(session: AsyncSession, row: Ticket) -> None:
    """Save the listing as its next version, and tell of it."""
    row.version += 1
    await session.flush()
    outbox.record(session, TicketUpdated(**_facts(row)))


def _facts(row: Ticket) -> dict[str, Any]:
    facts = row.model_dump(include={"seller_id", "title", "price_cents", "currency", "status"})
    return {"ticket_id": row.id, "ticket_version": row.version, **facts}


def to_read(row: TicketRow, viewer_id: UUID | None) -> TicketRead:
    """Return the ticket as this viewer, or a stranger, sees it."""
    ticket = row.ticket
    status = rules.availability(TicketStatus(ticket.status), is_locked=row.is_locked)
    may_see_order = viewer_id is not None and viewer_id in {ticket.seller_id, ticket.holder_id}
    is_held = status in {rules.Availability.LOCKED, rules.Availability.SOLD}
    facts = ticket.model_dump(
        exclude={"seller_id", "holder_id", "status", "locked_until", "order_id", "sold_at"}
    )
    has_end = status is rules.Availability.LOCKED and repository.has_end(ticket.locked_until)
    return TicketRead(
        user_id=ticket.seller_id,
        status=status,
        locked_until=ticket.locked_until if has_end else None,
        order_id=ticket.order_id if may_see_order and is_held else None,
        **facts,
    )


def _lease(row: Ticket | None) -> TicketLease | None:
    if row is None:
        return None
    return TicketLease(
        version=row.version,
        seller_id=row.seller_id,
        status=TicketStatus(row.status),
        locked_until=row.locked_until if repository.has_end(row.locked_until) else None,
    )
