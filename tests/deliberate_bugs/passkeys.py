"""Deliberate bugs in passkeys and proofs."""

from tests.deliberate_bugs.mutant import APP, Mutant

PASSKEY_TESTS = "tests/integration/accounts/test_passkeys.py"

MUTANTS = (
    Mutant(
        0,
        "the challenge of a passkey is answered twice",
        (
            (
                f"{APP}/accounts/repository.py",
                "    deleted = delete(Challenge).where(\n",
                "    deleted = update(Challenge).values(session_id=session_id).where(\n",
            ),
        ),
        f"{PASSKEY_TESTS}::TestSignIn",
    ),
    Mutant(
        0,
        "the challenge of another session is answered",
        (
            (
                f"{APP}/accounts/repository.py",
                "is_not_distinct_from(session_id)",
                "is_not_distinct_from(Challenge.session_id)",
            ),
        ),
        f"{PASSKEY_TESTS}::TestProof",
    ),
    Mutant(
        0,
        "a passkey signs in without finger or code",
        (
            (
                f"{APP}/accounts/gateway.py",
                "credential_current_sign_count=0,\n            require_user_verification=True,",
                "credential_current_sign_count=0,\n            require_user_verification=False,",
            ),
        ),
        f"{PASSKEY_TESTS}::TestSignIn",
    ),
    Mutant(
        0,
        "anybody removes the passkey of somebody else",
        (
            (
                f"{APP}/accounts/repository.py",
                "col(Passkey.id) == passkey_id, col(Passkey.user_id) == user_id",
                "col(Passkey.id) == passkey_id",
            ),
        ),
        f"{PASSKEY_TESTS}::TestRemove",
    ),
    Mutant(
        0,
        "a proof is valid for ever",
        (
            (
                f"{APP}/accounts/rules.py",
                "proved_at is not None and now - proved_at < PROOF_LIFETIME",
                "proved_at is not None",
            ),
        ),
        "tests/integration/accounts/test_proof.py::TestValuableActs",
    ),
    Mutant(
        0,
        "a page ends other sessions without a proof",
        (
            (
                f"{APP}/ui/accounts/state.py",
                "await session.require_proof(caller)\n        await transactions.in_transaction(auth.end_sessions",
                "await transactions.in_transaction(auth.end_sessions",
            ),
        ),
        "tests/ui/test_proof.py::TestStaleProof",
    ),
)
