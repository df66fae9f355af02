"""Documents of the home page and of the search page."""

import pytest
from httpx import AsyncClient

from tests import factories

pytestmark = pytest.mark.usefixtures("database")


async def test_home_has_events_by_day_and_tickets(site: AsyncClient) -> None:
    event = await factories.make_event("Lanterns <b>")
    await factories.make_listing("1", event=event, price=68)
    await factories.make_ticket(title="Loose")
    html = (await site.get("/")).text
    assert f'href="/events/{event.slug}"' in html
    assert "Lanterns &lt;b&gt;" in html
    for text in ("1 left", "$68", "More tickets", "Loose", "1 event and 1 ticket"):
        assert text in html


async def test_search_has_results_and_active_filters(site: AsyncClient) -> None:
    await factories.make_listing("1", event=await factories.make_event("Lanterns"))
    await factories.make_listing("1", event=await factories.make_event("Kites"))
    html = (await site.get("/search?q=lantrens&maxPrice=50&sort=&city=")).text
    assert "Nothing matches “lantrens”. Showing “lanterns” instead." in html
    assert "Remove filter: Up to $50" in html
    assert "Kites" not in html


async def test_search_without_results_names_the_filter(site: AsyncClient) -> None:
    await factories.make_listing("1", event=await factories.make_event("Lanterns"))
    html = (await site.get("/search?q=lanterns&together=2")).text
    for text in ("No tickets found", "Without “2 together”", "1 result"):
        assert text in html
    assert "Clear filters" in html


async def test_search_ignores_wrong_parameters(site: AsyncClient) -> None:
    answer = await site.get("/search?sort=best&q=x")
    assert answer.status_code == 200
    assert "Sort" in answer.text
