import json

import pytest

from ticketing_app.core.organizers import normalize
from ticketing_app.core.settings import InvalidSettingsError, read_environment

ACME = {
    "kind": "pretix",
    "url": "https://pretix.example/",
    "organizer": "acme",
    "events": ["summer", "winter-27"],
    "token": "secret-token",
}


def read(monkeypatch: pytest.MonkeyPatch, *organizers: object) -> None:
    monkeypatch.setenv("ISSUERS", json.dumps(organizers))
    read_environment()


def test_reads_connected_organizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUERS", json.dumps([ACME, {**ACME, "organizer": "other"}]))

    first, second = read_environment().organizers

    assert first.address == second.address == "https://pretix.example"
    assert first.events == ("summer", "winter-27")
    assert "secret-token" not in repr(first)


def test_has_none_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISSUERS", raising=False)
    assert read_environment().organizers == ()


@pytest.mark.parametrize("url", ["http://localhost:8345", "http://127.0.0.1:8345"])
def test_permits_http_on_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    read(monkeypatch, {**ACME, "url": url})


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://pretix.example"},
        {"url": "https://user:word@pretix.example"},
        {"url": "https://pretix.example/?next=1"},
        {"url": "ftp://pretix.example"},
        {"kind": "other"},
        {"organizer": "../admin"},
        {"organizer": ".."},
        {"events": ["a/b"]},
        {"events": []},
        {"token": ""},
        {"extra": 1},
    ],
)
def test_refuses_unsafe_values(monkeypatch: pytest.MonkeyPatch, change: dict[str, object]) -> None:
    with pytest.raises(InvalidSettingsError, match="Set ISSUERS to a list like") as refused:
        read(monkeypatch, {**ACME, **change})
    assert "secret-token" not in str(refused.value)


def test_refuses_what_is_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUERS", "secret-token")
    with pytest.raises(InvalidSettingsError, match="Set ISSUERS to a list like") as refused:
        read_environment()
    assert "secret-token" not in str(refused.value)


def test_refuses_the_same_organizer_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidSettingsError, match="each organizer once"):
        read(monkeypatch, ACME, {**ACME, "url": "HTTPS://Pretix.example"})


@pytest.mark.parametrize(
    ("address", "compared"),
    [
        ("https://Pretix.Example/", "https://pretix.example"),
        ("https://pretix.example:8443", "https://pretix.example:8443"),
        ("https://host.example/Tickets/", "https://host.example/Tickets"),
        ("https://pretix.example.evil", "https://pretix.example.evil"),
        ("javascript:alert(1)", "javascript://alert(1)"),
        ("https://[broken", ""),
    ],
)
def test_compares_addresses(address: str, compared: str) -> None:
    assert normalize(address) == compared
