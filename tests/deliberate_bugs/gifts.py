"""Deliberate bugs in gifts."""

from tests.deliberate_bugs.mutant import APP, Mutant

GIFTS = f"{APP}/orders/service/gifts.py"
OWNERSHIP = f"{APP}/orders/service/ownership.py"
TESTS = "tests/integration/orders/test_gifts.py"

MUTANTS = (
    Mutant(
        9,
        "a taken ticket stays with its giver",
        (
            (
                GIFTS,
                "await files.move(session, file_ids=[gift.file_id], from_id=gift.from_id, to_id=user_id)",
                "pass",
            ),
        ),
        f"{TESTS}::TestTakeGift",
    ),
    Mutant(
        9,
        "anybody with a confirmed address takes a gift",
        ((GIFTS, "return gift.to_email == user.email", "return True"),),
        f"{TESTS}::TestTakeGift",
    ),
    Mutant(
        9,
        "a gift is taken by an address that nobody confirmed",
        ((GIFTS, "if not user.is_confirmed:", "if False:"),),
        f"{TESTS}::TestOfferGift",
    ),
    Mutant(
        9,
        "a friend keeps the ticket after the refund of its buyer",
        (
            (
                OWNERSHIP,
                "if owner_id and owner_id != file.owner_id:",
                "if False:",
            ),
        ),
        f"{TESTS}::TestRefund",
    ),
    Mutant(
        9,
        "a gift outlives the refund of its ticket",
        (
            (
                f"{APP}/orders/service/refund.py",
                "await gifts.withdraw_lost(session, ticket_ids=moved)",
                "pass",
            ),
        ),
        f"{TESTS}::TestRefund",
    ),
    Mutant(
        9,
        "an offered ticket can be opened",
        ((OWNERSHIP, "if found.offer:", "if False:"),),
        f"{TESTS}::TestOfferGift",
    ),
    Mutant(
        9,
        "an offered ticket can be listed",
        ((f"{APP}/orders/service/sell.py", "if found.offer:", "if False:"),),
        f"{TESTS}::TestOfferGift",
    ),
    Mutant(
        9,
        "a gift is taken after its time",
        (
            (
                f"{APP}/orders/repository/gifts.py",
                "is_in_time = ~_IS_RUNNING if to is GiftStatus.LAPSED else _IS_RUNNING",
                "is_in_time = col(Gift.id).is_not(None)",
            ),
        ),
        f"{TESTS}::TestTakeGift",
    ),
)
