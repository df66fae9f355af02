"""How an offer is delivered: a badge for lists, and sentences for buyers before they pay."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries import rules
from ticketing_app.tickets.rules import DeliveryMethod, Issuer
from ticketing_app.tickets.schemas.deliveries import DeliveryRead
from ticketing_app.vault.inspection.results import FileKind
from ticketing_app.vault.rules import LINK_KIND
from ticketing_app.vault.schemas import FileRead

ISSUER_NAMES: dict[str, str] = {
    Issuer.TICKETMASTER: "Ticketmaster",
    Issuer.AXS: "AXS",
    Issuer.SEATGEEK: "SeatGeek",
    Issuer.DICE: "DICE",
}
FILE_LABELS = {
    FileKind.PDF: "PDF",
    FileKind.PNG: "Picture",
    FileKind.JPEG: "Picture",
    FileKind.PASS: "Apple Wallet pass",
    LINK_KIND: "Google Wallet link",
}
NOT_CHECKED = "Not checked"
UNCHECKED_LINE = "The seller sends it to you, not checked. We don't know how or when: there is no deadline for it."
FROM_START = {
    DeliveryMethod.REISSUE: "Re-issued in your name",
    DeliveryMethod.LINK: "Link",
}
BY_DAY = {
    DeliveryMethod.FILE_LATER: "File by",
    DeliveryMethod.TRANSFER: "Transfer by",
}
AT_ONCE = "It is yours as soon as you pay."
LATE = "If it is late, you wait or get your money back."
DAYS_OF_A_WEEK = 7
COPIES = "Its first seller may have kept a copy."
NEVER_OPENED = "Sold here before, and never opened by its buyers."
# For its seller.
FROZEN = "The organiser's door refuses it while it is for sale. Withdraw it to use it yourself."


@dataclass(frozen=True)
class PromiseView:
    """How an order is delivered once it is paid."""

    label: str = ""
    is_checked: bool = False
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, delivery: DeliveryRead | None) -> "PromiseView":
        return cls(badge(delivery), is_checked(delivery), tuple(promise_lines(delivery)))


def badge(delivery: DeliveryRead | None) -> str:
    """Return the way of delivery in a few words, like "File, checked" or "Transfer by Thu"."""
    if delivery is None:
        return NOT_CHECKED
    if delivery.method is DeliveryMethod.FILE:
        return "File, checked" if delivery.code_count else "File"
    if label := FROM_START.get(delivery.method):
        return label
    return f"{BY_DAY[delivery.method]} {_short_day(_deadline(delivery))}"


def is_checked(delivery: DeliveryRead | None) -> bool:
    """Whether the badge may look like good news."""
    if delivery is None:
        return False
    if delivery.method is DeliveryMethod.FILE:
        return bool(delivery.code_count)
    return delivery.method is DeliveryMethod.REISSUE


def promise_lines(delivery: DeliveryRead | None) -> list[str]:
    """Return how and by when a ticket is delivered, as a buyer reads it before paying."""
    if delivery is None:
        return [UNCHECKED_LINE]
    match delivery.method:
        case DeliveryMethod.FILE:
            return _file_lines(delivery)
        case DeliveryMethod.REISSUE:
            return [
                "The organiser issues it again in your name once you pay. The seller's code stops working.",
                # Copies of the old code do not matter.
                *([NEVER_OPENED] if delivery.is_sealed else []),
            ]
        case DeliveryMethod.LINK:
            return [
                f"A Google Wallet link. {AT_ONCE}",
                "Not checked: whoever has the link can use it, its seller too.",
            ]
        case DeliveryMethod.TRANSFER:
            by = formatting.format_event_start(_deadline(delivery))
            return [
                f"The seller transfers it to you {_in_app(delivery)} by {by}.",
                f"You need an account there. {LATE}",
            ]
        case DeliveryMethod.FILE_LATER:
            by = formatting.format_event_start(_deadline(delivery))
            return [
                f"The seller gets the file later, and uploads it by {by}.",
                f"We check it then. {LATE}",
            ]


def file_label(file: FileRead) -> str:
    """Return the kind and the barcodes of a file, like "PDF, 1 barcode"."""
    label = FILE_LABELS[file.kind]
    if file.kind == LINK_KIND:
        return label
    if not file.code_count:
        return f"{label}, no barcode found: not checked"
    return f"{label}, {_barcodes(file.code_count)}"


def _barcodes(count: int) -> str:
    return "1 barcode" if count == 1 else f"{count} barcodes"


def _file_lines(delivery: DeliveryRead) -> list[str]:
    count = delivery.code_count
    if not count:
        return [
            f"A file. {AT_ONCE}",
            "Not checked: we found no barcode in it.",
            *_sealed_line(delivery),
        ]
    return [
        f"A file, checked: {_barcodes(count)}, for sale nowhere else on this site. {AT_ONCE}",
        *(_sealed_line(delivery) or [COPIES]),
    ]


def _sealed_line(delivery: DeliveryRead) -> list[str]:
    return [f"{NEVER_OPENED} {COPIES}"] if delivery.is_sealed else []


def _in_app(delivery: DeliveryRead) -> str:
    name = ISSUER_NAMES.get(delivery.issuer or "")
    return f"in the {name} app" if name else "in the app of its issuer"


def _deadline(delivery: DeliveryRead) -> datetime:
    """Return the seller's deadline if the ticket is bought now, where the event takes place."""
    ready_at = rules.ready_at(delivery.ready_on, delivery.timezone)
    at = rules.deliver_by(utc_now(), ready_at=ready_at, starts_at=delivery.starts_at)
    return at.astimezone(ZoneInfo(delivery.timezone or "UTC"))


def _short_day(at: datetime) -> str:
    """Return the day of the week, or the date of a later week."""
    today = utc_now().astimezone(at.tzinfo).date()
    month, day, weekday = formatting.date_parts(at)
    return weekday if (at.date() - today).days < DAYS_OF_A_WEEK else f"{month} {day}"
