"""The emulator's objects, their public form, and their file."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path

import stripe

from ticketing_app.devstack.stripe.errors import Json, invalid, missing

_KINDS = json.loads(Path(__file__).with_name("objects.json").read_text())
_DAY = 24 * 3600
_SNAPSHOT_SECONDS = 1


def now() -> int:
    return int(time.time())


def new_id(prefix: str) -> str:
    return prefix + secrets.token_hex(12)


class Store:
    """The objects by kind, oldest first; fields that start with `_` are private."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / "stripe.json" if folder else None
        self._writing: asyncio.Task[None] | None = None
        self.objects: dict[str, dict[str, Json]] = {kind: {} for kind in _KINDS}
        self.answers: dict[str, Json] = {}
        self.idempotency_key: str | None = None
        self.bank_seconds = 0.2
        self.on_event: Callable[[Json], None] = lambda _event: None
        if self._file and self._file.exists():
            saved = json.loads(self._file.read_text())
            # Stripe stores keys for at least a day and events for 30 days.
            young = (item for item in saved["answers"].items() if item[1]["at"] > now() - _DAY)
            self.answers = dict(young)
            self.objects |= saved["objects"]
            for event in list(self.objects["event"].values()):
                if event["created"] < now() - 30 * _DAY:
                    del self.objects["event"][event["id"]]
            for method in self.objects["payment_method"].values():
                method.pop("_number", None)  # Earlier versions stored whole numbers of test cards.

    def save_soon(self) -> None:
        """Write the file within a second; requests of that second share one write."""
        if self._file and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._save_later())

    async def _save_later(self) -> None:
        await asyncio.sleep(_SNAPSHOT_SECONDS)
        self.save()

    def save(self) -> None:
        """Write the file now; it is replaced atomically, so a crash leaves the old or the new one."""
        if self._file:
            draft = self._file.with_suffix(".new")
            draft.write_text(json.dumps({"objects": self.objects, "answers": self.answers}))
            draft.replace(self._file)

    def clear(self) -> None:
        """Delete everything but the webhook endpoint."""
        self.objects |= {kind: {} for kind in _KINDS if kind != "webhook_endpoint"}
        self.answers = {}

    def add(self, kind: str, **fields: object) -> Json:
        """Return a new object with these fields and the defaults of its kind."""
        known = deepcopy(_KINDS[kind])
        row = {"id": new_id(known["prefix"]), "object": kind, "created": now(), "livemode": False}
        row |= known["new"] | fields
        self.objects[kind][row["id"]] = row
        return row

    def get(self, kind: str, object_id: str) -> Json:
        if object_id not in self.objects[kind]:
            raise missing(kind, object_id)
        return self.objects[kind][object_id]

    def newest(self, kind: str) -> list[Json]:
        return list(reversed(self.objects[kind].values()))

    def event(self, event_type: str, row: Json) -> None:
        """Record an event with a copy of the object, and pass it to `on_event`."""
        cause = {"id": new_id("req_"), "idempotency_key": self.idempotency_key}
        fields = {"type": event_type, "api_version": stripe.api_version, "request": cause}
        self.on_event(self.add("event", **fields, data={"object": self.show(row)}))

    def show(self, row: Json, expand: Iterable[str] = ()) -> Json:
        """Return a copy without private fields, with the ids named in `expand` as objects."""
        shown = deepcopy({name: value for name, value in row.items() if name[0] != "_"})
        for name in expand:
            found = [rows[shown[name]] for rows in self.objects.values() if shown.get(name) in rows]
            if name not in shown or (shown[name] is not None and not found):
                raise invalid(f"This property cannot be expanded ({name}).")
            shown[name] = self.show(found[0]) if found else None
        return shown
