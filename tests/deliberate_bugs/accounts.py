from tests.deliberate_bugs.mutant import APP, Mutant

TOKENS = "tests/integration/accounts/test_tokens.py::TestRedeem"
THIEF = "tests/integration/accounts/test_addresses.py::TestThief"

MUTANTS = (
    Mutant(
        0,
        "a mailed link works again and again",
        ((f"{APP}/accounts/repository.py", "        col(Token.used_at).is_(None),\n", ""),),
        TOKENS,
    ),
    Mutant(
        0,
        "a mailed link works for another purpose",
        ((f"{APP}/accounts/repository.py", "        col(Token.purpose).in_(purposes),\n", ""),),
        TOKENS,
    ),
    Mutant(
        0,
        "a mailed link works for ever",
        ((f"{APP}/accounts/repository.py", "        col(Token.expires_at) > func.now(),\n", ""),),
        TOKENS,
    ),
    Mutant(
        0,
        "a reset leaves sessions",
        (
            (
                f"{APP}/accounts/service/recovery.py",
                "ended = await repository.revoke_sessions(session, user_id=user.id, now=now, except_id=None)",
                "ended = []",
            ),
        ),
        "tests/integration/accounts/test_recovery.py::TestReset",
    ),
    Mutant(
        0,
        "a thief's reset ends the owner's way back",
        (
            (
                f"{APP}/accounts/service/tokens.py",
                "frozenset(TokenPurpose) - {TokenPurpose.UNDO}",
                "frozenset(TokenPurpose)",
            ),
        ),
        THIEF,
    ),
    Mutant(
        0,
        "another account takes the address that its owner may restore",
        (
            (
                f"{APP}/accounts/service/registration.py",
                "if await repository.is_reserved(session, user.email, user_id=row.id):",
                "if False:",
            ),
        ),
        THIEF,
    ),
    Mutant(
        0,
        "an unconfirmed account holds as much as others",
        (
            (
                f"{APP}/orders/repository/hold_statements.py",
                "OR l.open_holds < CAST(:max_unconfirmed_holds AS bigint)",
                "OR 0 < CAST(:max_unconfirmed_holds AS bigint)",
            ),
        ),
        "tests/integration/test_unconfirmed.py::TestHolds",
    ),
)
