"""Weight and paint times of a first visit with an empty cache: `python -m benchmarks.first_load`.

Each page is compared with an empty Reflex page of the same run, on this machine and on an emulated phone:
a slow mobile network and a quarter of the processor. On the phone the largest contentful paint must be close
to that of the empty page. On this machine both take less than 0.2 s, of which the fixed costs of the empty
page are most; limits there, and those of the first row, only detect regressions.
"""

import asyncio
import sys
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urljoin

from playwright.async_api import Browser, CDPSession, async_playwright

from benchmarks.empty_app import running_empty_app
from benchmarks.measure import check_limit, running_site
from tests import chromium
from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.site import Site

LOADS = 15
LIMIT_KB = 175
LIMIT_PHONE_LCP_RATIO = 1.3
LIMIT_LCP_RATIO = 1.6
LIMIT_ROW_RATIO = 2
LIMIT_CLS = 0.05
TICKETS = 30
HELD = 4
SCREEN = {"width": 390, "height": 844}
# "Slow 4G" of Chrome's developer tools.
PHONE_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
PHONE_SLOWDOWN = 4
# Countdowns keep running, and late content may shift the layout.
WATCH_MS = 2500
PARTS = {"Document": "document", "Script": "JS", "Stylesheet": "CSS", "Font": "font"}
OBSERVE = """
window.seen = { fcp: 0, lcp: 0, row: 0, cls: 0 };
const observe = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
observe("paint", (entry) => {
  if (entry.name === "first-contentful-paint") seen.fcp = entry.startTime;
});
observe("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
observe("element", (entry) => { seen.row = entry.renderTime; });
new MutationObserver((changes, observer) => {
  const row = document.querySelector("li :is(h2, h3)");
  row?.setAttribute("elementtiming", "row");
  if (row) observer.disconnect();
}).observe(document, { childList: true, subtree: true });
observe("layout-shift", (entry) => { seen.cls += entry.hadRecentInput ? 0 : entry.value; });
"""
# The page's own code has taken over from the document, and has its data.
IS_TAKEN_OVER = (
    "sessionStorage.getItem('token') && !document.querySelector('[data-prerendered], .skeleton')"
)


class Visit(NamedTuple):
    """A page to load, and the session of its visitor."""

    name: str
    url: str
    session: str = ""


@dataclass
class Load:
    """Bytes of each part with their headers, milliseconds to the paints, and how much moved.

    `row` is when the first row of a list was painted, 0 without one.
    """

    parts: dict[str, float]
    fcp: float
    lcp: float
    row: float
    cls: float

    @property
    def kilobytes(self) -> float:
        return sum(self.parts.values()) / 1000


class Wire:
    """Counts the bytes that one page loads, without its websocket."""

    def __init__(self, session: CDPSession) -> None:
        self.parts: dict[str, float] = {}
        self._kinds: dict[str, str] = {}
        session.on("Network.responseReceived", self._on_response)
        session.on("Network.loadingFinished", self._on_end)

    def _on_response(self, event: dict[str, Any]) -> None:
        is_image = event["response"]["mimeType"].startswith("image/")
        kind = "images" if is_image else PARTS.get(event["type"], "other")
        self._kinds[event["requestId"]] = kind

    def _on_end(self, event: dict[str, Any]) -> None:
        kind = self._kinds.get(event["requestId"], "other")
        self.parts[kind] = self.parts.get(kind, 0) + event["encodedDataLength"]


async def load(browser: Browser, visit: Visit, *, is_phone: bool) -> Load:
    """Open the page in a browser with an empty cache."""
    context = await browser.new_context(viewport=SCREEN)  # pyright: ignore[reportArgumentType]  # a dict is one
    if visit.session:
        # For the whole site: the websocket is at another path than the page.
        site = urljoin(visit.url, "/")
        await context.add_cookies([{"name": "session", "value": visit.session, "url": site}])
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    if is_phone:
        await session.send("Network.emulateNetworkConditions", PHONE_NETWORK)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": PHONE_SLOWDOWN})
    wire = Wire(session)
    await page.add_init_script(OBSERVE)
    await page.goto(visit.url)
    await page.wait_for_function(IS_TAKEN_OVER)
    await page.wait_for_timeout(WATCH_MS)
    seen = await page.evaluate("window.seen")
    await context.close()
    return Load(wire.parts, **seen)


async def load_all(
    browser: Browser, visits: list[Visit], *, is_phone: bool
) -> dict[str, list[Load]]:
    """Load the pages in turn, to spread the noise of the machine evenly."""
    loads: dict[str, list[Load]] = {visit.name: [] for visit in visits}
    for _ in range(LOADS):
        for visit in visits:
            loads[visit.name].append(await load(browser, visit, is_phone=is_phone))
    return loads


