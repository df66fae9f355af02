"""The prerendered document, and hydration in place."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
from typing_extensions import override

from tests.site import Site
from tests_e2e.conftest import refusals_of
from tests_e2e.steps import GOOD_CARD, Visitor

HOSTILE = "</script><script>document.title='taken'</script> \"'& 🎸"
EVENT: dict[str, Any] = {
    "venue": "Harbour Hall",
    "city": "Rotterdam",
    "category": "concert",
    "startsAt": "2097-05-01T20:00:00Z",
    "timezone": "Europe/Amsterdam",
}
# Records all skeletons, titles and layout shifts since the first paint.
WATCH = """
window.seen = {skeletons: 0, titles: [], moved: []};
new PerformanceObserver((list) => {
  for (const {value, sources} of list.getEntries()) {
    const parts = sources.map(({node, previousRect: was, currentRect: is}) =>
      `${node?.outerHTML ?? node?.textContent} ${was.x},${was.y} -> ${is.x},${is.y}`);
    // A fiftieth of what counts as good; below it is a label that takes a pixel more than its letters.
    if (value > 0.001) window.seen.moved.push({value, parts});
  }
}).observe({type: "layout-shift", buffered: true});
new MutationObserver(() => {
  const main = document.querySelector("main");
  if (!main) return;
  if (main.querySelector("[aria-busy=true]")) window.seen.skeletons += 1;
  if (!window.seen.titles.includes(document.title)) window.seen.titles.push(document.title);
}).observe(document, {childList: true, subtree: true, characterData: true});
// All of the document is there, and no module has run yet.
document.addEventListener("readystatechange", () => {
  window.first ??= document.querySelector("main [data-prerendered]").innerHTML;
});
"""
# Goes back as soon as another page is there, in the same task.
BACK_AT_ONCE = """
() => new MutationObserver((changes, observer) => {
  if (document.querySelector("h1")?.textContent !== "Tickets For Sale") return;
  observer.disconnect();
  history.back();
}).observe(document, { childList: true, subtree: true })
"""


def errors_in(page: Page) -> list[str]:
    """Collect the errors of the console."""
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    return errors


# There is a next page.
MANY = 26


class TestWithoutJavaScript:
    def test_back_to_a_help_page_loads_its_document(self, visitor: Callable[..., Visitor]) -> None:
        someone = visitor(signed_in=False)
        page = someone.page
        someone.open("/imprint")
        page.get_by_role("link", name="GitTix").first.click()
        expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
        # The text of the operator is in the document only.
        with page.expect_navigation(url="**/imprint", wait_until="load"):
            page.go_back()
        expect(page.get_by_role("heading", name="Imprint")).to_be_visible()
        page.wait_for_function("performance.getEntriesByType('navigation')[0].type === 'reload'")
        assert page.title() == "Imprint | GitTix"

    def test_so_does_back_before_the_next_page_is_painted(
        self, visitor: Callable[..., Visitor]
    ) -> None:
        page = visitor(signed_in=False).open("/imprint")
        page.evaluate(BACK_AT_ONCE)
        page.get_by_role("link", name="GitTix").first.click()
        page.wait_for_function("performance.getEntriesByType('navigation')[0].type === 'reload'")
        expect(page).to_have_title("Imprint | GitTix")

    def test_an_unknown_address_says_so(self, visitor: Callable[..., Visitor]) -> None:
        page = visitor(signed_in=False, java_script_enabled=False).page
        answer = page.goto("/nothing/here")
        assert answer
        assert answer.status == 404
        expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        page.get_by_role("link", name="See tickets for sale").click()
        expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()


class TestTakingOver:
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize("where", ["list", "ticket"])
    def test_hydration_shifts_nothing_and_logs_no_error(
        self, visitor: Callable[..., Visitor], where: str, width: int
    ) -> None:
        seller = visitor()
        ticket_id = seller.sell(HOSTILE, **EVENT)
        visitor().hold(seller.sell("Ticks", **EVENT))
        someone = visitor(signed_in=False, viewport={"width": width, "height": 800})
        someone.page.add_init_script(WATCH)
        errors = errors_in(someone.page)
        page = someone.open("/" if where == "list" else f"/tickets/{ticket_id}")
        expect(page.locator("[data-prerendered]")).to_have_count(0)
        title = "Tickets For Sale" if where == "list" else HOSTILE
        assert page.evaluate("window.seen") == {
            "skeletons": 0,
            "titles": [f"{title} | GitTix"],
            "moved": [],
        }
        assert errors == []
        assert page.locator("meta[name=description]").count() == 1
        assert page.locator("link[rel=canonical]").count() == 1

    def test_hydrated_page_equals_the_document(self, visitor: Callable[..., Visitor]) -> None:
        seller = visitor()
        ticket_id = seller.sell("The Same Twice", **EVENT)
        seller.sell("The Same Twice")
        someone = visitor(signed_in=False)
        someone.page.add_init_script(WATCH)
        page = someone.open(f"/tickets/{ticket_id}")
        expect(page.locator("[data-prerendered]")).to_have_count(0)
        drawn = page.get_by_role("article").first.evaluate("(article) => article.outerHTML")
        assert Parts(drawn).all == Parts(page.evaluate("window.first")).all

    def test_reload_restores_the_scroll_position(self, visitor: Callable[..., Visitor]) -> None:
        seller = visitor()
        for number in range(MANY):
            seller.sell(f"Night {number}", **EVENT)
        page = visitor(signed_in=False, viewport={"width": 390, "height": 800}).open("/")
        expect(page.locator("[data-prerendered]")).to_have_count(0)
        page.evaluate("window.scrollTo(0, 900)")
        page.reload()
        expect(page.locator("[data-prerendered]")).to_have_count(0)
        assert page.evaluate("window.scrollY") == 900

    @pytest.mark.parametrize("path", ["/nothing", "/tickets/nonsense", "/orders/nonsense"])
    def test_an_unknown_address_is_404_and_no_other_error(
        self, visitor: Callable[..., Visitor], path: str
    ) -> None:
        someone = visitor(signed_in=False)
        errors = errors_in(someone.page)
        answer = someone.page.goto(path)
        assert answer
        assert answer.status == 404
        expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
        expect(someone.page.get_by_role("link", name="Sign In").or_(
            someone.page.get_by_role("button", name="Sign In")
        ).first).to_be_visible()  # fmt: skip
        assert [error for error in errors if "404" not in error] == []

    def test_pages_have_one_address_and_files_their_lifetime(
        self, site: Site, visitor: Callable[..., Visitor]
    ) -> None:
        someone = visitor(signed_in=False)
        request = someone.context.request
        assert request.get("/orders").url == request.get("/orders/").url == f"{site.url}/orders"
        html = request.get("/").text()
        script = re.search(r'"(/assets/entry[^"]+)"', html)
        assert script
        assert "immutable" in request.get(script[1]).headers["cache-control"]
        picture = re.search(r'<meta content="([^"]+)" property="og:image"/>', html)
        assert picture
        assert request.get(picture[1]).headers["content-type"] == "image/png"


class TestPassingOn:
    def test_the_link_is_copied_and_said_so(self, visitor: Callable[..., Visitor]) -> None:
        ticket_id = visitor().sell()
        someone = visitor(signed_in=False, permissions=["clipboard-read", "clipboard-write"])
        page = someone.open(f"/tickets/{ticket_id}?from=list")
        page.get_by_role("button", name="Share").click()
        expect(page.get_by_role("status").filter(has_text="The link is copied.")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.endswith(f"/tickets/{ticket_id}")

    def test_where_nothing_can_be_copied_the_link_is_shown(
        self, visitor: Callable[..., Visitor]
    ) -> None:
        ticket_id = visitor().sell()
        someone = visitor(signed_in=False)
        someone.page.add_init_script(
            "Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined})"
        )
        page = someone.open(f"/tickets/{ticket_id}")
        page.get_by_role("button", name="Share").click()
        expect(page.get_by_role("status").filter(has_text="Copy this link:")).to_contain_text(
            f"/tickets/{ticket_id}"
        )

    def test_a_paid_order_offers_the_event_for_the_calendar(
        self, visitor: Callable[..., Visitor]
    ) -> None:
        buyer = visitor()
        buyer.purchase(visitor().sell("Kites by Night", **EVENT))
        buyer.open_payment()
        buyer.pay(GOOD_CARD)
        expect(buyer.page.get_by_role("heading", name=re.compile("^Paid: "))).to_be_visible()
        with buyer.page.expect_download() as started:
            buyer.page.get_by_role("link", name="Add to calendar").click()
        assert started.value.suggested_filename == "event.ics"
        assert "SUMMARY:Kites by Night" in started.value.path().read_text()

    def test_similar_tickets_change_while_one_looks(self, visitor: Callable[..., Visitor]) -> None:
        seller = visitor()
        ticket_id, other_id = seller.sell("Quiet Harbours"), seller.sell("Quiet Harbours", 55)
        page = visitor(signed_in=False).open(f"/tickets/{ticket_id}")
        row = page.get_by_role("listitem").filter(has_text="$55")
        expect(row.get_by_text("Available")).to_be_visible()
        visitor().hold(other_id)
        expect(row.get_by_text("Locked")).to_be_visible()
        expect(page.get_by_text("Status - Available")).to_be_visible()


class Parts(HTMLParser):
    """Elements with their attributes, and texts, in the order of the page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.all: list[object] = []
        self.feed(markup)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Buttons are enabled at hydration.
        self.all.append(
            (tag, sorted(a for a in attrs if a[0] not in {"disabled", "data-discover"}))
        )

    @override
    def handle_data(self, data: str) -> None:
        self.all.append(data)


class TestPolicy:
    def test_no_script_runs_that_the_build_did_not_write(
        self, visitor: Callable[..., Visitor]
    ) -> None:
        page = visitor(signed_in=False).page
        page.goto("/")
        smuggle = "const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        page.evaluate(f"() => {{ {smuggle} document.head.append(s); }}")
        assert page.evaluate("window.ran") is None
        assert len(refusals_of(page)) == 1
        # The fixture fails on violations of open pages.
        page.close()


def test_the_description_of_the_api_loads_nothing_from_elsewhere(
    visitor: Callable[..., Visitor], site: Site
) -> None:
    page = visitor(signed_in=False).page
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto("/api/docs")
    expect(page.get_by_text("/api/orders", exact=True).first).to_be_visible()
    local = (site.url, "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
