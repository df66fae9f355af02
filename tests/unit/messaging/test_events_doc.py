import pytest
from pydantic import Field

from docs import events_doc
from ticketing_app.messaging.catalog import CATALOG, DomainEvent
from ticketing_app.messaging.inbox import subscriber_name
from ticketing_app.subscriptions import SUBSCRIPTIONS


class TestEventsDoc:
    def test_is_up_to_date(self) -> None:
        assert events_doc.PATH.read_text() == events_doc.render(), (
            "docs/events.md is out of date: run `python -m docs.events_doc`."
        )

    def test_names_every_event_and_every_subscriber(self) -> None:
        page = events_doc.render()
        handlers = [handler for each in SUBSCRIPTIONS.values() for handler in each]
        assert all(f"| {name} |" in page for name in CATALOG)
        assert all(f"`{subscriber_name(handler)}`" in page for handler in handlers)

    def test_refuses_a_field_without_description(self) -> None:
        class Vague(DomainEvent):
            aggregate = "charge"
            amount: int

        with pytest.raises(LookupError, match=r"Vague\.amount"):
            events_doc._row(Vague, "amount")

    def test_refuses_two_meanings_of_a_field(self) -> None:
        class Paid(DomainEvent):
            recorded_by = "payments"
            amount: int = Field(description="Cents.")

        class Refunded(DomainEvent):
            amount: int = Field(description="Euros.")

        with pytest.raises(LookupError, match=r"charge\.amount"):
            list(events_doc._aggregate("charge", [Paid, Refunded]))
