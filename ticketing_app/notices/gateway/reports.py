"""Reports of mail providers about mails that they took."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from http import HTTPStatus

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.core.validation import read_uuid
from ticketing_app.notices.rules import SendStatus
from ticketing_app.notices.schemas import MailReport

# Postmark returns the value of this header in its reports.
SEND_ID_HEADER = "X-PM-Metadata-send-id"


class UnknownProviderError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We take no reports of this mail provider."


class ReportRefusedError(AppError):
    status = HTTPStatus.UNAUTHORIZED
    message = "The password of this report is not MAIL_EVENTS_SECRET."


class MalformedReportError(AppError):
    message = "This is not a report of the mail provider."


def require_secret(authorization: str) -> None:
    """Check the password of HTTP basic authentication; without MAIL_EVENTS_SECRET none is right."""
    secret = get_settings().mail_events_secret.get_secret_value()
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = b64decode(encoded, validate=True).partition(b":")[2]
    except ValueError:
        raise ReportRefusedError from None
    is_right = hmac.compare_digest(given, secret.encode())
    if scheme.lower() != "basic" or not secret or not is_right:
        raise ReportRefusedError


def read_report(provider: str, body: bytes) -> MailReport | None:
    """Parse a report; None if it changes nothing here."""
    if provider not in _READERS:
        raise UnknownProviderError
    try:
        return _READERS[provider](body)
    except ValidationError:
        raise MalformedReportError from None


class _Postmark(BaseModel):
    record_type: str = Field(alias="RecordType")
    bounce_type: str = Field(default="", alias="Type")
    address: str = Field(validation_alias=AliasChoices("Recipient", "Email"))
    description: str = Field(default="", alias="Description")
    metadata: dict[str, str] = Field(default={}, alias="Metadata")


# Others are temporary: Postmark tries again.
_HARD_BOUNCES = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated"})


def _read_postmark(body: bytes) -> MailReport | None:
    report = _Postmark.model_validate_json(body)
    statuses = {"Delivery": SendStatus.DELIVERED, "SpamComplaint": SendStatus.COMPLAINED}
    status = statuses.get(report.record_type)
    if report.record_type == "Bounce" and report.bounce_type in _HARD_BOUNCES:
        status = SendStatus.BOUNCED
    if status is None:
        return None
    return MailReport(
        status=status,
        address=report.address.lower(),
        send_id=read_uuid(report.metadata.get("send-id", "")),
        detail=report.description[:500],
    )


_READERS: Mapping[str, Callable[[bytes], MailReport | None]] = {"postmark": _read_postmark}
