"""The emulator as an HTTP application.

`/v1` is Stripe's API, `/endive/stripe.js` and `/frame` are its browser side. `/_emulator` controls
the emulator, in JSON:

- `POST reset` deletes everything but the webhook endpoint; `POST clear` deletes injected faults;
- `POST fault` injects one (see the module `faults`);
- `POST bank` {seconds} sets how long banks take to decide on refunds (default 0.2), open ones
  included; {} makes them decide on the open ones now;
- `POST latency` {seconds} delays every response of the API (default 0);
- `POST expire` {payment_intent} ends an uncaptured authorisation, as Stripe does after seven days;
- `POST webhook` {url, secret} sets the receiver of every event, {} removes it;
- `POST webhooks` {mode} changes how events are delivered, {resend: event id} sends one again;
- `GET log` returns every request and delivery as `data`, oldest first.

`GET /_emulator/books` is the independent record of the money, all amounts in cents:

- `intents`: id, status, amount, currency, metadata; `authorised` (held on the card now), `captured`,
  `refunded` (failed refunds not counted);
- `charges`: id, payment_intent, status, amount, `amount_captured`, `amount_refunded`, failure_code;
- `refunds`: id, payment_intent, charge, status, amount, metadata;
- `disputes`: id, payment_intent, charge, status, amount;
- `undelivered`: the number of event deliveries that are still due;
- `wrong_requests`: a sentence for each request with a secret key since the last reset that is wrong in
  every state: its parameters do not fit the SDK's types, it names one that is not implemented here, or
  its route is unknown.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl

import stripe
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router

from ticketing_app.devstack.stripe.errors import Json, StripeError, WrongRequestError, invalid
from ticketing_app.devstack.stripe.faults import Fault, Faults
from ticketing_app.devstack.stripe.idempotency import Answer, Idempotency
from ticketing_app.devstack.stripe.intents import expire
from ticketing_app.devstack.stripe.operations import perform
from ticketing_app.devstack.stripe.parameters import decode
from ticketing_app.devstack.stripe.refunds import ask_banks, decide_now
from ticketing_app.devstack.stripe.store import Store, new_id
from ticketing_app.devstack.stripe.webhooks import Webhooks

_ELEMENTS = Path(__file__).with_name("elements")
_FRAMES = {f"/frame/{name}": f"{name}.html" for name in ("payment", "challenge")}
_FILES = {"/endive/stripe.js": "stripe.js", **_FRAMES}
_Call = tuple[str, str, Json, bool]  # Method, path, parameters, whether a browser sent it.
_INTENT = "id status amount currency metadata amount_capturable amount_received"
_CHARGE = "id payment_intent status amount amount_captured amount_refunded failure_code"
_REFUND = "id payment_intent charge status amount metadata"
_DISPUTE = "id payment_intent charge status amount"


class Emulator:
    def __init__(self, folder: Path | None) -> None:
        self.store = Store(folder)
        self.log: deque[Json] = deque(maxlen=10_000)
        self.faults = Faults()
        self.wrong_requests: list[str] = []
        self._latency: float = 0
        self.webhooks = Webhooks(self.store, self.log)
        self._idempotency = Idempotency(self.store)

    def application(self) -> Starlette:
        api = Route("/{path:path}", self._api, methods=["GET", "POST", "DELETE"])
        control = Route("/_emulator/{name}", self._control, methods=["GET", "POST"])
        files = [Route(path, _file) for path in _FILES]
        any_origin = CORSMiddleware(Router([api]), ["*"], ["*"], ["*"])
        return Starlette(routes=[Mount("/v1", any_origin), control, *files])

    async def _api(self, request: Request) -> Response:
        method = request.method
        path = request.path_params["path"]
        text = request.url.query
        if method == "POST":
            text = (await request.body()).decode(errors="replace")
        key = request.headers.get("Idempotency-Key") if method == "POST" else None
        fault = self.faults.take(f"{method} /v1/{path}")
        await asyncio.sleep(self._latency)
        try:
            data = decode(parse_qsl(text, keep_blank_values=True))
            by_browser = _is_browser(request, data)
            answer = await self._once(key, fault, (method, path, data, by_browser))
        except StripeError as error:
            answer = _refusal(error)
        self.store.save_soon()
        entry: Json = {"method": method, "path": f"/v1/{path}", "status": answer.status}
        self.log.append(entry | {"idempotency_key": key, "fault": fault.do if fault else None})
        if fault and fault.do == "lost":
            return StreamingResponse(_torn(), headers={"Content-Length": "999"})
        headers = {"Request-Id": new_id("req_"), "Stripe-Version": stripe.api_version}
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        if fault and fault.do == "down":
            headers["Stripe-Should-Retry"] = "false"
        return JSONResponse(answer.body, answer.status, headers)

    async def _once(self, key: str | None, fault: Fault | None, call: _Call) -> Answer:
        """Execute the request, or replay the response to an earlier one with its key."""
        answer = self._idempotency.begin(key, call) if key else None
        stored = None
        try:
            if fault and not fault.late:
                await fault.happen(self.faults.cleared)
            if answer is None:
                answer = stored = self._perform(key, call)
            if fault and fault.late:
                await fault.happen(self.faults.cleared)
        except StripeError as error:
            answer = _refusal(error)
            if fault and fault.do == "stored500":
                stored = answer
        finally:
            if key:
                self._idempotency.end(key, stored)
        return answer

    def _perform(self, key: str | None, call: _Call) -> Answer:
        method, path, data, by_browser = call
        self.store.idempotency_key = key
        try:
            return Answer(200, perform(self.store, method, path, data, by_browser=by_browser))
        except StripeError as error:
            if not isinstance(error, WrongRequestError):
                return _refusal(error)
            if not by_browser:
                self.wrong_requests.append(f"{method} /v1/{path}: {error}")
            raise

    async def _control(self, request: Request) -> Response:
        name = request.path_params["name"]
        if "Origin" in request.headers:
            return JSONResponse({"error": "Not for web pages."}, HTTPStatus.FORBIDDEN)
        if request.method == "GET" and name in ("log", "books"):
            return JSONResponse({"data": list(self.log)} if name == "log" else self._books())
        try:
            self._execute(name, json.loads(await request.body() or "{}"))
        except StripeError as error:
            return JSONResponse({"error": error.error}, error.status)
        return JSONResponse({})

    def _execute(self, name: str, asked: Json) -> None:
        match name:
            case "reset":
                for part in (self.store, self.log, self.faults, self.webhooks, self.wrong_requests):
                    part.clear()
                self._latency = 0
            case "clear":
                self.faults.clear()
            case "fault":
                self.faults.add(asked)
            case "bank" if not asked:
                decide_now(self.store)
            case "bank":
                self.store.bank_seconds = asked["seconds"]
                ask_banks(self.store)
            case "latency":
                self._latency = asked["seconds"]
            case "expire":
                expire(self.store, self.store.get("payment_intent", asked["payment_intent"]))
            case _:
                self._control_webhooks(name, asked)

    def _control_webhooks(self, name: str, asked: Json) -> None:
        match name:
            case "webhook" if not asked:
                self.webhooks.unregister()
            case "webhook":
                self.webhooks.register(asked["url"], asked["secret"])
            case "webhooks" if "resend" in asked:
                self.webhooks.resend(asked["resend"])
            case "webhooks":
                self.webhooks.set_mode(asked.get("mode", "normal"))
            case _:
                raise StripeError(404, "invalid_request_error", f"No such control: {name}")

    def _books(self) -> Json:
        intents = self._extract("payment_intent", _INTENT)
        refunds = self._extract("refund", _REFUND)
        for row in intents:
            row["authorised"] = row.pop("amount_capturable")
            row["captured"] = row.pop("amount_received")
            row["refunded"] = sum(
                refund["amount"]
                for refund in refunds
                if refund["payment_intent"] == row["id"] and refund["status"] != "failed"
            )
        return {
            "intents": intents,
            "charges": self._extract("charge", _CHARGE),
            "refunds": refunds,
            "disputes": self._extract("dispute", _DISPUTE),
            "undelivered": sum(event["pending_webhooks"] for event in self.store.newest("event")),
            "wrong_requests": self.wrong_requests,
        }

    def _extract(self, kind: str, names: str) -> list[Json]:
        return [{name: row[name] for name in names.split()} for row in self.store.newest(kind)]


def _is_browser(request: Request, data: Json) -> bool:
    """Return whether the key is publishable; any test key is accepted."""
    header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    key = str(data.pop("key", header))
    if not re.fullmatch(r"[prs]k_test_\w{3,}", key):
        message = f"Invalid API Key provided: {key[:8]}***"
        raise StripeError(HTTPStatus.UNAUTHORIZED, "invalid_request_error", message)
    if request.headers.get("Stripe-Version", stripe.api_version) != stripe.api_version:
        raise invalid(f"The emulator speaks API version {stripe.api_version} only.")
    return key.startswith("pk_")


def _refusal(error: StripeError) -> Answer:
    return Answer(error.status, {"error": error.error})


async def _torn() -> AsyncIterator[bytes]:
    # Shorter than Content-Length, so the connection closes in the middle of the response.
    yield b"{"


async def _file(request: Request) -> Response:
    return FileResponse(_ELEMENTS / _FILES[request.url.path], headers={"Cache-Control": "no-store"})
