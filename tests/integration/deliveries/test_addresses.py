"""The buyer's address at the issuer: asked before the payment, shown to the seller while needed, encrypted."""

import base64
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import ValidationError
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import clocks
from tests.integration.payments import sales as payments
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.accounts.service.proof import PROOF_NEEDED
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.schemas import AddressRead, AddressUpdate
from ticketing_app.deliveries.service import addresses
from ticketing_app.deliveries.service.addresses import (
    AddressNeededError,
    AddressUsedError,
    NoAddressNeededError,
)
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.vault.service.keys import KeyMissingError

pytestmark = pytest.mark.usefixtures("stripe_books")

BEN = AddressUpdate(name="Ben Ives", email="ben@gittix.test", phone="+44 20 7946 0123")
TRANSFER = {"method": "transfer", "issuer": "ticketmaster"}


async def hold() -> tuple[UserRead, OrderRead]:
    buyer = await factories.make_user()
    return buyer, await factories.hold(await factories.make_ticket(delivery=TRANSFER), buyer)


async def save(order_id: UUID, buyer_id: UUID, address: AddressUpdate = BEN) -> None:
    async with db.transaction() as session:
        await addresses.save(session, order_id=order_id, buyer_id=buyer_id, address=address)


async def see(order_id: UUID, seller_id: UUID) -> AddressRead | None:
    async with db.transaction() as session:
        return await addresses.read_for_seller(
            session, order_id=order_id, seller_id=seller_id, session_id=UUID(int=7)
        )


async def column(query: str) -> list[Any]:
    async with db.autocommit() as connection:
        return list((await connection.execute(text(query))).scalars())


