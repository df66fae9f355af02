"""Injected faults: failures of the network or of Stripe itself.

A fault is `{"match": regular expression, "do": kind, "times": 1, "seconds": 1, "late": false}`; it
affects the next `times` requests whose line, such as `POST /v1/payment_intents`, matches. Kinds:

- `lost`: the request is executed, and the connection closes before the response is complete;
- `500`: an error that is not stored under the idempotency key; `stored500`: one that is;
- `429`: a rate limit; `lock_timeout`: 429, because another request holds the object;
- `down`: 503, marked as not worth retrying;
- `delay`: a wait of `seconds`, or until `clear`, before the request is executed.

With `late` the request is executed first, and then the fault happens.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

from ticketing_app.devstack.stripe.errors import Json, StripeError, invalid

_UNKNOWN = StripeError(500, "api_error", "An unknown error occurred.")
_ANSWERS = {
    "500": _UNKNOWN,
    "stored500": _UNKNOWN,
    "429": StripeError(429, "invalid_request_error", "Too many requests.", code="rate_limit"),
    "lock_timeout": StripeError(
        429,
        "invalid_request_error",
        "This object cannot be accessed right now because another API request or Stripe process"
        " is currently accessing it.",
        code="lock_timeout",
    ),
    "down": StripeError(503, "api_error", "Stripe is down."),
}


@dataclass
class Fault:
    match: str
    do: str
    times: int = 1
    seconds: float = 1
    late: bool = False

    async def happen(self, cleared: asyncio.Event) -> None:
        if self.do == "delay":
            with suppress(TimeoutError):
                await asyncio.wait_for(cleared.wait(), self.seconds)
        elif self.do != "lost":
            raise _ANSWERS[self.do]


class Faults:
    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self.cleared = asyncio.Event()

    def add(self, fields: Json) -> None:
        try:
            fault = Fault(**fields)
            re.compile(fault.match)
        except (TypeError, re.error) as error:
            raise invalid(f"Not a fault: {error}") from error
        if fault.do not in (*_ANSWERS, "lost", "delay"):
            raise invalid(f"Unknown fault: {fault.do}")
        self._pending.append(fault)

    def take(self, request_line: str) -> Fault | None:
        """Return the fault for this request, if any, and count it as happened once."""
        fault = next((row for row in self._pending if re.search(row.match, request_line)), None)
        if fault:
            fault.times -= 1
            self._pending = [row for row in self._pending if row.times > 0]
        return fault

    def clear(self) -> None:
        """Delete all; requests that are being delayed go on."""
        self._pending.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()
