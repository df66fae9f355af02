"""Messages to the operator and reports of listings, over REST and by the operator."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response

from tests import factories
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseCreate, CaseDetail
from ticketing_app.core import db

pytestmark = pytest.mark.usefixtures("database")

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
MESSAGE = {"message": "Where is my ticket?\nI paid.", "email": "Zoe@Example.com"}
HOSTILE = ["<script>alert(1)</script>", "'; DROP TABLE cases; --", "{{ 7*7 }}", "%s %d", "😀" * 900]


async def send(api: AsyncClient, **fields: Any) -> Response:  # noqa: ANN401  # JSON.
    return await api.post("/api/cases", json=MESSAGE | fields)


async def read(number: str) -> CaseDetail:
    async with db.transaction() as session:
        return await cases.get_case(session, number=number)


async def open_one(user_id: UUID | None = None) -> str:
    async with db.transaction() as session:
        case = await cases.open_case(
            session, case=CaseCreate.model_validate(MESSAGE), user_id=user_id
        )
    return case.number


async def answer(number: str, message: str = "It is on its way.") -> CaseDetail:
    async with db.transaction() as session:
        return await cases.answer_case(session, number=number, message=message)


async def close(number: str) -> CaseDetail:
    async with db.transaction() as session:
        return await cases.close_case(session, number=number)


class TestOpenCase:
    async def test_gives_a_visitor_a_number(self, api: AsyncClient) -> None:
        sent = await send(api)
        assert sent.status_code == 201
        case = sent.json()
        assert (case["kind"], case["status"], case["answers"]) == ("contact", "open", [])
        kept = await read(case["number"])
        assert (kept.email, kept.user_id) == ("zoe@example.com", None)
        [event] = await factories.recorded_events("CaseOpened")
        assert (event["email"], event["user_id"]) == ("zoe@example.com", None)
        assert event["message"] == MESSAGE["message"]

    async def test_keeps_the_account_of_a_user(self, api: AsyncClient) -> None:
        user = (await api.post("/api/users/signup", json=ANA)).json()
        kept = await read((await send(api, email="")).json()["number"])
        assert (str(kept.user_id), kept.email) == (user["id"], "")

    @pytest.mark.parametrize("words", HOSTILE)
    async def test_keeps_hostile_words_as_they_are(self, api: AsyncClient, words: str) -> None:
        kept = await read((await send(api, message=words)).json()["number"])
        assert kept.message == words

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"message": " \n"}, "message"),
            ({"message": "x" * 4001}, "message"),
            ({"message": "a\u202eb"}, "message"),
            ({"message": 7}, "message"),
            ({"email": ""}, "email"),
            ({"email": None}, "email"),
            ({"email": "nobody"}, "email"),
            ({"email": "a@b.test\r\nBcc: c@d.test"}, "email"),
            ({"name": "x" * 121}, "name"),
            ({"reason": "boring"}, "reason"),
            ({"subjectId": "1"}, "subjectId"),
            ({"isInGoodFaith": "perhaps"}, "isInGoodFaith"),
        ],
    )
    async def test_names_the_wrong_field(
        self, api: AsyncClient, fields: dict[str, Any], field: str
    ) -> None:
        refused = await send(api, **fields)
        assert refused.status_code == 400
        assert [each["field"] for each in refused.json()["errors"]] == [field]
        assert await factories.recorded_events("CaseOpened") == []

    async def test_limits_messages_of_one_address(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(case_limit_per_address_per_hour=2)
        sent = [await send(api, email=f"{each}@example.com") for each in range(3)]
        assert [each.status_code for each in sent] == [201, 201, 429]
        assert int(sent[-1].headers["retry-after"]) > 60

    async def test_limits_messages_of_one_email(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(case_limit_per_hour=1)
        assert [(await send(api)).status_code for _ in range(2)] == [201, 429]
        # Other refusals are checked before the limit.
        assert (await send(api, email="", message="")).status_code == 400

    async def test_draws_another_number_if_one_is_taken(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = iter([82_130, 82_130, 82_131])
        monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
        assert [await open_one() for _ in range(2)] == ["182-130", "182-131"]


class TestReport:
    async def test_names_ticket_listing_and_seller(self, api: AsyncClient) -> None:
        listing = await factories.make_listing("1", "2")
        first = listing.seats[0].ticket_id
        expected = [f"ticket:{first}", f"listing:{listing.id}", f"user:{listing.seller_id}"]
        for subject in (first, listing.id):
            sent = await send(api, subjectId=str(subject), reason="not_real")
            assert sent.json()["kind"] == "listing"
            assert (await read(sent.json()["number"])).refs == expected

    async def test_needs_a_reason(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        refused = await send(api, subjectId=str(ticket.id))
        assert refused.json()["errors"] == [
            {"field": "reason", "message": "Please choose what is wrong."}
        ]

    async def test_of_illegal_content_needs_what_the_law_asks_for(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        report = {"subjectId": str(ticket.id), "reason": "illegal"}
        refused = await send(api, **report, email="")
        fields = [each["field"] for each in refused.json()["errors"]]
        assert fields == ["name", "email", "isInGoodFaith"]
        sent = await send(api, **report, name="Zoe Park", isInGoodFaith=True)
        assert sent.json()["kind"] == "illegal_content"
        kept = await read(sent.json()["number"])
        assert (kept.name, kept.email) == ("Zoe Park", "zoe@example.com")

    async def test_of_nothing_is_404(self, api: AsyncClient) -> None:
        assert (await send(api, subjectId=str(uuid4()), reason="wrong")).status_code == 404

    async def test_hides_the_title_of_a_withdrawn_ticket(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, title="Call 555-1234")
        await factories.withdraw(ticket, seller)
        async with db.transaction() as session:
            subject = await cases.find_subject(session, subject_id=ticket.id)
        assert (subject.title, subject.refs[0]) == ("", f"ticket:{ticket.id}")


class TestAnswerCase:
    async def test_is_recorded_with_its_reporter(self) -> None:
        number = await open_one()
        answered = await answer(number.replace("-", " "))
        assert answered.status == "waiting"
        assert [each.message for each in answered.answers] == ["It is on its way."]
        [event] = await factories.recorded_events("CaseChanged")
        assert (event["status"], event["answer"]) == ("waiting", "It is on its way.")
        assert (event["case_version"], event["email"]) == (2, "zoe@example.com")

    async def test_refuses_unknown_and_closed_cases(self) -> None:
        number = await open_one()
        with pytest.raises(cases.CaseNotFoundError):
            await answer("000-000")
        await answer(number)
        assert (await close(number)).status == "closed"
        for act in (answer, close):
            with pytest.raises(cases.CaseClosedError):
                await act(number)
        *_, event = await factories.recorded_events("CaseChanged")
        assert (event["status"], event["answer"], event["case_version"]) == ("closed", "", 3)


class TestListOwnCases:
    async def test_returns_own_cases_with_answers(self, api: AsyncClient) -> None:
        user = (await api.post("/api/users/signup", json=ANA)).json()
        first, second = [await open_one(UUID(user["id"])) for _ in range(2)]
        await open_one()
        await answer(first)
        items = (await api.get("/api/cases")).json()["items"]
        assert [(item["number"], len(item["answers"])) for item in items] == [
            (second, 0),
            (first, 1),
        ]
        assert {"email", "userId", "refs"} & items[0].keys() == set()

    async def test_needs_a_session(self, api: AsyncClient) -> None:
        assert (await api.get("/api/cases")).status_code == 401
