"""Every page in its main states, with its viewers and the steps that lead there."""

import asyncio
import re
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import FilePayload, Page, expect
from pydantic import SecretStr

from tests import ticket_files
from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests_e2e.database import run
from tests_e2e.steps import DECLINED_CARD, Visitor, fill_in_card
from tests_e2e.venues import make_venue
from ticketing_app.core.settings import Settings
from ticketing_app.notices.service import stopping

EVENT = {
    "venue": "Tram Depot",
    "city": "Groningen",
    "category": "theatre",
    "startsAt": "2097-05-01T20:00:00Z",
    "timezone": "Europe/Amsterdam",
    "seat": "7",
    "description": "Two rows from the stage.",
}
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"

Viewer = Literal["stranger", "newcomer", "buyer", "seller"]


class Scene(NamedTuple):
    """A page in one of its states.

    `path` names tickets and orders of the fixtures; `sign` is a text of the loaded page; `enter`
    leads from the page to the state; scenes that are not `is_main` run with bin/test --all.
    """

    name: str
    path: str
    sign: str
    viewers: tuple[Viewer, ...]
    enter: Callable[[Page], None] | None = None
    is_main: bool = True


def confirm(site: Site, *people: Visitor) -> None:
    """Confirm the addresses of these people, as if they had opened the links of their mails."""
    statement = "UPDATE users SET email_confirmed_at = now() WHERE email = ANY($1)"
    emails = [someone.email for someone in people]
    with ThreadPoolExecutor(1) as thread:
        rows = DatabaseProbe(site.stack.env).rows(statement, emails)
        thread.submit(asyncio.run, rows).result()


