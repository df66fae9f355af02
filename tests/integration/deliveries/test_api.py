"""REST of deliveries: who sees what, the proof, ranges of a file."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests.factories import UNKNOWN_ID
from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales
from tests.integration.payments.sales import Sale
from ticketing_app.core import db

pytestmark = pytest.mark.usefixtures("stripe_books")

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
CONTENT = b"a-long-payload-1"


async def sell_to(api: AsyncClient) -> Sale:
    """Sell a ticket to a signed-in buyer."""
    sale = await sales.sell_files(CONTENT)
    user_id = (await api.post("/api/users/signup", json=ANA)).json()["id"]
    values = {"new": user_id, "old": sale.buyer.id}
    async with db.autocommit() as connection:
        for statement in (
            "UPDATE sessions SET user_id = :old WHERE user_id = :new",
            "UPDATE outbox SET aggregate_id = :old WHERE aggregate_id = :new",
        ):
            await connection.execute(text(statement), values)
    return sale


class TestDelivery:
    async def test_is_shown_to_its_sides_only(self, api: AsyncClient) -> None:
        sale = await sales.sell_files(CONTENT)
        path = f"/api/orders/{sale.order.id}/delivery"
        assert (await api.get(path)).status_code == 401
        await api.post("/api/users/signup", json=ANA)
        assert (await api.get(path)).status_code == 404
        assert (await api.get("/api/orders/unknown/delivery")).status_code == 404
        assert (await api.get(f"/api/deliveries/{UNKNOWN_ID}")).status_code == 404

    async def test_opens_and_hands_out_the_file(self, api: AsyncClient) -> None:
        sale = await sell_to(api)
        shown: dict[str, Any] = (await api.get(f"/api/orders/{sale.order.id}/delivery")).json()
        path = f"/api/deliveries/{shown['id']}"
        assert (shown["method"], shown["status"], shown["openedAt"]) == ("file", "ready", None)
        assert (await api.get(path)).json() == shown
        assert (await api.get(f"{path}/parts/1")).status_code == 409

        opened = await api.post(f"{path}/open")
        assert (opened.status_code, opened.json()["status"]) == (200, "received")
        part = await api.get(f"{path}/parts/1")
        assert (part.content, part.headers["content-type"]) == (CONTENT, "application/pdf")
        assert part.headers["cache-control"] == "private, no-store"
        assert part.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert part.headers["etag"] == f'"{shown["items"][0]["file"]["sha256"]}"'
        name = f"GitTix-{sale.order.id.hex[-8:]}-1.pdf"
        assert part.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert (await api.get(f"{path}/parts/2")).status_code == 404

        ranged = await api.get(f"{path}/parts/1", headers={"range": "bytes=2-5"})
        assert (ranged.status_code, ranged.content) == (206, b"long")
        assert ranged.headers["content-range"] == "bytes 2-5/16"

    async def test_opening_and_reading_need_a_proof(self, api: AsyncClient) -> None:
        sale = await sell_to(api)
        path = f"/api/deliveries/{(await sales.read(sale.order.id)).id}"
        await api.post(f"{path}/open")
        await age_proofs()
        for answer in (await api.post(f"{path}/open"), await api.get(f"{path}/parts/1")):
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/proof-needed")
