import json

import pytest

from tests.pretix.stand_in import StandIn
from tests.pretix.target import EVENT, ORGANIZER, TOKEN
from ticketing_app.cli.checks.issuers import check_issuers
from ticketing_app.core.settings import read_environment

REFUSED = "refuses our token"
AWAY = "does not answer us"


async def check(monkeypatch: pytest.MonkeyPatch, **changes: object) -> list[str]:
    shop = StandIn(lambda *_: b"")
    organizer = {
        "kind": "pretix",
        "url": shop.url,
        "organizer": ORGANIZER,
        "events": [EVENT],
        "token": TOKEN,
    }
    monkeypatch.setenv("ISSUERS", json.dumps([organizer | changes]))
    found = await check_issuers(read_environment())
    shop.close()
    return [str(finding) for finding in found]


async def test_accepts_a_connected_organizer(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = await check(monkeypatch)
    assert line.startswith("ok      issuer acme: http://127.0.0.1:")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": "wrong"}, AWAY),
        ({"url": "http://127.0.0.1:1"}, AWAY),
        ({"events": ["unknown"]}, REFUSED),
        ({"organizer": "unknown"}, REFUSED),
    ],
)
async def test_names_a_connection_that_does_not_work(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], reason: str
) -> None:
    (line,) = await check(monkeypatch, **changes)
    assert line.startswith("wrong   issuer ")
    assert reason in line
    assert TOKEN not in line


async def test_has_nothing_to_check_without_organizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUERS", "")
    assert await check_issuers(read_environment()) == []
