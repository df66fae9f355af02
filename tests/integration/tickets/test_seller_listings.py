from typing import Any

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.payments import sales
from ticketing_app.accounts.schemas import UserRead

SELLER = {"email": "seller@gittix.test", "password": "correct horse"}


@pytest.fixture
async def seller(api: AsyncClient, stripe_books: None) -> UserRead:  # noqa: ARG001  # order only.
    answer = await api.post("/api/users/signup", json=SELLER)
    return UserRead.model_validate(answer.json())


class TestListOwnTickets:
    async def listed(self, api: AsyncClient, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401  # a query.
        answer = await api.get("/api/tickets/mine", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_returns_each_status_newest_first(
        self, api: AsyncClient, seller: UserRead
    ) -> None:
        sold = await sales.sell(await factories.make_ticket(seller, title="Sold"))
        withdrawn = await factories.make_ticket(seller, title="Withdrawn")
        await api.delete(f"/api/tickets/{withdrawn.id}")
        order = await factories.hold(await factories.make_ticket(seller, title="Held"))
        await factories.make_ticket(seller, title="For sale")
        await factories.make_ticket(title="Somebody else's")
        items = (await self.listed(api))["items"]
        assert [(item["title"], item["status"]) for item in items] == [
            ("For sale", "available"),
            ("Held", "locked"),
            ("Withdrawn", "withdrawn"),
            ("Sold", "sold"),
        ]
        assert items[1]["orderId"] == str(order.id)
        assert items[1]["lockedUntil"]
        assert items[3]["orderId"] == str(sold.order.id)
        assert [bool(item["soldAt"]) for item in items] == [False, False, False, True]

    async def test_continues_after_the_cursor(self, api: AsyncClient, seller: UserRead) -> None:
        titles = [(await factories.make_ticket(seller, title=f"T{n}")).title for n in range(5)]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.listed(api, limit=2, cursor=cursor)
            seen += [item["title"] for item in page["items"]]
            cursor = page["nextCursor"]
        assert seen == titles[::-1]

    @pytest.mark.usefixtures("seller")
    @pytest.mark.parametrize(
        ("parameters", "field"),
        [({"limit": "0"}, "limit"), ({"limit": "101"}, "limit"), ({"cursor": "x"}, "cursor")],
    )
    async def test_bad_parameters_are_400(
        self, api: AsyncClient, parameters: dict[str, str], field: str
    ) -> None:
        answer = await api.get("/api/tickets/mine", params=parameters)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field

    async def test_requires_a_session(self, api: AsyncClient) -> None:
        assert (await api.get("/api/tickets/mine", params={"limit": "1"})).status_code == 401

    async def test_openapi_describes_it(self, api: AsyncClient) -> None:
        schema = (await api.get("/api/openapi.json")).json()
        operation = schema["paths"]["/api/tickets/mine"]["get"]
        assert set(operation["responses"]) == {"200", "400", "401", "503"}
        selling = schema["paths"]["/api/tickets"]["post"]
        refusals = {"400", "401", "403", "404", "408", "409", "429", "503"}
        assert set(selling["responses"]) == {"201"} | refusals
        assert "soldAt" in schema["components"]["schemas"]["OwnTicketRead"]["properties"]
