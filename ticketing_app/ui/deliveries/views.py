"""A delivery in the words of the pages of its buyer and its seller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.formatting import format_day, format_event_day
from ticketing_app.deliveries.rules import HANDED_OVER, DeliveryStatus, Transition
from ticketing_app.deliveries.schemas import DeliveryFile, DeliveryItem, DeliveryRead
from ticketing_app.orders.schemas import ItemTicket, TicketGift
from ticketing_app.tickets.rules import has_begun, seats_line
from ticketing_app.ui.deliveries.show_ticket import SHOW_ONE, SHOW_SEVERAL

FIND_AGAIN = "You find it again at any time under My Orders, with this receipt."
UNPROMISED = "You paid. The seller sends you the ticket."
UNPROMISED_MORE = (
    "It was not checked by us. You find your order at any time under My Orders, with this receipt."
)
SEND_BY = "The seller sends it by {day}."
OPENED_ON = "Opened on {day}. {rest}"
YOURS = "The ticket is yours."
# The outcome for the buyer, and its meaning.
OUTCOMES = {
    DeliveryStatus.WAITING: (
        SEND_BY,
        "There is nothing to do until then. If it does not come in time, you choose: wait, or your money back.",
    ),
    DeliveryStatus.ISSUING: (
        "Your ticket is being issued in your name.",
        "It takes about a minute. The old code stops working.",
    ),
    DeliveryStatus.READY: (
        "Your ticket is here.",
        "It is sealed until you open it. You can sell it on sealed, as never opened.",
    ),
    DeliveryStatus.SENT: (
        "The seller has sent your ticket.",
        "Tell us here when you have it.",
    ),
    DeliveryStatus.RECEIVED: (YOURS, FIND_AGAIN),
    DeliveryStatus.LATE: (
        "Your ticket is late.",
        "You choose: give the seller more time, or get your money back.",
    ),
    DeliveryStatus.FAILED: (
        "Your ticket did not come.",
        "Your money goes back to your card by itself.",
    ),
}
PASSED_ON = "You passed it on."
PASSED_ON_MORE = (
    "You gave the ticket away or sold it on, so its new owner has it. This receipt stays yours."
)
HEADINGS = {
    DeliveryStatus.READY: "Your ticket is here",
    DeliveryStatus.RECEIVED: "You are going",
}
PAID = "Paid"
OPEN = "Open my ticket"
QUESTION = "Open it now? Its seal breaks for ever: if you sell it on, the next buyer sees that it was opened."
CONFIRM = "Open it"
SHOW = "Show the code"
# The same sentences for several tickets.
SEVERAL = {
    FIND_AGAIN: "You find them again at any time under My Orders, with this receipt.",
    UNPROMISED: "You paid. The seller sends you the tickets.",
    UNPROMISED_MORE: (
        "They were not checked by us. You find your order at any time under My Orders, with this receipt."
    ),
    SEND_BY: "The seller sends them by {day}.",
    YOURS: "The tickets are yours.",
    OUTCOMES[DeliveryStatus.WAITING][1]: (
        "There is nothing to do until then. If they do not come in time, you choose: wait, or your money back."
    ),
    OUTCOMES[DeliveryStatus.ISSUING][0]: "Your tickets are being issued in your name.",
    OUTCOMES[DeliveryStatus.ISSUING][1]: "It takes about a minute. The old codes stop working.",
    OUTCOMES[DeliveryStatus.READY][0]: "Your tickets are here.",
    OUTCOMES[DeliveryStatus.READY][1]: (
        "They are sealed until you open them. You can sell them on sealed, as never opened."
    ),
    OUTCOMES[DeliveryStatus.SENT][0]: "The seller has sent your tickets.",
    OUTCOMES[DeliveryStatus.SENT][1]: "Tell us here when you have them.",
    OUTCOMES[DeliveryStatus.LATE][0]: "Your tickets are late.",
    OUTCOMES[DeliveryStatus.FAILED][0]: "Your tickets did not come.",
    HEADINGS[DeliveryStatus.READY]: "Your tickets are here",
    OPEN: "Open my tickets",
    PASSED_ON: "You passed them on.",
    PASSED_ON_MORE: (
        "You gave the tickets away or sold them on, so their new owners have them. This receipt stays yours."
    ),
    QUESTION: (
        "Open them now? Their seal breaks for ever: if you sell them on, the next buyer sees that they were "
        "opened."
    ),
    CONFIRM: "Open them",
    SHOW: "Show the codes",
}
STEPS = {
    Transition.HAND_OVER: "The seller handed over the file",
    Transition.SEND: "Sent by the seller",
    Transition.ISSUED: "Issued in your name",
    Transition.ISSUE_REFUSED: "The organiser could not issue it: the seller sends it",
    Transition.OPEN: "Opened",
    Transition.CONFIRM: "You said that you have it",
    Transition.WAIT: "You gave the seller more time",
    Transition.GIVE_UP: "Ended without a ticket",
    Transition.BE_LATE: "The seller is late",
}
LINK_KIND = "text/uri-list"
DOWNLOADS = {
    "application/pdf": "Download PDF",
    "application/vnd.apple.pkpass": "Add to Apple Wallet",
    LINK_KIND: "Open in Google Wallet",
}
DOWNLOAD = "Download the picture"
NAMELESS = "Ticket {number}"
FOR_SALE = "It is for sale again."
FOR_SALE_SEALED = "It is for sale again, still sealed."
OFFERED = "Offered to a friend."


@dataclass(frozen=True)
class Picture:
    src: str = ""
    alt: str = ""


@dataclass(frozen=True)
class FileView:
    """The file of a ticket for its owner; pictures are loaded by the browser, with its cookie."""

    number: int = 0
    ticket_id: str = ""
    file_id: str = ""
    name: str = ""
    is_opened: bool = False
    is_unread: bool = False  # No barcode was read in it.
    has_pages: bool = False
    download: str = ""
    is_link: bool = False
    sha256: str = ""
    codes: list[Picture] = field(default_factory=list[Picture])
    pages: list[Picture] = field(default_factory=list[Picture])


@dataclass(frozen=True)
class BusyTicket:
    """A ticket that is for sale again or offered to a friend, so that its seal stays whole."""

    line: str = ""
    href: str = ""


@dataclass(frozen=True)
class ProgressStep:
    name: str = ""
    when: str = ""
    state: str = ""  # done, now or next


@dataclass(frozen=True)
class DeliveryView:
    """A delivery for the owner of its files: the buyer, or a friend with one of them."""

    id: str = ""
    order_id: str = ""
    status: str = ""
    can_open: bool = False
    is_opened: bool = False
    has_codes: bool = False
    open_label: str = ""
    question: str = ""
    confirm: str = ""
    show: str = ""
    door_label: str = ""
    files: list[FileView] = field(default_factory=list[FileView])
    busy: list[BusyTicket] = field(default_factory=list[BusyTicket])


class SoldFile(NamedTuple):
    """The file of a sold ticket for its seller; `opened` is empty while the seal is whole."""

    name: str
    sha256: str
    opened: str


def delivery_view(
    delivery: DeliveryRead | None,
    tickets: Mapping[UUID, ItemTicket],
    given: Sequence[TicketGift] = (),
) -> DeliveryView:
    """Return the part of a page with the viewer's own files; empty without any."""
    if delivery is None or not delivery.own_items:
        return DeliveryView()
    files = [_file_view(delivery, item, tickets[item.ticket_id]) for item in delivery.own_items]
    is_here = delivery.status in {DeliveryStatus.READY, DeliveryStatus.RECEIVED}
    count = len(files)
    busy = _busy(files, given)
    return DeliveryView(
        id=str(delivery.id),
        order_id=str(delivery.order_id),
        status=delivery.status,
        can_open=is_here and not busy and not all(file.is_opened for file in files),
        is_opened=any(file.is_opened for file in files),
        has_codes=any(file.codes or file.pages for file in files),
        open_label=for_count(count, OPEN),
        question=for_count(count, QUESTION),
        confirm=for_count(count, CONFIRM),
        show=for_count(count, SHOW),
        door_label=SHOW_ONE if count == 1 else SHOW_SEVERAL,
        files=files,
        busy=busy,
    )


