"""What the page of the door gets: codes of opened tickets, for their owner only."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from icalendar import Calendar
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import sales
from tests.integration.payments import groups
from tests.integration.payments import sales as payments
from tests.integration.payments.sales import Sale
from tests.integration.vault.tickets import reader, ticket, upload
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.schemas import DoorRead
from ticketing_app.deliveries.service import door
from ticketing_app.deliveries.service.door import NotHereYetError
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.vault.inspection.results import TicketFile
from ticketing_app.vault.service import ownership, reading
from ticketing_app.vault.service.reading import FileSealedError

pytestmark = pytest.mark.usefixtures("stripe_books")

PROMISE = "UPDATE tickets SET delivery_method = 'file', vault_file_id = :file WHERE id = :ticket"


async def sell_files(
    monkeypatch: pytest.MonkeyPatch, *files: TicketFile
) -> tuple[Sale, list[UUID]]:
    """Sell tickets with these files; the files are sealed and the buyer's."""
    sale, sold = await groups.sell(len(files))
    seller = await factories.make_user()
    taken = await upload(monkeypatch, seller, *files, data=str(sale.order.id).encode())
    file_ids = [item.id for item in taken.items]
    async with db.transaction() as session:
        for file_id, each in zip(file_ids, sold, strict=True):
            values = {"file": file_id, "ticket": each.id}
            await (await session.connection()).execute(text(PROMISE), values)
        await ownership.move(session, file_ids=file_ids, from_id=seller.id, to_id=sale.buyer.id)
    return sale, file_ids


async def open_all(sale: Sale, file_ids: list[UUID]) -> None:
    async with db.transaction() as session:
        await reading.break_seal(session, file_ids=file_ids, reader=reader(sale.buyer))


async def read(sale: Sale, user: UserRead | None = None) -> DoorRead:
    return await door.get_door(
        db.transaction, order_id=sale.order.id, reader=reader(user or sale.buyer)
    )


