"""Deliberate bugs in what pages offer."""

from tests.deliberate_bugs.mutant import APP, Mutant

ROWS = f"{APP}/ui/events/offers.py"
ROW_TESTS = "tests/ui/test_event_offers.py"

CACHE_TESTS = "tests/ui/test_document_cache.py::TestDocuments"

MUTANTS = (
    Mutant(
        0,
        "a cached page of an event keeps a price that its seller changed",
        (
            (
                f"{APP}/messaging/catalog.py",
                "return ids and ids | {changes.OFFERS}",
                "return ids and changes.keys(changes.OFFERS)",
            ),
        ),
        CACHE_TESTS,
    ),
    Mutant(
        0,
        "a cached page shows tickets as free that were just held here",
        ((f"{APP}/orders/service/hold.py", "changes.note(", "changes.keys("),),
        CACHE_TESTS,
    ),
    Mutant(
        5,
        "the row of several tickets shows the price of one as its total",
        (
            (
                ROWS,
                "formatting.format_amount(number * offer.price_cents, offer.currency)",
                "formatting.format_amount(offer.price_cents, offer.currency)",
            ),
        ),
        f"{ROW_TESTS}::TestChosenNumber",
    ),
    Mutant(
        0,
        "a row shows other seats than the hold takes",
        (
            (
                ROWS,
                "chosen = set(best_seats([seat.position for seat in seats], quantity))",
                "chosen = {seat.position for seat in seats[:quantity]}",
            ),
        ),
        f"{ROW_TESTS}::TestChosenNumber",
    ),
    Mutant(
        0,
        "a row offers a number that the seller's rule forbids",
        ((ROWS, "numbers = _fitting(offer.quantities, quantity)", "numbers = [quantity or 1]"),),
        f"{ROW_TESTS}::TestChosenNumber",
    ),
    Mutant(
        5,
        "a plain form buys at any price",
        (
            (
                f"{APP}/ui/purchases/holding.py",
                "SeenOffer(version, offer.price_cents)",
                "SeenOffer(version)",
            ),
        ),
        "tests/ui/test_forms.py::TestPurchase",
    ),
)
