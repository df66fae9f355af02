"""A running emulator, a receiver of webhooks, and waiting for a condition."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe

SECRET = "whsec_for_this_test"
NEW: dict[str, object] = {
    "amount": 2500,
    "currency": "usd",
    "capture_method": "manual",
    "allowed_payment_method_types": ["card"],
}


class Emulator:
    """A running emulator: its process, the SDK's client, its controls, a browser's requests."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "ticketing_app.devstack.stripe", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"Stripe emulator ready at {self.url}\n"
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False)
        self._sdk_http = stripe.HTTPXClient(timeout=5)
        self.client = self.sdk("sk_test_one")
        self.intents = self.client.v1.payment_intents

    def sdk(self, key: str, retries: int = 0) -> stripe.StripeClient:
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            http_client=self._sdk_http,
        )

    async def control(self, name: str, **fields: object) -> None:
        answer = await self.http.post(f"/_emulator/{name}", json=fields)
        assert answer.status_code == 200, answer.text

    async def books(self) -> dict[str, Any]:
        return (await self.http.get("/_emulator/books")).json()

    async def browser(
        self, intent: stripe.PaymentIntent, action: str, **data: str
    ) -> dict[str, Any]:
        form = {"key": "pk_test_one", "client_secret": str(intent.client_secret), **data}
        answer = await self.http.post(f"/v1/payment_intents/{intent.id}/{action}", data=form)
        return answer.json()

    async def type_card(
        self, intent: stripe.PaymentIntent, number: str, **other: str
    ) -> dict[str, Any]:
        cvc = "1234" if number.startswith("37") else "123"
        card = {"number": number, "exp_month": "12", "exp_year": "40", "cvc": cvc, **other}
        data = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        data |= {"payment_method_data[type]": "card", "return_url": "http://localhost/orders/1"}
        return await self.browser(intent, "confirm", **data)

    async def new(self, key: str | None = None, **changes: object) -> stripe.PaymentIntent:
        params: Any = {**NEW, **changes}
        return await self.intents.create_async(params, {"idempotency_key": key} if key else None)

    async def authorised(self) -> stripe.PaymentIntent:
        return await self.new(confirm=True, payment_method="pm_card_visa")

    async def stop(self) -> int:
        await self._sdk_http.close_async()
        await self.http.aclose()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, 10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


class Receiver:
    """An endpoint for webhooks that refuses the first `refusals` deliveries."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.refusals = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = stripe.Webhook.construct_event(
                    body, self.headers["Stripe-Signature"], SECRET
                )
                receiver.refusals -= 1
                if receiver.refusals < 0:
                    receiver.events.append(event)
                self.send_response(500 if receiver.refusals >= 0 else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # The name is inherited.
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while True:
        met = condition()
        if met if isinstance(met, bool) else await met:
            return
        assert time.monotonic() < deadline, "It did not come true in time."
        await asyncio.sleep(0.02)