def typical(loads: list[Load]) -> Load:
    """Return the median of each value; of the layout shift the maximum."""
    parts = sorted({part for each in loads for part in each.parts})
    return Load(
        {part: median(each.parts.get(part, 0) for each in loads) for part in parts},
        fcp=median(each.fcp for each in loads),
        lcp=median(each.lcp for each in loads),
        row=median(each.row for each in loads),
        cls=max(each.cls for each in loads),
    )


async def fill(site: Site, seller: ApiClient, buyer: ApiClient) -> list[Visit]:
    """List tickets and hold the newest; return the paths that show it."""
    for client in (seller, buyer):
        await client.sign_up()
    tickets = [
        await seller.sell(
            title=f"The Paper Lanterns, night {number}",
            venue="Harbour Hall",
            city="Rotterdam",
            startsAt="2099-05-01T20:00:00+02:00",
            timezone="Europe/Amsterdam",
            category="concert",
        )
        for number in range(TICKETS)
    ]
    orders = [
        (await buyer.purchase(ticket["id"])).raise_for_status().json() for ticket in tickets[-HELD:]
    ]
    return [
        Visit("home", f"{site.url}/"),
        Visit("event", f"{site.url}/events/{await make_event(site, seller)}"),
        Visit("ticket", f"{site.url}/tickets/{tickets[0]['id']}"),
        Visit("order", f"{site.url}/orders/{orders[0]['id']}", buyer.cookies["session"]),
    ]


async def make_event(site: Site, seller: ApiClient) -> str:
    """Return the slug of an event with TICKETS offers."""
    venue_id = await DatabaseProbe(site.stack.env).make_venue("Lantern Hall", "London")
    event = {
        "title": "Velvet Meridian: The Long Way Home Tour",
        "category": "concert",
        "venueId": venue_id,
        "startsLocal": "2097-05-01T19:30:00",
    }
    made = (await seller.post("/api/events", json=event)).raise_for_status().json()
    for number in range(TICKETS):
        seat = {"section": f"Block {number % 3}", "row": "F", "seat": str(number)}
        listing = {"eventId": made["id"], "price": 40 + number, "seats": [seat]}
        (await seller.post("/api/listings", json=listing)).raise_for_status()
    return made["slug"]


def report(where: str, loads: dict[str, list[Load]]) -> None:
    """Print the measurements, a line for each page."""
    print(where)
    for name, each in loads.items():
        one = typical(each)
        parts = ", ".join(f"{part} {size / 1000:.1f}" for part, size in one.parts.items())
        print(
            f"  {name:<7} {one.kilobytes:6.1f} KB ({parts}); "
            f"FCP {one.fcp:.0f} ms, LCP {one.lcp:.0f} ms, first row {one.row:.0f} ms, CLS {one.cls:.3f}"
        )


def check_limits(plain: dict[str, list[Load]], phone: dict[str, list[Load]]) -> list[str]:
    """Print each ratio to its limit; return the names of those over it."""
    over: list[str] = []

    def check(name: str, measured: float, limit: float, unit: str) -> None:
        if not check_limit(name, measured, limit, unit):
            over.append(name)

    for name in ("home", "event"):
        weight = max(typical(loads[name]).kilobytes for loads in (plain, phone))
        check(f"{name}, cold", weight, LIMIT_KB, "KB")
    for where, loads, limit in (
        ("", plain, LIMIT_LCP_RATIO),
        (" on a phone", phone, LIMIT_PHONE_LCP_RATIO),
    ):
        for name in ("home", "event"):
            # Pairs of one round, which the same noise of the machine slowed down.
            pairs = list(zip(loads[name], loads["empty"], strict=True))
            lcp = median(one.lcp / empty.lcp for one, empty in pairs)
            check(f"LCP of {name}{where}", lcp, limit, "times an empty page's")
            row = median(one.row / empty.lcp for one, empty in pairs)
            check(f"first row of {name}{where}", row, LIMIT_ROW_RATIO, "times an empty page's LCP")
        for name in ("home", "event", "ticket", "order"):
            check(f"CLS of {name}{where}", typical(loads[name]).cls, LIMIT_CLS, "of the screen")
    return over


async def measure(site: Site, empty_url: str) -> list[str]:
    async with (
        async_playwright() as browsers,
        ApiClient(site.url) as seller,
        ApiClient(site.url) as buyer,
    ):
        visits = [Visit("empty", empty_url), *await fill(site, seller, buyer)]
        browser = await browsers.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox"]
        )
        plain = await load_all(browser, visits, is_phone=False)
        report(f"As this machine is, median of {LOADS} cold loads (CLS: the worst)", plain)
        phone = await load_all(browser, visits, is_phone=True)
        report("As a phone is", phone)
        await browser.close()
    return check_limits(plain, phone)


def main() -> int:
    with running_site() as site, running_empty_app() as empty_url:
        over = asyncio.run(measure(site, empty_url))
    print(f"over the limit: {', '.join(over)}" if over else "all good")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
