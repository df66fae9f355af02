"""Deliberate bugs in listings and in orders of several tickets."""

from tests.deliberate_bugs.mutant import APP, Mutant

HOLD = f"{APP}/orders/repository/hold_statements.py"
BEST_TESTS = "tests/integration/orders/test_best_seats.py"
LISTING_TESTS = "tests/integration/orders/test_listing_hold.py"
STEP_TESTS = "tests/integration/orders/test_listing_steps.py"
HOLD_TESTS = "tests/integration/orders/test_hold.py"
FILE_TESTS = "tests/integration/tickets/test_files.py::TestList"

MUTANTS = (
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
        11,
        "tickets are sold that cannot come in time",
        (
            (
                HOLD,
                "coalesce(least(starts_at, sellable_until) > now(), true)",
                "coalesce(starts_at > now(), true)",
            ),
        ),
        HOLD_TESTS,
    ),
    Mutant(
        9,
        "a listing does not claim its files",
        (
            (
                f"{APP}/tickets/service/promises.py",
                "    await claims.claim(session, seller_id=seller_id, file_ids=file_ids, event_day=day)\n",
                "",
            ),
        ),
        FILE_TESTS,
    ),
    Mutant(
        9,
        "the public sees the files of a listing",
        (
            (
                f"{APP}/tickets/service/promises.py",
                "files if viewer_id == first.seller_id else []",
                "files",
            ),
        ),
        FILE_TESTS,
    ),
    Mutant(
        1,
        "the expiry closes an order while one of its tickets is locked",
        (
            (
                f"{APP}/orders/service/release.py",
                "locked.issuperset(ticket_ids)",
                "locked & {*ticket_ids}",
            ),
        ),
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
