"""Deliberate bugs in the keeping of files."""

from tests.deliberate_bugs.mutant import APP, Mutant

SERVICE = f"{APP}/vault/service"
TESTS = "tests/integration/vault"

MUTANTS = (
    Mutant(
        9,
        "strangers read files",
        (
            (
                f"{SERVICE}/reading.py",
                "if file is None or file.owner_id != reader.user_id:",
                "if file is None:",
            ),
        ),
        f"{TESTS}/test_files.py::TestReadPart",
    ),
    Mutant(
        9,
        "buyers read sealed files",
        (
            (
                f"{SERVICE}/reading.py",
                "if file.opened_at is None and file.owner_id != file.given_by:",
                "if file.opened_at is None and file.owner_id is None:",
            ),
        ),
        f"{TESTS}/test_files.py::TestReadPart",
    ),
    Mutant(
        9,
        "a seller erases the proof of a delivery",
        ((f"{SERVICE}/erasure.py", "if found[0].is_proof:", "if found[0].is_proof is None:"),),
        "tests/integration/deliveries/test_transfers.py::TestSend",
    ),
    Mutant(
        9,
        "a read leaves no record",
        ((f"{SERVICE}/reading.py", "_record(session, [file_id], part, reader)", "pass"),),
        f"{TESTS}/test_erasure.py::TestRetention",
    ),
    Mutant(
        9,
        "the same barcode is listed twice",
        (
            (
                f"{SERVICE}/claims.py",
                "await _claim_code(session, code, fingerprint, seller_id)",
                "pass",
            ),
        ),
        f"{TESTS}/test_claims.py::TestClaim",
    ),
    Mutant(
        9,
        "a buyer who withdraws frees the barcode for the first seller",
        ((f"{SERVICE}/claims.py", "if file.owner_id == file.given_by]", "]"),),
        f"{TESTS}/test_claims.py::TestClaim",
    ),
    Mutant(
        9,
        "files are moved that their giver does not own",
        ((f"{APP}/vault/repository.py", ", col(VaultFile.owner_id) == from_id)", ")"),),
        f"{TESTS}/test_files.py::TestMove",
    ),
    Mutant(
        9,
        "parts of a file can be exchanged in the store",
        (
            (
                f"{APP}/vault/envelope.py",
                "return _encrypt(data_key, content, file_id.bytes + part.encode())",
                "return _encrypt(data_key, content, file_id.bytes)",
            ),
            (
                f"{APP}/vault/envelope.py",
                "return _decrypt(data_key, sealed, file_id.bytes + part.encode())",
                "return _decrypt(data_key, sealed, file_id.bytes)",
            ),
        ),
        "tests/unit/vault/test_envelope.py::TestUnseal",
    ),
    Mutant(
        9,
        "the sweep deletes files that are kept",
        (
            (
                f"{SERVICE}/erasure.py",
                "if file_id and file_id not in readable]",
                "if file_id]",
            ),
        ),
        f"{TESTS}/test_erasure.py::TestSweep",
    ),
    Mutant(
        9,
        "uploads have no limit of their size",
        (
            (
                f"{APP}/vault/api.py",
                "uploads.require_length(request, max_bytes=rules.MAX_UPLOAD_BYTES)",
                "pass",
            ),
            (
                f"{APP}/vault/api.py",
                "uploads.read(request, max_bytes=rules.MAX_UPLOAD_BYTES)",
                "uploads.read(request, max_bytes=2**40)",
            ),
        ),
        f"{TESTS}/test_api.py::TestUpload",
    ),
    Mutant(
        9,
        "a leaving account keeps its unsold files",
        (
            (
                f"{APP}/privacy/service/deletion.py",
                "await files.erase_unsold(session, owner_id=caller.user_id)",
                "pass",
            ),
        ),
        "tests/integration/privacy/test_deletion.py::TestRequestDeletion",
    ),
)
