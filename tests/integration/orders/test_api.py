from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.factories import UNKNOWN_ID
from ticketing_app.core import db
from ticketing_app.orders.service import order_payment, queries
from ticketing_app.tickets.rules import Split

BUYER = {"email": "buyer@gittix.test", "password": "correct horse"}


@pytest.fixture
async def buyer(api: AsyncClient) -> AsyncClient:
    await api.post("/api/users/signup", json=BUYER)
    return api


async def held(buyer: AsyncClient, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON.
    ticket = await factories.make_ticket(**fields)
    answer = await buyer.post("/api/orders", json={"ticketId": str(ticket.id)})
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestCreateOrder:
    async def test_answers_with_the_hold(self, buyer: AsyncClient) -> None:
        order = await held(buyer, title="Derby", price=Decimal("12.5"), seat="7")
        assert order.keys() == {
            "id",
            "status",
            "expiresAt",
            "userId",
            "price",
            "currency",
            "createdAt",
            "ticket",
            "quantity",
            "listingId",
            "items",
        }
        assert order["ticket"].keys() == {"id", "title", "price"}
        item = {"ticket": {**order["ticket"], "section": None, "row": None, "seat": "7"}}
        assert order["items"] == [{**item, "refundedAt": None}]
        assert (order["quantity"], order["listingId"]) == (1, None)
        assert (order["status"], order["price"], order["ticket"]["title"]) == (
            "created",
            12.5,
            "Derby",
        )
        shown = (await buyer.get(f"/api/orders/{order['id']}")).json()
        timeline = [
            {"status": "created", "at": order["createdAt"], "expiresAt": order["expiresAt"]}
        ]
        assert shown == {**order, "timeline": timeline}

    async def test_returns_the_id_of_the_own_hold(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        again = await buyer.post("/api/orders", json={"ticketId": order["ticket"]["id"]})
        assert again.status_code == 409
        assert again.json()["orderId"] == order["id"]

    @pytest.mark.parametrize(
        "body", [{}, {"ticketId": "nonsense"}, {"ticketId": 5}, {"ticketId": None}]
    )
    async def test_a_body_without_an_id_is_400(
        self, buyer: AsyncClient, body: dict[str, Any]
    ) -> None:
        answer = await buyer.post("/api/orders", json=body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "ticketId"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"ticketId": None, "listingId": None}, "ticketId"),
            ({"ticketId": UNKNOWN_ID, "listingId": UNKNOWN_ID, "quantity": 1}, "ticketId"),
            ({"ticketId": UNKNOWN_ID, "ticketIds": [UNKNOWN_ID]}, "ticketId"),
            ({"ticketIds": [UNKNOWN_ID], "listingId": UNKNOWN_ID, "quantity": 1}, "ticketId"),
            ({"ticketIds": []}, "ticketIds"),
            ({"ticketIds": [UNKNOWN_ID] * 2}, "ticketIds"),
            ({"ticketIds": [UNKNOWN_ID] * 11}, "ticketIds"),
            ({"ticketIds": ["nonsense"]}, "ticketIds.0"),
            ({"listingId": "nonsense", "quantity": 1}, "listingId"),
            ({"listingId": UNKNOWN_ID}, "quantity"),
            ({"listingId": UNKNOWN_ID, "quantity": 0}, "quantity"),
            ({"listingId": UNKNOWN_ID, "quantity": 11}, "quantity"),
            ({"ticketId": UNKNOWN_ID, "quantity": 1}, "quantity"),
        ],
    )
    async def test_a_body_that_is_not_one_choice_is_400(
        self, buyer: AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        answer = await buyer.post("/api/orders", json=body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_holds_a_ticket_of_a_listing(self, buyer: AsyncClient) -> None:
        first, *_, last = await factories.make_tickets_together(seats=4)
        listing_id = str(first.listing_id)
        for body in (
            {"listingId": listing_id, "quantity": 1, "version": 1, "price": 40},
            {"ticketIds": [str(last.id)]},
        ):
            answer = await buyer.post("/api/orders", json=body)
            assert answer.status_code == 201, answer.text
            assert (answer.json()["listingId"], answer.json()["quantity"]) == (listing_id, 1)

    async def test_holds_several_tickets_all_or_none(self, buyer: AsyncClient) -> None:
        tickets = await factories.make_tickets_together(seats=3, seat="4")
        body = {"listingId": str(tickets[0].listing_id), "quantity": 2}
        order = (await buyer.post("/api/orders", json=body)).json()
        refused = await buyer.post("/api/orders", json={**body, "quantity": 3})
        assert (order["quantity"], order["price"], order["ticket"]["price"]) == (2, 80, 40)
        assert [item["ticket"]["seat"] for item in order["items"]] == ["4", "4"]
        assert order == (await buyer.get("/api/orders")).json()["items"][0]
        assert refused.status_code == 409
        assert refused.json()["orderId"] == order["id"]

    async def test_a_refusal_names_what_is_available(self, buyer: AsyncClient) -> None:
        tickets = await factories.make_tickets_together(seats=2, split=Split.TOGETHER)
        body = {"listingId": str(tickets[0].listing_id), "quantity": 1}
        answer = await buyer.post("/api/orders", json=body)
        assert (answer.status_code, answer.json()["available"]) == (409, 2)
        assert "only together" in answer.json()["errors"][0]["message"]

    async def test_an_unknown_listing_is_404(self, buyer: AsyncClient) -> None:
        body = {"listingId": UNKNOWN_ID, "quantity": 1}
        assert (await buyer.post("/api/orders", json=body)).status_code == 404

    async def test_an_unknown_ticket_is_404(self, buyer: AsyncClient) -> None:
        assert (await buyer.post("/api/orders", json={"ticketId": str(uuid4())})).status_code == 404

    async def test_own_ticket_is_403(self, buyer: AsyncClient) -> None:
        ticket = (await buyer.post("/api/tickets", json={"title": "Mine", "price": 1})).json()
        answer = await buyer.post("/api/orders", json={"ticketId": ticket["id"]})
        assert answer.status_code == 403

    @pytest.mark.parametrize("seen", [{"version": 1}, {"price": 20}, {"version": 1, "price": 20}])
    async def test_an_offer_that_changed_since_it_was_seen_is_409(
        self, buyer: AsyncClient, seen: dict[str, Any]
    ) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, price=20)
        await factories.change_ticket(ticket, seller, price=Decimal("999999.99"))
        answer = await buyer.post("/api/orders", json={"ticketId": str(ticket.id), **seen})
        assert answer.status_code == 409
        assert "changed this offer" in answer.json()["errors"][0]["message"]
        now = {"ticketId": str(ticket.id), "version": 2, "price": 999_999.99}
        assert (await buyer.post("/api/orders", json=now)).json()["price"] == 999_999.99

    async def test_the_offer_as_it_was_seen_is_held(self, buyer: AsyncClient) -> None:
        ticket = await factories.make_ticket(price=20)
        seen = {"ticketId": str(ticket.id), "version": 1, "price": 20}
        assert (await buyer.post("/api/orders", json=seen)).status_code == 201

    @pytest.mark.parametrize(
        ("field", "value"), [("version", 0), ("version", 2**31), ("version", "x"), ("price", "20")]
    )
    async def test_an_impossible_offer_is_400(
        self, buyer: AsyncClient, field: str, value: object
    ) -> None:
        ticket = await factories.make_ticket()
        answer = await buyer.post("/api/orders", json={"ticketId": str(ticket.id), field: value})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field

    async def test_needs_a_session_first(self, api: AsyncClient) -> None:
        assert (await api.post("/api/orders", content=b"{")).status_code == 401

    async def test_too_many_holds_are_429(self, buyer: AsyncClient) -> None:
        for _ in range(5):
            await held(buyer)
        ticket = await factories.make_ticket()
        answer = await buyer.post("/api/orders", json={"ticketId": str(ticket.id)})
        assert answer.status_code == 429
        assert "5 open orders" in answer.json()["errors"][0]["message"]


class TestWithdrawnTicket:
    async def test_is_visible_to_its_seller_and_buyers_only(self, buyer: AsyncClient) -> None:
        seller = await factories.make_user()
        event = {"starts_at": "2097-05-01T20:00:00Z", "timezone": "Europe/Berlin"}
        ticket = await factories.make_ticket(seller, description="Call 555-1234", **event)
        body = {"ticketId": str(ticket.id)}
        order = (await buyer.post("/api/orders", json=body)).json()
        await buyer.delete(f"/api/orders/{order['id']}")
        await factories.withdraw(ticket, seller)
        paths = [f"/api/tickets/{ticket.id}", f"/api/tickets/{ticket.id}/calendar"]
        assert [(await buyer.get(path)).status_code for path in paths] == [200, 200]
        await buyer.post("/api/users/signup", json=BUYER | {"email": "other@gittix.test"})
        for _ in ("somebody else", "nobody"):
            answers = [await buyer.get(path) for path in paths]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert [answer for answer in answers if "555-1234" in answer.text] == []
            buyer.cookies.clear()
        async with db.transaction() as session:
            found = await queries.get_ticket(session, ticket_id=ticket.id, viewer_id=seller.id)
        assert found.description == "Call 555-1234"


class TestListOrders:
    async def test_returns_own_orders_newest_first(self, buyer: AsyncClient) -> None:
        await factories.hold(await factories.make_ticket())
        mine = [(await held(buyer))["id"] for _ in range(3)]
        first = (await buyer.get("/api/orders", params={"limit": 2})).json()
        rest = (await buyer.get("/api/orders", params={"cursor": first["nextCursor"]})).json()
        assert [order["id"] for order in first["items"] + rest["items"]] == mine[::-1]
        assert rest["nextCursor"] is None

    @pytest.mark.parametrize("parameters", [{"limit": "0"}, {"cursor": "nonsense"}])
    async def test_bad_parameters_are_400(
        self, buyer: AsyncClient, parameters: dict[str, str]
    ) -> None:
        assert (await buyer.get("/api/orders", params=parameters)).status_code == 400

    async def test_needs_a_session(self, api: AsyncClient) -> None:
        assert (await api.get("/api/orders")).status_code == 401


class TestTimeline:
    async def test_lists_each_step_with_time_and_deadline(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        order_id = UUID(order["id"])
        await factories.let_hold_lapse(order_id, seconds_ago=-5)
        steps = (
            order_payment.start_confirming,
            order_payment.return_to_created,
            order_payment.claim_for_capture,
        )
        for step in steps:
            async with db.transaction() as session:
                await step(session, order_id=order_id)
        timeline = (await buyer.get(f"/api/orders/{order['id']}")).json()["timeline"]
        statuses = [step["status"] for step in timeline]
        assert statuses == ["created", "awaiting_payment", "created", "capturing"]
        times = [datetime.fromisoformat(step["at"]) for step in timeline]
        assert times == sorted(times)
        deadlines = [datetime.fromisoformat(step["expiresAt"]) for step in timeline]
        assert deadlines[1] == deadlines[2] == deadlines[3] != deadlines[0]

    @pytest.mark.parametrize("is_closed", [False, True])
    async def test_ends_at_the_deadline(
        self,
        buyer: AsyncClient,
        is_closed: bool,  # noqa: FBT001
    ) -> None:
        order = await held(buyer)
        await factories.let_hold_lapse(UUID(order["id"]), seconds_ago=0)
        if is_closed:
            # By the next buyer: the hold writes both histories.
            await factories.hold(await factories.read_ticket(order["ticket"]["id"]))
        shown = (await buyer.get(f"/api/orders/{order['id']}")).json()
        assert [step["status"] for step in shown["timeline"]] == ["created", "expired"]
        assert shown["timeline"][1]["at"] == shown["expiresAt"]

    async def test_is_absent_from_lists(self, buyer: AsyncClient) -> None:
        await held(buyer)
        (row,) = (await buyer.get("/api/orders")).json()["items"]
        assert "timeline" not in row


class TestPastTheDeadline:
    @pytest.mark.parametrize("status", ["created", "awaiting_payment"])
    async def test_an_order_is_expired_without_a_worker(
        self, buyer: AsyncClient, status: str
    ) -> None:
        order = await held(buyer)
        if status == "awaiting_payment":
            async with db.transaction() as session:
                await order_payment.start_confirming(session, order_id=UUID(order["id"]))
        url = f"/api/orders/{order['id']}"
        assert (await buyer.get(url)).json()["status"] == status
        await factories.let_hold_lapse(UUID(order["id"]))
        assert (await buyer.get(url)).json()["status"] == "expired"
        assert [row["status"] for row in (await buyer.get("/api/orders")).json()["items"]] == [
            "expired"
        ]
        assert await factories.recorded_events("OrderExpired") == []

    async def test_cancelling_an_expired_order_changes_nothing(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        await factories.let_time_pass(UUID(order["ticket"]["id"]), 901)
        url = f"/api/orders/{order['id']}"
        assert (await buyer.delete(url)).status_code == 204
        assert (await buyer.get(url)).json()["status"] == "expired"
        assert len(await factories.recorded_events("OrderExpired")) == 1
        # Cancelling an expired order does not shorten the cool-down.
        again = await buyer.post("/api/orders", json={"ticketId": order["ticket"]["id"]})
        assert again.status_code == 429

    async def test_an_order_that_is_being_captured_goes_on(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=UUID(order["id"]))
        await factories.let_cooldown_pass(UUID(order["id"]))
        assert (await buyer.get(f"/api/orders/{order['id']}")).json()["status"] == "capturing"


class TestOtherPeoplesOrders:
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_are_404_like_unknown_ones(self, buyer: AsyncClient, method: str) -> None:
        theirs = await factories.hold(await factories.make_ticket())
        for order_id in (theirs.id, uuid4(), "nonsense"):
            answer = await buyer.request(method, f"/api/orders/{order_id}")
            assert answer.status_code == 404
            assert answer.json()["errors"][0]["message"].startswith("We could not find this order")


class TestCancelOrder:
    async def test_unlocks_at_once_and_again_does_no_harm(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        url = f"/api/orders/{order['id']}"
        assert [(await buyer.delete(url)).status_code for _ in range(2)] == [204, 204]
        assert (await buyer.get(url)).json()["status"] == "cancelled"
        ticket = (await buyer.get(f"/api/tickets/{order['ticket']['id']}")).json()
        assert (ticket["status"], ticket["orderId"]) == ("available", None)

    async def test_is_204_for_one_that_ran_out(self, buyer: AsyncClient) -> None:
        order = await held(buyer)
        await factories.let_hold_lapse(UUID(order["id"]))
        await factories.hold(await factories.read_ticket(order["ticket"]["id"]))
        url = f"/api/orders/{order['id']}"
        assert (await buyer.delete(url)).status_code == 204
        assert (await buyer.get(url)).json()["status"] == "expired"
