"""Deliberate bugs in deferred work."""

from tests.deliberate_bugs.mutant import APP, Mutant

DUE = f"{APP}/work/due.py"
DUE_TESTS = "tests/integration/work/test_due.py"
JOB_TESTS = "tests/integration/work/test_jobs.py"

MUTANTS = (
    Mutant(
        0,
        "the lease of work ends before its job must",
        (
            (
                DUE,
                "lease: timedelta = timedelta(minutes=3)",
                "lease: timedelta = timedelta(minutes=2)",
            ),
        ),
        DUE_TESTS,
    ),
    Mutant(
        0,
        "work that is wanted while it is done is not done again",
        (
            (
                DUE,
                "AND taken_until = :taken_until AND turn = :turn",
                "AND taken_until = :taken_until",
            ),
        ),
        DUE_TESTS,
    ),
    Mutant(
        0,
        "a process whose lease has ended ends the work of another",
        ((DUE, "AND taken_until = :taken_until AND turn = :turn", "AND turn = :turn"),),
        DUE_TESTS,
    ),
    Mutant(
        0,
        "a process whose lease has ended releases the work of another",
        ((DUE, " AND taken_until = :taken_until\n", "\n"),),
        DUE_TESTS,
    ),
    Mutant(
        0,
        "a process takes two things at once",
        ((DUE, "LIMIT 1 FOR UPDATE SKIP LOCKED", "LIMIT 2 FOR UPDATE SKIP LOCKED"),),
        DUE_TESTS,
    ),
    Mutant(
        0,
        "a nudge during the last look is lost",
        (
            (
                f"{APP}/work/jobs.py",
                "            elif name not in _nudged:\n",
                "            else:\n",
            ),
        ),
        JOB_TESTS,
    ),
    Mutant(
        0,
        "a stopping worker does all that is due first",
        ((f"{APP}/work/jobs.py", "while loop not in _stopping and", "while"),),
        JOB_TESTS,
    ),
)
