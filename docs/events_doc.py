"""Writes docs/events.md from the code: `python -m docs.events_doc`."""  # noqa: INP001  # Run, not imported.

import types
from collections.abc import Iterator, Sequence
from itertools import groupby
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
    "bool": "true or false",
    "datetime": "time, ISO 8601 with offset",
    "dict": "object",
    "list": "list of objects",
    "NoneType": "none",
}

HEAD = """\
# Domain events

<!-- Written by `python -m docs.events_doc` from the code; a test fails when it is out of date. -->

A domain event names a change in the past tense: `OrderCreated`. It is recorded in the transaction of
the change, delivered at least once to each subscriber, and takes effect once per subscriber. PostgreSQL
is the log, Redis the transport ([decision 3](decisions/0003-events-outbox-and-stream.md)).

```mermaid
flowchart LR
    service["use case<br/>accounts, tickets, orders, payments"]
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
    stream -- "every process reads all" --> pages
```

- A subscriber gets every event of its kind recorded since its first start, also after a crash or a flush
  of Redis. The first subscribers of a new database get all.
- An event may come late, twice, or before an older one. The inbox discards duplicates; a handler reloads
  the rows that it acts on.
- A failed handler is retried after about 1, 2, 4 ... seconds (at most 300), 8 times. Then the event is a
  dead letter: `python -m ticketing_app dead-letters` lists it, `replay SUBSCRIBER EVENT_ID` retries it.
- Events are deleted after 30 days with their inbox rows, except dead letters and events that a
  subscriber still lacks.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_overview(), *_envelope(), *_aggregates()]) + "\n"


def _overview() -> Iterator[str]:
    yield "## Events and subscribers\n"
    yield "| event | when | subscribers |\n|---|---|---|"
    for name, event in CATALOG.items():
        subscribers = [f"`{subscriber_name(each)}`" for each in SUBSCRIPTIONS.get(event, ())]
        yield f"| {name} | {event.__doc__} | {', '.join(subscribers)} |"


def _envelope() -> Iterator[str]:
    yield "\n## The envelope of each event\n"
    yield "| field | type | meaning and unit |\n|---|---|---|"
    for name, field in Envelope.model_fields.items():
        yield f"| `{name}` | {_type(field.annotation)} | {_meaning(Envelope, name, field)} |"


def _aggregates() -> Iterator[str]:
    for aggregate, events in groupby(CATALOG.values(), key=lambda event: event.aggregate):
        yield from _aggregate(aggregate, list(events))


def _aggregate(aggregate: str, events: Sequence[type[DomainEvent]]) -> Iterator[str]:
    """Write one table for the events of an aggregate, because they share most fields."""
    versions = ", ".join(f"{event.__name__} {event.schema_version}" for event in events)
    yield f"\n## Events of a{'n' if aggregate[0] in 'aeio' else ''} {aggregate}\n"
    yield f"Recorded by {events[0].recorded_by}. Schema versions: {versions}.\n"
    yield "| field | type | meaning and unit |\n|---|---|---|"
    fields = {name: event for event in reversed(events) for name in event.model_fields}
    for name in fields:
        holders = [event for event in events if name in event.model_fields]
        rows = {_row(event, name) for event in holders}
        if len(rows) > 1:
            raise LookupError(f"Describe {aggregate}.{name} alike in all events.")  # noqa: TRY003  # for developers.
        only = "" if holders == events else f" Only {', '.join(e.__name__ for e in holders)}."
        yield f"{rows.pop()}{only} |"


def _row(event: type[DomainEvent], name: str) -> str:
    field = event.model_fields[name]
    return f"| `{name}` | {_type(field.annotation)} | {_meaning(event, name, field)}"


def _type(annotation: Any) -> str:  # noqa: ANN401  # annotations have no common type.
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
