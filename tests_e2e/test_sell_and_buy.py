"""The main journey: list a ticket, buy it, and see it sold on both sides."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import expect

from tests.mailbox import read_mail
from tests.site import Site
from tests_e2e.steps import GOOD_CARD, PASSWORD, Visitor

COUNT_FIRST_LOADS = """
  window.firstLoads = 0;
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (/"is_hydrated_rx_state_": ?true/.test(data)) window.firstLoads += 1;
      });
    }
  };"""


def test_from_sign_up_to_sold(site: Site, visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(signed_in=False), visitor(signed_in=False)
    title = f"Night of Kites {uuid4().hex[:6]}"

    page = seller.open("/")
    page.get_by_role("navigation").get_by_role("link", name="Sign Up").click()
    sign_up(seller)
    page.get_by_role("navigation").get_by_role("link", name="Sell Tickets").click()
    expect(page.get_by_role("heading", name="Create a Ticket")).to_be_visible()
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Price", exact=True).fill("40")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("Price - $40")).to_be_visible()
    expect(page.get_by_text("Status - Available")).to_be_visible()

    shop = buyer.open("/")
    expect(shop.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    shop.get_by_role("link", name=title).click()
    shop.get_by_role("button", name="Purchase").click()
    # A stranger signs up first, and then gets the order without pressing Purchase again.
    expect(shop.get_by_role("heading", name="Sign In")).to_be_visible()
    shop.get_by_role("main").get_by_role("link", name=re.compile("Sign up", re.IGNORECASE)).click()
    expect(shop.get_by_text("You pressed Purchase")).to_be_visible()
    sign_up(buyer)
    expect(shop.get_by_role("heading", name=f"Purchasing {title}")).to_be_visible()
    expect(shop.get_by_text(re.compile(r"You have .* left to order")).first).to_be_visible()
    expect(page.get_by_text("Status - Locked")).to_be_visible()

    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(shop.get_by_role("heading", name=f"Paid: {title}")).to_be_visible()
    expect_receipt(buyer, title)
    expect(page.get_by_text("Status - Sold")).to_be_visible()

    shop.get_by_role("navigation").get_by_role("link", name="My Orders").click()
    expect(shop.get_by_role("listitem").filter(has_text=title)).to_contain_text("Paid")
    # The receipt is there again on every later visit.
    shop.get_by_role("link", name=title).click()
    expect_receipt(buyer, title)
    expect_mails(site, seller, buyer, title)


def test_what_was_typed_outlives_the_web_process(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller = visitor()
    seller.page.add_init_script(COUNT_FIRST_LOADS)
    page = seller.open("/tickets/new")
    title, price = page.get_by_label("Title", exact=True), page.get_by_label("Price", exact=True)
    title.fill("Typed before the crash")
    price.fill("12,50")
    page.wait_for_function("window.firstLoads === 1")
    site.kill_web()
    site.start_web()
    # The page reconnects to a server without its state, which sends everything anew.
    page.wait_for_function("window.firstLoads === 2", timeout=30_000)
    expect(title).to_have_value("Typed before the crash")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Price - $12.50")).to_be_visible()


def expect_receipt(buyer: Visitor, title: str) -> None:
    order_id = buyer.page.url.rstrip("/").rpartition("/")[2]
    expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()
    receipt = buyer.page.get_by_role("definition")
    expect(receipt).to_contain_text(
        ["$40.00 USD", title, re.compile(r"\d{4}, \d+:\d\d\s[AP]M UTC"), order_id, buyer.email]
    )
    buyer.page.evaluate("window.print = () => { window.isPrinted = true; }")
    buyer.page.get_by_role("button", name="Print receipt").click()
    buyer.page.wait_for_function("window.isPrinted")


def expect_mails(site: Site, seller: Visitor, buyer: Visitor, title: str) -> None:
    """Both were mailed, and the link of the buyer's mail leads to the receipt."""
    env = site.stack.env
    assert read_mail(env, to=seller.email, subject="Welcome")
    assert title in read_mail(env, to=seller.email, subject="Sold: 1 ticket for")["html"]
    receipt = read_mail(env, to=buyer.email, subject="Your receipt: 1 ticket for")
    assert "$40.00" in receipt["text"]
    buyer.open(receipt["links"][0])
    expect_receipt(buyer, title)


def sign_up(someone: Visitor) -> None:
    page = someone.page
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("button", name="Sign Out")).to_be_visible()
