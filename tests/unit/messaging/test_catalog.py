"""The catalog of events and the table of subscribers fit each other."""

import inspect
import re
from typing import get_type_hints

import pytest
from pydantic import ValidationError

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.messaging import catalog
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import CATALOG, DomainEvent, UserCreated
from ticketing_app.messaging.inbox import Handler, subscriber_name
from ticketing_app.subscriptions import SUBSCRIPTIONS

HANDLERS = [(event, handler) for event, handlers in SUBSCRIPTIONS.items() for handler in handlers]


class TestCatalog:
    def test_has_the_events_of_the_contract(self) -> None:
        assert set(CATALOG) == {
            "UserCreated", "UserUpdated", "UserSignedIn", "PasskeyAdded", "PasskeyRemoved",
            "EmailConfirmationRequested", "EmailConfirmed",
            "EmailChangeRequested", "EmailChanged", "PasswordResetRequested", "PasswordChanged", "UserErased",
            "EventCreated", "EventChanged", "EventCancelled",
            "TicketCreated", "TicketUpdated",
            "OrderCreated", "OrderUpdated", "OrderCancelled", "OrderExpired", "OrderCompleted",
            "DeliveryChanged", "DeliveryAddressChanged", "TicketGiven",
            "ChargeCreated", "ChargeFailed", "ChargeRefunded", "PaymentAlertRaised",
            "CaseOpened", "CaseChanged",
            "NoticeCreated", "NoticesRead",
        }  # fmt: skip

    def test_misses_no_event(self) -> None:
        classes = [DomainEvent]
        for each in classes:
            classes += each.__subclasses__()
        own = {each.__name__ for each in classes if each.__module__ == catalog.__name__}
        assert {name for name in own if not name.startswith("_")} == {
            *CATALOG,
            "DomainEvent",
            "OrderEvent",
        }

    @pytest.mark.parametrize("event", CATALOG.values(), ids=CATALOG)
    def test_names_the_aggregate_and_its_version(self, event: type[DomainEvent]) -> None:
        assert {f"{event.aggregate}_id", f"{event.aggregate}_version"} <= set(event.model_fields)
        assert event.recorded_by in {
            *(
                "accounts",
                "events",
                "tickets",
                "orders",
                "deliveries",
                "payments",
                "notices",
                "cases",
            )
        }
        assert event.model_config.get("frozen")


class TestSubscriptions:
    @pytest.mark.parametrize(("event", "handler"), HANDLERS)
    def test_name_a_handler_that_takes_the_event(
        self, event: type[DomainEvent], handler: Handler
    ) -> None:
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()
        assert subscriber_name(handler).endswith(f".subscribers.on_{words}")
        assert inspect.iscoroutinefunction(handler)
        assert get_type_hints(handler)["event"] is event

    def test_have_unique_names(self) -> None:
        names = [subscriber_name(handler) for _, handler in HANDLERS]
        assert len(set(names)) == len(names)


class TestEnvelope:
    def test_arrives_as_it_was_sent(self) -> None:
        sent = envelope_of(UserCreated(user_id=new_id(), user_version=1, email="a@gittix.test"))
        arrived = Envelope.model_validate_json(sent.model_dump_json())
        assert arrived == sent
        assert arrived.event.aggregate_id == sent.aggregate_id
        assert arrived.event.aggregate_version == 1

    def test_ignores_fields_of_a_newer_version(self) -> None:
        envelope = envelope_of(UserCreated(user_id=new_id(), user_version=1, email="a@gittix.test"))
        newer = envelope.model_copy(update={"payload": {**envelope.payload, "nickname": "Al"}})
        assert newer.event == envelope.event

    def test_rejects_an_invalid_payload(self) -> None:
        envelope = envelope_of(UserCreated(user_id=new_id(), user_version=1, email="a@gittix.test"))
        with pytest.raises(ValidationError):
            _ = envelope.model_copy(update={"payload": {}}).event
        with pytest.raises(KeyError):
            _ = envelope.model_copy(update={"name": "TicketPraised"}).event


def envelope_of(event: DomainEvent) -> Envelope:
    return Envelope(
        id=new_id(),
        name=type(event).__name__,
        schema_version=event.schema_version,
        occurred_at=utc_now(),
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
        correlation_id=None,
        published_at=None,
        payload=event.model_dump(mode="json"),
    )