class Fixtures:
    """A seller, a buyer, a newcomer and a stranger, with tickets and orders in every state by their names."""

    def __init__(self, make: Callable[..., Visitor], site: Site) -> None:
        seller = make()
        buyer = make()
        self.people = {"seller": seller, "buyer": buyer, "stranger": make(signed_in=False)}
        self.people["newcomer"] = make()
        self.ids = {"unknown": UNKNOWN_ID}
        for name in ("free", "held", "declined", "sold", "withdrawn", "lapsed", "returned"):
            title = f"The Long Night of a Thousand Kites {uuid4().hex[:6]}"
            self.ids[name] = seller.sell(title, 40, **EVENT)
        assert seller.context.request.delete(f"/api/tickets/{self.ids['withdrawn']}").ok
        for name in ("held", "declined", "sold", "lapsed", "returned"):
            self.ids[f"order_{name}"] = buyer.hold(self.ids[name])
        buyer.pay_for(self.ids["order_sold"])
        refund: dict[str, str | float | bool] = {
            "payment_intent": buyer.pay_for(self.ids["order_returned"])
        }
        stripe, key = (site.stack.env[name] for name in ("STRIPE_API_BASE", "STRIPE_SECRET_KEY"))
        by_hand = {"Authorization": f"Bearer {key}"}
        assert seller.context.request.post(f"{stripe}/v1/refunds", form=refund, headers=by_hand).ok
        # Playwright runs an event loop in this thread, so the probe needs another one.
        with ThreadPoolExecutor(1) as clock:
            lapse = DatabaseProbe(site.stack.env).let_lapse(self.ids["order_lapsed"])
            clock.submit(asyncio.run, lapse).result()
        self._make_stop_link(buyer, site)
        self._make_events(seller, buyer, site)
        self._make_pairs(seller, buyer, site)
        self._make_gifts(seller, make(), buyer, site)
        self._make_deliveries(seller, buyer)
        self._make_transfers(seller, buyer, site)

    def _make_stop_link(self, buyer: Visitor, site: Site) -> None:
        buyer_id = buyer.context.request.get("/api/users/currentuser").json()["currentUser"]["id"]
        of_site = Settings(jwt_key=SecretStr(site.stack.env["JWT_KEY"]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stopping, "get_settings", lambda: of_site)
            url = stopping.make_url(UUID(buyer_id), "order_cancelled")
        self.ids["stop"] = urlsplit(url).path

    def _make_events(self, seller: Visitor, buyer: Visitor, site: Site) -> None:
        venue_id = make_venue(site)
        tickets = dict[str, list[str]]()
        for name in ("event", "sold_out", "cancelled", "empty"):
            title = f"Kites and Other Strings, {name} {uuid4().hex[:6]}"
            event = seller.make_event(title, venue_id, category="theatre")
            self.ids |= {name: event["slug"], "venue": event["venue"]["slug"]}
            if name != "empty":
                seats = ("12", "13") if name == "sold_out" else ("12",)
                tickets[name] = seller.sell_seats(event["id"], *seats, faceValue=50)
            if name == "event":
                self.ids["event_id"] = event["id"]
                group = ("21", "22", "23", "24")
                tickets[name] += seller.sell_seats(event["id"], *group, price=60, sideBySide=True)
        self.ids["event_ticket"], held, *_ = tickets["event"]
        buyer.hold(held)
        for ticket_id in (*tickets["sold_out"], *tickets["cancelled"]):
            self.ids["order_cancelled"] = buyer.hold(ticket_id)
            buyer.pay_for(self.ids["order_cancelled"])
        site.stack.run("-m", "ticketing_app", "event", "cancel", self.ids["cancelled"])

    def _make_pairs(self, seller: Visitor, buyer: Visitor, site: Site) -> None:
        """Pairs that are sold together: one is free, others are in orders."""
        event = seller.make_event(f"Kites for Two {uuid4().hex[:6]}", make_venue(site))
        for name, row in (("pair", "A"), ("pair_held", "B"), ("pair_paid", "C")):
            seats = [{"row": row, "seat": seat} for seat in ("31", "32")]
            pair = seller.sell_listing(eventId=event["id"], price=68, split="together", seats=seats)
            self.ids[name] = pair["seats"][0]["ticketId"]
            if name != "pair":
                self.ids[f"order_{name}"] = buyer.hold_several(pair["id"], 2)
        paid = self.ids["order_pair_paid"]
        buyer.pay_for(paid)
        one = ("--ticket", self.ids["pair_paid"], "--reason", "shown")
        site.stack.run("-m", "ticketing_app", "refund", paid, *one)
        seats = [{"row": "D", "seat": seat} for seat in ("31", "32")]
        paused = seller.sell_listing(eventId=event["id"], price=68, split="together", seats=seats)
        seller.change_listing(paused["id"], "pause")

    def _make_transfers(self, seller: Visitor, buyer: Visitor, site: Site) -> None:
        """Tickets that the seller transfers, in each status."""
        probe = DatabaseProbe(site.stack.env)
        for name in ("to_send", "sent", "late", "failed"):
            promise = {"method": "transfer", "issuer": "ticketmaster"}
            title = f"Kites in an App {uuid4().hex[:6]}"
            order_id = buyer.hold(seller.sell(title, 40, **EVENT, delivery=promise))
            self.ids[f"order_{name}"] = order_id
            buyer.give_address(order_id)
            buyer.pay_for(order_id)
        seller.act_on_delivery(self.ids["order_sent"], "sent", {"reference": "TM-4711"})
        for name in ("late", "failed"):
            run(probe.let_be_late(self.ids[f"order_{name}"]))
        buyer.act_on_delivery(self.ids["order_failed"], "give-up")

    def _make_gifts(self, seller: Visitor, giver: Visitor, buyer: Visitor, site: Site) -> None:
        """Tickets that the buyer may take, and has taken."""
        confirm(site, giver, buyer)
        for name in ("gift", "gift_taken"):
            ticket_id = seller.sell_file(f"Kites for Friends {uuid4().hex[:6]}", 40, **EVENT)
            order_id = giver.hold(ticket_id)
            giver.pay_for(order_id)
            self.ids[name] = giver.give(order_id, buyer.email)
        buyer.take(self.ids["gift_taken"])

    def _make_deliveries(self, seller: Visitor, buyer: Visitor) -> None:
        """Paid orders: sealed, opened, and with tickets to come."""
        title = f"Kites {uuid4().hex[:6]}"
        for name in ("sealed", "opened"):
            self.ids[name] = seller.sell_file(title, 40, **EVENT)
        later = {"method": "file_later", "readyOn": "2097-04-20"}
        self.ids["waiting"] = seller.sell_with(later, title=title, price=40, **EVENT)
        for name in ("sealed", "opened", "waiting"):
            self.ids[f"order_{name}"] = buyer.hold(self.ids[name])
            buyer.pay_for(self.ids[f"order_{name}"])

    @contextmanager
    def show(self, scene: Scene, viewer: Viewer) -> Generator[Page]:
        """Open the scene in a tab of its own, until the block ends."""
        someone = self.people[viewer]
        page = someone.context.new_page()
        page.emulate_media(reduced_motion="reduce")
        someone.open(scene.path.format_map(self.ids), page)
        expect(page.get_by_text(re.compile(scene.sign)).first).to_be_attached()
        if scene.enter:
            scene.enter(page)
        yield page
        page.close()


def _press(name: str, then: str) -> Callable[[Page], None]:
    """Press the first button of that name, and wait for a text."""

    def enter(page: Page) -> None:
        page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}")).first.click()
        expect(page.get_by_text(re.compile(then)).first).to_be_visible()

    return enter


