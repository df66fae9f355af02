"""One read per page, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ticketing_app.tickets.schemas import TicketFilter, TicketPage
from ticketing_app.tickets.service import search
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class TicketListPage:
    """The first page of a search. `alternative_counts` is empty unless the search found nothing."""

    tickets: TicketPage
    count: int
    cities: list[str] = field(default_factory=list)
    alternative_counts: list[int] = field(default_factory=list)


async def load_ticket_list_page(
    session: Session,
    *,
    wanted: TicketFilter,
    has_cities: bool = False,
    alternatives: Sequence[TicketFilter] = (),
) -> TicketListPage:
    """Return the first page; `alternatives` are counted when it is empty.

    Raises:
        InvalidInputError: the cursor is not from this list.
        TooManyRequestsError: this client searched too often.
    """
    cities = await search.list_cities(session) if has_cities else []
    page, count = await search.list_and_count(session, wanted=wanted)
    counts = [
        await search.count_tickets(session, wanted=other)
        for other in alternatives
        if not page.items
    ]
    return TicketListPage(page, count, cities, counts)
