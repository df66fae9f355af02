"""The export of one's data: made once, told by mail, downloaded by its owner with a proof only."""

import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.privacy.people import ANA, column, live_a_life, pass_days, sign_up
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.privacy.service import export

pytestmark = pytest.mark.usefixtures("stripe_books")

URL = "/api/users/exports"


@pytest.fixture
async def person(api: AsyncClient) -> UserRead:
    return await sign_up(api)


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    await sign_up(api)
    return api


async def ask(api: AsyncClient) -> str:
    answer = await api.post(URL)
    assert answer.status_code == 202
    return answer.json()["id"]


async def make(export_id: str) -> None:
    assert await export.make_export(db.transaction, export_id) is None


def unpack(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        assert "README.txt" in archive.namelist()
        return {name: json.loads(archive.read(name)) for name in names}


class TestExport:
    async def test_has_everything_of_the_person_and_nothing_of_others(
        self, api: AsyncClient, person: UserRead
    ) -> None:
        await live_a_life(person)
        other = await factories.make_user("ben.other@gittix.test")
        await factories.make_ticket(other, title="Of somebody else")
        export_id = await ask(api)
        await make(export_id)
        answer = await api.get(f"{URL}/{export_id}")
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        files = unpack(answer.content)
        assert files["account.json"]["email"] == ANA["email"]
        assert len(files["account.json"]["signIns"]) == 1
        assert files["account.json"]["passkeys"] == []
        assert [row["title"] for row in files["listings.json"]["tickets"]] == ["The Paper Lanterns"]
        assert [row["status"] for row in files["orders.json"]] == ["refunded"]
        assert [row["amount"] for row in files["payments.json"]] == [40]
        (delivery,) = files["deliveries.json"]
        assert (delivery["isBuyer"], delivery["status"]) == (True, "voided")
        assert [step["transition"] for step in delivery["steps"]] == ["begin", "void"]
        assert "Of somebody else" not in json.dumps(files)
        assert "password" not in json.dumps(files).lower()

    async def test_is_listed_and_told_when_it_is_ready(
        self, api: AsyncClient, person: UserRead
    ) -> None:
        export_id = await ask(api)
        assert await ask(api) == export_id
        assert [row["isReady"] for row in (await api.get(URL)).json()["items"]] == [False]
        await make(export_id)
        assert [row["isReady"] for row in (await api.get(URL)).json()["items"]] == [True]
        await make(export_id)
        told = "SELECT count(*) FROM notices WHERE kind = 'export_ready' AND user_id = :id"
        assert await column(told, id=person.id) == [1]

    async def test_is_gone_after_a_week(self, ana: AsyncClient) -> None:
        export_id = await ask(ana)
        await make(export_id)
        await pass_days(8)
        assert (await ana.get(URL)).json()["items"] == []
        assert (await ana.get(f"{URL}/{export_id}")).status_code == 404

    async def test_needs_a_proof(self, ana: AsyncClient) -> None:
        export_id = await ask(ana)
        await make(export_id)
        await age_proofs()
        assert (await ana.post(URL)).status_code == 403
        assert (await ana.get(f"{URL}/{export_id}")).status_code == 403

    async def test_of_another_person_is_not_found(self, ana: AsyncClient) -> None:
        export_id = await ask(ana)
        await make(export_id)
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        assert (await ana.get(f"{URL}/{export_id}")).status_code == 404
        assert (await ana.get(f"{URL}/{UUID(int=1)}")).status_code == 404
        assert (await ana.get(f"{URL}/x")).status_code == 404

    async def test_is_limited_to_a_few_a_day(self, ana: AsyncClient) -> None:
        for _ in range(5):
            await make(await ask(ana))
        assert (await ana.post(URL)).status_code == 429
