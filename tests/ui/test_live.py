"""Live changes: the channels of an event, and the facts that pages receive."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine
from reflex.state import StateUpdate

from ticketing_app.core import db
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import (
    DomainEvent,
    EventCancelled,
    EventChanged,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExpired,
    OrderUpdated,
    TicketCreated,
    TicketUpdated,
    TicketVersion,
    UserCreated,
)
from ticketing_app.ui.live import broadcast, channels

TICKET, SELLER, BUYER, ORDER, SESSION, EVENT = (db.new_id() for _ in range(6))
NOW = datetime(2027, 1, 1, tzinfo=UTC)
UNTIL = datetime(2027, 1, 1, 0, 15, tzinfo=UTC)
Sent = list[tuple[str | None, dict[str, Any]]]


class FakePacket:
    """Stands for a packet of socket.io."""

    def __init__(self, _kind: int, *, data: list[Any], namespace: str) -> None:
        self.name, self.update = data
        assert (self.name, namespace) == ("event", FakeNamespace.namespace)

    def encode(self) -> StateUpdate:
        return self.update


class FakeNamespace:
    """Replaces Reflex's side of the websockets: server, rooms and connections of socket.io."""

    namespace = "/_event"
    packet_class = FakePacket
    sockets: tuple[str, ...] = ("a page",)

    def __init__(self) -> None:
        self.messages: list[tuple[str | None, list[dict[str, Any]]]] = []
        self.unread: list[tuple[str, UUID]] = []
        self.pages = 1
        self.is_closed = False
        self.joined = {"sid", "live:old"}
        self.environ = {channels.JOINED: {"live:old"}}
        self.server = self.manager = self.eio = self

    def get_participants(self, _namespace: str, room: str | None) -> list[tuple[str, str | None]]:
        return [("a page", room)] * self.pages

    @property
    def sent(self) -> Sent:
        return [(room, facts) for room, message in self.messages for facts in message]

    async def push(self, rooms: list[str | None], update: StateUpdate) -> None:
        script = update.events[0].payload["javascript_code"]
        start = script.index("[")
        end = script.rindex(")window.dispatchEvent(")
        for room in rooms:
            self.messages.append((room, json.loads(script[start:end])))

    def get_environ(self, sid: str, _namespace: str) -> dict[str, set[str]] | None:
        assert sid == "sid"
        return None if self.is_closed else self.environ

    async def enter_room(self, _sid: str, room: str) -> None:
        self.joined.add(room)

    async def leave_room(self, _sid: str, room: str) -> None:
        self.joined.discard(room)


