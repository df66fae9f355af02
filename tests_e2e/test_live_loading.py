"""A change that reaches a page before the content that it changes is shown."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.site import Site
from tests_e2e.steps import Visitor
from tests_e2e.venues import make_venue

Make = Callable[..., Visitor]

PATIENCE_SECONDS = 15
POLL_MS = 20


@pytest.fixture(scope="module")
def venue_id(site: Site) -> str:
    return make_venue(site)


class LateContent:
    """The websocket of a page that receives changes, but no content before `release`."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_held = True
        self._content: list[str] = []
        self._changes: list[str] = []
        page.route_web_socket(re.compile("/_event"), self._connect)

    def wait_for_content(self, text: str) -> None:
        """Wait until the server has sent the content with this text."""
        self._wait(self._content, text)

    def wait_for_change(self, text: str) -> None:
        self._wait(self._changes, text)

    def release(self) -> None:
        self._is_held = False
        for message in self._content:
            self._page_side.send(message)

    def _connect(self, page_side: WebSocketRoute) -> None:
        self._page_side = page_side
        page_side.connect_to_server().on_message(self._pass_on)

    def _pass_on(self, message: str | bytes) -> None:
        text = str(message)
        if self._is_held and '"delta"' in text:
            self._content.append(text)
        else:
            self._changes.append(text)
            self._page_side.send(message)

    def _wait(self, messages: list[str], text: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(text in message for message in messages):
            assert time.monotonic() < deadline, f"no message with {text}"
            self._page.wait_for_timeout(POLL_MS)


def hold_while_loading(
    visitor: Make, path: str, *, content: str, ticket_id: str, change: str = "locked"
) -> Page:
    """Open a page; the ticket is held after the server has read `content`, which arrives after `change`."""
    page = visitor(signed_in=False).page
    socket = LateContent(page)
    page.goto(path)
    socket.wait_for_content(content)
    visitor().hold(ticket_id)
    socket.wait_for_change(change)
    socket.release()
    return page


def test_ticket_page(visitor: Make) -> None:
    ticket_id = visitor().sell()
    path = f"/tickets/{ticket_id}"
    page = hold_while_loading(visitor, path, content=ticket_id, ticket_id=ticket_id)
    expect(page.get_by_text("Status - Locked")).to_be_visible()


def test_row_of_a_list(visitor: Make) -> None:
    title = f"Kite Parade {uuid4().hex[:6]}"
    ticket_id = visitor().sell(title)
    path = f"/search?q={title}"
    page = hold_while_loading(visitor, path, content=title, ticket_id=ticket_id)
    expect(page.get_by_role("listitem").filter(has_text=title)).to_contain_text("Locked")


def test_numbers_of_an_event(visitor: Make, venue_id: str) -> None:
    seller = visitor()
    title = f"Marlowe {uuid4().hex[:6]}"
    event = seller.make_event(title, venue_id)
    ticket_id = seller.sell_seats(event["id"], "1")[0]
    seller.sell_seats(event["id"], "2")
    path = f"/search?q={title}"
    page = hold_while_loading(visitor, path, content=title, ticket_id=ticket_id, change="left")
    card = page.get_by_role("main").get_by_role("listitem").filter(has_text=title)
    expect(card).to_contain_text("1 left")
