"""Log events of accounts: user, action and address, but no secrets."""

import re

import pytest
from httpx import AsyncClient

from tests.integration.accounts import links
from tests.integration.accounts.browsers import sign_in_elsewhere
from ticketing_app.accounts.rules import TokenPurpose

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
NEW = "battery staple"


def lines_of(log: str) -> list[str]:
    return [line for line in re.sub(r"\x1b\[[0-9;]*m", "", log).splitlines() if "account." in line]


class TestSecurityEvents:
    async def test_name_the_account_and_the_address(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        user = (await api.post("/api/users/signup", json=ANA)).json()
        await api.post("/api/users/signin", json={**ANA, "password": "wrong horse"})
        await api.post("/api/users/signin", json=ANA)
        email = {"email": "ana@other.test", "currentPassword": "wrong horse"}
        await api.put("/api/users/currentuser/email", json=email)
        email["currentPassword"] = ANA["password"]
        await api.put("/api/users/currentuser/email", json=email)
        password = {"currentPassword": ANA["password"], "newPassword": NEW}
        await api.put("/api/users/currentuser/password", json=password)
        await api.delete("/api/users/sessions")
        await api.post("/api/users/signout")
        log = capsys.readouterr().err
        lines = lines_of(log)
        assert [re.findall(r"account\.\w+", line)[0] for line in lines] == [
            "account.signed_up",
            "account.sign_in_failed",
            "account.signed_in",
            "account.password_check_failed",
            "account.email_changed",
            "account.password_changed",
            "account.sessions_ended",
            "account.signed_out",
        ]
        assert [line for line in lines if user["id"] not in line] == []
        assert [line for line in lines if "address=127.0.0.1" not in line] == []
        secrets = (*ANA.values(), "wrong horse", NEW, "ana@other.test", "eyJ")
        assert [secret for secret in secrets if secret in log] == []

    async def test_name_uses_of_mailed_links_without_their_tokens(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        tokens = [await links.mail(ANA["email"], TokenPurpose.CONFIRM)]
        await links.use(api, tokens[0])
        await api.put("/api/users/currentuser/email", json={"email": "ana@other.test"})
        tokens.append(await links.mail(ANA["email"], TokenPurpose.CHANGE, "ana@other.test"))
        await links.use(api, tokens[1])
        await api.post("/api/users/password-reset", json={"email": "ana@other.test"})
        tokens.append(await links.mail("ana@other.test", TokenPurpose.RESET))
        await links.reset(api, tokens[2], NEW)
        log = capsys.readouterr().err
        assert re.findall(r"account\.\w+", log) == [
            "account.signed_up",
            "account.email_confirmed",
            "account.email_change_requested",
            "account.email_changed",
            "account.recovered",
        ]
        secrets = (*ANA.values(), NEW, "ana@other.test", *tokens)
        assert [secret for secret in secrets if secret in log] == []

    async def test_name_no_unknown_account(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await api.post("/api/users/signin", json={"email": "my password", "password": "x"})
        (line,) = lines_of(capsys.readouterr().err)
        assert "account.sign_in_failed" in line
        assert "user_id=None" in line
        assert "my password" not in line

    async def test_record_a_revoked_device(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        await sign_in_elsewhere(api)
        capsys.readouterr()
        sessions = (await api.get("/api/users/sessions")).json()["items"]
        other = next(each["id"] for each in sessions if not each["isCurrent"])
        await api.delete(f"/api/users/sessions/{other}")
        (line,) = lines_of(capsys.readouterr().err)
        assert "account.sessions_ended" in line

    async def test_cannot_be_forged_by_input(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = "/api/users/signin%0A2026-11-29%20account.signed_in%20%20user_id=forged"
        await api.post(path, headers={"origin": "https://evil.test"})
        log = capsys.readouterr().err
        assert "request.refused" in log
        assert [line for line in log.splitlines() if line.startswith("2026-11-29 account")] == []
