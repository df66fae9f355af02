"""From the commit of a hold to the row of another visitor's list: `python -m benchmarks.latency`.

Starts at the time of the recorded event: database and browser share the clock of this machine.
"""

import asyncio
import sys
from typing import Any

from playwright.async_api import Page, async_playwright

from benchmarks.measure import check_limit, percentile, running_site
from tests import chromium
from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from ticketing_app.ui.live.broadcast import PAUSE_SECONDS

CHANGES = 40
LIMIT_MS = 50
WATCH = """(id) => {
  window.seen = [];
  const row = document.querySelector(`[data-ticket="${id}"]`);
  new MutationObserver(() => window.seen.push(Date.now()))
    .observe(row, { attributes: true, attributeFilter: ["data-status"] });
}"""
OCCURRED = """
    SELECT (extract(epoch FROM occurred_at) * 1000)::float8 AS at FROM outbox
    WHERE aggregate_id = $1 AND name = 'OrderCreated'"""


async def watch(page: Page, site: Site, ticket: dict[str, Any]) -> None:
    await page.goto(site.url)
    await page.wait_for_function("sessionStorage.getItem('token')")
    await page.wait_for_selector(f"[data-ticket='{ticket['id']}']")
    await page.evaluate(WATCH, ticket["id"])


async def measure(site: Site) -> bool:
    async with (
        async_playwright() as browsers,
        ApiClient(site.url) as seller,
        ApiClient(site.url) as buyer,
    ):
        for client in (seller, buyer):
            await client.sign_up()
        ticket = await seller.sell()
        browser = await browsers.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox"]
        )
        page = await browser.new_page()
        await watch(page, site, ticket)
        probe = DatabaseProbe(site.stack.env)
        milliseconds = list[float]()
        for number in range(CHANGES):
            order = (await buyer.purchase(ticket["id"])).raise_for_status().json()
            await page.wait_for_function(f"window.seen.length > {2 * number}")
            [event] = await probe.rows(OCCURRED, order["id"])
            at = await page.evaluate("window.seen.at(-1)")
            milliseconds.append(at - event["at"])
            (await buyer.delete(f"/api/orders/{order['id']}")).raise_for_status()
            await page.wait_for_function(f"window.seen.length > {2 * number + 1}")
            # A change right after another one would be merged with others.
            await asyncio.sleep(2 * PAUSE_SECONDS)
        await browser.close()
    print(f"{CHANGES} holds: commit to the other's row p99 {percentile(milliseconds, 0.99):.0f} ms")
    return check_limit(
        "commit to the other's row, p50", percentile(milliseconds, 0.5), LIMIT_MS, "ms"
    )


def main() -> int:
    with running_site() as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
