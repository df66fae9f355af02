"""Which domain events make public pages read again, and which of them."""

import pytest

from ticketing_app.core.changes import OFFERS
from ticketing_app.messaging.catalog import (
    CATALOG,
    DeliveryChanged,
    DomainEvent,
    OrderCompleted,
    OrderCreated,
    OrderUpdated,
    TicketCreated,
    TicketGiven,
    TicketUpdated,
    UserErased,
)

# Pages show none of it.
PRIVATE = {
    "UserCreated", "UserUpdated", "UserSignedIn", "PasskeyAdded", "PasskeyRemoved",
    "EmailConfirmationRequested", "EmailConfirmed", "EmailChangeRequested", "EmailChanged",
    "PasswordResetRequested", "PasswordChanged",
    "ChargeCreated", "ChargeFailed", "ChargeRefunded", "PaymentAlertRaised",
    "DeliveryAddressChanged", "CaseOpened", "CaseChanged", "NoticeCreated", "NoticesRead",
}  # fmt: skip
KEYED = {
    "TicketCreated", "TicketUpdated", "OrderCreated", "OrderUpdated", "OrderCancelled",
    "OrderExpired", "OrderCompleted", "TicketGiven", "DeliveryChanged",
}  # fmt: skip
ORDER = {
    "ticket_id": "ticket",
    "tickets": [{"id": "ticket", "version": 1}, {"id": "other", "version": None}],
}


class TestAffected:
    @pytest.mark.parametrize("name", sorted(PRIVATE))
    def test_private_changes_affect_no_page(self, name: str) -> None:
        assert CATALOG[name].affected({}) == frozenset()

    @pytest.mark.parametrize("name", sorted(set(CATALOG) - PRIVATE - KEYED))
    def test_others_affect_every_page(self, name: str) -> None:
        assert CATALOG[name].affected({}) is None

    def test_an_erased_account_affects_every_page(self) -> None:
        assert UserErased.affected({}) is None

    @pytest.mark.parametrize("kind", [TicketCreated, TicketUpdated])
    def test_tickets_affect_their_event_and_the_lists(self, kind: type[DomainEvent]) -> None:
        payload = {"ticket_id": "ticket", "event_id": "event", "listing_id": "listing"}
        assert kind.affected(payload) == {"ticket", "event", "listing", OFFERS}
        payload = {"ticket_id": "ticket", "event_id": None, "listing_id": None}
        assert kind.affected(payload) == {"ticket", OFFERS}

    @pytest.mark.parametrize("status", ["created", "awaiting_payment", "capturing", "cancelled"])
    def test_holds_affect_their_tickets_and_event(self, status: str) -> None:
        facts = ORDER | {"status": status, "event_id": "event", "listing_id": "listing"}
        assert OrderUpdated.affected(facts) == {"ticket", "other", "event", "listing"}

    @pytest.mark.parametrize("status", ["completed", "refunding", "refunded"])
    def test_sales_affect_the_lists_too(self, status: str) -> None:
        facts = ORDER | {"status": status, "event_id": None, "listing_id": None}
        assert OrderCompleted.affected(facts) == {"ticket", "other", OFFERS}

    def test_events_of_earlier_versions_affect_every_page(self) -> None:
        assert OrderCreated.affected(ORDER | {"status": "created"}) is None
        assert TicketUpdated.affected({"ticket_id": "ticket"}) is None

    def test_histories_are_affected_by_gifts_and_deliveries(self) -> None:
        assert TicketGiven.affected({"ticket_id": "ticket"}) == {"ticket"}
        assert DeliveryChanged.affected({"order_id": "order"}) == {"order"}