@pytest.fixture
async def namespace(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[FakeNamespace]:
    fake = FakeNamespace()
    app = type("FakeApp", (), {"event_namespace": fake})
    monkeypatch.setattr(channels, "_app", app)
    monkeypatch.setattr(broadcast, "PAUSE_SECONDS", 0.01)
    # test_live_events.py
    monkeypatch.setattr(
        broadcast.batches, "collect", lambda subject, _: fake.unread.append(subject)
    )
    yield fake
    await asyncio.gather(*broadcast._drains)
    assert not broadcast._waiting


def order_event(
    kind: type[DomainEvent], *, ticket_version: int | None = 5, seller_id: UUID | None = SELLER
) -> DomainEvent:
    return kind.model_validate(
        {
            "order_id": ORDER,
            "order_version": 2,
            "status": "created",
            "buyer_id": BUYER,
            "price_cents": 4000,
            "currency": "usd",
            "expires_at": datetime(2027, 1, 1, tzinfo=UTC),
            "ticket_id": TICKET,
            "ticket_version": ticket_version,
            "locked_until": UNTIL,
            "seller_id": seller_id,
            "title": "The Paper Lanterns",
        }
    )


def ticket_event(kind: type[DomainEvent], status: str, title: str = "A") -> DomainEvent:
    return kind.model_validate(
        {
            "ticket_id": TICKET,
            "ticket_version": 3,
            "seller_id": SELLER,
            "title": title,
            "price_cents": 4050,
            "currency": "usd",
            "status": status,
        }
    )


async def deliver(namespace: FakeNamespace, event: DomainEvent) -> Sent:
    await broadcast._deliver(
        Envelope(
            id=db.new_id(),
            name=type(event).__name__,
            schema_version=1,
            occurred_at=datetime(2027, 1, 1, tzinfo=UTC),
            aggregate_id=event.aggregate_id,
            aggregate_version=event.aggregate_version,
            correlation_id=None,
            published_at=None,
            payload=event.model_dump(mode="json"),
        )
    )
    return namespace.sent


class TestDeliver:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            (OrderCreated, "locked"),
            (OrderUpdated, "locked"),
            (OrderCancelled, "available"),
            (OrderExpired, "available"),
            (OrderCompleted, "sold"),
        ],
    )
    async def test_sends_the_status_of_the_ticket(
        self, namespace: FakeNamespace, kind: type[DomainEvent], status: str
    ) -> None:
        facts = {"ticket": str(TICKET), "version": 5, "status": status}
        facts |= {"until": UNTIL.isoformat(), "now": NOW.isoformat()}
        with time_machine.travel(NOW, tick=False):
            sent = await deliver(namespace, order_event(kind))
        assert sent == [
            (f"live:own:{BUYER}", {"order": str(ORDER)}),
            (f"live:own:{SELLER}", facts),
            (f"live:ticket:{TICKET}", facts),
            ("live:tickets", facts),
        ]

    async def test_sends_every_ticket_of_an_order(self, namespace: FakeNamespace) -> None:
        taken_over, second = (db.new_id() for _ in range(2))
        versions = {TICKET: 5, taken_over: None, second: 7}
        tickets = [
            TicketVersion(id=ticket, version=version) for ticket, version in versions.items()
        ]
        event = order_event(OrderExpired).model_copy(update={"tickets": tickets})
        sent = await deliver(namespace, event)
        (message,) = [facts for room, facts in sent if room == f"live:ticket:{second}"]
        assert (message["version"], message["status"]) == (7, "available")
        assert not [room for room, _ in sent if room and str(taken_over) in room]
        await asyncio.gather(*broadcast._drains)
        listed = [facts["ticket"] for room, facts in namespace.sent if room == "live:tickets"]
        assert listed == [str(TICKET), str(second)]

    async def test_event_of_an_earlier_release_has_no_seller(
        self, namespace: FakeNamespace
    ) -> None:
        sent = await deliver(namespace, order_event(OrderCreated, seller_id=None))
        assert [room for room, _ in sent][1:] == [f"live:ticket:{TICKET}", "live:tickets"]

    @pytest.mark.parametrize("seller_id", [None, SELLER])
    async def test_sends_to_the_buyer_only_if_the_ticket_is_unchanged(
        self, namespace: FakeNamespace, seller_id: UUID | None
    ) -> None:
        event = order_event(OrderUpdated, ticket_version=None, seller_id=seller_id)
        concerned = {f"live:own:{SELLER}": {"ticket": str(TICKET)}} if seller_id else {}
        assert dict(await deliver(namespace, event)) == concerned | {
            f"live:own:{BUYER}": {"order": str(ORDER)}
        }

    @pytest.mark.parametrize(
        ("kind", "status", "shown", "is_new"),
        [
            (TicketCreated, "for_sale", "available", True),
            (TicketUpdated, "for_sale", "available", False),
            (TicketUpdated, "withdrawn", "withdrawn", False),
        ],
    )
    async def test_sends_changes_of_the_seller(
        self,
        namespace: FakeNamespace,
        kind: type[DomainEvent],
        status: str,
        shown: str,
        *,
        is_new: bool,
    ) -> None:
        sent = await deliver(namespace, ticket_event(kind, status))
        assert [room for room, _ in sent] == [
            f"live:own:{SELLER}",
            f"live:ticket:{TICKET}",
            "live:tickets",
        ]
        assert sent[1][1] == {
            "ticket": str(TICKET),
            "version": 3,
            "status": shown,
            "title": "A",
            "cents": 4050,
            "isNew": is_new,
        }

    async def test_does_not_offer_a_resumed_ticket_that_is_held(
        self, namespace: FakeNamespace
    ) -> None:
        event = ticket_event(TicketUpdated, "for_sale").model_copy(update={"is_locked": True})
        sent = await deliver(namespace, event)
        assert {facts["status"] for _, facts in sent} == {"locked"}

    @pytest.mark.parametrize("kind", [EventChanged, EventCancelled])
    async def test_reloads_pages_of_a_changed_event(
        self, namespace: FakeNamespace, kind: type[DomainEvent]
    ) -> None:
        event = kind.model_validate(
            {
                "event_id": EVENT,
                "event_version": 2,
                "title": "The Paper Lanterns",
                "status": "cancelled",
                "venue_id": EVENT,
                "venue": "Lantern Hall",
                "city": "London",
                "timezone": "Europe/London",
                "starts_at": NOW,
            }
        )
        facts = {"event": str(EVENT), "isChanged": True}
        assert await deliver(namespace, event) == [(f"live:event:{EVENT}", facts)]

    async def test_escapes_titles_in_scripts(self, namespace: FakeNamespace) -> None:
        title = "'}));alert(1);//</script>\u2028\"\\"
        sent = await deliver(namespace, ticket_event(TicketCreated, "for_sale", title))
        assert sent[0][1]["title"] == title

    async def test_sends_tickets_of_an_event_to_its_pages(self, namespace: FakeNamespace) -> None:
        event = order_event(OrderCreated).model_copy(update={"event_id": EVENT})
        rooms = [room for room, _ in await deliver(namespace, event)]
        assert rooms[2:] == [f"live:ticket:{TICKET}", f"live:event:{EVENT}"]
        assert namespace.unread == [("event", EVENT)]

    async def test_offers_new_tickets_of_an_event_in_lists(self, namespace: FakeNamespace) -> None:
        event = ticket_event(TicketCreated, "for_sale").model_copy(update={"event_id": EVENT})
        rooms = [room for room, _ in await deliver(namespace, event)]
        assert rooms[2:] == [f"live:event:{EVENT}", "live:tickets"]

    async def test_reads_nothing_for_tickets_without_an_event(
        self, namespace: FakeNamespace
    ) -> None:
        await deliver(namespace, order_event(OrderCreated))
        assert not namespace.unread

    async def test_ignores_events_while_no_page_is_open(self, namespace: FakeNamespace) -> None:
        namespace.sockets = ()
        assert await deliver(namespace, order_event(OrderCreated)) == []

    async def test_sends_nothing_about_accounts(self, namespace: FakeNamespace) -> None:
        event = UserCreated(user_id=BUYER, user_version=1, email="ana@gittix.test")
        assert await deliver(namespace, event) == []

    async def test_reloads_all_pages_after_a_gap(self, namespace: FakeNamespace) -> None:
        await broadcast._resync()
        assert namespace.sent == [(None, {"resync": True})]


