"""Search for tickets: by words, corrected if necessary, by filters, or similar to a ticket."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.text_search import plan_for_values
from ticketing_app.tickets import rules
from ticketing_app.tickets.repository import cities
from ticketing_app.tickets.repository import search as repository
from ticketing_app.tickets.repository.search import Cursor
from ticketing_app.tickets.repository.tickets import TicketRow, get_ticket
from ticketing_app.tickets.schemas.search import COUNT_LIMIT, TicketFilter, TicketPage
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import tickets

Filter = TypeVar("Filter", bound=TicketFilter)

SIMILAR_LIMIT = 4
MAX_CITIES = 500
MAX_CORRECTED_WORDS = 6
SIMILAR_WORDS = 20


async def list_tickets(
    session: AsyncSession, *, wanted: TicketFilter, viewer_id: UUID | None = None
) -> TicketPage:
    """Return one page, locked tickets included.

    Raises:
        InvalidInputError: the cursor is not from this list.
        TooManyRequestsError: this client searched too often.
    """
    cursor = read_cursor(wanted)
    await limits.check("searches")
    corrected_q = cursor.q if cursor else None
    await plan_for_values(session)
    rows = await repository.list_for_sale(session, corrected(wanted, corrected_q), cursor)
    if not rows and not cursor and (corrected_q := await correct(session, wanted.q)):
        rows = await repository.list_for_sale(session, corrected(wanted, corrected_q), None)
    if not rows and not cursor:
        # The corrected words are for sale, but not with these filters.
        corrected_q = None
    return to_page(rows, wanted, corrected_q, viewer_id)


def find_next_change(found: Iterable[TicketRead]) -> datetime | None:
    """Return the earliest time at which a lease ends or a sale is over by itself, if there is one."""
    times = (
        moment
        for ticket in found
        for moment in (
            ticket.locked_until,
            ticket.starts_at,
            ticket.delivery and ticket.delivery.sellable_until,
        )
        if moment
    )
    return min(times, default=None)


def read_cursor(wanted: TicketFilter) -> Cursor | None:
    """Raises InvalidInputError: the cursor is not from this list."""
    try:
        return repository.read_cursor(wanted)
    except repository.InvalidCursorError:
        raise InvalidInputError(
            [("cursor", "Use the cursor that the page before gave you, with the same sort.")]
        ) from None


def to_page(
    rows: list[TicketRow],
    wanted: TicketFilter,
    corrected_q: str | None = None,
    viewer_id: UUID | None = None,
) -> TicketPage:
    """Return a page of `rows`, which are one more than its limit if there is a next page."""
    page = rows[: wanted.limit]
    next_cursor = None
    if len(rows) > wanted.limit:
        next_cursor = repository.make_cursor(wanted.sort, page[-1].ticket, corrected_q)
    return TicketPage(
        items=[tickets.to_read(row, viewer_id) for row in page],
        next_cursor=next_cursor,
        corrected_q=corrected_q,
    )


async def count_tickets(session: AsyncSession, *, wanted: TicketFilter) -> int:
    """Count the tickets on all pages of the list, up to COUNT_LIMIT + 1."""
    await plan_for_values(session)
    return await repository.count_for_sale(session, wanted, COUNT_LIMIT + 1)


async def list_and_count(session: AsyncSession, *, wanted: TicketFilter) -> tuple[TicketPage, int]:
    """Return the first page and the count of `count_tickets`."""
    page = await list_tickets(session, wanted=wanted)
    if page.next_cursor is None:
        return page, len(page.items)
    # `list_tickets` has set the plan mode of this transaction already.
    found = corrected(wanted, page.corrected_q)
    return page, await repository.count_for_sale(session, found, COUNT_LIMIT + 1)


async def list_matching(
    session: AsyncSession, *, wanted: TicketFilter, ticket_ids: list[UUID]
) -> list[UUID]:
    """Return the ones among `ticket_ids` that match the filters."""
    return await repository.list_matching(session, wanted, ticket_ids)


async def list_cities(session: AsyncSession) -> list[str]:
    return await cities.list_cities(session, MAX_CITIES)


async def list_similar(session: AsyncSession, *, ticket_id: UUID) -> list[TicketRead]:
    """Return available tickets with the same title, or of the same category in the same city."""
    row = await get_ticket(session, ticket_id)
    if row is None:
        return []
    rows = await repository.list_similar(session, row.ticket, SIMILAR_LIMIT)
    return [tickets.to_read(similar, None) for similar in rows]


def corrected(wanted: Filter, q: str | None) -> Filter:
    """Return the filter with the corrected words, if there are any."""
    return wanted.model_copy(update={"q": q}) if q else wanted


async def correct(session: AsyncSession, q: str) -> str | None:
    """Replace words that no ticket on sale contains by the closest ones; None without a correction."""
    # Limited per client: a correction costs a hundred times a plain search.
    if not q.strip() or not await limits.allows("corrections"):
        return None
    words = await repository.list_words(session, q, MAX_CORRECTED_WORDS)
    # A word on sale is no typing error, even if the other filters match nothing.
    nearest = [
        word if is_on_sale else await _nearest_on_sale(session, word)
        for word, is_on_sale in words.items()
    ]
    return " ".join(nearest) if nearest != list(words) else None


async def _nearest_on_sale(session: AsyncSession, word: str) -> str:
    similar = await repository.list_similar_words(session, word, SIMILAR_WORDS)
    close = rules.close_words(word, similar)
    known = await repository.list_words(session, " ".join(close), len(close))
    return next((other for other in close if known.get(other)), word)
