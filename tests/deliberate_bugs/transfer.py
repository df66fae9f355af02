"""Deliberate bugs in tickets that sellers send: deadlines, choices, addresses, refunds."""

from tests.deliberate_bugs.mutant import APP, Mutant

SERVICE = f"{APP}/deliveries/service"
TESTS = "tests/integration/deliveries"
DEADLINES = f"{TESTS}/test_deadlines.py"
TRANSFERS = f"{TESTS}/test_transfers.py"
ADDRESSES = f"{TESTS}/test_addresses.py"

MUTANTS = (
    Mutant(
        11,
        "a seller sends after the deadline while no worker runs",
        (
            (
                f"{APP}/deliveries/rules.py",
                "        Transition.HAND_OVER,\n        Transition.SEND,\n",
                "        Transition.HAND_OVER,\n",
            ),
        ),
        f"{TRANSFERS}::TestSend",
    ),
    Mutant(
        11,
        "the clock of the worker ends a delivery, not that of the database",
        (
            (
                f"{SERVICE}/deadlines.py",
                "    if name is None or found.is_running:\n",
                "    if name is None:\n",
            ),
            (
                f"{APP}/deliveries/repository.py",
                "        conditions.append(due_at <= NOW)\n",
                "        pass\n",
            ),
        ),
        f"{DEADLINES}::TestMeetDeadline",
    ),
    Mutant(
        11,
        "a buyer gives more time again and again",
        (
            (
                f"{APP}/deliveries/repository.py",
                "    if name is Transition.WAIT:\n        conditions.append",
                "    if False:\n        conditions.append",
            ),
        ),
        f"{DEADLINES}::TestWait",
    ),
    Mutant(
        11,
        "tickets that did not come are not refunded",
        (
            (
                f"{APP}/payments/subscribers.py",
                "    if event.status == DeliveryStatus.FAILED:\n",
                "    if False:\n",
            ),
        ),
        f"{DEADLINES}::TestGiveUp",
    ),
    Mutant(
        11,
        "a deadline has no work that records its end",
        (
            (
                f"{SERVICE}/moves.py",
                "    if delivery.due_at:\n        await work.want",
                "    if False:\n        await work.want",
            ),
        ),
        f"{DEADLINES}::TestWork",
    ),
    Mutant(
        9,
        "tickets are paid before the seller can know where to send them",
        (
            (
                f"{APP}/payments/service/opening.py",
                "        await addresses.require(session, order=order)\n",
                "",
            ),
        ),
        f"{ADDRESSES}::TestPayment",
    ),
    Mutant(
        9,
        "a seller sees the address after it was needed",
        (
            (
                f"{SERVICE}/addresses.py",
                "    if sides.shown_status(found) not in SHOWS_ADDRESS:\n",
                "    if False:\n",
            ),
        ),
        f"{ADDRESSES}::TestSeller",
    ),
    Mutant(
        9,
        "the address changes after the tickets were sent",
        (
            (
                f"{SERVICE}/addresses.py",
                "        await _require_unsent(session, order_id=order_id, buyer_id=buyer_id)\n",
                "        pass\n",
            ),
        ),
        f"{ADDRESSES}::TestSave",
    ),
    Mutant(
        9,
        "a link of any site is sold as a ticket",
        (
            (
                f"{APP}/vault/service/links.py",
                "    if not rules.is_ticket_link(address):\n",
                "    if False:\n",
            ),
        ),
        "tests/integration/vault/test_links.py",
    ),
)
