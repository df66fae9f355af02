"""The sell form with files, and the other ways of delivery."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales as deliveries
from tests.integration.vault.tickets import ticket as inspected
from tests.integration.vault.tickets import upload
from tests.ui.conftest import Tab
from tests.ui.sell_form import fields_of
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.listings import OfferRead
from ticketing_app.tickets.service import offers
from ticketing_app.ui.sell.state import SellState

SignIn = Callable[[UserRead], Awaitable[str]]
LINK = "https://pay.google.com/gp/v/save/eyJhbGciOiJSUzI1NiJ9.invented"
FOUND = {
    "venue": "Aurora Hall",
    "city": "Vienna",
    "date": "2097-05-01",
    "time": "20:00",
    "section": "B",
    "row": "7",
    "seats": "12, 13",
}
TRANSFER = {"delivery": "transfer", "issuer": "axs"}


class Seller:
    """A seller with the sell form of an event, in one tab."""

    def __init__(
        self, tab: Tab, user: UserRead, event: EventRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.tab = tab
        self.user = user
        self.event = event
        self.monkeypatch = monkeypatch

    @property
    def shown(self) -> SellState:
        return self.tab.state(SellState)

    async def upload(self, *payloads: bytes) -> list[str]:
        tickets = [inspected(payload) if payload else inspected() for payload in payloads]
        taken = await upload(self.monkeypatch, self.user, *tickets)
        return [str(item.id) for item in taken.items]

    async def submit(self, **fields: str) -> str:
        form = {"eventId": str(self.event.id)} | fields
        return await self.tab.call(SellState.submit_tickets, form)

    async def attach(self, payload: bytes) -> None:
        await self.tab.call(SellState.add_files, await self.upload(payload), "")
        await self.submit(quantity="1", delivery="file")

    async def list_for_sale(self) -> OfferRead:
        await self.tab.call(SellState.submit_price, {"price": "68"})
        assert await self.tab.call(SellState.load_look) == ""
        answer = await self.press()
        assert f"/events/{self.event.slug}" in answer, self.shown.error_message
        async with db.transaction() as session:
            found = await offers.list_event_offers(
                session, event_id=self.event.id, viewer_id=self.user.id
            )
        return found[-1]

    async def press(self) -> str:
        form = {"version": f"{self.shown.version}"}
        return await self.tab.call(SellState.list_for_sale, form)


@pytest.fixture
async def seller(
    database: None,  # noqa: ARG001  # order only.
    tab: Tab,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> Seller:
    user = await factories.make_user()
    event = await factories.make_event()
    tab.open(f"/sell/tickets?event={event.id}", cookie=await sign_in(user))
    await tab.call(SellState.load_tickets)
    return Seller(tab, user, event, monkeypatch)


class TestFiles:
    async def test_become_one_listing(self, seller: Seller) -> None:
        ids = await seller.upload(b"a-long-payload-1", b"a-long-payload-2")
        await seller.tab.call(SellState.add_files, ids, "75.00")
        assert [line.label for line in seller.shown.attached] == ["PDF, 1 barcode"] * 2
        assert seller.shown.named_seats == 2
        assert await seller.submit(quantity="2", seats="12, 13", delivery="file") != ""
        assert [line.seat for line in seller.shown.attached] == ["For seat 12", "For seat 13"]
        await seller.tab.call(SellState.load_price)
        assert (seller.shown.form.faceValue, seller.shown.face_line) == ("75.00", "")
        offer = await seller.list_for_sale()
        assert (seller.shown.badge, offer.quantity) == ("File, checked", 2)
        assert offer.delivery
        assert [str(file_id) for file_id in offer.delivery.file_ids] == ids

    @pytest.mark.usefixtures("stripe_books")
    async def test_of_bought_tickets_need_a_proof(self, seller: Seller) -> None:
        sale = await deliveries.sell_files(b"a-long-payload-1", buyer=seller.user)
        async with db.transaction() as session:
            (file,) = await sell.describe_files(
                session, owner_id=seller.user.id, ticket_ids=[sale.ticket.id]
            )
        await seller.tab.call(SellState.add_files, [str(file.id)], "")
        await seller.submit(quantity="1", delivery="file")
        await seller.tab.call(SellState.submit_price, {"price": "68"})
        await age_proofs()
        assert "proofneeded" in await seller.press()

    async def test_say_when_no_barcode_was_found(self, seller: Seller) -> None:
        await seller.tab.call(SellState.add_files, await seller.upload(b""), "")
        (line,) = seller.shown.attached
        assert line.label == "PDF, no barcode found: not checked"
        await seller.submit(quantity="1", delivery="file")
        await seller.tab.call(SellState.load_price)
        assert seller.shown.badge == "File"

    async def test_are_as_many_as_tickets(self, seller: Seller) -> None:
        await seller.submit(quantity="1", delivery="file")
        assert "Upload your tickets" in seller.shown.errors["delivery"]
        (first, second) = await seller.upload(b"a-long-payload-1", b"a-long-payload-2")
        await seller.tab.call(SellState.add_files, [first, second], "")
        await seller.tab.call(SellState.remove_file, first)
        assert [line.id for line in seller.shown.attached] == [second]
        await seller.submit(quantity="2", delivery="file")
        assert "there are files for 1" in seller.shown.errors["delivery"]

    async def test_compare_the_face_value(self, seller: Seller) -> None:
        ids = await seller.upload(b"a-long-payload-1")
        await seller.tab.call(SellState.type_price, {"faceValue": "90"}, ["faceValue"])
        await seller.tab.call(SellState.add_files, ids, "75.00")
        assert seller.shown.form.faceValue == "90"
        assert seller.shown.face_line == "Your file says 75.00."

    async def test_are_those_of_the_seller(self, seller: Seller) -> None:
        other = await factories.make_user()
        taken = await upload(seller.monkeypatch, other, inspected(b"a-long-payload-1"))
        await seller.tab.call(SellState.add_files, [str(taken.items[0].id)], "")
        assert seller.shown.attached == []
        assert (await fields_of(seller.user))["files"] == ""

    @pytest.mark.parametrize("ids", [None, 7, "x", [7, None, "x"], {"a": 1}, ["x" * 10_000]])
    async def test_ignore_what_is_no_id(self, seller: Seller, ids: Any) -> None:  # noqa: ANN401  # anything
        await seller.tab.call(SellState.add_files, ids, ids)
        assert seller.shown.attached == []
        await seller.tab.call(SellState.remove_file, "x")

    async def test_lead_to_the_own_listing_of_the_same_ticket(self, seller: Seller) -> None:
        await seller.attach(b"a-long-payload-1")
        first = await seller.list_for_sale()
        await seller.tab.call(SellState.load_tickets)
        await seller.attach(b"a-long-payload-1")
        await seller.tab.call(SellState.submit_price, {"price": "68"})
        await seller.press()
        assert "on sale already" in seller.shown.error_message
        assert seller.shown.known_href == f"/tickets/{first.seats[0].ticket_id}"


class TestStart:
    """A draft that begins with its files."""

    async def start(
        self, seller: Seller, found: object = FOUND, payloads: tuple[bytes, ...] = (b"a-long-1",)
    ) -> dict[str, str]:
        ids = await seller.upload(*payloads)
        await seller.tab.call(SellState.start_with_files, ids, "45.00", found)
        return await fields_of(seller.user)

    async def test_fills_in_draft(self, seller: Seller) -> None:
        saved = await self.start(seller, payloads=(b"a-long-payload-1", b"a-long-payload-2"))
        assert saved.items() >= FOUND.items()
        assert (saved["delivery"], saved["quantity"], saved["faceValue"]) == ("file", "2", "45.00")
        assert seller.shown.found == FOUND
        assert [line.seat for line in seller.shown.attached] == ["For seat 12", "For seat 13"]
        await seller.tab.call(SellState.load_event)
        assert (seller.shown.form.venue, seller.shown.form.date) == ("Aurora Hall", "2097-05-01")
        await seller.tab.call(SellState.load_tickets)
        fields = {name: FOUND[name] for name in ("section", "row", "seats")}
        assert await seller.submit(quantity="2", delivery="file", **fields) != ""
        offer = await seller.list_for_sale()
        assert offer.quantity == 2

    async def test_keeps_what_was_typed(self, seller: Seller) -> None:
        await seller.tab.call(SellState.type_tickets, {"row": "F"}, ["row"])
        assert (await self.start(seller))["row"] == "F"
        assert "row" not in seller.shown.found
        # A second file replaces what the first one said, and only that.
        saved = await self.start(seller, FOUND | {"row": "8", "venue": "Tram Depot"})
        assert (saved["row"], saved["venue"]) == ("F", "Tram Depot")

    async def test_can_be_undone(self, seller: Seller) -> None:
        await self.start(seller)
        await seller.tab.call(SellState.type_tickets, {"row": "F"}, ["row"])
        await seller.tab.call(SellState.undo_found)
        saved = await fields_of(seller.user)
        assert (saved["venue"], saved["date"], saved["row"]) == ("", "", "F")
        assert seller.shown.found == {}
        assert len(seller.shown.attached) == 1

    @pytest.mark.parametrize("found", [None, 7, ["venue"], {"venue": 7}, {"eventId": "x"}])
    async def test_ignores_what_is_no_fact(self, seller: Seller, found: object) -> None:
        saved = await self.start(seller, found)
        assert not saved.keys() & {"venue", "eventId"}
        assert seller.shown.found == {}

    async def test_refuses_text_that_cannot_be_stored(self, seller: Seller) -> None:
        await self.start(seller, {"venue": "x" * 10_000})
        assert seller.shown.errors
        assert await fields_of(seller.user) == {}


class TestOtherWays:
    async def test_need_an_answer(self, seller: Seller) -> None:
        await seller.submit(quantity="1")
        assert seller.shown.errors == {"delivery": "Choose how you have them."}

    async def test_by_transfer(self, seller: Seller) -> None:
        await seller.submit(quantity="1", delivery="transfer")
        assert seller.shown.errors == {"issuer": "Choose the app."}
        assert await seller.submit(quantity="1", transferOn="2000-01-01", **TRANSFER) != ""
        offer = await seller.list_for_sale()
        assert offer.delivery
        assert (offer.delivery.method, offer.delivery.issuer) == (DeliveryMethod.TRANSFER, "axs")

    async def test_by_a_file_that_comes_later(self, seller: Seller) -> None:
        await seller.submit(quantity="1", delivery="file_later")
        assert "readyOn" in seller.shown.errors
        late = seller.event.starts_at + timedelta(days=2)
        await seller.submit(quantity="1", delivery="file_later", readyOn=f"{late:%F}")
        assert "before the event" in seller.shown.errors["readyOn"]
        await seller.submit(quantity="1", delivery="file_later", readyOn="soon")
        assert seller.shown.errors == {"readyOn": "Choose a day."}
        day = seller.event.starts_at - timedelta(days=2)
        assert await seller.submit(quantity="1", delivery="file_later", readyOn=f"{day:%F}") != ""
        offer = await seller.list_for_sale()
        assert offer.delivery
        assert offer.delivery.ready_on == day.date()

    async def test_by_a_link_that_the_draft_does_not_have(self, seller: Seller) -> None:
        await seller.submit(quantity="1", delivery="link")
        assert seller.shown.errors == {"link": "Paste the link."}
        await seller.submit(quantity="1", delivery="link", link="https://tickets.example/1")
        assert "Google Wallet" in seller.shown.errors["link"]
        await seller.submit(quantity="2", delivery="link", link=LINK)
        assert "one ticket" in seller.shown.errors["link"]
        assert await seller.submit(quantity="1", delivery="link") != ""
        assert LINK not in str(await fields_of(seller.user))
        assert [line.label for line in seller.shown.attached] == ["Google Wallet link"]
        offer = await seller.list_for_sale()
        assert offer.delivery
        assert offer.delivery.method is DeliveryMethod.LINK

    async def test_that_take_too_long(self, seller: Seller, sign_in: SignIn) -> None:
        seller.event = await factories.make_event(starts_at=utc_now() + timedelta(hours=7))
        path = f"/sell/tickets?event={seller.event.id}"
        seller.tab.open(path, cookie=await sign_in(seller.user))
        await seller.submit(quantity="1", **TRANSFER)
        assert "too soon" in seller.shown.errors["delivery"]
