"""robots.txt and the sitemap."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from httpx import AsyncClient, Response

from tests import factories
from tests.ui.built import client
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import sitemap
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import transactions
from ticketing_app.ui.content.articles import list_shipped

# The pages without parameters.
FIXED = [
    "/",
    "/contact",
    *(article.address for article in list_shipped()),
]
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read(answer: Response) -> dict[str, str | None]:
    """Return each path in the sitemap, with the date of its last change."""
    root = ET.fromstring(answer.text)  # noqa: S314  # Our own.
    urls = root.findall(f"{SPACE}url")
    return {
        url.findtext(f"{SPACE}loc", "").removeprefix(get_settings().public_url): url.findtext(
            f"{SPACE}lastmod"
        )
        for url in urls
    }


def path(ticket: TicketRead) -> str:
    return f"/tickets/{ticket.id}"


class TestRobots:
    async def test_allows_public_pages(self, site: AsyncClient) -> None:
        answer = await site.get("/robots.txt")
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["cache-control"] == "public, max-age=86400"
        rules = RobotFileParser()
        rules.parse(answer.text.splitlines())
        assert rules.site_maps() == [f"{get_settings().public_url}/sitemap.xml"]
        for open_to_all in ("/", f"/tickets/{uuid4()}", "/account-forms.js", "/assets/a.js"):
            assert rules.can_fetch("*", open_to_all), open_to_all
        for closed in (
            "/api/tickets",
            "/orders",
            f"/orders/{uuid4()}",
            "/account",
            "/auth/signin",
            "/tickets/new?previous=1",
            "/tickets/mine",
        ):
            assert not rules.can_fetch("*", closed), closed
        # Python's parser does not support wildcards.
        assert "Disallow: /tickets/*/edit" in answer.text.splitlines()


class TestSitemap:
    async def test_lists_tickets_newest_first(self, site: AsyncClient) -> None:
        older, newer = [await factories.make_ticket() for _ in range(2)]
        answer = await site.get("/sitemap.xml")
        assert answer.headers["content-type"].startswith("application/xml")
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert list(read(answer)) == [*FIXED, path(newer), path(older)]

    async def test_lists_events_with_their_places(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", event=event)
        loose = await factories.make_ticket()
        assert list(read(await site.get("/sitemap.xml"))) == [
            *FIXED,
            f"/events/{event.slug}",
            f"/venues/{event.venue.slug}",
            "/cities/rotterdam",
            path(loose),
        ]

    async def test_reads_events_and_venues_page_by_page(
        self, site: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sitemap, "PAGE_SIZE", 2)
        events = [await factories.make_event() for _ in range(3)]
        found = read(await site.get("/sitemap.xml"))
        expected = {f"/events/{event.slug}" for event in events}
        expected |= {f"/venues/{event.venue.slug}" for event in events}
        assert set(found) == {*FIXED, "/cities/rotterdam", *expected}

    async def test_lists_fixed_pages_alone(self, site: AsyncClient) -> None:
        assert list(read(await site.get("/sitemap.xml"))) == FIXED

    async def test_omits_past_events(self, site: AsyncClient) -> None:
        seller = await factories.make_user()
        withdrawn = await factories.make_ticket(seller)
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=withdrawn.id)
        begun, held = [await factories.make_ticket() for _ in range(2)]
        await factories.let_event_begin(begun.id)
        await factories.hold(held)
        assert list(read(await site.get("/sitemap.xml"))) == [*FIXED, path(held)]

    async def test_omits_an_unknown_last_change(self, site: AsyncClient) -> None:
        changed, unchanged = [await factories.make_ticket() for _ in range(2)]
        await factories.hold(changed)
        found = read(await site.get("/sitemap.xml"))
        assert (found["/"], found[path(changed)]) == (None, None)
        since = datetime.fromisoformat(found[path(unchanged)] or "")
        assert since == unchanged.created_at.replace(microsecond=0)

    @pytest.mark.parametrize(("most", "expected"), [(3, 3), (5, 5), (99, 5)])
    async def test_ends_at_the_limit(
        self, site: AsyncClient, monkeypatch: pytest.MonkeyPatch, most: int, expected: int
    ) -> None:
        monkeypatch.setattr(sitemap, "MOST_ADDRESSES", len(FIXED) + most)
        monkeypatch.setattr(sitemap, "PAGE_SIZE", 2)
        made = [await factories.make_ticket() for _ in range(5)]
        newest_first = [*FIXED, *map(path, reversed(made))]
        assert list(read(await site.get("/sitemap.xml"))) == newest_first[: len(FIXED) + expected]

    async def test_ignores_the_query(self, site: AsyncClient) -> None:
        await factories.make_ticket()
        asked = await site.get("/sitemap.xml?before='&limit=-1")
        assert asked.text == (await site.get("/sitemap.xml")).text
        head = await site.head("/sitemap.xml")
        assert (head.status_code, head.content) == (200, b"")

    async def test_escapes_the_public_url(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(public_url="https://tickets.test/a&b/")
        assert "<loc>https://tickets.test/a&amp;b/</loc>" in (await site.get("/sitemap.xml")).text

    async def test_ends_early_when_the_database_fails(
        self, site: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await factories.make_event()
        read_page = transactions.in_transaction
        pages = list[object]()

        async def read_once(use_case: Any, **arguments: Any) -> object:  # noqa: ANN401  # as replaced.
            if pages:
                raise ConnectionError
            pages.append(use_case)
            return await read_page(use_case, **arguments)

        monkeypatch.setattr(transactions, "in_transaction", read_once)
        with pytest.raises(ConnectionError):
            await site.get("/sitemap.xml")
        assert len(pages) == 1

    async def test_is_503_without_the_database(
        self, built: Path, change_settings: Callable[..., None]
    ) -> None:
        await db.dispose()
        change_settings(database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
        try:
            async with client(built) as site:
                answer = await site.get("/sitemap.xml")
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert answer.headers["cache-control"] == "no-store"
                assert "Try again" in answer.text
                assert (await site.get("/robots.txt")).status_code == 200
        finally:
            await db.dispose()
