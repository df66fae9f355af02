"""Help and legal pages, and the operator's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from httpx import AsyncClient

from tests.ui.document import opened
from ticketing_app.deliveries.rules import ADDRESS_KEPT
from ticketing_app.orders.rules import GIFT_PERIOD
from ticketing_app.ticketing_app import PAGES
from ticketing_app.ui.content import articles
from ticketing_app.ui.shell.footer import footer
from ticketing_app.vault import rules as vault

pytestmark = pytest.mark.usefixtures("database")

NAMES = sorted(path.stem for path in articles.SHIPPED.glob("*.md"))
HOSTILE = """---
title: Impressum <script>alert(1)</script>
description: Wer das hier betreibt. "><script>
---
Muster GmbH <script>alert(2)</script> <img src=x onerror=alert(3)>

[drück](javascript:alert(4)) ![x](data:text/html,5)
"""


@pytest.fixture
def own_files(tmp_path: Path, change_settings: Callable[..., None]) -> Path:
    """The operator's folder."""
    folder = tmp_path / "own"
    folder.mkdir()
    change_settings(content_dir=folder)
    return folder


class TestArticles:
    @pytest.mark.parametrize("name", NAMES)
    async def test_are_in_the_first_html(self, site: AsyncClient, name: str) -> None:
        article = articles.read_article(name)
        page = await opened(site, article.address)
        assert page.status == 200
        assert page.titles == [f"{article.title} | GitTix"]
        assert page.named["description"] == article.description
        assert not page.has_skeleton
        assert page.says(article.title)
        assert "{{" not in article.html

    @pytest.mark.parametrize("name", NAMES)
    def test_link_to_pages_and_headings_that_exist(self, name: str) -> None:
        addresses = {page.route for page in PAGES}
        by_address = {each.address: each.html for each in articles.list_shipped()}
        html = by_address[articles.read_article(name).address]
        links = [part.partition('"')[0] for part in html.split('href="')[1:]]
        for path, _, anchor in (link.partition("#") for link in links if link.startswith("/")):
            assert path in addresses, path
            assert not anchor or f'id="{anchor}"' in by_address[path], anchor

    def test_have_no_second_title(self) -> None:
        assert [each.name for each in articles.list_shipped() if "<h1" in each.html] == []

    def test_are_linked_in_the_footer(self) -> None:
        drawn = str(footer().render())
        missing = [name for name in NAMES if f"/{name}" not in drawn and "." not in name]
        assert missing == []

    async def test_name_the_settings(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(operator_name="Kite & Sons <b>", order_hold_seconds=600)
        imprint = (await site.get("/imprint")).text
        assert "Kite &amp; Sons &lt;b&gt;" in imprint
        assert "Register" not in imprint
        assert "for 10 minutes" in (await site.get("/how-it-works")).text

    @pytest.mark.parametrize("url", ["", "smtp://127.0.0.1:25"])
    async def test_promise_mails_where_mail_works(
        self, site: AsyncClient, change_settings: Callable[..., None], url: str
    ) -> None:
        change_settings(mail_url=url)
        page = await opened(site, "/help/account")
        assert page.says("a link comes by mail") is bool(url)
        assert page.says("No link?")

    def test_give_questions_anchors(self) -> None:
        html = articles.read_article("help.buying").html
        assert '<h2 id="how-do-i-get-seats-together">' in html

    async def test_describe_how_tickets_arrive(self, site: AsyncClient) -> None:
        page = await opened(site, "/help/buying")
        for badge in ("File", "Transfer by", "Re-issued in your name", "Link", "Not checked"):
            assert page.says(badge)
        assert page.says("You choose on the page of your order")

    async def test_name_the_periods_of_the_program(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(mail_url="smtp://127.0.0.1:25")
        privacy = await opened(site, "/privacy")
        assert privacy.says(f"{vault.KEPT_PERIOD.days} days after the event")
        assert privacy.says(f"fingerprints: {vault.FINGERPRINT_PERIOD.days} days")
        assert privacy.says(f"{ADDRESS_KEPT.days} days after it was sent or the order ended")
        buying = await opened(site, "/help/buying")
        assert buying.says(f"within {GIFT_PERIOD.days * 24} hours")


class TestOperatorsFolder:
    async def test_wins_and_escapes_tags(self, site: AsyncClient, own_files: Path) -> None:
        (own_files / "imprint.md").write_text(HOSTILE)
        answer = await site.get("/imprint")
        assert "Impressum &lt;script&gt;" in answer.text
        assert "Muster GmbH &lt;script&gt;" in answer.text
        for tag in ("<script>alert", "<img", 'href="javascript', 'src="data:'):
            assert tag not in answer.text.partition("</head>")[2]
        assert "The seller sells" in (await site.get("/terms")).text

    async def test_is_read_again_after_a_change(self, site: AsyncClient, own_files: Path) -> None:
        file = own_files / "fees.md"
        file.write_text("Ten percent.")
        page = await opened(site, "/fees")
        assert page.says("Ten percent.")
        # Without front matter, title and description are the program's.
        assert page.titles == ["Fees | GitTix"]
        file.write_text("Twelve percent, from now on.")
        assert (await opened(site, "/fees")).says("Twelve percent")

    async def test_of_an_unreadable_file_shows_the_programs(
        self, site: AsyncClient, own_files: Path
    ) -> None:
        (own_files / "fees.md").write_bytes(b"\xff\xfe")
        page = await opened(site, "/fees")
        assert page.status == 200
        assert page.says("We add nothing to it")

    async def test_may_be_missing(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(content_dir=Path("/nowhere"))
        assert (await opened(site, "/terms")).says("The seller sells")
