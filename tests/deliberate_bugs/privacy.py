"""Deliberate bugs in exports, deletions and erasures."""

from tests.deliberate_bugs.mutant import APP, Mutant

SERVICE = f"{APP}/privacy/service"
TESTS = "tests/integration/privacy"

MUTANTS = (
    Mutant(
        0,
        "domain events keep the address of an erased account",
        (
            (
                f"{APP}/accounts/service/personal.py",
                "await outbox.erase(session, aggregate_id=user_id, names=PERSONAL)",
                "pass",
            ),
        ),
        f"{TESTS}/test_deletion.py::TestEraseAccount",
    ),
    Mutant(
        0,
        "an account is erased although its owner came back",
        ((f"{SERVICE}/erasure.py", "if rules.is_kept(", "if False and rules.is_kept("),),
        f"{TESTS}/test_deletion.py::TestReturn",
    ),
    Mutant(
        0,
        "a seller leaves while somebody buys from them",
        (
            (
                f"{APP}/tickets/service/personal.py",
                "if any(row.is_locked for row in rows):",
                "if False:",
            ),
            (f"{APP}/tickets/service/personal.py", "if found.is_any_locked:", "if False:"),
        ),
        f"{TESTS}/test_deletion.py::TestRequestDeletion",
    ),
    Mutant(
        0,
        "an export can be read by everybody who knows its id",
        ((f"{SERVICE}/export.py", "export.user_id != user_id or ", ""),),
        f"{TESTS}/test_export.py",
    ),
)
