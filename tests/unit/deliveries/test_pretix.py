"""Answers of a ticket system that is broken, hostile or away."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from ticketing_app.core.organizers import Organizer
from ticketing_app.deliveries.gateway import pretix
from ticketing_app.deliveries.gateway.issuers import (
    IssuerRefusedError,
    IssuerUnavailableError,
    Place,
    Refusal,
)
from ticketing_app.deliveries.gateway.pretix import Pretix

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def server(answer: bytes, *, holds: bool = False) -> AsyncGenerator[tuple[Pretix, list[str]]]:
    """Give this answer to every request; `holds` leaves the connection open."""
    requests: list[str] = []
    over = asyncio.Event()

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer)
        if holds:
            await over.wait()
        writer.close()

    listening = await asyncio.start_server(reply, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield connect(port), requests
    over.set()
    listening.close()
    await listening.wait_closed()


def connect(port: int) -> Pretix:
    return Pretix(
        Organizer(
            kind="pretix",
            url=f"http://127.0.0.1:{port}",
            organizer="acme",
            events=("summer",),
            token=SecretStr("word"),
        )
    )


def place() -> Place:
    return Place("http://127.0.0.1", "acme", "summer", 7)


def head(status: str, kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        head("500 x"),
        head("503 x"),
        head("401 x"),
        head("429 x"),
        head("302 Found\r\nLocation: http://127.0.0.1:1/"),
        head("200 OK") + b"<html>",
        head("200 OK") + b'{"id": 7, "order": 5}',
    ],
)
async def test_unclear_answer_is_an_outage(answer: bytes) -> None:
    async with server(answer) as (issuer, requests):
        with pytest.raises(IssuerUnavailableError):
            await issuer.see(place())
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [("404 x", Refusal.UNKNOWN), ("403 x", Refusal.REFUSED), ("400 x", Refusal.REFUSED)],
)
async def test_clear_refusal_is_final(status: str, reason: Refusal) -> None:
    async with server(head(status)) as (issuer, _):
        with pytest.raises(IssuerRefusedError) as refused:
            await issuer.see(place())
    assert refused.value.reason is reason


async def test_token_goes_to_the_connected_address_only() -> None:
    async with server(head("404 x")) as (issuer, requests):
        with pytest.raises(IssuerRefusedError):
            await issuer.freeze(place())
    path = "POST /api/v1/organizers/acme/events/summer/orderpositions/7/add_block/ HTTP/1.1"
    assert requests[0].startswith(path)
    assert "authorization: Token word" in requests[0]


async def test_no_server_is_an_outage() -> None:
    with pytest.raises(IssuerUnavailableError):
        await connect(1).unfreeze(place())


async def test_gives_up_on_a_server_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretix, "CALL_SECONDS", 0.05)
    async with server(HEAD, holds=True) as (issuer, _):
        with pytest.raises(IssuerUnavailableError):
            await issuer.fetch(place())


async def test_refuses_a_file_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretix, "MAX_FILE_BYTES", 1_000)
    async with server(HEAD + b"x" * 2_000) as (issuer, _):
        with pytest.raises(IssuerRefusedError):
            await issuer.fetch(place())


async def test_refuses_a_file_that_is_no_pdf() -> None:
    async with server(head("200 OK", "text/uri-list") + b"https://wallet.example") as (issuer, _):
        with pytest.raises(IssuerRefusedError) as refused:
            await issuer.fetch(place())
    assert refused.value.reason is Refusal.NO_FILE


async def test_finds_only_the_whole_barcode() -> None:
    """A filter that the ticket system ignores would return the tickets of others."""
    others = {"results": [{"id": 1, "order": "A", "secret": "another"}]}
    async with server(head("200 OK") + json.dumps(others).encode()) as (issuer, _):
        assert await issuer.find("mine") is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"checkins": [{"list": 1}]}, Refusal.USED),
        ({"valid_until": "2020-01-01T00:00:00Z"}, Refusal.USED),
        ({"valid_until": "2999-01-01T00:00:00Z"}, None),
        ({"blocked": ["admin"]}, Refusal.BLOCKED),
        ({"blocked": ["api:gittix"]}, None),
        ({"canceled": True}, Refusal.UNKNOWN),
        ({"addon_to": 3}, Refusal.UNKNOWN),
        ({"downloads": []}, Refusal.NO_FILE),
    ],
)
def test_ticket_must_be_free(changes: dict[str, object], reason: Refusal | None) -> None:
    values = {"id": 1, "order": "A", "secret": "s", "downloads": [{"output": "pdf"}]}
    position = pretix._Position.model_validate(values | changes)
    order = pretix._Order(code="A", status="p", secret="l", positions=[position])

    if reason is None:
        pretix._require_free(position, order)
        return
    with pytest.raises(IssuerRefusedError) as refused:
        pretix._require_free(position, order)
    assert refused.value.reason is reason


def test_add_ons_move_with_their_ticket() -> None:
    addon = pretix._Position(id=2, order="A", secret="b", addon_to=1)
    assert not pretix._is_other(addon, 1)
    assert pretix._is_other(addon, 3)
