"""Holds of several tickets of a listing: all or none, by the seller's rule."""

import asyncio

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.orders.listing_holds import (
    hold_best,
    hold_seen,
    ids,
    set_hold,
    set_split,
    set_status,
    status,
    statuses,
)
from tests.locks import end_or_wait
from ticketing_app.core import db
from ticketing_app.messaging.catalog import OrderCreated
from ticketing_app.orders.rules import OrderStatus, SeenOffer
from ticketing_app.orders.service import release
from ticketing_app.orders.service.hold import TicketsApartError, TooManyTicketsError
from ticketing_app.orders.service.refusals import (
    EventBegunError,
    NotEnoughLeftError,
    NotSideBySideError,
    OfferChangedError,
    OwnTicketError,
    SplitRefusedError,
    TicketAlreadyReservedError,
    TooLateError,
)
from ticketing_app.tickets.rules import Split
from ticketing_app.tickets.service.lease import ListingNotFoundError
from ticketing_app.tickets.service.tickets import TicketNotFoundError

pytestmark = pytest.mark.usefixtures("database")


class TestChosenTickets:
    async def test_are_locked_in_one_order(self) -> None:
        tickets = await factories.make_tickets_together(seats=3, section="B", row="2", seat="7")
        buyer = await factories.make_user()
        order = await factories.hold_tickets([tickets[2], tickets[0]], buyer)
        assert ids(order) == [tickets[0].id, tickets[2].id]
        assert (order.quantity, order.price_cents, order.ticket.price_cents) == (2, 8000, 4000)
        assert (order.ticket.id, order.listing_id) == (tickets[0].id, tickets[0].listing_id)
        seat = order.items[1].ticket
        assert (seat.section, seat.row, seat.seat, seat.price_cents) == ("B", "2", "7", 4000)
        held = [await factories.read_ticket(ticket.id, buyer) for ticket in tickets]
        assert [ticket.order_id for ticket in held] == [order.id, None, order.id]
        assert held[0].locked_until == held[2].locked_until == order.expires_at

    async def test_are_all_in_the_event(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        (event,) = await factories.recorded_events("OrderCreated")
        parsed = OrderCreated.model_validate(event)
        assert [(each.id, each.version) for each in parsed.tickets] == [
            (ticket.id, ticket.version + 1) for ticket in tickets
        ]
        assert (parsed.ticket_id, parsed.ticket_version) == (tickets[0].id, 2)
        assert (parsed.order_id, parsed.seller_id) == (order.id, tickets[0].seller_id)
        assert set(parsed.model_dump()) == set(event) - {"name"}

    async def test_are_refused_together_if_one_is_held(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        await factories.hold(tickets[1])
        with pytest.raises(TicketAlreadyReservedError, match="Someone was quicker"):
            await factories.hold_tickets(tickets)
        assert await statuses(tickets) == ["available", "locked", "available"]

    async def test_are_refused_with_the_own_order(self) -> None:
        tickets = await factories.make_tickets_together()
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets[:2], buyer)
        with pytest.raises(TicketAlreadyReservedError) as refusal:
            await factories.hold_tickets(tickets[1:3], buyer)
        assert refusal.value.extra == {"orderId": str(order.id)}

    async def test_of_two_listings_are_refused(self) -> None:
        one, other = [await factories.make_tickets_together(seats=1) for _ in range(2)]
        loose = await factories.make_ticket()
        for tickets in ([*one, *other], [*one, loose], [loose, await factories.make_ticket()]):
            with pytest.raises(TicketsApartError):
                await factories.hold_tickets(tickets)

    async def test_that_do_not_exist_are_refused(self) -> None:
        tickets = await factories.make_tickets_together()
        unknown = tickets[0].model_copy(update={"id": db.new_id()})
        with pytest.raises(TicketNotFoundError):
            await factories.hold_tickets([tickets[1], unknown])

    async def test_of_a_seller_are_not_sold_to_the_seller(self) -> None:
        seller = await factories.make_user()
        with pytest.raises(OwnTicketError):
            await factories.hold_tickets(await factories.make_tickets_together(seller), seller)

    async def test_are_one_to_ten(self) -> None:
        tickets = await factories.make_tickets_together(seats=10)
        for quantity in (-1, 0, 11):
            with pytest.raises(TooManyTicketsError, match="1 to 10 tickets per order"):
                await factories.hold_best(tickets, quantity)
        assert (await factories.hold_best(tickets, 10)).quantity == 10

    async def test_of_another_listing_than_the_choice_are_refused(self) -> None:
        tickets, other = [await factories.make_tickets_together() for _ in range(2)]
        with pytest.raises(TicketNotFoundError):
            await hold_best(tickets, await factories.make_user(), 1, (other[0].id,))


class TestOneTicket:
    """By its id alone, as from the page of the ticket."""

    async def test_is_held_in_its_listing(self) -> None:
        tickets = await factories.make_tickets_together()
        order = await factories.hold(tickets[2])
        assert (ids(order), order.listing_id) == ([tickets[2].id], tickets[0].listing_id)

    async def test_is_refused_if_its_seller_does_not_sell_it_alone(self) -> None:
        tickets = await factories.make_tickets_together(seats=2, split=Split.TOGETHER)
        with pytest.raises(SplitRefusedError, match="2 tickets only together"):
            await factories.hold(tickets[0])
        assert await statuses(tickets) == ["available", "available"]

    async def test_is_compared_with_the_version_of_the_ticket(self) -> None:
        (ticket,) = await factories.make_tickets_together(seats=1)
        buyer = await factories.make_user()
        with pytest.raises(OfferChangedError):
            await hold_seen(ticket, buyer, SeenOffer(version=ticket.version + 1))
        with pytest.raises(OfferChangedError):
            await hold_seen(ticket, buyer, SeenOffer(price_cents=4001))
        assert await hold_seen(ticket, buyer, SeenOffer(ticket.version, 4000))


class TestBestSeats:
    async def test_are_the_shortest_run_that_is_long_enough(self) -> None:
        tickets = await factories.make_tickets_together(seats=7)
        await factories.hold(tickets[2])
        order = await factories.hold_best(tickets, 2)
        assert ids(order) == [tickets[0].id, tickets[1].id]

    async def test_leave_no_single_seat_if_they_need_not(self) -> None:
        tickets = await factories.make_tickets_together(seats=8)
        await factories.hold(tickets[3])
        order = await factories.hold_best(tickets, 2)
        assert ids(order) == [tickets[4].id, tickets[5].id]

    async def test_may_lie_apart_unless_promised_otherwise(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        await factories.hold(tickets[1])
        assert ids(await factories.hold_best(tickets, 2)) == [tickets[0].id, tickets[2].id]

    async def test_are_side_by_side_if_promised(self) -> None:
        tickets = await factories.make_tickets_together(seats=5, is_side_by_side=True)
        await factories.hold(tickets[2])
        with pytest.raises(NotSideBySideError, match="Only 2 of these") as refusal:
            await factories.hold_best(tickets, 3)
        assert refusal.value.extra == {"available": 4}
        assert ids(await factories.hold_best(tickets, 2)) == [tickets[0].id, tickets[1].id]
        await factories.hold_best(tickets, 1)
        with pytest.raises(NotEnoughLeftError):
            await factories.hold_best(tickets, 2)

    async def test_may_be_chosen_apart(self) -> None:
        tickets = await factories.make_tickets_together(seats=3, is_side_by_side=True)
        await factories.hold(tickets[1])
        with pytest.raises(NotSideBySideError, match="not side by side any more"):
            await factories.hold_best(tickets, 2)
        assert (await factories.hold_tickets([tickets[0], tickets[2]])).quantity == 2

    async def test_are_refused_if_too_few_are_left(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        await factories.hold(tickets[0])
        with pytest.raises(NotEnoughLeftError, match="Only 2 of these tickets") as refusal:
            await factories.hold_best(tickets, 3)
        assert refusal.value.extra == {"available": 2}
        await factories.hold(tickets[1])
        with pytest.raises(NotEnoughLeftError, match="Only one of these"):
            await factories.hold_best(tickets, 2)
        await factories.hold(tickets[2])
        with pytest.raises(TicketAlreadyReservedError, match="Someone was quicker"):
            await factories.hold_best(tickets, 1)

    @pytest.mark.parametrize(
        ("status", "sentence"), [("paused", "paused the sale"), ("withdrawn", "off sale")]
    )
    async def test_are_not_those_off_sale(self, status: str, sentence: str) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        await set_status(tickets[:1], status)
        assert ids(await factories.hold_best(tickets, 1)) == [tickets[1].id]
        other = await factories.make_tickets_together(seats=1)
        await set_status(other, status)
        for held in (factories.hold_best(other, 1), factories.hold(other[0])):
            with pytest.raises(TicketAlreadyReservedError, match=sentence):
                await held
        await set_status(tickets, status)  # Listings are never paused in part.

    async def test_are_refused_with_the_own_open_order(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_best(tickets, 2, buyer)
        with pytest.raises(TicketAlreadyReservedError) as refusal:
            await factories.hold_best(tickets, 2, buyer)
        assert refusal.value.order_id == order.id

    async def test_are_refused_if_the_offer_changed(self) -> None:
        tickets = await factories.make_tickets_together()
        buyer = await factories.make_user()
        for seen in (SeenOffer(version=2), SeenOffer(price_cents=3999)):
            with pytest.raises(OfferChangedError):
                await hold_best(tickets, buyer, 1, seen=seen)
        assert await hold_best(tickets, buyer, 1, seen=SeenOffer(1, 4000))

    async def test_are_refused_once_the_event_has_begun(self) -> None:
        tickets = await factories.make_tickets_together(seats=1)
        await factories.let_event_begin(tickets[0].id)
        with pytest.raises(EventBegunError):
            await factories.hold_best(tickets, 1)

    async def test_are_refused_if_they_cannot_come_in_time(self) -> None:
        tickets = await factories.make_tickets_together(seats=1)
        await factories.let_delivery_be_too_late(tickets[0].id)
        with pytest.raises(TooLateError):
            await factories.hold_best(tickets, 1)

    async def test_of_an_unknown_listing_are_refused(self) -> None:
        (ticket,) = await factories.make_tickets_together(seats=1)
        unknown = ticket.model_copy(update={"listing_id": db.new_id()})
        with pytest.raises(ListingNotFoundError):
            await factories.hold_best([unknown], 1)


class TestSplit:
    async def test_no_single_never_leaves_one_over(self) -> None:
        tickets = await factories.make_tickets_together(seats=4, split=Split.NO_SINGLE)
        with pytest.raises(SplitRefusedError, match="leave one ticket over") as refusal:
            await factories.hold_best(tickets, 3)
        assert refusal.value.extra == {"available": 4}
        await factories.hold_best(tickets, 2)
        with pytest.raises(SplitRefusedError):
            await factories.hold_best(tickets, 1)
        await factories.hold_best(tickets, 2)

    async def test_together_sells_all_or_nothing(self) -> None:
        tickets = await factories.make_tickets_together(seats=3, split=Split.TOGETHER)
        with pytest.raises(SplitRefusedError):
            await factories.hold_best(tickets, 2)
        assert (await factories.hold_best(tickets, 3)).quantity == 3

    async def test_counts_lapsed_holds_that_are_not_closed(self) -> None:
        tickets = await factories.make_tickets_together(seats=3, split=Split.NO_SINGLE)
        pair = await set_hold(tickets[:1])
        await factories.let_hold_lapse(pair.id)
        with pytest.raises(SplitRefusedError):
            await factories.hold_best(tickets, 2)
        assert (await factories.hold_best(tickets, 3)).quantity == 3
        assert await status(pair.id) is OrderStatus.EXPIRED

    async def test_counts_a_ticket_that_comes_back_while_it_waits(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        buyer = await factories.make_user()
        order = await factories.hold(tickets[0], buyer)
        await set_split(tickets, Split.NO_SINGLE)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
            waiting = asyncio.create_task(factories.hold_best(tickets, 2))
            await end_or_wait(waiting)
        with pytest.raises(SplitRefusedError):
            await waiting

    async def test_is_the_one_after_the_wait(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        change = text("UPDATE listings SET split = 'together' WHERE id = :id")
        async with db.transaction() as session:
            connection = await session.connection()
            locked = {"id": tickets[0].listing_id}
            lock = "SELECT FROM tickets WHERE listing_id = :id ORDER BY id FOR NO KEY UPDATE"
            await connection.execute(text(lock), locked)
            waiting = asyncio.create_task(factories.hold_best(tickets, 1))
            await end_or_wait(waiting)
            await connection.execute(change, locked)
        with pytest.raises(SplitRefusedError):
            await waiting
