"""Deliberate bugs in holds, orders and resale."""

from tests.deliberate_bugs.mutant import APP, Mutant

HOLD = f"{APP}/orders/repository/hold_statements.py"
BEST_TESTS = "tests/integration/orders/test_best_seats.py"
LISTING_TESTS = "tests/integration/orders/test_listing_hold.py"
STEP_TESTS = "tests/integration/orders/test_listing_steps.py"
HOLD_TESTS = "tests/integration/orders/test_hold.py"
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
        f"{SELL_TESTS}::TestSellListing",
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
                "return None if sale.is_disputed else sale.buyer_id",
                "return sale.buyer_id",
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
                f"{APP}/orders/service/release.py",
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
                f"{APP}/orders/service/release.py",
                "    access.record(session, kind, ended, found.items, leases=available)\n",
                "",
            ),
        ),
        HOLD_TESTS,
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
    Mutant(
        1,
        "an order gets fewer tickets than it asked for",
        ((HOLD, "(SELECT count(*) FROM asked) = :quantity", "(SELECT count(*) FROM asked) > 0"),),
        f"{LISTING_TESTS}::TestChosenTickets",
    ),
    Mutant(
        1,
        "a takeover leaves the items of the expired order live",
        ((HOLD, "SET is_order_live = false", "SET is_order_live = is_order_live"),),
        f"{HOLD_TESTS}::TestLapsedHold",
    ),
    Mutant(
        3,
        "a takeover of a part leaves the rest locked",
        ((HOLD, "WHERE l.id NOT IN (SELECT id FROM was)", "WHERE false"),),
        f"{STEP_TESTS}::TestTakeover",
    ),
    Mutant(
        0,
        "a hold leaves a single ticket although its seller does not want that",
        (
            (
                HOLD,
                "WHEN 'no_single' THEN a.left_before - :quantity <> 1",
                "WHEN 'no_single' THEN true",
            ),
        ),
        f"{LISTING_TESTS}::TestSplit",
    ),
    Mutant(
        0,
        "the rule of the seller does not count a ticket that comes back during the wait",
        (
            (
                HOLD,
                "    ORDER BY t.id\n    FOR NO KEY UPDATE OF t\n), available",
                (
                    "      AND (t.locked_until IS NULL OR t.locked_until <= now())\n"
                    "    ORDER BY t.id\n    FOR NO KEY UPDATE OF t\n), available"
                ),
            ),
        ),
        f"{LISTING_TESTS}::TestSplit",
    ),
    Mutant(
        0,
        "the rule of the seller is the one before the wait",
        ((HOLD, "    FOR SHARE OF l\n", ""),),
        f"{LISTING_TESTS}::TestSplit",
    ),
    Mutant(
        0,
        "holds of one listing wait for it with a turn for each ticket",
        (
            (
                f"{APP}/orders/service/hold.py",
                "_connect_in_turn(connect, choice.listing_id)",
                "_connect_in_turn(connect, next(iter(choice.ticket_ids), choice.listing_id))",
            ),
        ),
        "tests/integration/orders/test_turns.py",
    ),
    Mutant(
        0,
        "pages choose other seats than the hold: those that leave one over",
        (
            (
                f"{APP}/tickets/rules.py",
                "left < 0, left == 1, abs(left)",
                "left < 0, False, abs(left)",
            ),
        ),
        BEST_TESTS,
    ),
    Mutant(
        0,
        "pages offer more neighbouring seats than there are",
        (
            (
                f"{APP}/tickets/rules.py",
                "most = longest_run(positions) if is_side_by_side else len(positions)",
                "most = len(positions)",
            ),
        ),
        BEST_TESTS,
    ),
    Mutant(
        0,
        "a listing that is resumed offers the tickets that are held",
        ((f"{APP}/tickets/service/listings.py", ", is_locked=row.is_locked", ""),),
        "tests/integration/tickets/test_listing_changes.py::TestPause",
    ),
    Mutant(
        0,
        "a listing is resumed after the event has begun",
        (
            (
                f"{APP}/tickets/service/listings.py",
                "        raise ListingBegunError\n",
                "        pass\n",
            ),
        ),
        "tests/integration/tickets/test_listing_changes.py::TestPause",
    ),
    Mutant(
        0,
        "an order of any number of tickets",
        (
            (
                f"{APP}/orders/service/hold.py",
                "if not 1 <= choice.quantity <= MAX_TICKETS:",
                "if choice.quantity > 99:",
            ),
        ),
        f"{LISTING_TESTS}::TestChosenTickets",
    ),
    Mutant(
        1,
        "the expiry closes an order while one of its tickets is locked",
        ((f"{APP}/orders/service/release.py", "if own <= locked", "if own & locked"),),
        f"{STEP_TESTS}::TestAllOrNone",
    ),
    Mutant(
        1,
        "a claim keeps the tickets whose lease still runs",
        (
            (
                f"{APP}/tickets/repository/tickets.py",
                " AND (SELECT count(*) FROM running) = cardinality(:ticket_ids)",
                "",
            ),
        ),
        f"{STEP_TESTS}::TestAllOrNone",
    ),
    Mutant(
        1,
        "an order is completed with a part of its tickets",
        (
            (
                f"{APP}/tickets/service/lease.py",
                "if len(sold) == len(ticket_ids):",
                "if sold:",
            ),
        ),
        f"{STEP_TESTS}::TestAllOrNone",
    ),
    Mutant(
        1,
        "a step locks its order before its tickets",
        (
            (
                f"{APP}/orders/service/access.py",
                "    await leases.lock_seats(session, ticket_ids=found.ticket_ids)\n",
                "",
            ),
        ),
        f"{STEP_TESTS}::TestOrderOfLocks",
    ),
    Mutant(
        1,
        "a step locks only a part of the listing before its order",
        (
            (
                f"{APP}/tickets/repository/resale.py",
                "        select(col(Ticket.id)).where(col(Ticket.listing_id).in_(listings)),\n",
                "",
            ),
        ),
        f"{STEP_TESTS}::TestOrderOfLocks",
    ),
    Mutant(
        5,
        "several tickets cost as much as one",
        (
            (
                HOLD,
                "min(held.title), sum(held.price_cents)",
                "min(held.title), max(held.price_cents)",
            ),
        ),
        f"{LISTING_TESTS}::TestChosenTickets",
    ),
    Mutant(
        5,
        "tickets of a listing are held at another price than the buyer saw",
        (
            (
                HOLD,
                (
                    "      AND price_cents = coalesce(CAST(:seen_price_cents AS bigint), price_cents)\n"
                    "    -- The shortest"
                ),
                "    -- The shortest",
            ),
        ),
        f"{LISTING_TESTS}::TestBestSeats",
    ),
    Mutant(
        5,
        "a seller can change the price of a listing while a ticket of it is held",
        (
            (
                f"{APP}/tickets/service/listings.py",
                "    _require_free(found)\n    for row",
                "    for row",
            ),
        ),
        "tests/integration/tickets/test_listing_changes.py::TestUpdateListing",
    ),
    Mutant(
        0,
        "tickets of a paused listing can be held",
        (
            (
                HOLD,
                "          status = 'for_sale'\n",
                "          status IN ('for_sale', 'paused')\n",
            ),
            (
                HOLD,
                "AND f.status = 'for_sale'",
                "AND f.status IN ('for_sale', 'paused')",
            ),
        ),
        "tests/integration/tickets/test_listing_changes.py::TestPause",
    ),
    Mutant(
        7,
        "who holds tickets of a paused listing cannot pay for them",
        (
            (
                f"{APP}/tickets/repository/tickets.py",
                "t.order_id = :order_id AND t.status <> 'sold'",
                "t.order_id = :order_id AND t.status = 'for_sale'",
            ),
        ),
        f"{STEP_TESTS}::TestAllOrNone",
    ),
    Mutant(
        0,
        "a paused ticket is announced as available when its hold ends",
        (
            (
                f"{APP}/orders/service/release.py",
                "if lease.status is TicketStatus.FOR_SALE]",
                "if lease.status]",
            ),
        ),
        f"{STEP_TESTS}::TestAllOrNone",
    ),
    Mutant(
        0,
        "tickets that are sold only together are sold one by one",
        ((HOLD, "WHEN 'together' THEN a.left_before = :quantity", "WHEN 'together' THEN true"),),
        f"{LISTING_TESTS}::TestSplit",
    ),
    Mutant(
        0,
        "seats that were promised side by side lie apart",
        ((HOLD, "AND (NOT l.is_side_by_side OR", "AND (true OR"),),
        f"{LISTING_TESTS}::TestBestSeats",
    ),
)
