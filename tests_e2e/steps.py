"""Actions of visitors on the site; other data is created through the API."""

import re
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.ticket_files import one_ticket

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
SECURE_CARD = "4000002500003155"
"""Asks for 3-D Secure."""
PASSWORD = "correct horse"


class Visitor:
    """A visitor with a browser profile; `page` is the first tab."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.new_page()
        self.email = f"{uuid4().hex[:12]}@gittix.test"

    # ---- through the API -----------------------------------------------------------------------

    def sign_up(self) -> None:
        """Make an account; the cookie is the browser's too."""
        self._post("/api/users/signup", {"email": self.email, "password": PASSWORD})

    def sell(self, title: str = "The Paper Lanterns", price: float = 40, **facts: Any) -> str:  # noqa: ANN401  # JSON.
        """List a ticket; returns its id."""
        return self._post("/api/tickets", {"title": title, "price": price, **facts})["id"]

    def sell_file(self, title: str, price: float = 40, **facts: str) -> str:
        """List a ticket with a file of its own; returns its id."""
        answer = self.context.request.post("/api/files", data=one_ticket(uuid4().hex))
        assert answer.ok, answer.text()
        file_ids = [item["id"] for item in answer.json()["items"]]
        body = {"title": title, "price": price, "delivery": {"method": "file", "fileIds": file_ids}}
        return self._post("/api/tickets", body | facts)["id"]

    def give(self, order_id: str, email: str) -> str:
        """Offer the first ticket of an order to a friend; returns the id of the gift."""
        (item, *_) = self.delivery(order_id)["items"]
        return self._post(f"/api/files/{item['file']['fileId']}/gift", {"email": email})["id"]

    def take(self, gift_id: str) -> None:
        self._post(f"/api/gifts/{gift_id}/take")

    def delivery(self, order_id: str) -> dict[str, Any]:
        return self.context.request.get(f"/api/orders/{order_id}/delivery").json()

    def sell_with(self, delivery: dict[str, Any], **ticket: Any) -> str:  # noqa: ANN401  # JSON.
        """List a ticket with a promised delivery; returns its id."""
        return self._post("/api/tickets", {**ticket, "delivery": delivery})["id"]

    def sell_listing(self, **listing: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON.
        """List tickets of an event; returns the listing."""
        return self._post("/api/listings", listing)

    def make_event(self, title: str, venue_id: str, **facts: str) -> dict[str, Any]:
        """Make an event at a venue (tests_e2e/venues.py)."""
        event = {"title": title, "venueId": venue_id, "startsLocal": "2097-05-01T19:30:00"}
        return self._post("/api/events", event | facts)

    def sell_seats(
        self,
        event_id: str,
        *seats: str,
        price: float = 40,
        **facts: Any,  # noqa: ANN401  # any field
    ) -> list[str]:
        """List seats of row F, Stalls, of an event; returns the ids of their tickets."""
        described = [{"section": "Stalls", "row": "F", "seat": seat} for seat in seats]
        body = {"eventId": event_id, "price": price, "seats": described, **facts}
        return [seat["ticketId"] for seat in self.sell_listing(**body)["seats"]]

    def hold(self, ticket_id: str) -> str:
        """Press Purchase; returns the order's id."""
        return self._post("/api/orders", {"ticketId": ticket_id})["id"]

    def hold_several(self, listing_id: str, quantity: int) -> str:
        """Hold the best tickets of a listing; returns the order's id."""
        return self._post("/api/orders", {"listingId": listing_id, "quantity": quantity})["id"]

    def change_listing(self, listing_id: str, change: str) -> None:
        """Pause or resume a listing."""
        self._post(f"/api/listings/{listing_id}/{change}")

    def give_address(self, order_id: str) -> None:
        """Name the account at the issuer to which the seller transfers the tickets."""
        address = {"name": "Ben Ives", "email": "ben@gittix.test"}
        answer = self.context.request.put(f"/api/orders/{order_id}/address", data=address)
        assert answer.ok, answer.text()

    def act_on_delivery(self, order_id: str, act: str, body: dict[str, Any] | None = None) -> None:
        """Send, confirm, wait or give up."""
        self._post(f"/api/deliveries/{self.delivery(order_id)['id']}/{act}", body)

    def pay_for(self, order_id: str) -> str:
        """Pay as page and Stripe's form do, with a good card; returns Stripe's id of the payment."""
        payment = self._post("/api/payments", {"orderId": order_id})
        intent = self._confirm(payment)
        assert self._post(f"/api/payments/{payment['id']}/settle")["status"] == "completed"
        return intent

    def authorise(self, order_id: str) -> str:
        """Authorise a good card and leave before the page settles; returns the client secret."""
        payment = self._post("/api/payments", {"orderId": order_id})
        self._post(f"/api/payments/{payment['id']}/confirming")
        self._confirm(payment)
        return payment["clientSecret"]

    def _confirm(self, payment: dict[str, Any]) -> str:
        config = self.context.request.get("/api/payments/config").json()
        intent, _, _ = payment["clientSecret"].partition("_secret_")
        card = {"number": GOOD_CARD, "exp_month": "12", "exp_year": "34", "cvc": "123"}
        typed = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        confirmed = self.context.request.post(
            urljoin(config["stripeJsUrl"], f"/v1/payment_intents/{intent}/confirm"),
            form={
                "key": config["publishableKey"],
                "client_secret": payment["clientSecret"],
                "return_url": config["stripeJsUrl"],
                "payment_method_data[type]": "card",
                **typed,
            },
        )
        assert confirmed.ok, confirmed.text()
        return intent

    def upload(self, content: bytes) -> list[str]:
        """Upload a ticket file; returns the ids of its tickets."""
        answer = self.context.request.post("/api/files", data=content)
        assert answer.ok, answer.text()
        return [item["id"] for item in answer.json()["items"]]

    def open_tickets(self, order_id: str) -> None:
        """Break the seal of the tickets of an order."""
        delivery = self.context.request.get(f"/api/orders/{order_id}/delivery").json()
        self._post(f"/api/deliveries/{delivery['id']}/open")

    def order(self, order_id: str) -> dict[str, Any]:
        """Return an order of this visitor."""
        return self.context.request.get(f"/api/orders/{order_id}").json()

    def _post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.context.request.post(path, data=body)
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()

    # ---- through the page ----------------------------------------------------------------------

    def open(self, path: str, page: Page | None = None) -> Page:
        """Open a page and wait until it is hydrated."""
        page = page or self.page
        page.goto(path)
        page.wait_for_function("sessionStorage.getItem('token')")
        # Set as soon as the page knows its visitor from the server.
        expect(page.locator("html")).to_have_attribute("data-known", "")
        return page

    def purchase(self, ticket_id: str) -> str:
        """Open a ticket, press Purchase, and land on the order's page; returns its id."""
        self.open(f"/tickets/{ticket_id}")
        self.page.get_by_role("button", name="Purchase").click()
        expect(self.page.get_by_role("heading", name=re.compile("^Purchasing"))).to_be_visible()
        return self.page.url.rstrip("/").rpartition("/")[2]

    def open_payment(self, page: Page | None = None) -> Locator:
        """Press Pay on the order's page; returns the dialog."""
        page = page or self.page
        page.get_by_role("button", name="Pay", exact=True).click()
        dialog = page.get_by_role("dialog", name="Pay for your ticket")
        expect(dialog.get_by_role("button", name=re.compile(r"^Pay \$"))).to_be_enabled()
        return dialog

    def pay(self, card: str, page: Page | None = None, *, code: str = "123") -> None:
        """Fill in the card in the open dialog and pay."""
        page = page or self.page
        fill_in_card(page, card, code)
        page.get_by_role("dialog").get_by_role("button", name=re.compile(r"^Pay \$")).click()


def card_frame(page: Page) -> FrameLocator:
    """The frame of Stripe's card form."""
    return page.frame_locator('iframe[title="Secure payment input frame"]')


def fill_in_card(page: Page, card: str, code: str = "123") -> None:
    """Type a card into the open form."""
    frame = card_frame(page)
    frame.get_by_label(re.compile("card number", re.IGNORECASE)).fill(card)
    frame.get_by_label(re.compile("expir", re.IGNORECASE)).fill("12 / 34")
    frame.get_by_label(re.compile("security code|cvc", re.IGNORECASE)).fill(code)
    frame.get_by_label(re.compile("postal|zip", re.IGNORECASE)).fill("10115")


def challenge_frame(page: Page) -> FrameLocator:
    """The frame of the 3-D Secure challenge, which covers the page."""
    return page.frame_locator('iframe[name^="__privateStripeFrame"][src*="challenge"]')


def answer_challenge(page: Page, *, complete: bool) -> None:
    """Answer the challenge with the mouse."""
    challenge_frame(page).get_by_role("button", name="Complete" if complete else "Fail").click()
