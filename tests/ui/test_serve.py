"""Documents as browsers, search engines and link previews receive them."""

import base64
import gzip
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.ui import built as build
from tests.ui.built import client
from tests.ui.document import Document, opened
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import content
from ticketing_app.documents.plugins import PagesPlugin

FULL: dict[str, Any] = {
    "venue": "Harbour Hall",
    "city": "Rotterdam",
    "startsAt": "2099-05-01T20:00:00+02:00",
    "timezone": "Europe/Amsterdam",
    "category": "concert",
    "seat": "7",
}
HOSTILE = [
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "🎸 & “x”",
]


class TestTicket:
    async def test_has_content_and_metadata(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket(**FULL)
        page = await opened(site, f"/tickets/{ticket.id}")
        url = f"{get_settings().public_url}/tickets/{ticket.id}"
        line = "Fri, May 1, 2099, 8:00\u202fPM · Harbour Hall, Rotterdam · Seat 7 · $40 · Available"
        assert page.status == 200
        assert page.titles == ["The Paper Lanterns | GitTix"]
        assert page.canonical == page.named["og:url"] == url
        assert page.named["description"] == page.named["og:description"] == line
        assert page.named["og:title"] == page.named["twitter:title"] == "The Paper Lanterns"
        assert page.named["og:image"] == f"{get_settings().public_url}/share/concert.png"
        assert page.named["twitter:card"] == "summary_large_image"
        assert page.says("Price - $40")
        assert page.says("Status - Available")
        assert page.says("Purchase")
        assert not page.has_skeleton
        assert page.event["@type"] == "MusicEvent"
        assert page.event["startDate"] == "2099-05-01T20:00:00+02:00"
        assert page.event["location"]["address"]["addressLocality"] == "Rotterdam"
        assert page.event["offers"] | {"validFrom": ""} == {
            "@type": "Offer",
            "url": url,
            "price": "40.00",
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
            "validFrom": "",
        }

    async def test_omits_unknown_fields(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.event["@type"] == "Event"
        assert not {"startDate", "location"} & set(page.event)
        assert not page.says("None")

    async def test_shows_date_and_category(self, site: AsyncClient) -> None:
        full, bare = await factories.make_ticket(**FULL), await factories.make_ticket()
        for path in (f"/tickets/{full.id}", "/"):
            text = "".join((await opened(site, path)).texts)
            assert "Fri, May 1, 2099, 8:00\u202fPM · Concert" in text
        for path in (f"/tickets/{bare.id}", "/"):
            assert "Date to be announced, Other event" in "".join((await opened(site, path)).texts)

    async def test_uses_the_locale_of_the_reader(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket(**FULL)
        page = await opened(site, f"/tickets/{ticket.id}", "de-DE,de;q=0.9,en;q=0.8")
        assert page.says("Fri, 1 May 2099, 20:00")
        assert page.says("Price - 40\u00a0US$")
        assert page.event["offers"]["price"] == "40.00"

    async def test_links_similar_tickets(self, site: AsyncClient) -> None:
        ticket, other = [await factories.make_ticket(title="The same") for _ in range(2)]
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.says("Similar tickets")
        assert f"/tickets/{other.id}" in page.links
        assert f"/api/tickets/{ticket.id}/calendar" not in page.links

    async def test_links_the_calendar_file(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket(**FULL)
        page = await opened(site, f"/tickets/{ticket.id}")
        assert f"/api/tickets/{ticket.id}/calendar" in page.links

    @pytest.mark.parametrize("title", HOSTILE)
    async def test_escapes_titles(self, site: AsyncClient, title: str) -> None:
        ticket = await factories.make_ticket(title=title, description=title, venue=title)
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.titles == [f"{title} | GitTix"]
        assert page.named["og:title"] == title
        assert page.event["name"] == page.event["location"]["name"] == title
        assert page.says(title)
        assert title in " ".join((await opened(site, "/")).texts)

    async def test_shows_a_locked_ticket(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.event["offers"]["availability"] == "https://schema.org/Reserved"
        assert page.says("Status - Locked")
        assert page.says("It may come back in")
        assert (await opened(site, "/")).says("It may come back in")
        assert not page.says("Purchase locks")

    async def test_shows_a_past_event(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket(**FULL)
        await factories.let_event_begin(ticket.id)
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.event["offers"]["availability"] == "https://schema.org/OutOfStock"
        assert page.says("Status - Off sale")
        assert not page.says("Purchase locks")

    async def test_withdrawn_ticket_is_410(self, site: AsyncClient) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, **FULL, description="Call 555-1234")
        await factories.withdraw(ticket, seller)
        page = await opened(site, f"/tickets/{ticket.id}")
        assert page.status == 410
        answer = await site.get(f"/tickets/{ticket.id}")
        facts = (ticket.title, "Call 555-1234", str(FULL["city"]), "$40")
        assert [fact for fact in facts if fact in answer.text] == []
        assert page.says("The seller took this ticket off sale.")
        assert page.canonical == ""

    @pytest.mark.parametrize("suffix", ["", "/edit"])
    async def test_unknown_ticket_is_404(self, site: AsyncClient, suffix: str) -> None:
        page = await opened(site, f"/tickets/{uuid4()}{suffix}")
        assert page.status == 404
        assert page.says("We could not find this ticket.")
        assert "/" in page.links

    async def test_form_of_a_ticket_is_200(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        page = await opened(site, f"/tickets/{ticket.id}/edit")
        assert (page.status, page.has_skeleton) == (200, True)


class TestList:
    async def test_shows_the_first_page_with_links(self, site: AsyncClient) -> None:
        made = [await factories.make_ticket(title=f"Ticket {n}") for n in range(26)]
        page = await opened(site, "/")
        newest_first = [f"/tickets/{ticket.id}" for ticket in made[:1:-1]]
        assert [link for link in page.links if link.startswith("/tickets/")] == newest_first
        assert page.says("Load more")
        assert not page.has_skeleton
        assert page.titles == ["Tickets For Sale | GitTix"]
        assert page.named["description"] == "About Tickets For Sale"
        assert page.canonical == f"{get_settings().public_url}/"

    async def test_uses_the_locale_of_each_reader(self, site: AsyncClient) -> None:
        await factories.make_ticket(**FULL, price=1200)
        for language, price in [("de", "1.200\u00a0US$"), ("", "$1,200"), ("de", "1.200\u00a0US$")]:
            assert (await opened(site, "/", language)).says(price)

    async def test_shows_an_empty_list(self, site: AsyncClient) -> None:
        page = await opened(site, "/")
        assert page.says("No tickets found")
        assert page.says("Nothing is for sale yet.")
        assert not page.says("other words")
        assert page.says("Sell Tickets")

    async def test_leaves_searches_to_the_page(self, site: AsyncClient) -> None:
        page = await opened(site, "/?q=lanterns")
        assert page.has_skeleton
        assert page.canonical == f"{get_settings().public_url}/"


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "/nothing",
            "/tickets",
            "/orders/1/2",
            "//evil.test/",
            "/404",
            "/index.html",
            "/assets/x.js",
            "/assets/app-abc.js.br",
        ],
    )
    async def test_unknown_path_is_404(self, site: AsyncClient, path: str) -> None:
        page = Document(await site.get(f"http://testserver{path}"))
        assert page.status == 404
        assert page.titles == ["Page not found | GitTix"]

    @pytest.mark.parametrize(
        "path",
        [
            "/tickets/nonsense",
            "/orders/nonsense",
            f"/tickets/{factories.UNKNOWN_ID.replace('-', '')}",
            "/tickets/%00",
        ],
    )
    async def test_invalid_id_is_404(self, site: AsyncClient, path: str) -> None:
        page = await opened(site, path)
        assert page.status == 404
        assert page.titles != ["Page not found | GitTix"], "The page's code finds itself elsewhere."
        assert page.says("We could not find this ticket.") == path.startswith("/tickets")

    @pytest.mark.parametrize("path", ["/orders", "/tickets/new", f"/orders/{factories.UNKNOWN_ID}"])
    async def test_personal_pages_have_no_content(self, site: AsyncClient, path: str) -> None:
        page = await opened(site, path)
        assert (page.status, page.has_skeleton) == (200, True)
        assert page.links == ["#main"]

    async def test_redirects_a_trailing_slash(self, site: AsyncClient) -> None:
        answer = await site.get("/orders/?next=a%26b")
        assert (answer.status_code, answer.headers["location"]) == (308, "/orders?next=a%26b")

    @pytest.mark.parametrize(
        "path", ["/api/tickets", "/api/tickets/%0A", "/ping", "/_event/", "/_health"]
    )
    async def test_passes_backend_paths_on(self, site: AsyncClient, path: str) -> None:
        answer = await site.get(path)
        assert answer.text == "from the app"
        assert "cache-control" not in answer.headers

    async def test_passes_other_methods_on(self, site: AsyncClient) -> None:
        assert (await site.post("/orders")).text == "from the app"


class TestPolicy:
    async def test_allows_the_inline_scripts_of_the_page_only(self, tmp_path: Path) -> None:
        build.write(tmp_path)
        page = (tmp_path / "index.html").read_text()
        build.write_page(tmp_path, "/", page.replace("</head>", "<script>go()</script></head>"))
        PagesPlugin().post_build(static_dir=tmp_path)
        async with client(tmp_path) as site:
            home, search = await site.get("/"), await site.get("/search")
            # A browser replaces the headers of its copy.
            again = await site.get("/", headers={"if-none-match": home.headers["etag"]})
        go = hash_of("go()")
        has_go = [
            go in answer.headers["content-security-policy"] for answer in (home, search, again)
        ]
        assert has_go == [True, False, True]


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}'"


class TestCaching:
    async def test_documents_revalidate_by_etag(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        path = f"/tickets/{ticket.id}"
        first = await site.get(path)
        assert first.headers["cache-control"] == "no-cache"
        assert first.headers["vary"] == "Accept-Language, Accept-Encoding"
        tag = {"if-none-match": first.headers["etag"]}
        again = await site.get(path, headers=tag)
        assert (again.status_code, again.content) == (304, b"")
        await factories.hold(ticket)
        assert (await site.get(path, headers=tag)).status_code == 200

    async def test_documents_ignore_cookies(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        plain = await site.get(f"/tickets/{ticket.id}")
        signed_in = await site.get(f"/tickets/{ticket.id}", headers={"cookie": "session=x"})
        assert plain.content == signed_in.content
        assert "set-cookie" not in signed_in.headers
        assert "cookie" not in signed_in.headers["vary"].lower()

    async def test_compresses_if_accepted(self, site: AsyncClient) -> None:
        await factories.make_ticket(title="🎸" * 40)
        async with site.stream("GET", "/", headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert "🎸" in gzip.decompress(raw).decode()

    async def test_head_has_headers_and_no_body(self, site: AsyncClient) -> None:
        got = await site.get("/orders", headers={"accept-encoding": "identity"})
        head = await site.head("/orders", headers={"accept-encoding": "identity"})
        assert head.content == b""
        assert head.headers == got.headers
        assert (await site.head("/nothing")).status_code == 404

    @pytest.mark.parametrize(
        ("path", "lifetime"),
        [
            ("/assets/app-abc.js", "public, max-age=31536000, immutable"),
            ("/favicon.svg", "public, max-age=86400"),
            ("/share/other.png", "public, max-age=86400"),
            ("/icons/icon-192.png", "public, max-age=86400"),
            # A build's documents work with its own script.
            ("/account-forms.js", "no-cache"),
            ("/service-worker.js", "no-cache"),
        ],
    )
    async def test_files_have_cache_control(
        self, site: AsyncClient, path: str, lifetime: str
    ) -> None:
        assert (await site.get(path)).headers["cache-control"] == lifetime


class TestOutages:
    async def test_sends_the_page_without_the_database(
        self, built: Path, change_settings: Callable[..., None]
    ) -> None:
        await db.dispose()
        change_settings(database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
        try:
            async with client(built) as site:
                for path in ("/", f"/tickets/{uuid4()}"):
                    page = await opened(site, path)
                    assert (page.status, page.has_skeleton) == (503, True)
                    assert page.headers["cache-control"] == "no-store"
                    assert page.headers["retry-after"] == "5"
                assert (await opened(site, "/orders")).status == 200
        finally:
            await db.dispose()

    async def test_sends_the_page_after_a_crash(
        self, site: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def crash(*_: object) -> NoReturn:
            raise RuntimeError("a bug")

        await factories.make_ticket(title=f"{uuid4()}")
        monkeypatch.setattr(content.static_html, "render", crash)
        page = await opened(site, "/")
        assert (page.status, page.has_skeleton) == (200, True)