class TestPayment:
    async def test_needs_the_address_first(self) -> None:
        buyer, order = await hold()
        with pytest.raises(AddressNeededError):
            await payments.open_payment(order, buyer)
        await save(order.id, buyer.id)
        await payments.open_payment(order, buyer)

    async def test_of_other_tickets_needs_none(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await payments.open_payment(order, buyer)
        with pytest.raises(NoAddressNeededError):
            await save(order.id, buyer.id)


class TestSave:
    async def test_keeps_it_encrypted(self) -> None:
        buyer, order = await hold()
        await save(order.id, buyer.id)
        async with db.transaction() as session:
            found = await addresses.get_own(session, order_id=order.id, buyer_id=buyer.id)
        assert found == AddressRead.model_validate(BEN.model_dump())
        (row,) = await column("SELECT to_jsonb(a)::text || sealed::text FROM delivery_addresses a")
        assert "ben" not in row.lower()
        assert b"Ben Ives" not in (await column("SELECT sealed FROM delivery_addresses"))[0]

    async def test_replaces_it_without_an_event_before_the_payment(self) -> None:
        buyer, order = await hold()
        for _ in range(2):
            await save(order.id, buyer.id)
        assert await column("SELECT version FROM delivery_addresses") == [2]
        assert await factories.recorded_events("DeliveryAddressChanged") == []

    async def test_announces_a_change_after_the_payment(self) -> None:
        sale, _ = await clocks.sell()
        await save(sale.order.id, sale.buyer.id)
        (event,) = await factories.recorded_events("DeliveryAddressChanged")
        assert event["seller_id"] == str(sale.ticket.seller_id)
        assert "ben" not in str(event).lower()

    async def test_is_refused_after_the_hold(self) -> None:
        buyer, order = await hold()
        await factories.let_hold_lapse(order.id)
        with pytest.raises(OrderNotPayableError):
            await save(order.id, buyer.id)

    async def test_is_refused_once_the_tickets_are_sent(self) -> None:
        sale, _ = await clocks.sell("sent", due_in_seconds=None)
        with pytest.raises(AddressUsedError):
            await save(sale.order.id, sale.buyer.id)

    @pytest.mark.parametrize(
        "given",
        [
            {"name": "Ben"},
            {"name": " ", "email": "ben@gittix.test"},
            {"name": "Ben", "email": "ben"},
            {"name": "Ben", "phone": "call me"},
        ],
    )
    def test_refuses_an_incomplete_address(self, given: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            AddressUpdate.model_validate(given)


class TestSeller:
    async def test_sees_it_while_they_need_it(self) -> None:
        sale, delivery_id = await clocks.sell()
        seller_id = sale.ticket.seller_id
        await save(sale.order.id, sale.buyer.id)
        seen = dict[str, bool]()
        for status, seconds in [
            ("waiting", clocks.HOUR),
            ("waiting", -1),
            ("late", clocks.HOUR),
            ("sent", None),
            ("received", None),
        ]:
            await clocks.put(delivery_id, status, due_in_seconds=seconds)
            seen[f"{status} {seconds or ''}"] = bool(await see(sale.order.id, seller_id))
        assert [name for name, is_seen in seen.items() if is_seen] == ["waiting 3600.0", "sent "]
        # Each view is recorded.
        assert await column("SELECT count FROM delivery_address_reads") == [2]

    async def test_is_the_only_one(self) -> None:
        sale, _ = await clocks.sell()
        await save(sale.order.id, sale.buyer.id)
        for user_id in (sale.buyer.id, (await factories.make_user()).id):
            with pytest.raises(OrderNotFoundError):
                await see(sale.order.id, user_id)


class TestOwner:
    async def test_gets_it_in_the_export_until_the_account_ends(self) -> None:
        buyer, order = await hold()
        await save(order.id, buyer.id)
        async with db.transaction() as session:
            (found,) = await addresses.export(session, buyer_id=buyer.id)
            await addresses.erase(session, buyer_id=buyer.id)
        assert (found.order_id, found.email) == (order.id, BEN.email)
        assert await column("SELECT 1 FROM delivery_addresses") == []


class TestRewrap:
    async def test_follows_the_key_of_files(self, change_settings: Callable[..., None]) -> None:
        buyer, order = await hold()
        await save(order.id, buyer.id)
        before = get_settings().files_key.get_secret_value()
        after = base64.b64encode(bytes(32)).decode()
        change_settings(files_key=after)
        with pytest.raises(KeyMissingError):
            await addresses.rewrap(db.transaction)
        change_settings(files_key=after, files_key_previous=before)
        assert [await addresses.rewrap(db.transaction) for _ in range(2)] == [1, 0]
        change_settings(files_key=after, files_key_previous="")
        async with db.transaction() as session:
            found = await addresses.get_own(session, order_id=order.id, buyer_id=buyer.id)
        assert found
        assert found.name == BEN.name


class TestDeleteOld:
    @pytest.mark.parametrize(
        ("status", "seconds", "days", "is_kept"),
        [
            ("waiting", clocks.HOUR, 40, True),
            ("sent", None, 29, True),
            ("sent", None, 31, False),
            ("received", None, 31, False),
        ],
    )
    async def test_deletes_30_days_after_the_end(
        self, status: str, seconds: float | None, days: int, *, is_kept: bool
    ) -> None:
        sale, delivery_id = await clocks.sell()
        await save(sale.order.id, sale.buyer.id)
        await see(sale.order.id, sale.ticket.seller_id)
        await clocks.put(delivery_id, status, due_in_seconds=seconds)
        ago = f"now() - interval '{days} days'"
        await column(f"UPDATE delivery_addresses SET changed_at = {ago} RETURNING 1")
        await column(f"UPDATE delivery_steps SET at = {ago} RETURNING 1")
        async with db.transaction() as session:
            assert await addresses.delete_old(session, 10) == (not is_kept)
        assert len(await column("SELECT 1 FROM delivery_address_reads")) == is_kept


async def sign_in(api: AsyncClient, user: UserRead) -> None:
    async with db.transaction() as session:
        started = await auth.start_session(session, user=user, device="", address="192.0.2.1")
    api.cookies.set(auth.COOKIE, started.token)


class TestApi:
    async def test_saves_and_shows_it(self, api: AsyncClient) -> None:
        buyer, order = await hold()
        await sign_in(api, buyer)
        path = f"/api/orders/{order.id}/address"
        assert (await api.get(path)).status_code == 404
        assert (await api.put(path, json={"name": "Ben"})).status_code == 400
        given = {"name": "Ben", "email": "ben@gittix.test"}
        assert (await api.put(path, json=given)).json() == {**given, "phone": None}
        assert (await api.get(path)).json()["name"] == "Ben"
        other = f"/api/orders/{factories.UNKNOWN_ID}/address"
        for method in ("GET", "PUT"):
            assert (await api.request(method, other, json=given)).status_code == 404

    async def test_asks_for_a_proof_after_the_payment(self, api: AsyncClient) -> None:
        sale, _ = await clocks.sell()
        await sign_in(api, sale.buyer)
        path = f"/api/orders/{sale.order.id}/address"
        assert (await api.put(path, json={"name": "Ben", "phone": "0171 1234"})).status_code == 200
        await column("UPDATE sessions SET proved_at = now() - interval '1 hour' RETURNING 1")
        refused = await api.put(path, json={"name": "Ben", "phone": "0171 1234"})
        assert (refused.status_code, refused.json()["type"]) == (403, PROOF_NEEDED)

    async def test_answers_by_side_and_status(self, api: AsyncClient) -> None:
        sale, delivery_id = await clocks.sell()
        base = f"/api/deliveries/{delivery_id}"
        await sign_in(api, await factories.make_user())
        for act in ("sent", "hand-over", "confirm", "wait", "give-up"):
            assert (await api.post(f"{base}/{act}", json={})).status_code == 404
        await sign_in(api, sale.buyer)
        assert (await api.post(f"{base}/sent", json={})).status_code == 403
        for act in ("confirm", "wait", "give-up"):
            assert (await api.post(f"{base}/{act}")).status_code == 409
        await sign_in(api, UserRead(id=sale.ticket.seller_id, email="seller@gittix.test"))
        assert (await api.post(f"{base}/sent", json={})).status_code == 400
        assert (await api.post(f"{base}/hand-over", json={"fileIds": []})).status_code == 400
        sent = await api.post(f"{base}/sent", json={"reference": "TM-4711"})
        assert sent.json()["status"] == "sent"
        await sign_in(api, sale.buyer)
        assert (await api.post(f"{base}/confirm")).json()["status"] == "received"