def _open_forms(page: Page) -> None:
    for summary in page.locator("details > summary").all():
        summary.click()


def _ask_for_suggestions(page: Page) -> None:
    page.get_by_role("searchbox", name="Search tickets").press_sequentially("kites")
    expect(page.get_by_role("link", name="All tickets for “kites”")).to_be_visible()
    # The list covers parts of the filters, as many as there are suggestions. Other scenes show them.
    page.locator(".find-filters").evaluate("filters => { filters.style.visibility = 'hidden' }")


def _fold_out(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Category")).to_be_visible()


def _sell_wrongly(page: Page) -> None:
    page.get_by_label("Title", exact=True).fill("Kites")
    page.get_by_label("Price", exact=True).fill("0.2")
    page.get_by_text("About the event").click()
    page.get_by_label("Starts at").fill("2020-05-01T20:00")
    page.get_by_role("button", name="Submit").click()
    for complaint in ("Price must be between", "Starts at must lie ahead"):
        expect(page.get_by_text(complaint)).to_be_visible()


def _find_no_event(page: Page) -> None:
    page.get_by_label("Event", exact=True).fill("nowhere at all")
    expect(page.get_by_text("No event with these words yet")).to_be_visible()


def _name_seats(page: Page) -> None:
    page.get_by_label("Seats", exact=True).fill("45-46")
    expect(page.get_by_text("2 tickets: seats 45 and 46")).to_be_visible()


def _answer_split(page: Page) -> None:
    page.get_by_label("Seats", exact=True).fill("45-48")
    page.get_by_role("radio", name="All together only").check()
    expect(page.get_by_text("4 tickets: seats 45, 46, 47 and 48")).to_be_visible()


def _upload(page: Page, *files: FilePayload) -> None:
    page.get_by_role("radio", name="As a file").check()
    page.get_by_label("Drop your tickets here").set_input_files(files)


def _pdf(content: bytes) -> FilePayload:
    return FilePayload(name="tickets.pdf", mimeType="application/pdf", buffer=content)


def _choose_file(page: Page) -> None:
    page.get_by_role("radio", name="As a file").check()
    expect(page.get_by_label("Drop your tickets here")).to_be_attached()


def _upload_slowly(page: Page) -> None:
    # Never answered.
    page.route("**/api/files", lambda _: None)
    _upload(page, _pdf(b"%PDF"))
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()


def _upload_wrongly(page: Page) -> None:
    photo = FilePayload(name="ticket.heic", mimeType="image/heic", buffer=b"x")
    _upload(page, photo, _pdf(b"no ticket"))
    for complaint in ("We can't read HEIC pictures", "This is no PDF"):
        expect(page.get_by_text(complaint)).to_be_visible()


def _upload_two(page: Page) -> None:
    _upload(page, _pdf(ticket_files.two_tickets(uuid4().hex)))
    expect(page.get_by_text("2 tickets found.")).to_be_visible()
    attached = page.get_by_role("list", name="Attached").get_by_role("listitem")
    # The draft keeps those of other runs.
    expect(attached.first).to_be_visible()


def _choose_app(page: Page) -> None:
    page.get_by_role("radio", name="In an app").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Choose the app.")).to_be_visible()


def _go_to_price(page: Page) -> None:
    _name_seats(page)
    page.get_by_role("radio", name="I send them myself").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Price per ticket").fill("68")
    expect(page.get_by_text("$136 for both")).to_be_visible()


def _go_to_look(page: Page) -> None:
    _go_to_price(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="What you agree to")).to_be_visible()


