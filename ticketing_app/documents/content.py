"""The content that fills each page before it is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request

from ticketing_app import routes
from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.core.logging import get_logger
from ticketing_app.documents import cache_control, metadata
from ticketing_app.documents.metadata import PageMetadata
from ticketing_app.tickets.schemas import TicketFilter
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.tickets import queries
from ticketing_app.ui.tickets.pages import static_failure, static_list, static_ticket
from ticketing_app.ui.tickets.state import PAGE_SIZE
from ticketing_app.ui.tickets.views import TicketDetail, TicketStub, count_line, read_query

log = get_logger()


@dataclass(frozen=True)
class PageContent:
    """What is put into a page: `head` for its own, `content` for the skeleton."""

    status: HTTPStatus = HTTPStatus.OK
    head: PageMetadata | None = None
    content: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


async def fill(pattern: str, ids: dict[str, str], request: Request) -> PageContent:
    """Return what the page gets; whatever stops us, the page itself still goes out."""
    load = CONTENT.get(pattern)
    if not all(_is_id(text) for name, text in ids.items() if name.endswith("_id")):
        # Only of tickets more can be said to somebody whom we do not know.
        return (
            _failure(tickets.TicketNotFoundError()) if load else PageContent(HTTPStatus.NOT_FOUND)
        )
    if load is None or (pattern == routes.TICKET_LIST and read_query(request.query_params)):
        # What was looked for, the page finds by itself.
        return PageContent()
    try:
        async with transactions.with_read_timeout():
            return await load(**{name: UUID(text) for name, text in ids.items()})
    except UnavailableError:
        # The page says so, and comes back by itself.
        return PageContent(HTTPStatus.SERVICE_UNAVAILABLE)
    except AppError as error:
        return _failure(error)
    except Exception:  # what the document lacks, the page asks for.
        log.exception("document.crash", path=request.scope["path"])
        return PageContent()


def _failure(error: AppError) -> PageContent:
    is_limit = isinstance(error, TooManyRequestsError)
    headers = cache_control.rate_limited(error) if is_limit else {}
    return PageContent(
        error.status, None, static_html.render(static_failure(error.message)), headers
    )


def _is_id(text: str) -> bool:
    """Whether it can be an id: what is spelt in another way is none, as for the pages."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


async def _fill_list() -> PageContent:
    wanted = TicketFilter(limit=PAGE_SIZE)
    found = await transactions.in_transaction(queries.load_ticket_list_page, wanted=wanted)
    page = found.tickets
    # Nothing ticks in a document; without the time it was made at, it is the same for the next visitor.
    cards = tuple(replace(TicketStub.from_ticket(ticket), now="") for ticket in page.items)
    has_more = page.next_cursor is not None
    return PageContent(content=_write_list(cards, count_line(found.count), has_more=has_more))


# Drawing takes ten milliseconds, and the next visitor of the same region mostly gets the same.
@lru_cache(maxsize=32)
def _write_list(cards: tuple[TicketStub, ...], counted: str, *, has_more: bool) -> str:
    return static_html.render(static_list(cards, count_line=counted, has_more=has_more))


async def _fill_ticket(ticket_id: UUID) -> PageContent:
    try:
        # Documents are the same for everybody: the seller's own page asks again, with the cookie.
        page = await transactions.in_transaction(
            queries.load_ticket_page, ticket_id=ticket_id, viewer_id=None
        )
    except tickets.TicketWithdrawnError as error:
        return replace(_failure(error), status=HTTPStatus.GONE)
    ticket = page.ticket
    detail = TicketDetail.from_ticket_for(ticket, None)
    return PageContent(
        HTTPStatus.OK,
        PageMetadata(
            title=ticket.title,
            description=detail.share_line,
            path=routes.ticket_detail(ticket_id),
            category=detail.category,
            event=metadata.schema_org_event(ticket, detail.share_line),
        ),
        static_html.render(
            static_ticket(detail, [TicketStub.from_ticket(other) for other in page.similar])
        ),
    )


async def _find_ticket(ticket_id: UUID) -> PageContent:
    """The form is its seller's alone; but that there is no such ticket may be told."""
    await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
    return PageContent()


CONTENT: dict[str, Callable[..., Awaitable[PageContent]]] = {
    routes.TICKET_LIST: _fill_list,
    routes.TICKET_DETAIL: _fill_ticket,
    routes.TICKET_EDIT: _find_ticket,
}
