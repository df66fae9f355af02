from uuid import UUID, uuid4

import pytest

from ticketing_app.deliveries.rules import (
    FINAL,
    TO_ISSUE,
    DeliveryStatus,
    Parties,
    find_recipient,
)
from ticketing_app.tickets.rules import DeliveryMethod

REISSUE = DeliveryMethod.REISSUE
SELLER = uuid4()
BUYER = uuid4()
PARTIES = Parties(SELLER, BUYER)


@pytest.mark.parametrize("status", sorted(TO_ISSUE))
def test_sold_ticket_is_issued_for_its_buyer(status: DeliveryStatus) -> None:
    assert find_recipient(status, REISSUE, owner_id=BUYER, parties=PARTIES) == BUYER


@pytest.mark.parametrize("status", sorted(frozenset(DeliveryStatus) - TO_ISSUE - FINAL))
def test_delivered_ticket_stays_as_it_is(status: DeliveryStatus) -> None:
    assert find_recipient(status, REISSUE, owner_id=BUYER, parties=PARTIES) is None


@pytest.mark.parametrize("method", [DeliveryMethod.FILE_LATER, DeliveryMethod.FILE, None])
def test_ticket_without_the_promise_stays_as_it_is(method: DeliveryMethod | None) -> None:
    status = DeliveryStatus.WAITING
    assert find_recipient(status, method, owner_id=BUYER, parties=PARTIES) is None


@pytest.mark.parametrize("status", sorted(FINAL))
@pytest.mark.parametrize("owner_id", [BUYER, SELLER])
def test_ticket_of_an_ended_delivery_goes_back(status: DeliveryStatus, owner_id: UUID) -> None:
    found = find_recipient(status, REISSUE, owner_id=owner_id, parties=PARTIES)
    assert found == SELLER


def test_refunded_ticket_of_a_living_delivery_goes_back() -> None:
    status = DeliveryStatus.READY
    assert find_recipient(status, REISSUE, owner_id=SELLER, parties=PARTIES) == SELLER


@pytest.mark.parametrize("status", DeliveryStatus)
def test_ticket_that_moved_on_stays_with_its_owner(status: DeliveryStatus) -> None:
    assert find_recipient(status, REISSUE, owner_id=uuid4(), parties=PARTIES) is None
