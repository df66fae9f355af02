from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.core import db
from ticketing_app.notices.service import reporting

SECRET = "report-secret-of-thirty-two-chars"
PATH = "/api/mail/events/postmark"
HARD = {"RecordType": "Bounce", "Type": "HardBounce", "Description": "The server refused it."}


def basic(password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'mail:{password}'.encode()).decode()}"}


@pytest.fixture(autouse=True)
def _secret(change_settings: Callable[..., None]) -> None:
    change_settings(mail_events_secret=SECRET)


async def report(api: AsyncClient, **fields: Any) -> Response:  # noqa: ANN401  # any JSON.
    content = {"Email": "Ana@gittix.test", **fields}
    return await api.post(PATH, json=content, headers=basic(SECRET))


async def is_suppressed() -> bool:
    async with db.transaction() as session:
        return await reporting.is_suppressed(session, address="ana@gittix.test")


class TestReports:
    async def test_delivery(self, api: AsyncClient, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        metadata = {"send-id": str((await sends.send_ids())[0])}
        assert mails.mails[0]["X-PM-Metadata-send-id"] == metadata["send-id"]
        response = await report(api, RecordType="Delivery", Metadata=metadata)
        assert response.status_code == 204
        assert await sends.statuses() == ["delivered"]

    async def test_delivery_before_it_was_recorded_ends_the_mail(
        self, api: AsyncClient, mails: MailServer
    ) -> None:
        await sends.welcome("ana@gittix.test")
        metadata = {"send-id": str((await sends.send_ids())[0])}
        await report(api, RecordType="Delivery", Metadata=metadata)
        await sends.send_all()
        assert mails.mails == []

    async def test_late_bounce_suppresses_the_address(
        self, api: AsyncClient, mails: MailServer
    ) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        metadata = {"send-id": str((await sends.send_ids())[0])}
        for _ in range(2):
            await report(api, **HARD, Metadata=metadata)
        assert await sends.statuses() == ["bounced"]
        assert await is_suppressed()
        assert len(mails.mails) == 1

    async def test_soft_bounce_changes_nothing(self, api: AsyncClient) -> None:
        assert (await report(api, **HARD | {"Type": "SoftBounce"})).status_code == 204
        assert (await report(api, RecordType="Open")).status_code == 204
        assert not await is_suppressed()

    async def test_complaint_suppresses_and_switches_the_kind_off(
        self, api: AsyncClient, mails: MailServer
    ) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        metadata = {"send-id": str((await sends.send_ids())[0])}
        await report(api, RecordType="SpamComplaint", Metadata=metadata)
        assert await sends.statuses() == ["complained"]
        assert await is_suppressed()
        assert await sends.column("SELECT kind FROM notice_choices WHERE NOT is_wanted") == [
            "welcome"
        ]
        assert len(mails.mails) == 1

    async def test_report_without_our_id_suppresses(self, api: AsyncClient) -> None:
        await report(api, RecordType="SpamComplaint", Metadata={"send-id": "no id"})
        assert await is_suppressed()


class TestRefusals:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            basic("guess"),
            basic(""),
            {"authorization": "Basic é"},
            {"authorization": f"Bearer {SECRET}"},
        ],
    )
    async def test_refuses_a_wrong_secret(self, api: AsyncClient, headers: dict[str, str]) -> None:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        assert (await api.post(PATH, json=HARD, headers=sent)).status_code == 401

    async def test_refuses_everything_without_a_secret(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(mail_events_secret="")
        assert (await api.post(PATH, json=HARD, headers=basic(""))).status_code == 401

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"RecordType": "Bounce"}', b"\xff"])
    async def test_refuses_other_content(self, api: AsyncClient, body: bytes) -> None:
        assert (await api.post(PATH, content=body, headers=basic(SECRET))).status_code == 400

    async def test_unknown_provider(self, api: AsyncClient) -> None:
        path = "/api/mail/events/pigeon"
        assert (await api.post(path, json=HARD, headers=basic(SECRET))).status_code == 404
