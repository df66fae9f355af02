"""Deliberate bugs in corrections of events."""

from tests.deliberate_bugs.mutant import APP, Mutant

CHANGES = f"{APP}/tickets/service/event_changes.py"
CURATION_TESTS = "tests/integration/events/test_curation.py"
CANCELLATION_TESTS = "tests/integration/events/test_cancellation.py"

MUTANTS = (
    Mutant(
        5,
        "a merge of events changes the title of a held ticket",
        (
            (
                CHANGES,
                "if rules.can_change(TicketStatus(row.ticket.status), is_locked=row.is_locked):",
                "if rules.can_change(TicketStatus(row.ticket.status), is_locked=False):",
            ),
        ),
        f"{CURATION_TESTS}::TestMergeEvents",
    ),
    Mutant(
        0,
        "a cancelled event leaves its held tickets to be paid",
        (
            (
                f"{APP}/orders/service/event_cancellation.py",
                "for order_id in withdrawn.order_ids:",
                "for order_id in withdrawn.order_ids[:0]:",
            ),
        ),
        f"{CANCELLATION_TESTS}::TestCancelEvent",
    ),
    Mutant(
        0,
        "the cancellation of a big event ends after its first batch",
        ((f"{APP}/orders/subscribers.py", "outbox.record(session, event)", "pass"),),
        f"{CANCELLATION_TESTS}::TestCancelEvent",
    ),
    Mutant(
        0,
        "a cancellation locks the earlier listings of a seat after the later ones",
        (
            (
                f"{APP}/tickets/repository/event_changes.py",
                "await resale.lock_seats(session, ids)",
                (
                    "await session.exec(select(Ticket.id).where(col(Ticket.id).in_(ids))"
                    ".order_by(col(Ticket.id)).with_for_update(key_share=True))"
                ),
            ),
        ),
        f"{CANCELLATION_TESTS}::TestCancelEvent",
    ),
    Mutant(
        0,
        "a double that was merged before leads to an event that is merged itself",
        (
            (
                f"{APP}/events/service/curation.py",
                "await repository.redirect_events(session, event.id, target.id)",
                "pass",
            ),
        ),
        f"{CURATION_TESTS}::TestMergeEvents",
    ),
    Mutant(
        0,
        "a skipped local time stays as it was typed",
        (
            (
                f"{APP}/events/rules.py",
                "return Start(at.astimezone(zone).replace(tzinfo=None, fold=0), at)",
                "return Start(local, at)",
            ),
        ),
        "tests/unit/events/test_rules.py::TestStartOf",
    ),
)
