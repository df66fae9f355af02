"""The emulator as an HTTP application.

`/v1` is Stripe's API, `/endive/stripe.js` and `/frame` are its browser side. `/_emulator` is the
control desk, which takes and gives JSON:

- `POST reset` forgets everything but the webhook endpoint; `POST clear` forgets ordered faults;
- `POST fault` orders one (see the module `faults`);
- `POST bank` {seconds} changes how long banks take to tell what became of a refund, 0.2 at first,
  also of those that they have not told of yet;
- `POST latency` {seconds} makes every answer of the API take so long, as Stripe's do; 0 at first;
- `POST expire` {payment_intent} ends an authorisation that nobody captured, as after seven days;
- `POST webhook` {url, secret} names the receiver of every event, {} that there is none;
- `POST webhooks` {mode} changes how events are delivered, {resend: event id} sends one again;
- `GET log` tells every request and delivery as `data`, oldest first.

`GET /_emulator/books` is the independent record of the money, all amounts in cents:

- `intents`: id, status, amount, currency, metadata; `authorised` (held on the card now), `captured`
  (taken so far), `refunded` (given back so far, failed refunds not counted);
- `charges`: id, payment_intent, status, amount, `amount_captured`, `amount_refunded`, failure_code;
- `refunds`: id, payment_intent, charge, status, amount, metadata;
- `disputes`: id, payment_intent, charge, status, amount;
- `undelivered`: how many deliveries of events are still due;
- `wrong_requests`: a sentence for each request since the last reset that nobody should ever send with
  a secret key: its parameters do not fit the SDK's types, it names one that is not implemented here,
  or its route is unknown. What only the state forbids is not wrong.
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
from ticketing_app.devstack.stripe.refunds import ask_banks
from ticketing_app.devstack.stripe.store import Store, new_id
from ticketing_app.devstack.stripe.webhooks import Webhooks

_ELEMENTS = Path(__file__).with_name("elements")
_FRAMES = {f"/frame/{name}": f"{name}.html" for name in ("payment", "challenge")}
_FILES = {"/endive/stripe.js": "stripe.js", **_FRAMES}
_Call = tuple[str, str, Json, bool]  # Method, path, parameters, whether a browser asks.
_INTENT = "id status amount currency metadata amount_capturable amount_received"
_CHARGE = "id payment_intent status amount amount_captured amount_refunded failure_code"
_REFUND = "id payment_intent charge status amount metadata"
_DISPUTE = "id payment_intent charge status amount"


class Emulator:
    """The parts of the emulator and the requests that reach them."""

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
        everybody = CORSMiddleware(Router([api]), ["*"], ["*"], ["*"])
        return Starlette(routes=[Mount("/v1", everybody), control, *files])

    async def _api(self, request: Request) -> Response:
        method, path = request.method, request.path_params["path"]
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
        """Answer the request, from memory when its key was seen before."""
        answer = self._idempotency.begin(key, call) if key else None
        kept = None
        try:
            if fault and not fault.late:
                await fault.happen()
            if answer is None:
                answer = kept = self._perform(key, call)
            if fault and fault.late:
                await fault.happen()
        except StripeError as error:
            answer = _refusal(error)
            if fault and fault.do == "stored500":
                kept = answer
        finally:
            if key:
                self._idempotency.end(key, kept)
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
            self._order(name, json.loads(await request.body() or "{}"))
        except StripeError as error:
            return JSONResponse({"error": error.error}, error.status)
        return JSONResponse({})

    def _order(self, name: str, wish: Json) -> None:
        match name:
            case "reset":
                for part in (self.store, self.log, self.faults, self.webhooks, self.wrong_requests):
                    part.clear()
                self._latency = 0
            case "clear":
                self.faults.clear()
            case "fault":
                self.faults.order(wish)
            case "bank":
                self.store.bank_seconds = wish["seconds"]
                ask_banks(self.store)
            case "latency":
                self._latency = wish["seconds"]
            case "expire":
                expire(self.store, self.store.get("payment_intent", wish["payment_intent"]))
            case _:
                self._order_webhooks(name, wish)

    def _order_webhooks(self, name: str, wish: Json) -> None:
        match name:
            case "webhook" if not wish:
                self.webhooks.unregister()
            case "webhook":
                self.webhooks.register(wish["url"], wish["secret"])
            case "webhooks" if "resend" in wish:
                self.webhooks.resend(wish["resend"])
            case "webhooks":
                self.webhooks.choose(wish.get("mode", "normal"))
            case _:
                raise StripeError(404, "invalid_request_error", f"No such control: {name}")

    def _books(self) -> Json:
        intents = self._extract("payment_intent", _INTENT)
        refunds = self._extract("refund", _REFUND)
        for row in intents:
            row["authorised"] = row.pop("amount_capturable")
            row["captured"] = row.pop("amount_received")
            of_it = [refund for refund in refunds if refund["payment_intent"] == row["id"]]
            given = (refund["amount"] for refund in of_it if refund["status"] != "failed")
            row["refunded"] = sum(given)
        due = sum(event["pending_webhooks"] for event in self.store.newest("event"))
        charges, disputes = self._extract("charge", _CHARGE), self._extract("dispute", _DISPUTE)
        books = {"intents": intents, "charges": charges, "refunds": refunds, "disputes": disputes}
        return books | {"undelivered": due, "wrong_requests": self.wrong_requests}

    def _extract(self, kind: str, names: str) -> list[Json]:
        return [{name: row[name] for name in names.split()} for row in self.store.newest(kind)]


def _is_browser(request: Request, data: Json) -> bool:
    """Return whether the key is a publishable one; any test key is good."""
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
    # The announced length is never reached: the connection closes in the middle of the answer.
    yield b"{"


async def _file(request: Request) -> Response:
    return FileResponse(_ELEMENTS / _FILES[request.url.path], headers={"Cache-Control": "no-store"})
