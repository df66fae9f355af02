import pytest

from ticketing_app.tickets import rules
from ticketing_app.tickets.rules import Availability, TicketStatus


@pytest.mark.parametrize(
    ("status", "is_locked", "expected"),
    [
        (TicketStatus.FOR_SALE, False, Availability.AVAILABLE),
        (TicketStatus.FOR_SALE, True, Availability.LOCKED),
        (TicketStatus.SOLD, False, Availability.SOLD),
        (TicketStatus.SOLD, True, Availability.SOLD),
        (TicketStatus.WITHDRAWN, False, Availability.WITHDRAWN),
    ],
)
def test_availability_and_what_the_seller_may_do(
    status: TicketStatus,
    is_locked: bool,  # noqa: FBT001  # a column of the table above.
    expected: Availability,
) -> None:
    assert rules.availability(status, is_locked=is_locked) is expected
    assert rules.can_change(status, is_locked=is_locked) is (expected is Availability.AVAILABLE)
