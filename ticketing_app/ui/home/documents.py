"""Documents of the home page and of the search page."""

from dataclasses import replace

from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.home import queries
from ticketing_app.ui.home.address import Address, read_address, read_query
from ticketing_app.ui.home.results import results
from ticketing_app.ui.home.views import market_view
from ticketing_app.ui.page_content import PageContent


async def load_home(query: QueryParams) -> PageContent:
    if read_query(query):
        return PageContent()  # The page loads the results of a search itself.
    return await _load(read_address(routes.TICKET_LIST, {}))


async def load_search(query: QueryParams) -> PageContent:
    return await _load(read_address(routes.SEARCH, query))


async def _load(address: Address) -> PageContent:
    page = await transactions.in_transaction(
        queries.load_home_page, wanted=address.search(), alternatives=address.alternatives()
    )
    view = market_view(address, page, utc_now().date())
    # Countdowns do not run in a document; without the time of the request the document can be cached.
    still = replace(view, cards=[replace(card, now="") for card in view.cards])
    return PageContent(html=static_html.render(results(still)), is_lasting=True)
