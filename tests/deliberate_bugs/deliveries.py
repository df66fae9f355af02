"""Deliberate bugs in deliveries."""

from tests.deliberate_bugs.mutant import APP, Mutant

SERVICE = f"{APP}/deliveries/service"
REPOSITORY = f"{APP}/deliveries/repository.py"
TESTS = "tests/integration/deliveries"

MUTANTS = (
    Mutant(
        9,
        "a completed order has no delivery",
        (
            (
                f"{APP}/payments/service/complete.py",
                "await begin.begin(session, order_id=charge.order_id)",
                "pass",
            ),
        ),
        f"{TESTS}/test_begin.py",
    ),
    Mutant(
        9,
        "the seller keeps the file that was sold",
        (
            (
                f"{SERVICE}/begin.py",
                "await ownership.move(session, file_ids=file_ids, from_id=owner_id, to_id=buyer_id)",
                "pass",
            ),
        ),
        f"{TESTS}/test_opening.py::TestBegin",
    ),
    Mutant(
        9,
        "strangers see a delivery",
        (
            (
                f"{SERVICE}/queries.py",
                "if viewer_id in {delivery.buyer_id, delivery.seller_id}:",
                "if viewer_id:",
            ),
        ),
        f"{TESTS}/test_api.py",
    ),
    Mutant(
        9,
        "a refund leaves the delivery as it is",
        (
            (
                f"{SERVICE}/following.py",
                "if order.status is not OrderStatus.COMPLETED:",
                "if order.status is OrderStatus.COMPLETED:",
            ),
        ),
        f"{TESTS}/test_begin.py::TestFollowRefund",
    ),
    Mutant(
        9,
        "a delivery is opened without its seal",
        (
            (
                f"{SERVICE}/opening.py",
                "await reading.break_seal(session, file_ids=delivery.own_file_ids, reader=reader)",
                "pass",
            ),
        ),
        f"{TESTS}/test_opening.py::TestOpenDelivery",
    ),
    Mutant(
        9,
        "a ticket is opened while it is for sale as never opened",
        (
            (
                f"{SERVICE}/opening.py",
                "await ownership.require_own(session, owner_id=reader.user_id, ticket_ids=ticket_ids)",
                "pass",
            ),
        ),
        f"{TESTS}/test_opening.py::TestOpenDelivery",
    ),
    Mutant(
        9,
        "an unconfirmed address downloads",
        ((f"{SERVICE}/opening.py", "raise UnconfirmedReaderError", "pass"),),
        f"{TESTS}/test_opening.py::TestOpenDelivery",
    ),
    Mutant(
        9,
        "tickets are read without a proof",
        (
            (
                f"{APP}/deliveries/api/deliveries.py",
                "import FreshCaller, SignedIn",
                "import SignedIn, SignedIn as FreshCaller",
            ),
        ),
        f"{TESTS}/test_api.py",
    ),
    Mutant(
        11,
        "the seller sends in time by the clock of a worker",
        ((REPOSITORY, "conditions.append(or_(due_at.is_(None), due_at > NOW))", "pass"),),
        f"{TESTS}/test_moves.py",
    ),
    Mutant(
        11,
        "a delivery is late before its deadline",
        ((REPOSITORY, "conditions.append(due_at <= NOW)", "pass"),),
        f"{TESTS}/test_moves.py",
    ),
    Mutant(
        11,
        "a seller who promised nothing can be late",
        (
            (
                REPOSITORY,
                "and_(is_promised, status.in_(TRANSITIONS[name][0]))",
                "status.in_(TRANSITIONS[name][0])",
            ),
        ),
        f"{TESTS}/test_moves.py",
    ),
    Mutant(
        11,
        "a buyer gives more time again and again",
        ((REPOSITORY, "conditions.append(col(Delivery.has_waited).is_(False))", "pass"),),
        f"{TESTS}/test_moves.py",
    ),
    Mutant(
        9,
        "the door shows the codes of another owner",
        (
            (
                f"{SERVICE}/door.py",
                "await _list_all(session, order_id) if owner_id == user_id",
                "await _list_all(session, order_id) if owner_id",
            ),
        ),
        f"{TESTS}/test_door.py",
    ),
    Mutant(
        9,
        "the door shows tickets that were refunded",
        (
            (
                f"{SERVICE}/door.py",
                "if order.status is not OrderStatus.COMPLETED:\n        return []",
                "pass",
            ),
        ),
        f"{TESTS}/test_door.py",
    ),
)
