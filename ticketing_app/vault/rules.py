"""Rules of kept files: sizes, parts, fingerprints, periods. Pure, without I/O."""

import hashlib
import hmac
import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

MAX_UPLOAD_BYTES = 10 * 2**20
CLEAN = "clean"
SECRETS = "secrets"
# Recorded as a read of this part: the seal was broken.
SEAL = "seal"
UPLOAD_PERIOD = timedelta(hours=24)
# After the event: 48 hours to complain, and 30 days.
KEPT_PERIOD = timedelta(days=33)
KEPT_WITHOUT_DATE = timedelta(days=365)
# After the event: the same barcode is not listed again.
FINGERPRINT_PERIOD = timedelta(days=90)
READS_PERIOD = timedelta(days=180)
SHORT_PAYLOAD_BYTES = 12
_OBJECT = re.compile(r"[0-9a-f]{2}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[a-z0-9-]+")
LINK_KIND = "text/uri-list"
TICKET_LINK = "https://pay.google.com/gp/v/save/"
# No user, port, query or fragment: parsers of addresses must agree on the host.
_TICKET_LINK = re.compile(re.escape(TICKET_LINK) + r"[A-Za-z0-9._~-]{8,4000}", re.ASCII)


def is_ticket_link(address: str) -> bool:
    """Whether the address is one that saves a ticket to a wallet."""
    return _TICKET_LINK.fullmatch(address) is not None


def page_part(number: int) -> str:
    return f"page-{number}"


def object_folder(file_id: UUID) -> str:
    # The end of an id is random, so that no folder grows large.
    return f"{file_id.hex[-2:]}/{file_id}"


def object_key(file_id: UUID, part: str) -> str:
    return f"{object_folder(file_id)}/{part}"


def file_of(key: str) -> UUID | None:
    """Return the file of an object; None if the object is none of ours."""
    match = _OBJECT.fullmatch(key)
    return UUID(match[1]) if match else None


def digest_part(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_short(payload: bytes) -> bool:
    """Whether issuers may have the same payload: it counts only for one day."""
    return len(payload) < SHORT_PAYLOAD_BYTES or payload.isdigit()


def digest_code(key: bytes, payload: bytes) -> bytes:
    """Return the keyed hash of a barcode, from which its fingerprint is made when it is listed."""
    return hmac.digest(key, b"code:" + payload, hashlib.sha256)


def digest_file(key: bytes, content: bytes) -> bytes:
    """Return the keyed hash of a ticket without a barcode."""
    return hmac.digest(key, b"file:" + content, hashlib.sha256)


def fingerprint(key: bytes, digest: bytes, *, is_short: bool, event_day: date | None) -> bytes:
    """Return the value that is unique among claimed files."""
    if not is_short:
        return digest
    day = event_day.isoformat() if event_day else ""
    return hmac.digest(key, b"day:" + day.encode() + digest, hashlib.sha256)


def erase_at(event_day: date | None) -> datetime | None:
    """Return when a listed file is erased; without a day it is kept until it is sold."""
    if event_day is None:
        return None
    return datetime.combine(event_day, time(), UTC) + KEPT_PERIOD
