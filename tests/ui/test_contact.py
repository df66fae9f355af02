"""The forms to write to the operator and to report a listing, without JavaScript."""

import re
from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient, Response

from tests import factories
from tests.ui.document import opened
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseDetail
from ticketing_app.core import db

pytestmark = pytest.mark.usefixtures("database")

TYPED = {"message": 'Is this "real" <b>?\nSecond line', "email": "zoe@example.com"}


async def post(site: AsyncClient, path: str, **fields: str) -> Response:
    return await site.post(path, data=fields, headers={"sec-fetch-site": "same-origin"})


async def case_of(answer: Response) -> CaseDetail:
    assert answer.status_code == 303
    found = re.fullmatch(r"/contact\?number=(\d{3}-\d{3})", answer.headers["location"])
    assert found
    async with db.transaction() as session:
        return await cases.get_case(session, number=found[1])


class TestContact:
    async def test_answers_with_a_number(self, site: AsyncClient) -> None:
        sent = await post(site, "/contact", **TYPED)
        case = await case_of(sent)
        assert case.message == TYPED["message"]
        page = await opened(site, sent.headers["location"])
        assert page.says(case.number)
        assert page.says("Thank you")

    async def test_takes_the_account_of_a_member(
        self, site: AsyncClient, sign_in: Callable[[UserRead], Awaitable[str]]
    ) -> None:
        user = await factories.make_user()
        site.headers["cookie"] = await sign_in(user)
        case = await case_of(await post(site, "/contact", message="Hello", email=""))
        assert case.user_id == user.id

    async def test_keeps_what_was_typed_when_refused(self, site: AsyncClient) -> None:
        refused = await post(site, "/contact", message=TYPED["message"], email='zoe"<@')
        assert refused.status_code == 400
        assert 'Is this "real" &lt;b&gt;?\nSecond line</textarea>' in refused.text
        assert 'value="zoe&quot;&lt;@"' in refused.text
        assert "must be a valid address" in refused.text
        assert 'aria-invalid="true"' in refused.text

    async def test_asks_a_visitor_for_an_email_where_it_is_hidden(self, site: AsyncClient) -> None:
        # The mark of a member outlives a session, and hides the field.
        refused = await post(site, "/contact", message="Hello", email="")
        assert "We need your e-mail to answer you." in refused.text
        assert "for-visitors" not in refused.text.partition("<form")[2]

    async def test_refuses_programs_and_keeps_what_was_typed(self, site: AsyncClient) -> None:
        refused = await post(site, "/contact", **TYPED, website="https://spam.example")
        assert refused.status_code == 400
        assert "please press Send" in refused.text
        assert "zoe@example.com" in refused.text
        assert "spam.example" not in refused.text

    async def test_shows_the_limit(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(case_limit_per_hour=1)
        await post(site, "/contact", **TYPED)
        refused = await post(site, "/contact", **TYPED)
        assert (refused.status_code, "Second line" in refused.text) == (429, True)
        assert "Too many attempts" in refused.text

    async def test_keeps_what_was_typed_during_an_outage(
        self, site: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(cases, "open_case", fail)
        refused = await post(site, "/contact", **TYPED)
        assert (refused.status_code, "Second line" in refused.text) == (503, True)
        assert "Nothing was changed" in refused.text
        assert refused.headers["retry-after"]

    async def test_refuses_forms_of_other_sites(self, site: AsyncClient) -> None:
        headers = {"origin": "https://evil.example"}
        assert (await site.post("/contact", data=TYPED, headers=headers)).status_code == 403
        assert await factories.recorded_events("CaseOpened") == []

    async def test_shows_the_form_for_a_wrong_number(self, site: AsyncClient) -> None:
        page = await opened(site, "/contact?number=<b>1")
        assert page.says("Your message")


class TestReport:
    async def test_is_about_the_ticket_that_it_names(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket(title="Lanterns <b>")
        page = await opened(site, f"/report/{ticket.id}")
        assert f"/tickets/{ticket.id}" in page.links
        for text in ("Lanterns <b>", "What is wrong?", "It is against the law"):
            assert page.says(text)
        fields = {**TYPED, "reason": "seller"}
        case = await case_of(await post(site, f"/report/{ticket.id}", **fields))
        assert (case.kind, case.refs[0]) == ("user", f"ticket:{ticket.id}")

    async def test_keeps_what_was_chosen_when_refused(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        fields = {"reason": "illegal", "isInGoodFaith": "true"}
        refused = await post(site, f"/report/{ticket.id}", **TYPED, **fields)
        assert refused.status_code == 400
        assert "A report of illegal content needs your name." in refused.text
        checked = re.findall(r'<input(?=[^>]* checked="")[^>]* value="(\w+)"', refused.text)
        assert checked == ["illegal", "true"]
        case = await case_of(
            await post(site, f"/report/{ticket.id}", **TYPED, **fields, name="Zoe Park")
        )
        assert case.name == "Zoe Park"

    async def test_shows_nothing_of_a_withdrawn_ticket(self, site: AsyncClient) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, title="Call 555-1234")
        await factories.withdraw(ticket, seller)
        page = await opened(site, f"/report/{ticket.id}")
        assert page.says("a ticket that was taken off sale")
        assert "555" not in " ".join([*page.texts, *page.links])

    @pytest.mark.parametrize("subject", ["1", "x' OR 1", factories.UNKNOWN_ID])
    async def test_of_nothing_is_404(self, site: AsyncClient, subject: str) -> None:
        assert (await site.get(f"/report/{subject}")).status_code == 404
        answer = await post(site, f"/report/{subject}", **TYPED, reason="wrong")
        assert answer.status_code == 404
