"""Documents of the home page and of the search page."""

from dataclasses import replace

from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.core import changes
from ticketing_app.core.changes import Keys
from ticketing_app.core.clock import utc_now
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.home import queries
from ticketing_app.ui.home.address import Address, read_address, read_query
from ticketing_app.ui.home.queries import HomePage
from ticketing_app.ui.home.results import results
from ticketing_app.ui.home.views import market_view
from ticketing_app.ui.page_content import PageContent


async def load_home(query: QueryParams) -> PageContent:
    if read_query(query):
        return PageContent()  # The page loads the results of a search itself.
    wanted = read_address(routes.TICKET_LIST, {})
    page = await _load(wanted)
    return _content(wanted, page, _read(page))


async def load_search(query: QueryParams) -> PageContent:
    wanted = read_address(routes.SEARCH, query)
    # With filters, a hold of any ticket may change which events are found.
    return _content(wanted, await _load(wanted), changes.keys(changes.ANYTHING))


async def _load(address: Address) -> HomePage:
    return await transactions.in_transaction(
        queries.load_home_page, wanted=address.search(), alternatives=address.alternatives()
    )


def _read(page: HomePage) -> Keys:
    """Return the keys of the home page: holds of tickets that it does not show leave it as it is."""
    event_ids = (hit.event.id for hit in page.market.events.items)
    tickets = page.market.tickets.items
    ids = (each for ticket in tickets for each in (ticket.id, ticket.listing_id))
    return changes.keys(changes.OFFERS, *event_ids, *ids)


def _content(address: Address, page: HomePage, read: Keys) -> PageContent:
    view = market_view(address, page, utc_now().date())
    # Countdowns do not run in a document; without the time of the request the document can be cached.
    still = replace(view, cards=[replace(card, now="") for card in view.cards])
    return PageContent(html=static_html.render(results(still)), read=read)
