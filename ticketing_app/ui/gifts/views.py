"""Gifts as their givers and receivers see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import GiftRead, TicketGift
from ticketing_app.ui.gifts.queries import GiftPage

OPENED = "It was opened on {day}, so its giver may know the barcode. Take it from people you trust."
SEALED = "It was never opened: only its first seller knows the barcode."

# Heading and explanation by status.
GIVER = {
    GiftStatus.OFFERED: (
        "Waiting for your friend",
        "Until then nobody can open it, sell it or give it away.",
    ),
    GiftStatus.TAKEN: (
        "Your friend has it",
        "From now on only your friend can open it. The order and its receipt stay yours.",
    ),
    GiftStatus.DECLINED: ("It is yours again", "Your friend said no, thanks."),
    GiftStatus.WITHDRAWN: ("It is not offered any more", "The offer was taken back."),
    GiftStatus.LAPSED: ("It is yours again", "Your friend did not take it in time."),
}
RECEIVER = {
    GiftStatus.OFFERED: ("A ticket for you", ""),
    GiftStatus.TAKEN: ("Yours", ""),
    GiftStatus.DECLINED: ("You said no, thanks", "The ticket is its giver's again."),
    GiftStatus.WITHDRAWN: (
        "This gift was taken back",
        "Its giver needs it after all, or its money went back.",
    ),
    GiftStatus.LAPSED: (
        "Too late for this gift",
        "It was not taken in time, so it is its giver's again.",
    ),
}
LOST = (
    "Not yours any more",
    "You sold it or gave it on, or the money of its buyer went back. Then a ticket goes back, too.",
)


@dataclass(frozen=True)
class GiftView:
    """A gift on its page; empty texts are left out."""

    id: str = ""
    heading: str = ""
    more: str = ""
    from_line: str = ""
    until_line: str = ""
    seal_line: str = ""
    can_take: bool = False
    can_withdraw: bool = False
    needs_confirmation: bool = False
    is_yours: bool = False
    resale_href: str = ""

    @classmethod
    def from_page(cls, page: GiftPage, now: datetime) -> "GiftView":
        gift = page.gift
        is_offered = gift.status is GiftStatus.OFFERED
        heading, more = (GIVER if gift.is_giver else RECEIVER)[gift.status]
        if gift.status is GiftStatus.TAKEN and not gift.is_giver and page.own is None:
            heading, more = LOST
        return cls(
            id=str(gift.id),
            heading=heading,
            more=more,
            from_line=_from_line(gift),
            until_line=f"Until {formatting.format_datetime(gift.expires_at, now)}"
            if is_offered
            else "",
            seal_line=_seal_line(gift, now) if is_offered and not gift.is_giver else "",
            can_take=is_offered and not gift.is_giver and page.is_confirmed,
            can_withdraw=is_offered and gift.is_giver,
            needs_confirmation=is_offered and not gift.is_giver and not page.is_confirmed,
            is_yours=page.own is not None,
            resale_href=routes.ticket_resale(gift.ticket.id) if page.is_relistable else "",
        )


def _from_line(gift: GiftRead) -> str:
    if gift.is_giver:
        return f"For {gift.to_email}" if gift.to_email else ""
    return f"From {gift.from_email}. It costs you nothing."


def _seal_line(gift: GiftRead, now: datetime) -> str:
    if gift.opened_at is None:
        return SEALED
    return OPENED.format(day=formatting.format_day(gift.opened_at, now))


@dataclass(frozen=True)
class GiftLine:
    """A bought ticket and its gift: to give away, offered, or with a friend."""

    ticket_id: str = ""
    seat: str = ""
    file_id: str = ""
    can_give: bool = False
    offered_id: str = ""
    line: str = ""


def gift_lines(
    found: Sequence[TicketGift], seats: Mapping[UUID, str], now: datetime
) -> list[GiftLine]:
    """Return a line for each ticket that can be given away, or was; `seats` by ticket."""
    return [
        GiftLine(
            ticket_id=str(each.ticket_id),
            seat=seats.get(each.ticket_id, ""),
            file_id=str(each.file_id),
            can_give=each.can_give,
            offered_id=str(each.gift_id) if each.gift_id and not each.is_taken else "",
            line=_line(each, now),
        )
        for each in found
        if each.listed_id is None
    ]


def _line(gift: TicketGift, now: datetime) -> str:
    if gift.gift_id is None:
        return ""
    friend = gift.to_email or "a friend"
    if gift.is_taken:
        return f"Given to {friend}."
    until = formatting.format_datetime(gift.expires_at, now) if gift.expires_at else ""
    return f"Offered to {friend} until {until}. Until then nobody can open or sell it."
