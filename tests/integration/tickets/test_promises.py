"""How a ticket is delivered, in tickets and listings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.service import event_changes, offers, promises

TICKET = {"title": "The Paper Lanterns", "price": 40}
START = datetime(2099, 5, 1, 20, tzinfo=UTC)
DATED = TICKET | {"startsAt": START.isoformat(), "timezone": "Europe/Berlin"}
TRANSFER = {"method": "transfer", "issuer": "axs"}
LATER = {"method": "file_later", "readyOn": "2099-04-28"}


async def listed(seller: AsyncClient, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON.
    answer = await seller.post("/api/tickets", json=DATED | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestTicket:
    async def test_is_sent_unchecked_without_a_promise(self, seller: AsyncClient) -> None:
        assert (await listed(seller))["delivery"] is None

    async def test_shows_its_promise(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, delivery=TRANSFER)
        assert ticket["delivery"] == {
            "method": "transfer",
            "issuer": "axs",
            "readyOn": None,
            "sellableUntil": "2099-05-01T12:00:00Z",
            "codeCount": None,
            "neverOpened": False,
            "fileIds": [],
        }
        assert (await seller.get(f"/api/tickets/{ticket['id']}")).json() == ticket

    async def test_keeps_its_promise_when_it_is_edited(self, seller: AsyncClient) -> None:
        url = f"/api/tickets/{(await listed(seller, delivery=TRANSFER))['id']}"
        moved = DATED | {"startsAt": (START + timedelta(days=1)).isoformat(), "price": 41}
        delivery = (await seller.put(url, json=moved)).json()["delivery"]
        assert delivery["method"] == "transfer"
        assert delivery["sellableUntil"] == "2099-05-02T12:00:00Z"

    async def test_changes_or_loses_its_promise(self, seller: AsyncClient) -> None:
        url = f"/api/tickets/{(await listed(seller, delivery=TRANSFER))['id']}"
        changed = (await seller.put(url, json=DATED | {"delivery": LATER})).json()["delivery"]
        assert (changed["method"], changed["readyOn"]) == ("file_later", "2099-04-28")
        cleared = await seller.put(url, json=DATED | {"delivery": None})
        assert cleared.json()["delivery"] is None

    async def test_rejects_event_that_starts_too_soon(self, seller: AsyncClient) -> None:
        soon = {"startsAt": (utc_now() + timedelta(hours=7)).isoformat()}
        answer = await seller.post("/api/tickets", json=DATED | soon | {"delivery": TRANSFER})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [{"message": promises.TOO_SOON, "field": "delivery"}]

    async def test_rejects_ticket_that_is_ready_too_late(self, seller: AsyncClient) -> None:
        late = LATER | {"readyOn": "2099-05-02"}
        answer = await seller.post("/api/tickets", json=DATED | {"delivery": late})
        assert answer.json()["errors"][0]["field"] == "delivery.readyOn"

    async def test_keeps_its_promise_while_it_is_held(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, delivery=TRANSFER)
        await factories.hold(await factories.read_ticket(ticket["id"]))
        url = f"/api/tickets/{ticket['id']}"
        assert (await seller.put(url, json=DATED | {"delivery": LATER})).status_code == 409

    async def test_is_known_to_deliveries(self, seller: AsyncClient) -> None:
        ticket_id = UUID((await listed(seller, delivery=TRANSFER))["id"])
        async with db.transaction() as session:
            found = await promises.list_promises(session, ticket_ids=[ticket_id])
        promise = found[ticket_id]
        assert (promise.method, promise.issuer) == (DeliveryMethod.TRANSFER, "axs")
        assert (promise.starts_at, promise.timezone) == (START, "Europe/Berlin")


class TestListing:
    async def test_promises_the_same_for_all_its_tickets(self, seller: AsyncClient) -> None:
        body = DATED | {"quantity": 2, "delivery": LATER}
        answer = await seller.post("/api/listings", json=body)
        assert answer.status_code == 201, answer.text
        listing = answer.json()
        assert listing["delivery"]["method"] == "file_later"
        url = f"/api/listings/{listing['id']}"
        kept = (await seller.put(url, json={"price": 41})).json()
        assert kept["delivery"]["method"] == "file_later"
        changed = (await seller.put(url, json={"price": 41, "delivery": TRANSFER})).json()
        assert changed["delivery"]["method"] == "transfer"
        assert changed["version"] == kept["version"] + 1

    async def test_loses_a_ticket_with_another_promise(self, seller: AsyncClient) -> None:
        body = DATED | {"quantity": 2, "delivery": LATER}
        listing = (await seller.post("/api/listings", json=body)).json()
        first = f"/api/tickets/{listing['seats'][0]['ticketId']}"
        changed = (await seller.put(first, json=DATED | {"delivery": TRANSFER})).json()
        assert changed["listingId"] is None


class TestTooLate:
    async def test_is_not_offered_any_more(self, seller: AsyncClient) -> None:
        event = await factories.make_event()
        body = {"eventId": str(event.id), "price": 40, "quantity": 2, "delivery": TRANSFER}
        listing = (await seller.post("/api/listings", json=body)).json()
        loose = await listed(seller, delivery=TRANSFER)
        for ticket_id in (listing["seats"][0]["ticketId"], loose["id"]):
            await factories.let_delivery_be_too_late(UUID(ticket_id))
        found = (await seller.get("/api/tickets")).json()["items"]
        assert not {ticket["id"] for ticket in found} & {
            loose["id"],
            *(seat["ticketId"] for seat in listing["seats"]),
        }
        assert (await seller.get(f"/api/events/{event.id}/listings")).json()["items"] == []
        async with db.transaction() as session:
            summary = await offers.summarize_events(session, event_ids=[event.id])
        assert summary[event.id].available == 0

    async def test_is_not_resumed(self, seller: AsyncClient) -> None:
        body = DATED | {"quantity": 2, "delivery": TRANSFER}
        listing = (await seller.post("/api/listings", json=body)).json()
        url = f"/api/listings/{listing['id']}"
        assert (await seller.post(f"{url}/pause")).status_code == 200
        await factories.let_delivery_be_too_late(UUID(listing["seats"][0]["ticketId"]))
        answer = await seller.post(f"{url}/resume")
        assert answer.status_code == 409
        assert "in time" in answer.json()["errors"][0]["message"]

    async def test_follows_the_start_of_its_event(self) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("5", event=event, delivery=TRANSFER)
        later = event.starts_at + timedelta(days=1)
        async with db.transaction() as session:
            await (await session.connection()).execute(
                text("UPDATE events SET starts_at = :at WHERE id = :id"),
                {"at": later, "id": event.id},
            )
        async with db.transaction() as session:
            await event_changes.follow_event(session, event_id=event.id, limit=10)
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        assert ticket.delivery
        assert ticket.delivery.sellable_until == later - timedelta(hours=8)


LINK = "https://pay.google.com/gp/v/save/eyJhbGciOiJSUzI1NiJ9.invented"


class TestLink:
    async def test_is_kept_and_never_shown(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, delivery={"method": "link", "link": LINK})
        assert LINK not in str(ticket)
        assert ticket["delivery"]["method"] == "link"
        assert len(ticket["delivery"]["fileIds"]) == 1
        again = await seller.post(
            "/api/tickets", json=DATED | {"delivery": {"method": "link", "link": LINK}}
        )
        assert again.status_code == 409
        assert again.json()["errors"][0]["field"] == "delivery"

    async def test_rejects_links_of_unknown_issuers(self, seller: AsyncClient) -> None:
        promise = {"method": "link", "link": "https://tickets.example/1"}
        answer = await seller.post("/api/tickets", json=DATED | {"delivery": promise})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "delivery.link"

    async def test_holds_one_ticket(self, seller: AsyncClient) -> None:
        body = DATED | {"quantity": 2, "delivery": {"method": "link", "link": LINK}}
        answer = await seller.post("/api/listings", json=body)
        assert answer.json()["errors"] == [{"message": promises.ONE_LINK, "field": "delivery.link"}]

    async def test_is_no_file(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, delivery={"method": "link", "link": LINK})
        url = f"/api/tickets/{ticket['id']}"
        as_file = {"method": "file", "fileIds": ticket["delivery"]["fileIds"]}
        answer = await seller.put(url, json=DATED | {"delivery": as_file})
        assert answer.status_code == 400
