"""The buyer's orders, grouped by event."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries.rules import DeliveryStatus
from ticketing_app.deliveries.schemas import Arrival
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import (
    GivenTicket,
    ItemTicket,
    OrderDetail,
    OrderItemRead,
    OrderRead,
)
from ticketing_app.tickets.rules import Availability, seats_line
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.deliveries import lines
from ticketing_app.ui.orders import groups, timeline, views
from ticketing_app.ui.orders.groups import OrderedTickets, OrderGroup
from ticketing_app.ui.orders.items import OrderItemView, item_views

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def item_ticket(seat: str | None, **changes: Any) -> ItemTicket:  # noqa: ANN401  # any field.
    fields: dict[str, Any] = {"id": db.new_id(), "title": "The Paper Lanterns", "price_cents": 4000}
    fields |= {"section": "A", "row": "F", "seat": seat}
    return ItemTicket(**fields | changes)


class Orders:
    """The orders of one buyer, with what the page reads beside them."""

    def __init__(self) -> None:
        self.orders: list[OrderRead] = []
        self.known = OrderedTickets({}, {}, set())

    def add_event(self, *, days: int = 9, status: EventStatus = EventStatus.SCHEDULED) -> UUID:
        event_id = db.new_id()
        starts_at = utc_now() + days * DAY
        self.known.events[event_id] = EventRead(
            id=event_id,
            slug=f"lanterns-{len(self.known.events)}",
            title="The Paper Lanterns",
            category="concert",
            venue=VenueRead(
                id=db.new_id(), slug="hall", name="Hall", city="Oslo", country="NO",
                timezone="Europe/Oslo", latitude=None, longitude=None,
            ),
            starts_local=datetime(2031, 5, 4, 20),  # noqa: DTZ001  # local time.
            starts_at=starts_at,
            status=status,
            version=1,
        )  # fmt: skip
        return event_id

    def add(
        self,
        status: OrderStatus,
        *,
        event_id: UUID | None = None,
        seat: str | None = None,
        is_relistable: bool = False,
        ordered: timedelta = -DAY,
        expires: timedelta = 0 * DAY,
    ) -> OrderRead:
        event = self.known.events.get(event_id) if event_id else None
        ticket_id = db.new_id()
        self.known.tickets[ticket_id] = TicketRead(
            id=ticket_id, title="The Paper Lanterns", price_cents=4000, currency="usd",
            status=Availability.SOLD, locked_until=None, seller_id=db.new_id(), order_id=None,
            version=1, event_id=event_id, listing_id=None, previous_ticket_id=None, venue=None,
            city=None, starts_at=event.starts_at if event else None, timezone="Europe/Oslo",
            category=None, section="A", row="F", seat=seat, face_value_cents=None,
            description=None, available=1, quantity=1, created_at=NOW,
        )  # fmt: skip
        if is_relistable:
            self.known.relistable_ids.add(ticket_id)
        ticket = item_ticket(seat, id=ticket_id)
        order = OrderRead(
            id=db.new_id(),
            status=status,
            expires_at=NOW + expires,
            buyer_id=db.new_id(),
            price_cents=4000,
            currency="usd",
            created_at=NOW + ordered,
            ticket=ticket,
            items=[OrderItemRead(ticket=ticket)],
            quantity=1,
            listing_id=None,
        )
        self.orders.append(order)
        return order

    def deliver(self, order: OrderRead, **changes: Any) -> None:  # noqa: ANN401  # any field.
        fields: dict[str, Any] = {"method": "file", "status": "received", "opened_at": NOW}
        self.known.arrivals[order.id] = Arrival(**fields | changes)

    def grouped(self) -> dict[str, list[OrderGroup]]:
        return groups.group(self.orders, self.known, NOW)


def ids(found: list[OrderGroup]) -> list[list[str]]:
    return [[line.id for line in group.lines] for group in found]


@pytest.fixture
def bought() -> Orders:
    return Orders()


class TestSections:
    @pytest.mark.parametrize(
        ("statuses", "chosen", "shown"),
        [
            ([], "", ""),
            ([OrderStatus.COMPLETED, OrderStatus.EXPIRED], "", groups.UPCOMING),
            ([OrderStatus.COMPLETED, OrderStatus.CREATED], "", groups.TO_PAY),
            ([OrderStatus.COMPLETED, OrderStatus.EXPIRED], groups.PAST, groups.PAST),
            ([OrderStatus.EXPIRED], groups.TO_PAY, groups.PAST),
        ],
    )
    def test_shows_the_chosen_one_or_the_most_urgent(
        self, bought: Orders, statuses: list[OrderStatus], chosen: str, shown: str
    ) -> None:
        for status in statuses:
            bought.add(status)
        assert groups.shown_section(bought.grouped(), chosen) == shown

    def test_counts_down_to_the_first_deadline(self, bought: Orders) -> None:
        event_id = bought.add_event()
        bought.add(OrderStatus.CAPTURING)
        assert groups.first_deadline(bought.grouped()[groups.TO_PAY]) == ""
        for days in (3, 1, 2):
            bought.add(OrderStatus.CREATED, event_id=event_id, expires=days * DAY)
        assert groups.first_deadline(bought.grouped()[groups.TO_PAY]) == (NOW + DAY).isoformat()


class TestArrivals:
    @pytest.mark.parametrize(
        ("delivery", "line", "label"),
        [
            ({}, "Your ticket is here", "Show ticket"),
            ({"status": "ready", "opened_at": None}, "Your ticket is here", ""),
            (
                {"status": "waiting", "opened_at": None, "due_at": NOW + DAY},
                "Sent by Sun, Jan 3",
                "",
            ),
            (
                {"status": "waiting", "method": None, "opened_at": None},
                "The seller sends it to you",
                "",
            ),
            ({"method": None, "opened_at": None}, "You have it", ""),
            ({"method": "transfer", "opened_at": None}, "In your app", ""),
            ({"status": "failed"}, "It did not come", ""),
            ({"is_passed_on": True}, "You passed it on.", ""),
        ],
    )
    def test_are_described(
        self, bought: Orders, delivery: dict[str, Any], line: str, label: str
    ) -> None:
        bought.deliver(bought.add(OrderStatus.COMPLETED), **delivery)
        ((shown,),) = (group.lines for group in bought.grouped()[groups.UPCOMING])
        assert (shown.arrival, shown.show_label) == (line, label)

    def test_are_described_for_several(self) -> None:
        arrival = Arrival(method=None, status=DeliveryStatus.WAITING)
        assert lines.arrival_line(arrival, 2, NOW) == "The seller sends them to you"
        assert lines.arrival_line(None, 2, NOW) == ""

    def test_are_left_out_after_a_refund(self, bought: Orders) -> None:
        bought.deliver(bought.add(OrderStatus.REFUNDED), status="voided")
        ((shown,),) = (group.lines for group in bought.grouped()[groups.PAST])
        assert (shown.arrival, shown.show_label) == ("", "")

    def test_keeps_opened_tickets_shortly_before_the_event(self, bought: Orders) -> None:
        now = utc_now()
        soon, later = bought.add_event(days=1), bought.add_event(days=3)
        kept, sealed, early = [
            bought.add(OrderStatus.COMPLETED, event_id=event_id) for event_id in (soon, soon, later)
        ]
        bought.add(OrderStatus.COMPLETED)
        bought.deliver(kept)
        bought.deliver(early)
        bought.deliver(sealed, status="ready", opened_at=None)
        upcoming = groups.group(bought.orders, bought.known, now)[groups.UPCOMING]
        assert groups.kept_orders(upcoming, bought.known, now) == [str(kept.id)]

    def test_lists_tickets_that_were_given_to_one(self, bought: Orders) -> None:
        order = bought.add(OrderStatus.COMPLETED, event_id=bought.add_event(), seat="7")
        ticket = bought.known.tickets[order.ticket.id]
        given = GivenTicket(
            gift_id=db.new_id(),
            file_id=db.new_id(),
            order_id=order.id,
            ticket=ticket,
            opened_at=None,
        )
        opened = given.model_copy(update={"opened_at": NOW, "gift_id": db.new_id()})
        bought.orders.clear()
        bought.known.given.extend([given, opened])
        found = bought.grouped()[groups.UPCOMING]
        assert [each.href for each in found] == [
            f"/gifts/{given.gift_id}",
            f"/gifts/{opened.gift_id}",
        ]
        lines = [each.lines[0] for each in found]
        assert [(line.status_label, line.show_label) for line in lines] == [
            ("Given to you", ""),
            ("Given to you", "Show ticket"),
        ]
        assert lines[0].id == str(order.id)

    def test_tears_used_tickets(self, bought: Orders) -> None:
        event_id = bought.add_event()
        orders = [bought.add(OrderStatus.COMPLETED, event_id=event_id) for _ in range(2)]
        bought.known.used_ids.add(orders[0].ticket.id)
        (group,) = bought.grouped()[groups.UPCOMING]
        assert group.stub_class == ""
        (item,) = item_views(
            orders[0], bought.known.tickets, set(), NOW, used_ids=bought.known.used_ids
        )
        assert item.stub_class == "torn"
        bought.known.used_ids.add(orders[1].ticket.id)
        (group,) = bought.grouped()[groups.UPCOMING]
        assert group.stub_class == "torn"


class TestGroup:
    def test_joins_the_orders_of_an_event(self, bought: Orders) -> None:
        event_id = bought.add_event()
        seats = [bought.add(OrderStatus.COMPLETED, event_id=event_id, seat=seat) for seat in "12"]
        (group,) = bought.grouped()[groups.UPCOMING]
        assert (group.count, group.href) == ("2 tickets", "/events/lanterns-0")
        assert [line.href for line in group.lines] == [f"/orders/{seat.id}" for seat in seats]
        assert [line.label for line in group.lines] == [
            "Section A · Row F · Seat 1",
            "Section A · Row F · Seat 2",
        ]

    def test_links_to_the_only_order(self, bought: Orders) -> None:
        order = bought.add(OrderStatus.COMPLETED, event_id=bought.add_event())
        (group,) = bought.grouped()[groups.UPCOMING]
        assert (group.count, group.href) == ("", f"/orders/{order.id}")

    def test_keeps_tickets_without_event_apart(self, bought: Orders) -> None:
        for _ in range(2):
            bought.add(OrderStatus.COMPLETED)
        assert [len(each) for each in ids(bought.grouped()[groups.UPCOMING])] == [1, 1]

    @pytest.mark.parametrize(
        ("status", "section"),
        [
            (OrderStatus.CREATED, groups.TO_PAY),
            (OrderStatus.AWAITING_PAYMENT, groups.TO_PAY),
            (OrderStatus.CAPTURING, groups.TO_PAY),
            (OrderStatus.COMPLETED, groups.UPCOMING),
            (OrderStatus.CANCELLED, groups.PAST),
            (OrderStatus.EXPIRED, groups.PAST),
            (OrderStatus.REFUNDING, groups.PAST),
            (OrderStatus.REFUNDED, groups.PAST),
        ],
    )
    def test_puts_each_status_in_its_section(
        self, bought: Orders, status: OrderStatus, section: str
    ) -> None:
        bought.add(status)
        (line,) = [line for each in bought.grouped()[section] for line in each.lines]
        assert line.status_label == views.STATUS_LABELS[status]
        assert bool(line.deadline) is (status in rules.PAYABLE)
        assert line.ordered == "Ordered Jan 1, 2027"

    def test_sorts_by_what_comes_first(self, bought: Orders) -> None:
        later = bought.add(OrderStatus.COMPLETED, event_id=bought.add_event(days=9))
        undated = bought.add(OrderStatus.COMPLETED)
        sooner = bought.add(OrderStatus.COMPLETED, event_id=bought.add_event(days=2))
        slow = bought.add(OrderStatus.CREATED, expires=2 * DAY)
        fast = bought.add(OrderStatus.CREATED, expires=DAY)
        old = bought.add(OrderStatus.EXPIRED, ordered=-3 * DAY)
        new = bought.add(OrderStatus.CANCELLED)
        sections = bought.grouped()
        assert ids(sections[groups.TO_PAY]) == [[str(fast.id)], [str(slow.id)]]
        assert ids(sections[groups.UPCOMING]) == [
            [str(sooner.id)],
            [str(later.id)],
            [str(undated.id)],
        ]
        assert ids(sections[groups.PAST]) == [[str(new.id)], [str(old.id)]]

    def test_tears_tickets_of_a_past_event(self, bought: Orders) -> None:
        event_id = bought.add_event(days=-1)
        bought.add(OrderStatus.COMPLETED, event_id=event_id)
        bought.add(OrderStatus.EXPIRED)
        bought.add(OrderStatus.REFUNDED)
        found = {
            group.lines[0].status_label: group.stub_class for group in bought.grouped()[groups.PAST]
        }
        assert found == {"Paid": "torn", "Time over": "spent", "Refunded": "spent"}

    @pytest.mark.parametrize(
        ("status", "notice", "section"),
        [
            (EventStatus.SCHEDULED, "", groups.UPCOMING),
            (EventStatus.CANCELLED, "goes back to your card", groups.PAST),
            (EventStatus.MOVED, "moved to Sun, May 4, 2031, 8:00\u202fPM", groups.UPCOMING),
        ],
    )
    def test_reports_a_changed_event(
        self, bought: Orders, status: EventStatus, notice: str, section: str
    ) -> None:
        bought.add(OrderStatus.COMPLETED, event_id=bought.add_event(status=status))
        (group,) = bought.grouped()[section]
        assert notice in group.notice
        assert bool(notice) == bool(group.notice)

    def test_is_silent_on_a_changed_event_without_ticket(self, bought: Orders) -> None:
        event_id = bought.add_event(status=EventStatus.CANCELLED)
        bought.add(OrderStatus.EXPIRED, event_id=event_id)
        (group,) = bought.grouped()[groups.PAST]
        assert (group.notice, group.count) == ("", "")

    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_offers_resale_of_paid_tickets(self, bought: Orders, status: OrderStatus) -> None:
        order = bought.add(status, is_relistable=True)
        (line,) = [
            line for each in bought.grouped().values() for group in each for line in group.lines
        ]
        wanted = f"/tickets/new?previous={order.ticket.id}" if status in rules.PAID else ""
        assert line.resale_href == wanted

    @pytest.mark.parametrize(
        ("status", "note"),
        [
            (OrderStatus.CREATED, ""),
            (OrderStatus.CAPTURING, ""),
            (OrderStatus.COMPLETED, ""),
            (OrderStatus.CANCELLED, "Your card was not charged."),
            (OrderStatus.EXPIRED, "Your card was not charged."),
            (OrderStatus.REFUNDING, "We are sending your $40.00 back to your card."),
            (OrderStatus.REFUNDED, "We sent your $40.00 back to your card."),
        ],
    )
    def test_notes_what_happened_to_the_money(
        self, bought: Orders, status: OrderStatus, note: str
    ) -> None:
        bought.add(status)
        (line,) = [
            line for each in bought.grouped().values() for group in each for line in group.lines
        ]
        assert line.note == note


class TestSeatsLine:
    def test_names_the_shared_row_once(self) -> None:
        tickets = [item_ticket("12"), item_ticket("13")]
        assert seats_line(tickets) == "Section A · Row F · Seats 12, 13"

    def test_lists_other_places(self) -> None:
        tickets = [item_ticket("12"), item_ticket(None), item_ticket(None, section=None, row=None)]
        assert seats_line(tickets) == "Section A · Row F · Seat 12; Section A · Row F"

    def test_is_empty_without_tickets(self) -> None:
        assert seats_line([]) == ""


class TestItemViews:
    @pytest.fixture
    def pair(self, bought: Orders) -> OrderRead:
        """An order of two tickets that were paid."""
        orders = [bought.add(OrderStatus.COMPLETED, seat=seat) for seat in ("12", "13")]
        items = [item for order in orders for item in order.items]
        return orders[0].model_copy(update={"items": items, "quantity": 2, "price_cents": 8000})

    def shown(self, bought: Orders, order: OrderRead) -> list[OrderItemView]:
        return item_views(order, bought.known.tickets, bought.known.relistable_ids, NOW)

    def test_has_the_terms_of_the_order(self, bought: Orders, pair: OrderRead) -> None:
        first, second = self.shown(bought, pair)
        assert (first.stub.price, first.line) == ("$40", "Section A · Row F · Seat 12 · $40.00")
        assert (second.is_yours, second.refunded, second.stub_class) == (True, "", "")

    @pytest.mark.parametrize("status", [OrderStatus.CREATED, OrderStatus.EXPIRED])
    def test_one_stub_shows_unpaid_tickets(
        self, bought: Orders, pair: OrderRead, status: OrderStatus
    ) -> None:
        (shown,) = self.shown(bought, pair.model_copy(update={"status": status}))
        assert shown.stub.price == "2 \u00d7 $40.00"
        assert shown.stub.seat == "Section A · Row F · Seats 12, 13"

    def test_shows_a_refunded_item(self, bought: Orders, pair: OrderRead) -> None:
        pair.items[1] = pair.items[1].model_copy(update={"refunded_at": NOW})
        first, second = self.shown(bought, pair)
        assert (first.is_yours, first.refunded) == (True, "")
        assert (second.is_yours, second.stub_class) == (False, "spent")
        assert second.refunded == "Refunded"
        assert second.line.endswith("$40.00 · refunded on Jan 2, 2027")
        paid = OrderDetail(**pair.model_dump(), timeline=[])
        view = views.OrderView.from_order(paid, NOW)
        assert (view.refund_label, view.refund) == ("Refunded", "$40.00 USD")
        assert view.outcome == "1 of your 2 tickets was refunded. You keep the other."
        assert view.outcome_more.startswith("We sent $40.00 back to your card.")
        (entry,) = timeline.timeline(paid, [], NOW)
        assert (entry.text, entry.more) == ("Refunded $40.00", "Section A · Row F · Seat 13")

    def test_sums_the_prices(self, pair: OrderRead) -> None:
        view = views.OrderView.from_order(OrderDetail(**pair.model_dump(), timeline=[]), NOW)
        assert (view.sum_line, view.amount) == ("2 \u00d7 $40.00", "$80.00")
        assert view.seats == "Section A · Row F · Seats 12, 13"
        assert (view.release_confirm, view.release_cancel) == ("Release them", "Keep them")

    def test_counts_and_notes_a_refunded_item_in_the_list(
        self, bought: Orders, pair: OrderRead
    ) -> None:
        pair.items[1] = pair.items[1].model_copy(update={"refunded_at": NOW})
        bought.orders = [pair]
        (group,) = bought.grouped()[groups.UPCOMING]
        assert group.count == ""
        assert group.lines[0].note == "1 of your 2 tickets was refunded. You keep the other."

    def test_offers_each_ticket_for_resale(self, bought: Orders, pair: OrderRead) -> None:
        wanted = pair.items[1].ticket.id
        bought.known.relistable_ids.add(wanted)
        first, second = self.shown(bought, pair)
        assert (first.resale_href, second.resale_href) == ("", f"/tickets/new?previous={wanted}")
        assert second.resale_label == "Sell Section A · Row F · Seat 13"

    def test_offers_several_tickets_for_resale_together(
        self, bought: Orders, pair: OrderRead
    ) -> None:
        bought.known.relistable_ids.update(item.ticket.id for item in pair.items)
        first, second = self.shown(bought, pair)
        wanted = f"/orders/{pair.id}/sell"
        assert (first.resale_href, second.resale_href) == (wanted, "")
        (group,) = groups.group([pair], bought.known, NOW)[groups.UPCOMING]
        (line,) = group.lines
        assert (line.resale_href, line.resale_label) == (wanted, "Sell these tickets")

    def test_is_torn_once_used(self, bought: Orders) -> None:
        order = bought.add(OrderStatus.COMPLETED, event_id=bought.add_event(days=-1))
        assert [item.stub_class for item in self.shown(bought, order)] == ["torn"]

    @pytest.mark.parametrize("status", sorted(rules.ENDED_UNPAID | views.GIVEN_BACK))
    def test_is_spent_if_not_the_buyers(self, bought: Orders, status: OrderStatus) -> None:
        order = bought.add(status)
        assert [item.stub_class for item in self.shown(bought, order)] == ["spent"]


class TestSeveral:
    def test_changes_every_sentence_on_the_ticket(self) -> None:
        outcomes = [line for lines in views.OUTCOMES.values() for line in lines]
        texts = [views.HELD, views.NEARLY_OVER, views.RELEASE, views.RELEASE_QUESTION]
        steps = [*timeline.STEPS.values(), timeline.LOCKED]
        about = [text for text in [*outcomes, *steps, *texts] if "icket" in text]
        assert about
        assert [text for text in about if text not in views.SEVERAL] == []

    def test_keeps_the_others(self) -> None:
        assert views.for_count(2, "Payment started") == "Payment started"
        assert views.for_count(1, views.RELEASE) == "Release ticket"
