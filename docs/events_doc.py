"""Writes docs/events.md from the code: `python -m docs.events_doc`."""  # noqa: INP001  # Run, not imported.

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import CATALOG, DomainEvent
from ticketing_app.messaging.inbox import subscriber_name
from ticketing_app.subscriptions import SUBSCRIPTIONS

PATH = Path(__file__).with_name("events.md")

TYPES = {
    "UUID": "UUID",
    "str": "text",
    "int": "integer",
    "datetime": "time, ISO 8601 with offset",
    "dict": "object",
    "NoneType": "none",
}

HEAD = """\
# Events

<!-- Written by `python -m docs.events_doc` from the code; a test fails when it is out of date. -->

A domain event says in the past tense what happened: `OrderCreated`. It is recorded in the same
transaction as the change it tells of, delivered at least once to each subscriber, and takes effect
once per subscriber. PostgreSQL is the log and Redis only the wire; why it is built so is told in
[decision 0003](decisions/0003-events-outbox-and-stream.md).

## The way of an event

```mermaid
flowchart LR
    service["a use case<br/>accounts, tickets, orders, payments"]
    outbox[("outbox<br/>PostgreSQL")]
    relay["relay<br/>one at a time"]
    stream[["stream ticketing.events<br/>Redis"]]
    consumer["consumers"]
    inbox[("inbox<br/>PostgreSQL")]
    handler["subscribers<br/>expiration, payments"]
    pages["open pages<br/>every web process"]
    service -- "change and event, one transaction" --> outbox
    outbox -- "not sent yet: every 200 ms, or nudged" --> relay
    relay --> stream
    stream -- "group" --> consumer
    consumer -- "effect and row, one transaction" --> inbox
    consumer --> handler
    inbox -. "no row after 10 s: sent again" .-> relay
    stream -- "everybody reads everything" --> pages
```

```
use case ──(change + event: one transaction)──> outbox ──> relay ──> Redis Stream ─┬─> consumer ──> handler
                                                   ^                               │      └─(effect + inbox row:
                                                   │                               │         one transaction)
                                                   └── no inbox row after 10 s: ── │ ──────── sent again
                                                                                   └─> every web process ──> open pages
```

What a subscriber can rely on:

- It gets every event of its kind that was recorded since it first ran, also after a crash or a flush
  of Redis; the first subscribers of a new database get all.
- An event may come late, twice, and before an older one. The inbox makes a second one harmless; a
  handler that acts on something reads it again first.
- A handler that fails is tried again after about 1, 2, 4 ... seconds (at most 300), 8 times; then the
  event is a dead letter: `python -m ticketing_app dead-letters`, and after the repair
  `python -m ticketing_app replay SUBSCRIBER EVENT_ID`.
- Events are kept for 30 days, and with them what the inbox knows of them. Dead letters, and events that a
  subscriber still lacks, are kept longer.

Open pages hear every event too, without acknowledging it, and reload after a gap. They are not named
in the table below.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_overview(), *_envelope(), *_events()]) + "\n"


def _overview() -> Iterator[str]:
    yield "## Who records, who reacts\n"
    yield "| event | recorded by | when | who reacts |\n|---|---|---|---|"
    for name, event in CATALOG.items():
        subscribers = [f"`{subscriber_name(each)}`" for each in SUBSCRIPTIONS.get(event, ())]
        reacts = ", ".join(subscribers) or "nobody yet"
        yield f"| [{name}](#{name.lower()}) | {event.recorded_by} | {event.__doc__} | {reacts} |"


def _envelope() -> Iterator[str]:
    yield "\n## The envelope\n\nWhat travels with every event.\n"
    yield from _fields(Envelope)


def _events() -> Iterator[str]:
    for name, event in CATALOG.items():
        yield f"\n## {name}\n\n{event.__doc__} Schema version {event.schema_version}.\n"
        yield from _fields(event)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield "| field | type | meaning and unit |\n|---|---|---|"
    for name, field in model.model_fields.items():
        yield f"| `{name}` | {_type(field.annotation)} | {_meaning(model, name, field)} |"


def _type(annotation: Any) -> str:  # noqa: ANN401  # any type there is.
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_type(part) for part in get_args(annotation))
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(annotation))
    return TYPES[(get_origin(annotation) or annotation).__name__]


def _meaning(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if field.description:
        return field.description
    noun, _, kind = name.rpartition("_")
    if kind == "id":
        return f"Id of the {noun}."
    is_own = issubclass(model, DomainEvent) and noun == model.aggregate
    if kind == "version" and is_own:
        return f"Version of the {noun} after the change, from 1."
    raise LookupError(f"Describe {model.__name__}.{name} in the code.")  # noqa: TRY003  # for developers.


if __name__ == "__main__":
    PATH.write_text(render())
