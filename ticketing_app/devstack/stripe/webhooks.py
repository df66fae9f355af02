"""Delivery of events to the registered endpoint, signed as by Stripe, with retries."""

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Coroutine, Iterable

import httpx

from ticketing_app.devstack.stripe.errors import Json, invalid
from ticketing_app.devstack.stripe.store import Store, now

_MODES = ("normal", "hold", "twice", "reversed", "off")
# Stripe retries for three days; these pauses outlast every outage in a test.
_PAUSES = (0, 0.2, 0.5, 1, 2, 4, 8, 15, 30, 60, 60)
_GATHERING_SECONDS = 0.1
_LOCAL = "we_local"


class Webhooks:
    """Sends each event to the endpoint, if there is one.

    Modes: `normal` sends at once; `twice` sends each event two times; `hold` holds events until the
    mode changes; `reversed` collects events for a moment and sends the last one first; `off` drops
    them.
    """

    def __init__(self, store: Store, log: deque[Json]) -> None:
        self._store = store
        self._log = log
        self._mode = "normal"
        self._held: list[Json] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # Local traffic must not use a proxy from the environment.
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        store.on_event = self._on_event

    def register(self, url: str, secret: str) -> None:
        self._store.add("webhook_endpoint", url=url, _secret=secret, id=_LOCAL)

    def unregister(self) -> None:
        self._store.objects["webhook_endpoint"].clear()

    def resume(self) -> None:
        for event in self._store.newest("event"):
            if event["pending_webhooks"]:
                self._start(self._deliver([event]))

    def set_mode(self, mode: str) -> None:
        """Change the mode and send the held events."""
        if mode not in _MODES:
            raise invalid(f"Unknown webhook mode: {mode}")
        self._mode = mode
        if mode != "hold":
            held = self._take_held()
            if mode != "off":
                self._start(self._deliver(held if mode != "reversed" else reversed(held)))

    def resend(self, event_id: str) -> None:
        """Deliver an event once more, as the Dashboard's button does."""
        event = self._store.get("event", event_id)
        event["pending_webhooks"] = 1
        self._start(self._deliver([event]))

    def clear(self) -> None:
        """Cancel all deliveries and return to the normal mode."""
        for task in self._tasks:
            task.cancel()
        self._held = []
        self._mode = "normal"

    async def close(self) -> None:
        self.clear()
        await self._client.aclose()

    def _on_event(self, event: Json) -> None:
        event["pending_webhooks"] = len(self._store.objects["webhook_endpoint"])
        if self._mode in ("hold", "reversed"):
            self._held.append(event)
            if self._mode == "reversed" and len(self._held) == 1:
                self._start(self._deliver_reversed())
        elif self._mode != "off":
            for _ in range(2 if self._mode == "twice" else 1):
                self._start(self._deliver([event]))

    def _start(self, delivery: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take_held(self) -> list[Json]:
        held = self._held
        self._held = []
        return held

    async def _deliver_reversed(self) -> None:
        await asyncio.sleep(_GATHERING_SECONDS)
        await self._deliver(reversed(self._take_held()))

    async def _deliver(self, events: Iterable[Json]) -> None:
        for event in events:
            for pause in _PAUSES:
                await asyncio.sleep(pause)
                endpoint = self._store.objects["webhook_endpoint"].get(_LOCAL)
                if endpoint is None or await self._accepts(endpoint, event):
                    event["pending_webhooks"] = 0
                    self._store.save_soon()
                    break

    async def _accepts(self, endpoint: Json, event: Json) -> bool:
        payload = json.dumps(self._store.show(event), indent=2)
        at = now()
        signed = f"{at}.{payload}".encode()
        signature = hmac.new(endpoint["_secret"].encode(), signed, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={signature}"}
        entry: Json = {"webhook": event["type"], "event": event["id"]}
        try:
            answer = await self._client.post(endpoint["url"], content=payload, headers=headers)
            entry["status"] = answer.status_code
        except httpx.HTTPError as error:
            entry["error"] = type(error).__name__
        self._log.append(entry)
        return entry.get("status", 0) // 100 == 2  # noqa: PLR2004  # Any 2xx accepts the event.
