from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from tests.factories import recorded_events
from tests.integration.tickets.listings import FULL, listed
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import release
from ticketing_app.tickets.schemas.tickets import TicketFields, TicketUpdate
from ticketing_app.tickets.service import tickets


async def cancel(order: OrderRead, buyer: UserRead) -> None:
    async with db.transaction() as session:
        await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)


async def execute(statement: str, **values: object) -> Any:  # noqa: ANN401  # any column
    async with db.transaction() as session:
        return await (await session.connection()).execute(text(statement), values)


async def content_version(ticket_id: UUID) -> int | None:
    statement = "SELECT content_version FROM tickets WHERE id = :id"
    return (await execute(statement, id=ticket_id)).scalar_one()


class TestUpdateTicket:
    async def test_replaces_all_fields(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, **FULL)
        answer = await seller.put(
            f"/api/tickets/{ticket['id']}", json={"title": "New", "price": 12}
        )
        assert answer.status_code == 200
        assert answer.json()["venue"] is None
        assert (answer.json()["title"], answer.json()["price"], answer.json()["version"]) == (
            "New",
            12,
            2,
        )
        assert [event["title"] for event in await recorded_events("TicketUpdated")] == ["New"]

    async def test_accepts_the_ticket_as_read(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, **FULL)
        answer = await seller.put(f"/api/tickets/{ticket['id']}", json=ticket)
        assert answer.json() == {**ticket, "version": 2}

    async def test_rejects_stale_version(self, seller: AsyncClient) -> None:
        ticket = await listed(seller)
        url = f"/api/tickets/{ticket['id']}"
        await seller.put(url, json={"title": "First", "price": 10, "version": 1})
        late = await seller.put(url, json={"title": "Second", "price": 20, "version": 1})
        assert late.status_code == 409
        assert late.json()["errors"][0]["field"] == "version"
        assert (await seller.get(url)).json()["title"] == "First"

    async def test_accepts_version_from_before_a_hold_that_ended(self, seller: AsyncClient) -> None:
        ticket = await listed(seller)
        url = f"/api/tickets/{ticket['id']}"
        buyer = await factories.make_user()
        order = await factories.hold(await factories.read_ticket(ticket["id"]), buyer)
        change = {"title": "New", "price": 10, "version": ticket["version"]}
        assert (await seller.put(url, json=change)).status_code == 409
        await cancel(order, buyer)
        answer = await seller.put(url, json=change)
        assert (answer.status_code, answer.json()["version"]) == (200, 4)
        assert (await seller.put(url, json=change)).status_code == 409

    async def test_rejects_version_that_does_not_exist_yet(self, seller: AsyncClient) -> None:
        url = f"/api/tickets/{(await listed(seller))['id']}"
        change = {"title": "New", "price": 10, "version": 2}
        assert (await seller.put(url, json=change)).status_code == 409

    async def test_checks_in_the_order_of_the_contract(self, seller: AsyncClient) -> None:
        own = f"/api/tickets/{(await listed(seller))['id']}"
        others = f"/api/tickets/{(await factories.make_ticket()).id}"
        bad = {"title": ""}
        assert (await seller.put(f"/api/tickets/{uuid4()}", json=bad)).status_code == 404
        assert (await seller.put("/api/tickets/nonsense", json=bad)).status_code == 404
        assert (await seller.put(others, json=bad)).status_code == 403
        await factories.hold(await factories.read_ticket(own.rpartition("/")[2]))
        assert (await seller.put(own, json=bad)).status_code == 400
        assert (await seller.put(own, json={"title": "New", "price": 1})).status_code == 409
        seller.cookies.clear()
        assert (await seller.put(f"/api/tickets/{uuid4()}", json=bad)).status_code == 401


class TestWithdrawTicket:
    async def test_takes_it_off_sale_for_good(self, seller: AsyncClient) -> None:
        url = f"/api/tickets/{(await listed(seller))['id']}"
        assert (await seller.delete(url)).status_code == 204
        assert (await seller.get(url)).json()["status"] == "withdrawn"
        again = await seller.delete(url)
        assert again.status_code == 409
        assert "withdrawn" in again.json()["errors"][0]["message"]
        assert [event["status"] for event in await recorded_events("TicketUpdated")] == [
            "withdrawn"
        ]

    async def test_rejects_other_users(self, seller: AsyncClient) -> None:
        url = f"/api/tickets/{(await factories.make_ticket()).id}"
        assert (await seller.delete(url)).status_code == 403

    async def test_rejects_locked_ticket(self, seller: AsyncClient) -> None:
        ticket = await listed(seller)
        order = await factories.hold(await factories.read_ticket(ticket["id"]))
        url = f"/api/tickets/{ticket['id']}"
        assert (await seller.delete(url)).status_code == 409
        await factories.let_hold_lapse(order.id)
        assert (await seller.delete(url)).status_code == 204


class TestContentVersion:
    CHANGES: ClassVar[dict[str, object]] = {
        "title": "Other",
        "price": 41,
        "venue": "Other",
        "city": "Other",
        "startsAt": "2099-05-02T20:00:00+02:00",
        "timezone": "Europe/Paris",
        "category": "sports",
        "section": "C",
        "row": "13",
        "seat": "8",
        "faceValue": 46,
        "description": None,
        "delivery": {"method": "transfer", "issuer": "axs"},
    }

    @pytest.mark.parametrize(("alias", "value"), CHANGES.items())
    async def test_follows_each_field_of_a_listing(self, alias: str, value: object) -> None:
        seller = await factories.make_user()
        fields = FULL | {"price": 40}
        ticket = await factories.make_ticket(seller, **fields)
        await factories.change_ticket(ticket, seller, **fields)
        assert await content_version(ticket.id) == 1
        await factories.change_ticket(ticket, seller, **fields | {alias: value})
        assert await content_version(ticket.id) == 3

    def test_is_tested_with_all_fields(self) -> None:
        aliases = {field.alias for field in TicketFields.model_fields.values()}
        assert aliases == self.CHANGES.keys()

    async def test_follows_a_change_by_the_version_before(self) -> None:
        ticket = await factories.make_ticket()
        statement = "UPDATE tickets SET title = 'Other', version = version + 1 WHERE id = :id"
        await execute(statement, id=ticket.id)
        assert await content_version(ticket.id) == 2

    async def test_unknown_accepts_only_the_current_version(self) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        await execute("UPDATE tickets SET content_version = NULL WHERE id = :id", id=ticket.id)
        await cancel(await factories.hold(ticket, buyer), buyer)
        with pytest.raises(tickets.StaleTicketError):
            await factories.change_ticket(ticket, seller, version=ticket.version)
        await factories.change_ticket(ticket, seller, version=ticket.version + 2)

    async def test_is_read_after_the_lock(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        update = TicketUpdate.model_validate({"title": "Late", "price": 40, "version": 1})
        async with db.transaction() as session:
            await tickets.get_ticket(session, ticket_id=ticket.id)
            await factories.change_ticket(ticket, seller, title="First")
            with pytest.raises(tickets.StaleTicketError):
                await tickets.update_ticket(
                    session, seller_id=seller.id, ticket_id=ticket.id, ticket=update
                )