def _busy(files: Sequence[FileView], given: Sequence[TicketGift]) -> list[BusyTicket]:
    """Return the own tickets that are for sale again or offered; together they are opened only without any."""
    by_ticket = {str(each.ticket_id): each for each in given}
    busy: list[BusyTicket] = []
    for file in files:
        each = by_ticket.get(file.ticket_id)
        name = f"{file.name}: " if len(files) > 1 else ""
        if each and each.listed_id:
            line = FOR_SALE if file.is_opened else FOR_SALE_SEALED
            busy.append(BusyTicket(name + line, routes.ticket_detail(each.listed_id)))
        elif each and each.gift_id and not each.is_taken:
            busy.append(BusyTicket(name + OFFERED, routes.gift(each.gift_id)))
    return busy


def as_opened(view: DeliveryView) -> DeliveryView:
    files = [replace(file, is_opened=True) for file in view.files]
    return replace(
        view, status=DeliveryStatus.RECEIVED, can_open=False, is_opened=True, files=files
    )


def _file_view(delivery: DeliveryRead, item: DeliveryItem, ticket: ItemTicket) -> FileView:
    file = item.file
    name = _name(item, ticket)
    if file is None:
        return FileView(number=item.number, ticket_id=str(item.ticket_id), name=name)
    return FileView(
        number=item.number,
        ticket_id=str(item.ticket_id),
        file_id=str(file.file_id or ""),
        name=name,
        is_opened=file.opened_at is not None,
        is_unread=file.codes == 0,
        has_pages=file.pages > 0,
        download=DOWNLOADS.get(file.kind, DOWNLOAD),
        is_link=file.kind == LINK_KIND,
        sha256="" if file.kind == LINK_KIND else file.sha256,
        codes=_pictures(delivery, item, "code", file.codes, f"Barcode of {name}"),
        pages=_pictures(delivery, item, "page", file.pages, f"Page of {name}"),
    )


