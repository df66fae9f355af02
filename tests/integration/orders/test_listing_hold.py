"""Holds of several tickets of a listing: all or none, by the seller's rule."""

import pytest

from tests import factories

pytestmark = pytest.mark.usefixtures("database")


class TestHoldOfTickets:
    async def test_locks_all_in_one_order(self) -> None:
        tickets = await factories.make_listing(seats=3, seat="7")
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets[:2], buyer)
        assert [item.ticket.id for item in order.items] == [ticket.id for ticket in tickets[:2]]
        assert (order.quantity, order.price_cents) == (2, 8000)
