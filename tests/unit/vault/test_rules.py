from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ticketing_app.vault import rules

KEY = b"key"
DAY = date(2027, 5, 1)
LONG = b"a-payload-of-an-issuer"
FILE_ID = UUID("01a20000-0000-7000-8000-0000000000ab")


class TestFingerprint:
    def test_of_a_long_payload_does_not_depend_on_the_day(self) -> None:
        digest = rules.digest_code(KEY, LONG)
        found = {
            rules.fingerprint(KEY, digest, is_short=rules.is_short(LONG), event_day=day)
            for day in (DAY, None)
        }
        assert found == {digest}

    @pytest.mark.parametrize("payload", [b"short", b"00000000000000000123"])
    def test_of_a_short_or_numeric_payload_depends_on_the_day(self, payload: bytes) -> None:
        digest = rules.digest_code(KEY, payload)
        days = (DAY, date(2027, 5, 2), None)
        found = {
            rules.fingerprint(KEY, digest, is_short=rules.is_short(payload), event_day=day)
            for day in days
        }
        assert len(found) == len(days)
        assert digest not in found

    def test_depends_on_the_key_and_the_kind(self) -> None:
        found = {
            rules.digest_code(KEY, LONG),
            rules.digest_code(b"other", LONG),
            rules.digest_file(KEY, LONG),
        }
        assert len(found) == 3
        assert {len(digest) for digest in found} == {32}


def test_a_file_is_erased_33_days_after_its_event() -> None:
    assert rules.erase_at(DAY) == datetime(2027, 6, 3, tzinfo=UTC)
    assert rules.erase_at(None) is None


def test_the_key_of_an_object_names_its_file() -> None:
    for part, name in ((rules.CLEAN, "clean"), (rules.page_part(12), "page-12")):
        key = rules.object_key(FILE_ID, part)
        assert key == f"ab/{FILE_ID}/{name}"
        assert rules.file_of(key) == FILE_ID


@pytest.mark.parametrize("key", ["lost+found/x", f"ab/{FILE_ID}", f"ab/{FILE_ID}/../clean"])
def test_other_objects_are_of_no_file(key: str) -> None:
    assert rules.file_of(key) is None


def test_the_digest_of_a_part_is_its_sha256() -> None:
    assert rules.digest_part(b"") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
