"""Prerendered content of the public pages.

Only the header Accept-Language, which selects the format of prices and dates, varies it: no cookie is
read, so that proxies may cache it. The page's own code loads the rest.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request

from ticketing_app import routes
from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.core.logging import get_logger
from ticketing_app.documents import cache_control
from ticketing_app.documents.metadata import PageMetadata, schema_org_event
from ticketing_app.tickets.schemas import TicketFilter
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.home.pages import static_list
from ticketing_app.ui.home.queries import load_ticket_list_page
from ticketing_app.ui.home.state import PAGE_SIZE
from ticketing_app.ui.home.views import count_line, read_query
from ticketing_app.ui.tickets import queries
from ticketing_app.ui.tickets.pages import static_failure, static_ticket
from ticketing_app.ui.tickets.views import TicketDetail, TicketStub

log = get_logger()


@dataclass(frozen=True)
class PageContent:
    """Content of a page; without `metadata` or `html`, the page keeps that of the build."""

    status: HTTPStatus = HTTPStatus.OK
    metadata: PageMetadata | None = None
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


# Takes the query of the request, and the ids of the route by name.
Load = Callable[..., Awaitable[PageContent]]


async def load_content(load: Load | None, ids: dict[str, str], request: Request) -> PageContent:
    """Return the content of a page; after an error the page is sent without it."""
    if not all(_is_id(text) for name, text in ids.items() if name.endswith("_id")):
        # Only pages of tickets report a missing object to visitors.
        error = tickets.TicketNotFoundError()
        return _failure(error) if load else PageContent(HTTPStatus.NOT_FOUND)
    if load is None:
        return PageContent()
    try:
        async with transactions.with_read_timeout():
            return await load(
                request.query_params, **{name: UUID(text) for name, text in ids.items()}
            )
    except UnavailableError:
        # The page shows the outage and retries.
        return PageContent(HTTPStatus.SERVICE_UNAVAILABLE)
    except AppError as error:
        return _failure(error)
    except Exception:  # the page loads the content itself.
        log.exception("document.crash", path=request.scope["path"])
        return PageContent()


async def load_list(query: QueryParams) -> PageContent:
    if read_query(query):
        return PageContent()  # The page loads the results of a search itself.
    filters = TicketFilter(limit=PAGE_SIZE)
    found = await transactions.in_transaction(load_ticket_list_page, wanted=filters)
    # Countdowns do not run in a document; without the time of the request the document can be cached.
    stubs = tuple(replace(TicketStub.from_ticket(ticket), now="") for ticket in found.tickets.items)
    has_more = found.tickets.next_cursor is not None
    return PageContent(html=_render_list(stubs, count_line(found.count), has_more=has_more))


async def load_ticket(_query: QueryParams, *, ticket_id: UUID) -> PageContent:
    try:
        # Without a viewer: a seller's page loads its data again with the cookie.
        page = await transactions.in_transaction(
            queries.load_ticket_page, ticket_id=ticket_id, viewer_id=None
        )
    except tickets.TicketWithdrawnError as error:
        return replace(_failure(error), status=HTTPStatus.GONE)
    ticket = page.ticket
    detail = TicketDetail.from_ticket_for(ticket, None)
    metadata = PageMetadata(
        title=ticket.title,
        description=detail.share_line,
        path=routes.ticket_detail(ticket_id),
        category=detail.category,
        event=schema_org_event(ticket, detail.share_line),
    )
    stubs = [TicketStub.from_ticket(other) for other in page.similar]
    return PageContent(metadata=metadata, html=static_html.render(static_ticket(detail, stubs)))


async def check_ticket(_query: QueryParams, *, ticket_id: UUID) -> PageContent:
    # The form is private to its seller, but the existence of the ticket is public.
    await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
    return PageContent()


# Rendering takes ten milliseconds, and most visitors of a region get the same list.
@lru_cache(maxsize=32)
def _render_list(stubs: tuple[TicketStub, ...], counted: str, *, has_more: bool) -> str:
    return static_html.render(static_list(stubs, count_line=counted, has_more=has_more))


def _failure(error: AppError) -> PageContent:
    is_limit = isinstance(error, TooManyRequestsError)
    headers = cache_control.rate_limited(error) if is_limit else {}
    text = static_html.render(static_failure(error.message))
    return PageContent(HTTPStatus(error.status), html=text, headers=headers)


def _is_id(text: str) -> bool:
    # Only the canonical spelling, as in the pages.
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
