"""The bell follows what happens to one's tickets, and notices reach a device."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests_e2e.steps import Visitor

PUSHED = {"title": "Sold: The Paper Lanterns", "path": "/tickets/mine", "tag": "sold-1"}
# Subscribing needs the push service of the browser's maker.
STUB = """
const keys = { p256dh: "B".repeat(87), auth: "A".repeat(22) };
const endpoint = "https://fcm.googleapis.com/fcm/send/stub";
PushManager.prototype.subscribe = async () => ({ toJSON: () => ({ endpoint, keys }) });
"""
# Runs the code of the service worker in the page: the headless shell shows no notifications.
RUN_WORKER = """async (message) => {
  const source = await (await fetch("/service-worker.js")).text();
  const listeners = {};
  const seen = { opened: [] };
  const self = {
    addEventListener: (name, listener) => { listeners[name] = listener; },
    registration: { showNotification: (title, { tag, data }) => { seen.shown = { title, tag, data }; } },
  };
  const clients = { matchAll: async () => [], openWindow: (path) => { seen.opened.push(path); } };
  new Function("self", "clients", source)(self, clients);
  const waited = [];
  const waitUntil = (promise) => { waited.push(promise); };
  listeners.push({ data: { json: () => message }, waitUntil });
  const notification = { data: seen.shown.data, close: () => { seen.isClosed = true; } };
  listeners.notificationclick({ notification, waitUntil });
  await Promise.all(waited);
  return seen;
}"""


def bell(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("link", name=re.compile("^Notices"))


def test_the_bell_counts_live_and_opening_marks_read(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    title = f"The Paper Lanterns {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)
    page, other_tab = seller.page, seller.context.new_page()
    seller.open("/tickets/mine")
    seller.open("/account", other_tab)
    expect(bell(page)).to_have_accessible_name("Notices")
    buyer.pay_for(buyer.hold(ticket_id))
    expect(bell(page)).to_have_accessible_name("Notices (2 unread)")
    expect(page.get_by_role("status").filter(has_text="new notice")).to_be_attached()
    expect(bell(other_tab)).to_have_accessible_name("Notices (2 unread)")
    bell(page).click()
    told = page.get_by_role("main").get_by_role("link").filter(has_text=title)
    told.first.click()
    expect(page).not_to_have_url(re.compile("/notices"))
    expect(bell(other_tab)).to_have_accessible_name("Notices (1 unread)")
    bell(page).click()
    expect(told.first).not_to_contain_text("Unread")
    page.get_by_role("button", name="Mark all as read").click()
    expect(told.last).not_to_contain_text("Unread")
    expect(bell(other_tab)).to_have_accessible_name("Notices")


def test_a_device_gets_notices_until_it_is_turned_off(visitor: Callable[..., Visitor]) -> None:
    someone = visitor(permissions=["notifications"])
    page = someone.page
    page.add_init_script(STUB)
    someone.open("/account/notices")
    page.get_by_role("button", name="Turn on notices here").click()
    expect(page.get_by_text("This device gets your notices.")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)") == (
        page.evaluate("location.origin + '/'")
    )
    assert page.evaluate(RUN_WORKER, PUSHED) == {
        "shown": {"title": PUSHED["title"], "tag": "sold-1", "data": {"path": "/tickets/mine"}},
        "opened": ["/tickets/mine"],
        "isClosed": True,
    }
    page.reload()
    page.get_by_role("button", name="Turn off notices here").click()
    expect(page.get_by_role("button", name="Turn on notices here")).to_be_visible()
