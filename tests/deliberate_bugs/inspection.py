"""Deliberate bugs in the inspection of ticket files."""

from tests.deliberate_bugs.mutant import APP, Mutant

INSPECTION = f"{APP}/vault/inspection"
CHILD = f"{INSPECTION}/child"
UNIT = "tests/unit/vault"
INTEGRATION = "tests/integration/vault"

MUTANTS = (
    Mutant(
        9,
        "a parser that was taken over keeps its powers",
        (
            (
                f"{CHILD}/confine.py",
                "(_RETURN, 0, 0, _SECCOMP_RET_EPERM)",
                "(_RETURN, 0, 0, _SECCOMP_RET_ALLOW)",
            ),
        ),
        f"{INTEGRATION}/test_confinement.py::TestConfinement",
    ),
    Mutant(
        9,
        "files are inspected without a filter",
        ((f"{INSPECTION}/sandbox.py", "if exit_code == EXIT_WITHOUT_FILTER:", "if False:"),),
        f"{INTEGRATION}/test_sandbox.py",
    ),
    Mutant(
        9,
        "a drawing is shown that reads differently",
        (
            (
                f"{CHILD}/barcodes.py",
                "return _to_svg(copy) if is_same else None",
                "return _to_svg(copy)",
            ),
        ),
        f"{UNIT}/test_barcodes.py",
    ),
    Mutant(
        9,
        "a changed pass is accepted",
        ((f"{CHILD}/passes.py", "if not is_unchanged:", "if False:"),),
        f"{UNIT}/test_clean_copies.py::TestPass",
    ),
    Mutant(
        9,
        "the file of one ticket has the pages of all",
        ((f"{CHILD}/pdf.py", "_redraw(source, numbers)", "_redraw(source, [*range(len(pages))])"),),
        f"{UNIT}/test_clean_copies.py::TestPdf",
    ),
    Mutant(
        9,
        "an ambiguous day is guessed",
        ((f"{CHILD}/facts.py", "if start and len(days) == 1:", "if start:"),),
        f"{UNIT}/test_facts.py::TestDays",
    ),
)
