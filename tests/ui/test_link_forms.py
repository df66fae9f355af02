"""Pages of mailed links, as the browser sends their forms by itself."""

import pytest
from httpx import AsyncClient

from tests.integration.accounts import links
from tests.ui.test_forms import ANA, Form, is_page, signed_in
from ticketing_app.accounts.rules import TokenPurpose

UNKNOWN = {"email": "nobody@gittix.test"}
NEW_PASSWORD = "battery staple"


@pytest.fixture
async def site_of_ana(site: AsyncClient) -> AsyncClient:
    await site.post("/auth/signup", data=ANA)
    site.cookies.clear()
    return site


class TestForgot:
    async def test_answers_with_the_same_page_for_every_address(
        self, site_of_ana: AsyncClient
    ) -> None:
        pages = []
        for email in (ANA["email"], UNKNOWN["email"]):
            answer = await site_of_ana.post("/auth/forgot", data={"email": email})
            assert (answer.status_code, answer.headers["location"]) == (303, "/auth/forgot?sent=1")
            pages.append((await site_of_ana.get(answer.headers["location"])).text)
        assert pages[0] == pages[1]
        assert "a link is on its way" in pages[0]

    async def test_shows_what_is_wrong(self, site: AsyncClient) -> None:
        answer = await site.post("/auth/forgot", data={"email": "ana@"})
        form = Form(answer)
        assert (answer.status_code, form.values["email"], form.wrong) == (400, "ana@", ["email"])

    async def test_is_linked_from_sign_in(self, site: AsyncClient) -> None:
        assert "/auth/forgot" in Form(await site.get("/auth/signin")).links


class TestConfirm:
    async def test_takes_the_pasted_link(self, site_of_ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        pasted = {"token": f"https://ticketing.dev/auth/confirm#token={token}"}
        answer = await site_of_ana.post("/auth/confirm", data=pasted)
        assert (answer.status_code, answer.headers["location"]) == (303, "/auth/confirm?sent=1")
        assert "is confirmed" in (await site_of_ana.get("/auth/confirm?sent=1")).text
        again = await site_of_ana.post("/auth/confirm", data=pasted)
        assert is_page(again)
        assert (again.status_code, Form(again).wrong) == (400, ["token"])

    async def test_opening_the_page_changes_nothing(self, site_of_ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        answer = await site_of_ana.get(f"/auth/confirm?token={token}")
        assert token not in answer.text
        assert Form(answer).values == {"token": ""}
        answer = await site_of_ana.post("/auth/confirm", data={"token": token})
        assert answer.status_code == 303

    async def test_refuses_other_sites(self, site_of_ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        headers = {"origin": "https://evil.example"}
        answer = await site_of_ana.post("/auth/confirm", data={"token": token}, headers=headers)
        assert answer.status_code == 403


class TestReset:
    async def test_signs_in(self, site_of_ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        fields = {"token": token, "newPassword": NEW_PASSWORD}
        answer = await site_of_ana.post("/auth/reset", data=fields)
        after = "/account/security?changed=reset"
        assert (answer.status_code, answer.headers["location"]) == (303, after)
        assert await signed_in(site_of_ana) == ANA["email"]

    async def test_keeps_the_link_after_a_common_password(self, site_of_ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        fields = {"token": token, "newPassword": "password1"}
        answer = await site_of_ana.post("/auth/reset", data=fields)
        form = Form(answer)
        assert (answer.status_code, form.wrong) == (400, ["newPassword"])
        assert form.values == {"token": token, "newPassword": ""}
        assert "easy to guess" in form.sentences["newPassword"]
        assert answer.headers["cache-control"] == "no-store"