def _open_tickets(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Open my ticket|Show the code")).click()
    opening = page.get_by_role("dialog").get_by_role("button", name="Open it")
    code = page.get_by_role("img", name="Barcode")
    # The seal is broken in the first of the ways in which a scene is shown.
    expect(opening.or_(code).first).to_be_visible()
    if opening.is_visible():
        opening.click()
    expect(code).to_be_visible()


def _open_payment(page: Page) -> None:
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Pay $40.00")).to_be_enabled()


def _be_declined(page: Page) -> None:
    _open_payment(page)
    fill_in_card(page, DECLINED_CARD)
    page.get_by_role("dialog").get_by_role("button", name="Pay $40.00").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()


def _report_wrongly(page: Page) -> None:
    page.get_by_label("It is against the law").check()
    page.get_by_role("button", name="Send").click()
    for complaint in ("write what this is about", "needs your name", "confirm this sentence"):
        expect(page.get_by_role("alert").filter(has_text=complaint)).to_be_visible()


ANYBODY: tuple[Viewer, ...] = ("stranger", "buyer")
BUYER: tuple[Viewer, ...] = ("buyer",)
SELLER: tuple[Viewer, ...] = ("seller",)
STRANGER: tuple[Viewer, ...] = ("stranger",)
NEWCOMER: tuple[Viewer, ...] = ("newcomer",)

# fmt: off
SCENES = (
    Scene("home", "/", "More tickets", ANYBODY),
    Scene("search, with suggestions", "/search", "Search results", STRANGER, _ask_for_suggestions),
    Scene("list", "/?q=kites", "Locked", ANYBODY, is_main=False),
    Scene("list of nothing", "/?q=nowhere&category=sports", "No tickets found", ANYBODY),
    Scene("list with a wrong filter", "/?minPrice=a", "minPrice|Min price|price", STRANGER, is_main=False),
    Scene("list, filters folded out", "/", "Tickets For Sale", STRANGER, _fold_out, is_main=False),
    Scene("ticket", "/tickets/{free}", "Status - Available", ANYBODY),
    Scene("ticket held by another", "/tickets/{held}", "Status - Locked", STRANGER, is_main=False),
    Scene("ticket held by oneself", "/tickets/{held}", "Go to my order", BUYER, is_main=False),
    Scene("one's own ticket", "/tickets/{free}", "Withdraw", SELLER, is_main=False),
    Scene("asked to withdraw", "/tickets/{free}", "Withdraw", SELLER,
          _press("Withdraw", "off sale for good")),
    Scene("ticket sold", "/tickets/{sold}", "Status - Sold", STRANGER, is_main=False),
    Scene("ticket bought", "/tickets/{sold}", "From owner to owner", BUYER, is_main=False),
    Scene("ticket withdrawn", "/tickets/{withdrawn}", "took this ticket off sale", STRANGER, is_main=False),
    Scene("ticket one withdrew", "/tickets/{withdrawn}", "Status - Withdrawn", SELLER, is_main=False),
    Scene("no such ticket", "/tickets/{unknown}", "could not find this ticket", ANYBODY, is_main=False),
    Scene("purchase refused", "/tickets/{lapsed}", "Status - Available", BUYER,
          _press("Purchase", "hold it again"), is_main=False),
    Scene("ticket of an event", "/tickets/{event_ticket}", "more for this night", STRANGER, is_main=False),
    Scene("ticket of a pair", "/tickets/{pair}", "locks the tickets for you", STRANGER, is_main=False),
    Scene("event", "/events/{event}", "1 being bought", STRANGER),
    Scene("event, for two", "/events/{event}?quantity=2", "2 together", STRANGER, is_main=False),
    Scene("event, nothing for four", "/events/{event}?quantity=4", "No 4 together right now", STRANGER,
          is_main=False),
    Scene("event, with one's own hold", "/events/{event}", "Some are yours", BUYER, is_main=False),
    Scene("event one sells for", "/events/{event}", "Yours, for sale", SELLER, is_main=False),
    Scene("event, sold out", "/events/{sold_out}", "Sold out for now", STRANGER, is_main=False),
    Scene("event, cancelled", "/events/{cancelled}", "was cancelled", STRANGER, is_main=False),
    Scene("event without tickets", "/events/{empty}", "Nothing is for sale", STRANGER, is_main=False),
    Scene("no such event", "/events/nothing", "could not find this event", STRANGER, is_main=False),
    Scene("venue", "/venues/{venue}", "Kites and Other Strings", STRANGER, is_main=False),
    Scene("city", "/cities/london", "Kites and Other Strings", STRANGER),
    Scene("sell", "/tickets/new", "Create a Ticket", SELLER, is_main=False),
    Scene("sell with errors", "/tickets/new", "Create a Ticket", SELLER, _sell_wrongly),
    Scene("sell, find an event", "/tickets/new", "Create a Ticket", SELLER, _find_no_event, is_main=False),
    Scene("sell, event", "/sell", "A new event", SELLER, is_main=False),
    Scene("sell, event with errors", "/sell", "A new event", SELLER,
          _press("Next", "Choose the day of the event")),
    Scene("sell, tickets", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _name_seats),
    Scene("sell, file", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _choose_file, is_main=False),
    Scene("sell, uploading", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _upload_slowly, is_main=False),
    Scene("sell, upload refused", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _upload_wrongly,
          is_main=False),
    Scene("sell, uploaded", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _upload_two),
    Scene("sell, in an app", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _choose_app, is_main=False),
    Scene("sell, split", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _answer_split,
          is_main=False),
    Scene("sell, price", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _go_to_price, is_main=False),
    Scene("sell, look", "/sell/tickets?event={event_id}", "Your tickets", SELLER, _go_to_look),
    Scene("edit", "/tickets/{free}/edit", "Edit a Ticket", SELLER),
    Scene("my listings", "/tickets/mine", "Being bought", SELLER, is_main=False),
    Scene("my listings, paused", "/tickets/mine", "2 of 2 paused", SELLER),
    Scene("my listings, asked to withdraw", "/tickets/mine", "Being bought", SELLER,
          _press("Withdraw", "off sale for good"), is_main=False),
    Scene("my listings, none", "/tickets/mine", "No listings yet", BUYER, is_main=False),
    Scene("order", "/orders/{order_held}", "left to order", BUYER),
    Scene("order, asked to release", "/orders/{order_held}", "left to order", BUYER,
          _press("Release ticket", "Let go of this ticket"), is_main=False),
    Scene("order of two", "/orders/{order_pair_held}", "Total \\$136", BUYER, is_main=False),
    Scene("order of two, sold again", "/orders/{order_pair_paid}/sell", "Sell tickets again", BUYER),
    Scene("order of two, one refunded", "/orders/{order_pair_paid}", "1 of your 2 tickets", BUYER, is_main=False),
    Scene("payment", "/orders/{order_held}", "left to order", BUYER, _open_payment),
    Scene("payment declined", "/orders/{order_declined}", "left to order", BUYER, _be_declined, is_main=False),
    Scene("order paid", "/orders/{order_sold}", "The seller sends you the ticket", BUYER, is_main=False),
    Scene("order paid, sealed", "/orders/{order_sealed}", "Your ticket is here", BUYER),
    Scene("order paid, opened", "/orders/{order_opened}", "Your ticket is here|The ticket is yours", BUYER,
          _open_tickets, is_main=False),
    Scene("order paid, to come", "/orders/{order_waiting}", "The seller sends it by", BUYER, is_main=False),
    Scene("order expired", "/orders/{order_lapsed}", "The time for this order is over", BUYER, is_main=False),
    Scene("order refunded", "/orders/{order_returned}", "back to your card", BUYER, is_main=False),
    Scene("order, event cancelled", "/orders/{order_cancelled}", "This event was cancelled", BUYER,
          is_main=False),
    Scene("order, ticket sent", "/orders/{order_sent}", "I have it", BUYER, is_main=False),
    Scene("order, ticket late", "/orders/{order_late}", "What would you like to do", BUYER, is_main=False),
    Scene("order, ticket did not come", "/orders/{order_failed}", "this order has ended", BUYER, is_main=False),
    Scene("sale, to send", "/sales/{order_to_send}", "When it is done", SELLER),
    Scene("sale, late", "/sales/{order_late}", "The time to send is over", SELLER, is_main=False),
    Scene("no such sale", "/sales/{unknown}", "could not find this sale", SELLER, is_main=False),
    Scene("my orders", "/orders", "2 tickets", BUYER),
    Scene("my orders, none", "/orders", "No orders yet", SELLER, is_main=False),
    Scene("gift", "/gifts/{gift}", "Take it until|Until", BUYER),
    Scene("gift, taken", "/gifts/{gift_taken}", "Send it to a friend", BUYER, is_main=False),
    Scene("gift, not for this account", "/gifts/{gift}", "We could not find this gift", SELLER, is_main=False),
    Scene("account", "/account", "You are signed in as", BUYER, _open_forms),
    Scene("account, security", "/account/security", "Where you are signed in", BUYER, _open_forms),
    Scene("notices", "/notices", "Mark all as read", SELLER),
    Scene("notices, none", "/notices", "No notices yet", NEWCOMER, is_main=False),
    Scene("choices of notices", "/account/notices", "How you get notices", BUYER, is_main=False),
    Scene("stop mails", "{stop}", "You get no more mails", STRANGER, is_main=False),
    Scene("stop mails, stopped", "{stop}", "Stop these mails", STRANGER,
          _press("Stop these mails", "These mails are stopped")),
    Scene("account, your data", "/account/data", "Delete your account", SELLER, _open_forms, is_main=False),
    Scene("goodbye", "/auth/goodbye", "Changed your mind", STRANGER, is_main=False),
    Scene("sign up", "/auth/signup", "8 characters or more", STRANGER, is_main=False),
    Scene("sign up with errors", "/auth/signup", "8 characters or more", STRANGER,
          _press("Sign Up", "must be|Invalid credentials")),
    Scene("sign in", "/auth/signin", "New here?", STRANGER),
    Scene("sign in with errors", "/auth/signin", "New here?", STRANGER,
          _press("Sign In", "must be|Invalid credentials"), is_main=False),
    Scene("forgot", "/auth/forgot", "Forgot your password", STRANGER),
    Scene("forgot, sent", "/auth/forgot?sent=1", "Look into your mail", STRANGER, is_main=False),
    Scene("confirm", "/auth/confirm", "Link from our mail", STRANGER, is_main=False),
    Scene("confirmed", "/auth/confirm?sent=1", "Your email is confirmed", STRANGER, is_main=False),
    Scene("reset with errors", "/auth/reset", "Set a new password", STRANGER,
          _press("Set password", "is too short"), is_main=False),
    Scene("sign out", "/auth/signout", "ends your session", ANYBODY),
    Scene("how it works", "/how-it-works", "When you sell", STRANGER, is_main=False),
    Scene("help", "/help/buying", "How do I get seats together", STRANGER),
    Scene("fees", "/fees", "Listing a ticket", STRANGER, is_main=False),
    Scene("privacy", "/privacy", "Who is responsible", STRANGER, is_main=False),
    Scene("contact", "/contact", "Your message", ANYBODY, is_main=False),
    Scene("contact, received", "/contact?number=482-130", "We have your message", STRANGER, is_main=False),
    Scene("report", "/report/{free}", "What is wrong", STRANGER, is_main=False),
    Scene("report with errors", "/report/{free}", "What is wrong", STRANGER, _report_wrongly),
    Scene("no such page", "/no/such/page", "Page not found", ANYBODY),
)
# fmt: on
