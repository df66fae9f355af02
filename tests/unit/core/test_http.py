"""HTTP functions of REST without an application around them."""

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from ticketing_app.core import http
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.settings import Settings
from ticketing_app.core.validation import ApiModel


def a_request(*forwarded: str, body: bytes = b"") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    scope = {"type": "http", "headers": headers, "client": ("192.0.2.9", 1)}
    return Request(scope, receive)


class TestReadBody:
    class Body(ApiModel):
        price: float

    @pytest.mark.parametrize("price", [b"1e99999999999999999999", b"-1e-99999999999999999999"])
    async def test_refuses_a_number_beyond_all_bounds(self, price: bytes) -> None:
        with pytest.raises(InvalidInputError, match="valid JSON"):
            await http.read_body(a_request(body=b'{"price": ' + price + b"}"), self.Body)

    async def test_times_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http, "BODY_SECONDS", 0.01)
        parts = [b'{"pri']

        async def receive() -> Message:
            if not parts:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": parts.pop(), "more_body": True}

        request = Request({"type": "http", "headers": []}, receive)
        with pytest.raises(http.BodyTimeoutError) as refusal:
            await http.read_body(request, self.Body)
        assert refusal.value.status == 408


class TestClientAddress:
    @pytest.mark.parametrize(
        ("hops", "lines", "address"),
        [
            (0, ["10.0.0.1"], "192.0.2.9"),
            (1, [], "192.0.2.9"),
            (1, [""], "192.0.2.9"),
            (1, ["10.0.0.1"], "10.0.0.1"),
            (1, ["10.0.0.66, 10.0.0.1"], "10.0.0.1"),
            (1, ["10.0.0.66", "10.0.0.1"], "10.0.0.1"),
            (2, ["10.0.0.66", "10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            (2, ["10.0.0.66", "10.0.0.1", "10.0.0.2"], "10.0.0.1"),
            (2, ["10.0.0.1"], "192.0.2.9"),
        ],
    )
    def test_is_the_client_of_the_outermost_trusted_proxy(
        self, monkeypatch: pytest.MonkeyPatch, hops: int, lines: list[str], address: str
    ) -> None:
        settings = Settings(trusted_proxy_hops=hops)
        monkeypatch.setattr(http, "get_settings", lambda: settings)
        assert http.client_address(a_request(*lines)) == address
