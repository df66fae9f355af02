"""Deliberate bugs in the re-issue of tickets."""

from tests.deliberate_bugs.mutant import APP, Mutant

PRETIX = f"{APP}/deliveries/gateway/pretix.py"
SERVICE = f"{APP}/deliveries/service"
CONTRACT = "tests/contract/test_pretix_contract.py"
TESTS = "tests/integration/deliveries"

MUTANTS = (
    Mutant(
        9,
        "a repeated re-issue swaps the ticket twice",
        (
            (
                PRETIX,
                "if order.code != was.order or order.holding == was:",
                'if key := f"{key}-{order.secret}":',
            ),
        ),
        CONTRACT,
    ),
    Mutant(
        9,
        "the seller's old link shows the new ticket",
        (
            (
                PRETIX,
                'await self._call("POST", f"{path}regenerate_secrets/", key=key)',
                'await self._call("POST", f"{_path(place)}regenerate_secrets/", key=key)',
            ),
        ),
        CONTRACT,
    ),
    Mutant(
        9,
        "the seller is mailed the new ticket",
        (
            (
                PRETIX,
                'await self._call("PATCH", path, body={"email": to.email, "phone": None})',
                "pass",
            ),
        ),
        CONTRACT,
    ),
    Mutant(
        9,
        "a withdrawn ticket stays frozen",
        ((f"{SERVICE}/freezing.py", "await unfreeze(transaction, row)", "pass"),),
        f"{TESTS}/test_freezing.py::TestEndOfSale",
    ),
    Mutant(
        9,
        "a refunded ticket stays with its buyer",
        (
            (
                f"{APP}/deliveries/rules.py",
                "if status in FINAL or owner_id == parties.seller_id:",
                "if False:",
            ),
        ),
        f"{TESTS}/test_reissue.py::TestRefund",
    ),
    Mutant(
        9,
        "a refund loses to a re-issue in progress",
        (
            (
                f"{SERVICE}/reissue.py",
                "if now is None or _find_recipient(now, files[old_id].owner_id) != recipient_id:",
                "if now is None:",
            ),
        ),
        f"{TESTS}/test_reissue.py::TestRefund",
    ),
    Mutant(
        9,
        "a re-issued ticket is read without breaking its seal",
        ((f"{SERVICE}/reissue.py", "given_by=delivery.seller_id, ", ""),),
        f"{TESTS}/test_reissue.py::TestIssue",
    ),
    Mutant(
        9,
        "the token is sent to the address that a file names",
        (
            (
                f"{APP}/deliveries/gateway/connected.py",
                "return [Pretix(one) for one in get_settings().organizers if one.address == wanted]",
                'return [Pretix(one.model_copy(update={"url": wanted})) for one in get_settings().organizers]',
            ),
        ),
        f"{TESTS}/test_freezing.py::TestListing",
    ),
)