def _pictures(
    delivery: DeliveryRead, item: DeliveryItem, part: str, count: int, alt: str
) -> list[Picture]:
    return [
        Picture(
            routes.delivery_part(delivery.id, f"{item.number}-{part}-{n}"),
            alt if count == 1 else f"{alt}, {n} of {count}",
        )
        for n in range(1, count + 1)
    ]


def _name(item: DeliveryItem, ticket: ItemTicket) -> str:
    return seats_line([ticket]) or NAMELESS.format(number=item.number)


def sold_files(
    delivery: DeliveryRead, tickets: Mapping[UUID, ItemTicket], now: datetime
) -> list[SoldFile]:
    """Return the files of a sale for its seller, the former owner."""
    return [
        SoldFile(_name(item, tickets[item.ticket_id]), item.file.sha256, _opened(item.file, now))
        for item in delivery.items
        if item.file
    ]


def _opened(file: DeliveryFile, now: datetime) -> str:
    return format_day(file.opened_at, now) if file.opened_at else ""


def for_count(count: int, sentence: str) -> str:
    return SEVERAL.get(sentence, sentence) if count > 1 else sentence


def outcome(delivery: DeliveryRead | None, count: int, now: datetime) -> tuple[str, str]:
    """Return the outcome of a paid order for its buyer, and its meaning."""
    # Orders of the version before have no delivery until the backfill.
    if delivery is None or (delivery.method is None and delivery.status is DeliveryStatus.WAITING):
        return for_count(count, UNPROMISED), for_count(count, UNPROMISED_MORE)
    if is_passed_on(delivery):
        return for_count(count, PASSED_ON), for_count(count, PASSED_ON_MORE)
    first, more = OUTCOMES.get(delivery.status, ("", ""))
    first = for_count(count, first)
    more = for_count(count, more)
    if delivery.due_at:
        first = first.format(day=due_day(delivery.due_at, now))
    if delivery.opened_at and delivery.status is DeliveryStatus.RECEIVED:
        more = OPENED_ON.format(day=format_day(delivery.opened_at, now), rest=more)
    return first, more


def tone(delivery: DeliveryRead | None) -> str:
    """Return the tone of the outcome: "good" if the tickets are paid or here, "wait" if late; else none."""
    if delivery is None or (delivery.method is None and delivery.status is DeliveryStatus.WAITING):
        return "good"
    if is_here(delivery):
        return "good"
    return "wait" if delivery.status is DeliveryStatus.LATE else ""


def due_day(due_at: datetime, now: datetime) -> str:
    return format_event_day(due_at.astimezone(now.tzinfo).date(), now.date())


def heading(delivery: DeliveryRead | None, count: int, title: str) -> str:
    """Return the heading of a paid order: the state of its tickets, and the title."""
    status = DeliveryStatus.WAITING
    if delivery and not is_passed_on(delivery):
        status = delivery.status
    return f"{for_count(count, HEADINGS.get(status, PAID))}: {title}"


def is_here(delivery: DeliveryRead | None) -> bool:
    """Whether the buyer has the tickets, or they wait sealed for them."""
    if delivery is None or is_passed_on(delivery):
        return False
    return delivery.status in {DeliveryStatus.READY, DeliveryStatus.RECEIVED}


def is_passed_on(delivery: DeliveryRead) -> bool:
    """Whether the buyer gave all of the tickets away, or sold them on."""
    is_handed_over = delivery.status in {DeliveryStatus.READY, DeliveryStatus.RECEIVED}
    has_files = any(item.file for item in delivery.items)
    return is_handed_over and has_files and not delivery.own_items


def progress(
    delivery: DeliveryRead | None, starts_at: datetime | None, now: datetime
) -> list[ProgressStep]:
    """Return the way of paid tickets in three steps."""
    if delivery is None or delivery.status in {DeliveryStatus.FAILED, DeliveryStatus.VOIDED}:
        return []
    paid = ProgressStep(PAID, format_day(delivery.steps[0].at, now), "done")
    is_handed_over = delivery.status in HANDED_OVER
    is_over = has_begun(starts_at, now)
    handed_over = ProgressStep(
        "Handed over", _handed_over(delivery, now), "done" if is_handed_over else "now"
    )
    state = "next"
    if is_handed_over:
        state = "done" if is_over else "now"
    event_day = due_day(starts_at, now) if starts_at else ""
    return [paid, handed_over, ProgressStep("Event", event_day, state)]


def _handed_over(delivery: DeliveryRead, now: datetime) -> str:
    """Return the day of the hand-over, or that of its deadline."""
    days = [step.at for step in delivery.steps if step.status in HANDED_OVER]
    if days:
        return format_day(days[0], now)
    return f"by {due_day(delivery.due_at, now)}" if delivery.due_at else ""


def steps(delivery: DeliveryRead | None) -> Sequence[tuple[datetime, str]]:
    """Return the history of a delivery for its buyer."""
    if delivery is None:
        return []
    return [
        (step.at, STEPS[step.transition]) for step in delivery.steps if step.transition in STEPS
    ]
