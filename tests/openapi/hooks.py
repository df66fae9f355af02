"""Hooks of schemathesis: cases name existing tickets, orders and payments, and keep their session.

The tier starts schemathesis with these in SCHEMATHESIS_HOOKS, and with the addresses below.
"""

import os
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import schemathesis

PASSWORD = "correct horse"
ENDING = ("/api/users/signout", "/api/users/sessions", "/api/users/sessions/{session_id}")
"""Operations that end sessions; a guest is signed in for each such call."""
KNOWN = {
    "/api/tickets/{ticket_id}": ("ticket_id", "tickets"),
    "/api/tickets/{ticket_id}/calendar": ("ticket_id", "tickets"),
    "/api/events/{event}": ("event", "events"),
    "/api/events/{event}/listings": ("event", "events"),
    "/api/orders/{order_id}": ("order_id", "orders"),
    "/api/payments/{charge_id}/confirming": ("charge_id", "payments"),
    "/api/payments/{charge_id}/settle": ("charge_id", "payments"),
}
MADE = {
    "/api/events": "events",
    "/api/tickets": "tickets",
    "/api/orders": "orders",
    "/api/payments": "payments",
}

STRANGERS = 10
"""One case in so many is sent without a session."""

_turn = count()
_ids: dict[str, list[str]] = {"events": [], "tickets": [], "orders": [], "payments": []}
_for_sale = os.environ.get("OPENAPI_TICKETS", "").split()


@schemathesis.hook
def before_call(_: Any, case: Any, __: dict[str, Any]) -> None:  # noqa: ANN401  # schemathesis'.
    """Name an existing row in two of three cases; the others stay as generated."""
    path = case.operation.path
    method = case.operation.method.upper()
    is_ending = path in ENDING and method != "GET"
    case.headers["Cookie"] = _guest() if is_ending else os.environ["OPENAPI_COOKIE"]
    turn = next(_turn)
    if turn % STRANGERS == 0:
        del case.headers["Cookie"]
    if turn % 3 == 0:
        return
    if path in KNOWN and (known := _ids[KNOWN[path][1]]):
        case.path_parameters[KNOWN[path][0]] = known[next(_turn) % len(known)]
    if method == "POST" and isinstance(case.body, dict):
        if path == "/api/events":
            # A generated time is seldom a valid one, and a generated city never exists.
            venue = {"name": "Harbour Hall", "cityId": int(os.environ["OPENAPI_CITY"])}
            case.body |= {"startsLocal": "2099-05-01T20:00", "venue": venue}
            case.body.pop("venueId", None)
        if path == "/api/orders" and _for_sale:
            case.body = {"ticketId": _for_sale.pop()}
        if path == "/api/payments" and _ids["orders"]:
            case.body = {"orderId": _ids["orders"][-1]}


@schemathesis.hook
def after_call(_: Any, case: Any, response: Any) -> None:  # noqa: ANN401  # schemathesis'.
    """Remember the ids of created rows."""
    kind = MADE.get(case.operation.path)
    if kind and case.operation.method.upper() == "POST" and response.status_code == 201:
        _ids[kind].append(response.json()["id"])
        with Path(os.environ["OPENAPI_MADE"]).open("a") as made:
            made.write(f"{kind}\n")


def _guest() -> str:
    """Return the Cookie header of a fresh session of the account that may be signed out."""
    credentials = {"email": os.environ["OPENAPI_GUEST"], "password": PASSWORD}
    answer = httpx.post(f"{os.environ['OPENAPI_URL']}/api/users/signin", json=credentials)
    return f"session={answer.cookies['session']}"
