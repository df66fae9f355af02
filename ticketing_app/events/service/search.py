"""Search for upcoming events by words, category, city and days."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.core import limits, text_search
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.paging import read_cursor
from ticketing_app.events.repository import search as repository
from ticketing_app.events.repository.events import allow_typing_errors
from ticketing_app.events.schemas import EventFilter, EventPage
from ticketing_app.events.service import cities, reading


def matching(wanted: EventFilter) -> Select[UUID, datetime]:
    """Return a query of (id, starts_at), for queries of other packages."""
    return repository.matching(wanted.model_copy(update={"cursor": None}))


async def list_events(session: AsyncSession, *, wanted: EventFilter) -> EventPage:
    """Return one page of upcoming events, the soonest first; cancelled ones are left out.

    Raises:
        InvalidInputError: the cursor is not from this list.
        TooManyRequestsError: this client searched too often.
    """
    last_id = read_cursor(wanted.cursor)
    await limits.check("searches")
    await text_search.plan_for_values(session)
    if wanted.city:
        city = await cities.resolve_name(session, text=wanted.city)
        wanted = wanted.model_copy(update={"city": city})
    last = await repository.get_itself(session, last_id) if last_id else None
    if last_id and last is None:
        raise InvalidInputError([("cursor", "Use the cursor that the page before gave you.")])
    rows = await repository.list_page(session, wanted, last)
    if not rows and wanted.q and await limits.allows("corrections"):
        await allow_typing_errors(session)
        rows = await repository.list_page(session, wanted, last, is_misspelt=True)
    page = rows[: wanted.limit]
    is_last = len(rows) <= wanted.limit
    return EventPage(
        items=[reading.to_event(row) for row in page],
        next_cursor=None if is_last else str(page[-1].event.id),
    )
