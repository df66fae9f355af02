"""The site, visitors and outages of the scenes in `docs.screenshots`."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect

from tests.site import Site
from tests_e2e.steps import GOOD_CARD, Visitor
from ticketing_app import demo

PATIENCE_MS = 20_000
SCHEMES = ("light", "dark")
TITLE = "Okapi Sundays"
STARTS_AT = datetime.now(UTC).replace(hour=19, minute=30, second=0, microsecond=0) + timedelta(12)
LONG_TITLE = (
    "The Extraordinarily Long Farewell Evening of Marlowe Finch, The Night Bus and Many Friends"
)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänskajütenkonzert"
HUGE_PRICE = 999_999.99
EVENT = {
    "category": "concert",
    "venue": "Hudson Works",
    "city": "New York",
    "startsAt": STARTS_AT.isoformat(),
    "timezone": "America/New_York",
    "section": "Mezzanine",
    "row": "A",
    "seat": "7",
    "description": "Their only night in the city this year. Can't make it, so it is yours.",
}


class Stage:
    """A site with its visitors; outages of a scene end when its pictures are taken."""

    def __init__(self, site: Site, browser: Browser, scale: int = 1) -> None:
        self.site = site
        self._browser = browser
        self._scale = scale
        self._ends = ExitStack()
        self._seller: Visitor | None = None
        self._is_onlooker_known = False
        self.has_onlooker = False
        """Whether the last scene was of a page for visitors without an account."""

    @contextmanager
    def scene(self, *, is_onlooker_known: bool = False) -> Generator[None]:
        """Close the pages and end the outages of a scene with the block."""
        self._is_onlooker_known = is_onlooker_known
        self.has_onlooker = False
        with self._ends:
            yield

    def until_taken(self, condition: AbstractContextManager[Any]) -> Any:  # noqa: ANN401  # the type that it yields.
        """Enter a context that ends when the pictures are taken."""
        return self._ends.enter_context(condition)

    def visitor(self, *, signed_in: bool = True) -> Visitor:
        """Return a new visitor, until the pictures are taken."""
        visitor = self._enter()
        visitor.email = f"cleo-{uuid4().hex[:4]}@gittix.test"
        if signed_in:
            visitor.sign_up()
        self._ends.callback(visitor.context.close)
        return visitor

    def onlooker(self) -> Visitor:
        """Return a new visitor of a public page; signed in if the scene asks for it."""
        self.has_onlooker = True
        return self.visitor(signed_in=self._is_onlooker_known)

    def fill_market(self) -> Visitor:
        """Return a seller of the market, after listing the demo data once."""
        if self._seller is None:
            self._seller = self._enter()
            self._seller.sign_up()
            other = self._enter()
            other.sign_up()
            self.site.stack.run("-m", "ticketing_app", "cities", "load", "--if-missing")
            for show in demo.plan(datetime.now(UTC).date()).shows:
                event = show.event.model_dump(mode="json", by_alias=True, exclude_none=True)
                # In turn, as one seller cannot list a seat twice.
                for seller, row in zip(cycle([self._seller, other]), show.rows):
                    body = row.listing.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                    # REST takes decimals, the model has cents.
                    names = [name for name in ("price", "faceValue") if name in body]
                    prices = {name: body[name] / 100 for name in names}
                    seller.sell_listing(**body | prices | {"event": event})
        return self._seller

    def sell(self, title: str = TITLE, price: float = 72, **facts: str) -> str:
        """List a ticket of the seller; return its id."""
        return self.fill_market().sell(title, price, **EVENT | facts)

    def look(self, path: str, *words: str) -> Page:
        """Open a public page and wait for the words."""
        page = self.onlooker().open(path)
        for text in words:
            expect(page.get_by_text(text).first).to_be_visible()
        return page

    def _enter(self) -> Visitor:
        context = self._browser.new_context(
            base_url=self.site.url,
            locale="en-US",
            device_scale_factor=self._scale,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        return Visitor(context)


@contextmanager
def without(site: Site, part: str) -> Generator[None]:
    """Stop a part of the stack for the block."""
    site.stack.stop_part(part)
    try:
        yield
    finally:
        site.stack.start_part(part)


@contextmanager
def without_web(site: Site) -> Generator[None]:
    """End the web process for the block."""
    site.kill_web()
    try:
        yield
    finally:
        site.start_web()


@contextmanager
def stripe_fails(stage: Stage, match: str, **fault: Any) -> Generator[None]:  # noqa: ANN401  # any of its fields.
    """Make the emulator fail matching requests for the block."""
    control = f"{stage.site.stack.env['STRIPE_API_BASE']}/_emulator"
    request = stage.fill_market().context.request
    expect(request.post(f"{control}/fault", data={"match": match, **fault})).to_be_ok()
    try:
        yield
    finally:
        expect(request.post(f"{control}/clear")).to_be_ok()


def loading(
    path: str, visitor: Callable[[Stage], Visitor] = Stage.visitor
) -> Callable[[Stage], Page]:
    """Open a page before the server has responded."""

    def open_page(stage: Stage) -> Page:
        page = visitor(stage).page
        page.route_web_socket(re.compile("/_event"), lambda _: None)
        page.goto(path)
        expect(page.locator("[aria-busy=true]")).to_be_visible()
        return page

    return open_page


def at(path: str, *words: str) -> Callable[[Stage], Page]:
    """Open a public page of a full market."""

    def open_page(stage: Stage) -> Page:
        stage.fill_market()
        return stage.look(path, *words)

    return open_page


def unavailable(
    path: str, visitor: Callable[[Stage], Visitor] = Stage.visitor
) -> Callable[[Stage], Page]:
    """Open a page while the database is unavailable."""

    def open_page(stage: Stage) -> Page:
        page = visitor(stage).page
        stage.until_taken(without(stage.site, "postgres"))
        page.goto(path)
        expect(page.get_by_role("alert").first).to_be_visible()
        return page

    return open_page


def paid(stage: Stage) -> tuple[str, Page]:
    ticket_id = stage.sell()
    return ticket_id, pay_for(stage, ticket_id)


def pay_for(stage: Stage, ticket_id: str) -> Page:
    buyer = stage.visitor()
    buyer.purchase(ticket_id)
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()
    return buyer.page


def schemes(page: Page) -> Iterator[str]:
    """Switch the page to light, then to dark."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        # The page sets the class at its next tick.
        page.wait_for_function(
            "is_dark => document.documentElement.classList.contains('dark') === is_dark",
            arg=scheme == "dark",
        )
        yield scheme