def list_facts(version: int, **others: object) -> dict[str, Any]:
    return {"ticket": str(TICKET), "version": version, **others}


class TestCoalescing:
    """A busy channel gets one message per pause, with the newest facts of each ticket."""

    async def test_sends_the_first_change_at_once(self, namespace: FakeNamespace) -> None:
        other = {"ticket": str(ORDER), "version": 1, "status": "sold"}
        await broadcast._send_or_collect("live:tickets", list_facts(1, status="locked"))
        await broadcast._send_or_collect("live:tickets", list_facts(2, status="available"))
        await broadcast._send_or_collect("live:tickets", other)
        await broadcast._send_or_collect("live:tickets", list_facts(3, status="locked"))
        assert namespace.messages == [("live:tickets", [list_facts(1, status="locked")])]
        await asyncio.gather(*broadcast._drains)
        assert namespace.messages[1:] == [
            ("live:tickets", [list_facts(3, status="locked"), other]),
        ]

    async def test_keeps_the_newest_facts(self, namespace: FakeNamespace) -> None:
        await broadcast._send_or_collect("live:tickets", {"ticket": "another"})
        await broadcast._send_or_collect("live:tickets", list_facts(5, status="sold", isNew=False))
        await broadcast._send_or_collect("live:tickets", list_facts(4, cents=100, isNew=True))
        await asyncio.gather(*broadcast._drains)
        merged = list_facts(5, cents=100, status="sold", isNew=True)
        assert namespace.messages[1:] == [("live:tickets", [merged])]

    async def test_splits_many_changes(
        self, namespace: FakeNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broadcast, "FACTS_AT_ONCE", 2)
        tickets = [str(number) for number in range(6)]
        for ticket in tickets:
            await broadcast._send_or_collect("live:tickets", {"ticket": ticket})
        await asyncio.gather(*broadcast._drains)
        sent = [[facts["ticket"] for facts in message] for _, message in namespace.messages]
        assert sent == [["0"], ["1", "2"], ["3", "4"], ["5"]]

    async def test_forgets_an_empty_channel(self, namespace: FakeNamespace) -> None:
        await broadcast._send_or_collect("live:tickets", list_facts(1))
        namespace.pages = 0
        await broadcast._send_or_collect("live:tickets", list_facts(2))
        await asyncio.gather(*broadcast._drains)
        await broadcast._send_or_collect("live:tickets", list_facts(3))
        assert namespace.messages == [("live:tickets", [list_facts(1)])]
        assert not broadcast._waiting

    async def test_continues_after_a_failure(
        self, namespace: FakeNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await broadcast._send_or_collect("live:tickets", list_facts(1))
        await broadcast._send_or_collect("live:tickets", list_facts(2))
        with monkeypatch.context() as broken:
            broken.setattr(broadcast, "_script", None)
            await asyncio.gather(*broadcast._drains)
        await broadcast._send_or_collect("live:tickets", list_facts(3))
        assert namespace.messages[1:] == [("live:tickets", [list_facts(3)])]

    @pytest.mark.parametrize(
        ("pages", "pause"),
        [
            (1, 0.01),  # The shortest one, set by the fixture.
            (4_000, 0.8),
            (50_000, broadcast.LONGEST_PAUSE_SECONDS),
        ],
    )
    async def test_pauses_longer_for_more_pages(
        self, namespace: FakeNamespace, pages: int, pause: float
    ) -> None:
        namespace.pages = pages
        assert await broadcast._send("live:tickets", [list_facts(1)]) == pytest.approx(pause)


class TestSubscribe:
    async def test_replaces_channels(self, namespace: FakeNamespace) -> None:
        state: Any = type("State", (), {"router": _router()})()
        await channels.subscribe(state, channels.TICKETS)
        assert namespace.joined == {"sid", channels.TICKETS}
        await channels.subscribe(state)
        assert namespace.joined == {"sid"}

    async def test_ignores_a_closed_page(self, namespace: FakeNamespace) -> None:
        namespace.is_closed = True
        state: Any = type("State", (), {"router": _router()})()
        await channels.subscribe_session(state, SESSION)
        await channels.subscribe(state, channels.TICKETS)
        assert namespace.joined == {"sid", "live:old"}


class TestSubscribeNotices:
    async def test_stays_on_every_page_of_the_account(self, namespace: FakeNamespace) -> None:
        state: Any = type("State", (), {"router": _router()})()
        await channels.subscribe_notices(state, BUYER)
        await channels.subscribe(state, channels.TICKETS)
        await channels.subscribe(state)
        assert namespace.joined == {"sid", f"notices:{BUYER}"}

    async def test_leaves_that_of_another_account(self, namespace: FakeNamespace) -> None:
        state: Any = type("State", (), {"router": _router()})()
        await channels.subscribe_notices(state, BUYER)
        await channels.subscribe_notices(state, SELLER)
        assert f"notices:{BUYER}" not in namespace.joined
        await channels.subscribe_notices(state, None)
        assert namespace.joined == {"sid", "live:old"}

    async def test_finds_open_pages(
        self, namespace: FakeNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert channels.has_page(channels.notices_channel(BUYER))
        namespace.pages = 0
        assert not channels.has_page(channels.notices_channel(BUYER))
        monkeypatch.setattr(channels, "_app", None)
        assert not channels.has_page(channels.notices_channel(BUYER))


class TestSession:
    async def test_stays_subscribed(self, namespace: FakeNamespace) -> None:
        state: Any = type("State", (), {"router": _router()})()
        await channels.subscribe_session(state, SESSION)
        await channels.subscribe(state, channels.TICKETS)
        await channels.subscribe(state)
        assert namespace.joined == {"sid", f"session:{SESSION}"}

    async def test_notifies_its_own_pages(self, namespace: FakeNamespace) -> None:
        await broadcast.notify_session(SESSION)
        assert namespace.sent == [(f"session:{SESSION}", {"session": True})]

    async def test_ignores_events_before_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(channels, "_app", None)
        await broadcast.notify_session(SESSION)
        await channels.subscribe_session(type("State", (), {})(), SESSION)  # type: ignore[arg-type]


def _router() -> object:
    return type("Router", (), {"session": type("Session", (), {"session_id": "sid"})})
