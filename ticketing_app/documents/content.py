"""Prerendered content of the public pages.

Only the header Accept-Language, which selects the format of prices and dates, varies it: no cookie is
read, so that proxies may cache it. The page's own code loads the rest.
"""

from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request

from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.core.logging import get_logger
from ticketing_app.documents import cache_control
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.page_content import Load, PageContent
from ticketing_app.ui.tickets.pages import static_failure

log = get_logger()


async def load_content(
    load: Load | None, parameters: dict[str, str], request: Request
) -> PageContent:
    """Return the content of a page; after an error the page is sent without it."""
    ids = {name: text for name, text in parameters.items() if name.endswith("_id")}
    if not all(map(_is_id, ids.values())):
        # Only pages of tickets report a missing object to visitors.
        error = tickets.TicketNotFoundError()
        return _failure(error) if load else PageContent(HTTPStatus.NOT_FOUND)
    if load is None:
        return PageContent()
    try:
        async with transactions.with_read_timeout():
            values = parameters | {name: UUID(text) for name, text in ids.items()}
            return await load(request.query_params, **values)
    except UnavailableError:
        # The page shows the outage and retries.
        return PageContent(HTTPStatus.SERVICE_UNAVAILABLE)
    except AppError as error:
        return _failure(error)
    except Exception:  # the page loads the content itself.
        log.exception("document.crash", path=request.scope["path"])
        return PageContent()


def _failure(error: AppError) -> PageContent:
    is_limit = isinstance(error, TooManyRequestsError)
    headers = cache_control.rate_limited(error) if is_limit else {}
    text = static_html.render(static_failure(error.message))
    is_gone = isinstance(error, tickets.TicketWithdrawnError)
    status = HTTPStatus.GONE if is_gone else HTTPStatus(error.status)
    return PageContent(status, html=text, headers=headers)


def _is_id(text: str) -> bool:
    # Only the canonical spelling, as in the pages.
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