class TestGetDoor:
    async def test_has_the_codes_of_opened_tickets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_ids = await sell_files(
            monkeypatch, ticket(b"FIRST-TICKET-1"), ticket(b"\xff-SECOND-TICKET")
        )
        with pytest.raises(FileSealedError):
            await read(sale)
        await open_all(sale, file_ids)
        shown = await read(sale)
        assert shown.title == sale.ticket.title
        assert [code.svg for code in shown.codes] == ["<svg>0</svg>", "<svg>0</svg>"]
        # What cannot be typed is not shown.
        assert [code.text for code in shown.codes] == ["FIRST-TICKET-1", None]
        assert shown.issuer is shown.used_at is None

    async def test_shows_the_page_of_a_ticket_without_a_code(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sale, file_ids = await sell_files(monkeypatch, ticket())
        await open_all(sale, file_ids)
        (code,) = (await read(sale)).codes
        assert (code.svg, code.image) == (None, "data:image/webp;base64,d2VicA==")

    async def test_shows_each_owner_only_their_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_ids = await sell_files(
            monkeypatch, ticket(b"FIRST-TICKET-1"), ticket(b"OTHER-TICKET-2")
        )
        await open_all(sale, file_ids)
        friend, stranger = [await factories.make_user() for _ in range(2)]
        async with db.transaction() as session:
            await ownership.move(
                session, file_ids=file_ids[:1], from_id=sale.buyer.id, to_id=friend.id
            )
        assert [code.text for code in (await read(sale, friend)).codes] == ["FIRST-TICKET-1"]
        assert [code.text for code in (await read(sale)).codes] == ["OTHER-TICKET-2"]
        with pytest.raises(OrderNotFoundError):
            await read(sale, stranger)

    async def test_forgets_refunded_orders(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_ids = await sell_files(monkeypatch, ticket(b"FIRST-TICKET-1"))
        await open_all(sale, file_ids)
        await groups.request_refund(sale, sale.ticket)
        with pytest.raises(OrderNotFoundError):
            await read(sale)

    async def test_names_the_app_of_a_transfer(self) -> None:
        sale = await sales.sell()
        delivery = await sales.read(sale.order.id)
        async with db.transaction() as session:
            await (await session.connection()).execute(
                text("UPDATE tickets SET delivery_method = 'transfer', issuer = 'axs'")
            )
            await sales.put(session, delivery.id, "waiting", method="transfer", due_in_seconds=60)
        with pytest.raises(NotHereYetError):
            await read(sale)
        async with db.transaction() as session:
            await sales.put(session, delivery.id, "received", method="transfer")
        shown = await read(sale)
        assert (shown.issuer, shown.codes) == ("AXS", [])
        await groups.request_refund(sale, sale.ticket)
        with pytest.raises(OrderNotFoundError):
            await read(sale)


class TestMarkUsed:
    async def test_keeps_the_first_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, file_ids = await sell_files(
            monkeypatch, ticket(b"FIRST-TICKET-1"), ticket(b"OTHER-TICKET-2")
        )
        await open_all(sale, file_ids)
        times = list[object]()
        for _ in range(2):
            async with db.transaction() as session:
                await door.mark_used(session, order_id=sale.order.id, user_id=sale.buyer.id)
            times.append((await read(sale)).used_at)
        assert times[0]
        assert times[0] == times[1]

    async def test_refuses_strangers(self) -> None:
        sale = await sales.sell()
        stranger = await factories.make_user()
        with pytest.raises(OrderNotFoundError):
            async with db.transaction() as session:
                await door.mark_used(session, order_id=sale.order.id, user_id=stranger.id)


class TestApi:
    async def test_is_only_for_people_with_the_ticket(self, api: AsyncClient) -> None:
        sale = await sales.sell()
        for path, method in (("door", "GET"), ("used", "POST")):
            url = f"/api/orders/{sale.order.id}/{path}"
            assert (await api.request(method, url)).status_code == 401
        account = {"email": "stranger@gittix.test", "password": "correct horse"}
        await api.post("/api/users/signup", json=account)
        for path, method in (("door", "GET"), ("used", "POST")):
            for order_id in (sale.order.id, factories.UNKNOWN_ID, "x"):
                answer = await api.request(method, f"/api/orders/{order_id}/{path}")
                assert answer.status_code == 404

    async def test_is_not_stored_and_speaks_the_language_of_the_request(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = {"email": "buyer@gittix.test", "password": "correct horse"}
        user = (await api.post("/api/users/signup", json=account)).json()
        sale, file_ids = await sell_files(monkeypatch, ticket(b"FIRST-TICKET-1"))
        async with db.transaction() as session:
            await ownership.move(
                session, file_ids=file_ids, from_id=sale.buyer.id, to_id=UUID(user["id"])
            )
        url = f"/api/orders/{sale.order.id}"
        sealed = await api.get(f"{url}/door")
        assert sealed.status_code == 409
        async with db.transaction() as session:
            opener = reader(sale.buyer)._replace(user_id=UUID(user["id"]))
            await reading.break_seal(session, file_ids=file_ids, reader=opener)
        answer = await api.get(f"{url}/door", headers={"accept-language": "de-DE"})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json().keys() == {
            "orderId", "title", "when", "place", "codes", "issuer", "usedAt", "readAt"
        }  # fmt: skip
        assert (await api.post(f"{url}/used")).status_code == 204
        assert (await api.get(f"{url}/door")).json()["usedAt"]


class TestCalendar:
    async def test_leads_to_the_door_and_says_by_when_the_tickets_come(
        self, api: AsyncClient
    ) -> None:
        account = {"email": "buyer@gittix.test", "password": "correct horse"}
        user = (await api.post("/api/users/signup", json=account)).json()
        facts: dict[str, Any] = {"startsAt": "2099-05-01T18:00:00Z", "timezone": "Europe/Amsterdam"}
        offered = await factories.make_ticket(**facts, description="Two rows from the stage.")
        buyer = UserRead(id=UUID(user["id"]), email=user["email"])
        sale = await payments.sell(offered, buyer)
        delivery = await sales.read(sale.order.id)
        async with db.transaction() as session:
            await sales.put(session, delivery.id, "waiting", method="transfer", due_in_seconds=60)
        answer = await api.get(f"/api/orders/{sale.order.id}/calendar")
        assert answer.headers["content-type"].startswith("text/calendar")
        event: Any = Calendar.from_ical(answer.content).events[0]
        assert event["URL"] == f"{get_settings().public_url}/door#{sale.order.id}"
        show, due, note = event["DESCRIPTION"].split("\n")
        assert show == door.SHOW_AT_DOOR
        assert due.startswith("The seller has until ")
        assert note == "Two rows from the stage."
        unknown = await api.get(f"/api/orders/{factories.UNKNOWN_ID}/calendar")
        assert unknown.status_code == 404
