"""Deliberate bugs in orders of one ticket and in resale."""

from tests.deliberate_bugs.mutant import APP, Mutant

HOLD = f"{APP}/orders/repository/hold_statements.py"
HOLD_TESTS = "tests/integration/orders/test_hold.py"
RELEASE = f"{APP}/orders/service/release.py"
EXPIRY_TESTS = "tests/integration/expiration"
COOLDOWN_TESTS = "tests/integration/orders/test_cooldown.py"
SELL = f"{APP}/orders/service/sell.py"
SELL_TESTS = "tests/integration/orders/test_sell.py"
PAYMENT_TESTS = "tests/integration/payments"
RESALE_TESTS = f"{PAYMENT_TESTS}/test_resale.py"

MUTANTS = (
    Mutant(
        1,
        "a hold does not ask whether somebody else's runs",
        ((HOLD, "      AND (locked_until IS NULL OR locked_until <= now())\n", ""),),
        f"{HOLD_TESTS}::TestRace",
    ),
    Mutant(
        1,
        "nothing in the database keeps two orders of a ticket apart",
        (
            (
                "alembic/versions/20261130_order_items.py",
                "CREATE UNIQUE INDEX uq_order_items_one_live_per_ticket",
                "CREATE INDEX uq_order_items_one_live_per_ticket",
            ),
        ),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        1,
        "a bought ticket is sold again without its event",
        ((SELL, "    return found.pop()\n", "    return listing.event_id\n"),),
        "tests/integration/orders/test_sell_listing.py",
    ),
    Mutant(
        1,
        "nothing in the database keeps two listings of a bought ticket apart",
        (("alembic/versions/20261125_resale.py", "unique=True", "unique=False"),),
        f"{SELL_TESTS}::TestSellTicket",
    ),
    Mutant(
        1,
        "a listing again does not wait for the refund of its ticket",
        (
            (
                f"{APP}/orders/service/sell.py",
                "await leases.lock_seats(session, ticket_ids=previous_ids)",
                "pass",
            ),
        ),
        f"{SELL_TESTS}::TestRefundedTicket",
    ),
    Mutant(
        1,
        "who was refunded can still list the ticket again",
        (
            (
                f"{APP}/orders/rules.py",
                "return sales[-1].seller_id if sales else None",
                "return sales[-1].buyer_id if sales else None",
            ),
        ),
        f"{SELL_TESTS}::TestRefundedTicket",
    ),
    Mutant(
        1,
        "a refund gives the seat back by one sale only",
        (
            (
                f"{APP}/orders/rules.py",
                "return sales[-1].seller_id if sales else None",
                "return sales[0].seller_id if sales else None",
            ),
        ),
        f"{RESALE_TESTS}::TestOwner",
    ),
    Mutant(
        1,
        "a disputed ticket can be sold on",
        (
            (
                f"{APP}/orders/rules.py",
                "return None if sale.is_disputed else sale.holder_id",
                "return sale.holder_id",
            ),
        ),
        f"{RESALE_TESTS}::TestDisputedTicket",
    ),
    Mutant(
        7,
        "an order is completed although its ticket cannot be given",
        (
            (
                f"{APP}/orders/service/order_payment.py",
                "        if not sold:\n            return await give_up_captured(session, order_id=order_id)\n",
                "",
            ),
        ),
        f"{RESALE_TESTS}::TestCapturedOrderWithoutTicket",
    ),
    Mutant(
        2,
        "a ticket stays locked until a worker comes by",
        (
            (
                HOLD,
                "      AND (locked_until IS NULL OR locked_until <= now())\n",
                "      AND locked_until IS NULL\n",
            ),
        ),
        f"{HOLD_TESTS}::TestLapsedHold",
    ),
    Mutant(
        2,
        "the lease and the deadline of the order are different instants",
        (
            (
                HOLD,
                "'created', held.locked_until, false",
                "'created', held.locked_until + interval '1 s', false",
            ),
        ),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        3,
        "whoever ends frees the ticket, whosever it is",
        (
            (
                f"{APP}/tickets/repository/tickets.py",
                "            col(Ticket.order_id) == order_id,\n",
                "",
            ),
            (
                RELEASE,
                "    if order.status not in sources:",
                (
                    "    await leases.release(session, ticket_ids=found.ticket_ids, order_id=order.id)\n"
                    "    if order.status not in sources:"
                ),
            ),
        ),
        f"{HOLD_TESTS}::TestLapsedHold",
    ),
    Mutant(
        4,
        "a buyer can cancel what is being captured",
        ((f"{APP}/orders/rules.py", "BUYER_CAN_CANCEL = PAYABLE", "BUYER_CAN_CANCEL = ACTIVE"),),
        f"{HOLD_TESTS}::TestCancelOrder",
    ),
    Mutant(
        4,
        "an order that ran out can still be completed",
        (
            (
                f"{APP}/orders/rules.py",
                "OrderStatus.COMPLETED: frozenset({OrderStatus.CAPTURING}),",
                "OrderStatus.COMPLETED: frozenset({OrderStatus.CAPTURING, OrderStatus.EXPIRED}),",
            ),
        ),
        "tests/unit/orders/test_rules.py::TestSources",
    ),
    Mutant(
        5,
        "a seller can change the price of a locked ticket",
        (
            (
                f"{APP}/tickets/rules.py",
                "return availability(status, is_locked=is_locked) is Availability.AVAILABLE",
                "return status is TicketStatus.FOR_SALE",
            ),
        ),
        f"{HOLD_TESTS}::TestLockedTicket",
    ),
    Mutant(
        6,
        "a seller can buy their own ticket",
        ((HOLD, "      AND seller_id <> :buyer_id\n", ""),),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        8,
        "an order ends without its event",
        (
            (
                RELEASE,
                "    access.record(session, kind, order, ended.items, leases=_available(released))\n",
                "",
            ),
        ),
        HOLD_TESTS,
    ),
    Mutant(
        8,
        "orders expire without their events",
        ((RELEASE, "    await outbox.record_all(session, events)\n", ""),),
        EXPIRY_TESTS,
    ),
    Mutant(
        8,
        "orders expire, and their history does not tell",
        ((RELEASE, "    await repository.add_steps(session, order_ids)\n", ""),),
        EXPIRY_TESTS,
    ),
    Mutant(
        8,
        "an order moves on, and its history does not tell",
        ((f"{APP}/orders/service/access.py", "    repository.add_step(session, order)\n", ""),),
        HOLD_TESTS,
    ),
    Mutant(
        0,
        "strangers read a withdrawn listing",
        ((f"{APP}/orders/service/queries.py", "raise TicketWithdrawnError", "return ticket"),),
        "tests/integration/orders/test_api.py::TestWithdrawnTicket",
    ),
    Mutant(
        2,
        "released holds cost nothing",
        (
            (
                HOLD,
                "WHEN o.status = 'cancelled' THEN o.ended_at",
                "WHEN o.status = 'cancelled' THEN NULL",
            ),
        ),
        COOLDOWN_TESTS,
    ),
    Mutant(
        2,
        "many short holds cost no more than one",
        ((HOLD, "sum(lost.ended_at - o.created_at)", "max(lost.ended_at - o.created_at)"),),
        COOLDOWN_TESTS,
    ),
)
