"""Stand-in for pretix: the nine calls that re-issue a ticket, as strict as the contract test of a real one."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from typing_extensions import override

from tests.pretix.target import EVENT, ORGANIZER, SELLER, TOKEN, Sold, Target

ROOT = f"/api/v1/organizers/{ORGANIZER}/events/{EVENT}/"
Body = dict[str, Any]
_numbers = count(1)


def _random() -> str:
    return uuid4().hex


def _short() -> str:
    return _random()[:5].upper()


@dataclass
class _Position:
    order: str
    id: int = field(default_factory=lambda: next(_numbers))
    secret: str = field(default_factory=_random)
    attendee_name: str = "Sam Seller"
    attendee_email: str = SELLER
    blocked: list[str] = field(default_factory=list[str])
    checkins: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    has_file: bool = False  # Made when it is first asked for, as by pretix's own queue.


@dataclass
class _Order:
    status: str = "p"
    customer: str | None = None
    email: str = SELLER
    phone: str | None = None
    code: str = field(default_factory=_short)
    secret: str = field(default_factory=_random)


class _Reply(NamedTuple):
    status: int
    body: Any
    media_type: str = "application/json"


class StandIn(Target):
    """`calls` are the actions in order.

    `waits` holds the reply to an action back until it is set, `failures` refuses an action by a status,
    and the replies to the actions in `losses` never arrive.
    """

    def __init__(self, draw: Callable[[str, str, str], bytes]) -> None:
        self._draw = draw
        self._orders: dict[str, _Order] = {}
        self._positions: dict[int, _Position] = {}
        self._kept: dict[tuple[str, str], _Reply] = {}
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.waits: dict[str, threading.Event] = {}
        self.failures: dict[str, int] = {}
        self.losses: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @override
    def close(self) -> None:
        for wait in self.waits.values():
            wait.set()
        self._server.shutdown()
        self._server.server_close()

    @override
    def sell(self, count: int = 1, *, status: str = "p", in_account: bool = False) -> Sold:
        order = _Order(status, "CUSTOMER" if in_account else None)
        self._orders[order.code] = order
        positions = [_Position(order.code) for _ in range(count)]
        self._positions |= {position.id: position for position in positions}
        link = f"{self.url}/link/{order.code}/{order.secret}/"
        return Sold(order.code, link, [position.secret for position in positions])

    @override
    def scan(self, secret: str) -> str:
        found = self._find(secret)
        if not found:
            return "invalid"
        return "blocked" if found[0].blocked else "ok"

    @override
    def open_link(self, link: str) -> int:
        code, secret = urlsplit(link).path.split("/")[2:4]
        order = self._orders.get(code)
        return 200 if order and order.secret == secret else 404

    @override
    def email_of(self, secret: str) -> str:
        return self._orders[self._find(secret)[0].order].email

    def name_of(self, secret: str) -> str:
        return self._find(secret)[0].attendee_name

    def draw(self, secret: str) -> bytes:
        """Return the PDF of a ticket as its seller got it."""
        return self._draw(secret, self.name_of(secret), self.url)

    def count(self, action: str) -> int:
        return self.calls.count(action)

    def cancel(self, secret: str) -> None:
        del self._positions[self._find(secret)[0].id]

    def forget_replies(self) -> None:
        """Let a day pass: replies are kept by idempotency key for so long."""
        self._kept.clear()

    def use(self, secret: str) -> None:
        self._find(secret)[0].checkins.append({"list": 1})

    def _find(self, secret: str) -> list[_Position]:
        return [one for one in self._positions.values() if one.secret == secret]

    def reply(self, method: str, path: str, headers: Message, body: Body) -> _Reply:
        if headers.get("Authorization") != f"Token {TOKEN}":
            return _Reply(401, {"detail": "Invalid token."})
        key = method, headers.get("X-Idempotency-Key", "")
        with self._lock:
            if key[1] and key in self._kept:
                return self._kept[key]
            action, reply = self._act(method, path, body)
            if reply.status not in {409, 429, 500, 503} and method != "GET":
                self._kept[key] = reply
        if wait := self.waits.get(action):
            wait.wait()
        return _Reply(503, {}) if action in self.losses else reply

    def _act(self, method: str, path: str, body: Body) -> tuple[str, _Reply]:
        url = urlsplit(path)
        inside = url.path.removeprefix(ROOT) if url.path.startswith(ROOT) else ""
        parts = inside.split("/")
        # Django answers an address without its last slash by 404 or a redirect.
        if len(parts) < 2 or parts[-1]:
            return "", _Reply(404, {"detail": "Not found."})
        if parts[0] == "orderpositions" and len(parts) == 2 and method == "GET":
            secret = parse_qs(url.query).get("secret", [""])[0]
            results = [self._show(one) for one in self._find(secret)]
            return "find", _Reply(200, {"count": len(results), "results": results})
        thing: _Position | _Order | None = None
        if parts[0] == "orderpositions" and parts[1].isdecimal():
            thing = self._positions.get(int(parts[1]))
        elif parts[0] == "orders":
            thing = self._orders.get(parts[1])
        action = "/".join([method, parts[0], *parts[2:-1]])
        act = self._actions.get(action)
        if thing is None or act is None:
            return action, _Reply(404, {"detail": "Not found."})
        if status := self.failures.get(action):
            return action, _Reply(status, {"detail": "Out of order."})
        self.calls.append(action)
        return action, act(self, thing, body)

    def _see(self, thing: _Position | _Order, _body: Body) -> _Reply:
        return _Reply(200, self._show(thing))

    def _patch(self, thing: _Position | _Order, body: Body) -> _Reply:
        writable = {"email", "phone"} if isinstance(thing, _Order) else _NAMES
        # Others are read-only, and ignored.
        for name in writable & body.keys():
            if not re.fullmatch(r"[^\0]*", body[name] or ""):
                return _Reply(400, {name: ["Invalid."]})
            setattr(thing, name, body[name])
        if isinstance(thing, _Position):
            thing.has_file = False
        return _Reply(200, self._show(thing))

    def _block(self, position: _Position, body: Body) -> _Reply:
        if not body["name"].startswith("api:"):
            return _Reply(400, {"name": ["Invalid."]})
        position.blocked = sorted({*position.blocked, body["name"]})
        return _Reply(200, self._show(position))

    def _unblock(self, position: _Position, body: Body) -> _Reply:
        position.blocked = [one for one in position.blocked if one != body["name"]]
        return _Reply(200, self._show(position))

    def _change(self, order: _Order, body: Body) -> _Reply:
        moved = {each["position"] for each in body["split_positions"]}
        own = [one for one in self._positions.values() if one.order == order.code]
        if not moved < {one.id for one in own}:
            return _Reply(400, ["You can't split off all positions."])
        new = _Order(order.status, order.customer, order.email, order.phone)
        self._orders[new.code] = new
        for position in own:
            if position.id in moved:
                position.order = new.code
                position.secret = _random()
        return _Reply(200, self._show(order))

    def _regenerate(self, order: _Order, _body: Body) -> _Reply:
        for position in self._positions.values():
            if position.order == order.code:
                position.secret = _random()
                position.has_file = False
        order.secret = _random()
        return _Reply(200, self._show(order))

    def _regenerate_position(self, position: _Position, _body: Body) -> _Reply:
        """Leave the links alive, which show the new ticket: the trap of this call."""
        position.secret = _random()
        position.has_file = False
        return _Reply(200, self._show(position))

    def _download(self, position: _Position, _body: Body) -> _Reply:
        if position.blocked:
            return _Reply(403, {"detail": "Downloads are not enabled for this product."})
        if not position.has_file:
            position.has_file = True
            return _Reply(409, {"detail": "The requested resource is not ready."})
        return _Reply(200, self.draw(position.secret), "application/pdf")

    def _show(self, thing: _Position | _Order) -> dict[str, Any]:
        if isinstance(thing, _Order):
            own = [one for one in self._positions.values() if one.order == thing.code]
            return {**vars(thing), "testmode": False, "positions": [self._show(one) for one in own]}
        shown = {**vars(thing), "blocked": thing.blocked or None, "addon_to": None}
        downloads = [] if thing.blocked else [{"output": "pdf"}]
        return {**shown, "canceled": False, "valid_until": None, "downloads": downloads}

    _actions: dict[str, Callable[..., _Reply]] = {  # noqa: RUF012  # the table of its own methods.
        "GET/orderpositions": _see,
        "GET/orders": _see,
        "PATCH/orderpositions": _patch,
        "PATCH/orders": _patch,
        "POST/orderpositions/add_block": _block,
        "POST/orderpositions/remove_block": _unblock,
        "POST/orders/change": _change,
        "POST/orders/regenerate_secrets": _regenerate,
        "POST/orderpositions/regenerate_secrets": _regenerate_position,
        "GET/orderpositions/download/pdf": _download,
    }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _reply(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length)
                body = json.loads(sent) if sent else {}
                reply = stand_in.reply(self.command, self.path, self.headers, body)
                content = reply.body
                if reply.media_type == "application/json":
                    content = json.dumps(reply.body).encode()
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.media_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = _reply  # noqa: N815  # the names of http.server.

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Keep the output of the tests clean."""

        return Handler


_NAMES = {"attendee_name", "attendee_email"}
