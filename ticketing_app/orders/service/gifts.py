"""Gifts: a bought ticket with a file, handed to a friend by the address of their account.

Called inside a transaction. Every change of a seat's owner locks the seat first.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core import limits
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import TicketGiven
from ticketing_app.orders import rules
from ticketing_app.orders.models import Gift
from ticketing_app.orders.repository import gifts as repository
from ticketing_app.orders.repository import orders
from ticketing_app.orders.repository.gifts import GiftNow
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import GiftRead, GiftSummary, GivenTicket, TicketGift
from ticketing_app.orders.service import ownership
from ticketing_app.orders.service.ownership import OwnedSeat
from ticketing_app.tickets.service import resale, tickets
from ticketing_app.vault.service import ownership as files
from ticketing_app.vault.service import reading
from ticketing_app.work import due as work

WORK = "orders.gift"
TOO_EARLY = timedelta(minutes=1)

ENDED = {
    GiftStatus.TAKEN: "This ticket was taken already.",
    GiftStatus.DECLINED: "This ticket was declined, so it is its giver's again.",
    GiftStatus.WITHDRAWN: "Your friend took this gift back.",
    GiftStatus.LAPSED: "Nobody took this ticket within 72 hours, so it is its giver's again.",
}

log = get_logger()


class FileNotFoundForGiftError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this ticket among yours."


class GiftNotFoundError(AppError):
    # Also for a gift to another address: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this gift. Sign in with the address that our mail came to."


class GiftEndedError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, status: GiftStatus) -> None:
        super().__init__(ENDED[status])


class UnconfirmedGiftError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = (
        "Please confirm your email first: open the link that we mailed you, or have it mailed again on "
        "your account page."
    )


class _Person(NamedTuple):
    id: UUID
    email: str
    is_confirmed: bool


class OwnAddressError(AppError):
    message = "This is your own address."
    field = "email"


async def offer_gift(
    session: AsyncSession, *, from_id: UUID, file_id: UUID, email: str
) -> GiftRead:
    """Offer the owner's ticket with this file to the account with this address, existing or not.

    Raises:
        FileNotFoundForGiftError: the user has no bought ticket with this file.
        UnconfirmedGiftError: their own address is not confirmed.
        OwnAddressError: it is their own address.
        SeatNotFreeError: it is for sale, offered, refunded or disputed.
        TooManyRequestsError: too many gifts in the last hour.
    """
    refusal = await limits.hit("gifts", account=from_id)
    ticket_id = await resale.find_sold(session, file_id=file_id)
    if ticket_id is None or not await _is_owner(session, from_id, file_id):
        raise FileNotFoundForGiftError
    giver = await _get_person(session, from_id)
    _require_confirmed(giver)
    if giver.email == email:
        raise OwnAddressError
    (seat,) = await ownership.require_own(session, owner_id=from_id, ticket_ids=[ticket_id])
    if seat.valid_sale is None:
        raise FileNotFoundForGiftError
    if refusal:
        raise refusal
    for lapsed in await repository.end_lapsed(session, file_id):
        _record(session, lapsed)
    gift = Gift(
        ticket_id=seat.valid_sale.ticket_id,
        file_id=file_id,
        from_id=from_id,
        to_email=email,
        expires_at=await orders.get_database_time(session) + rules.GIFT_PERIOD,
    )
    await repository.add_gift(session, gift)
    _record(session, gift)
    read = await _read(session, GiftNow(gift, is_running=True), giver)
    await work.want(session, WORK, gift.id, at=gift.expires_at)
    return read


async def _get_person(session: AsyncSession, user_id: UUID) -> _Person:
    user = await users.get_user(session, user_id=user_id)
    return _Person(user.id, user.email, user.email_confirmed_at is not None)


async def _is_owner(session: AsyncSession, user_id: UUID, file_id: UUID) -> bool:
    found = await reading.describe(session, file_ids=[file_id])
    return file_id in found and found[file_id].owner_id == user_id


def _require_confirmed(user: _Person) -> None:
    if not user.is_confirmed:
        raise UnconfirmedGiftError


async def get_gift(session: AsyncSession, *, gift_id: UUID, viewer_id: UUID) -> GiftRead:
    """Return a gift to its giver or its receiver; raises GiftNotFoundError."""
    viewer = await _get_person(session, viewer_id)
    return await _read(session, await _get(session, gift_id, viewer), viewer)


async def get_summary(session: AsyncSession, *, gift_id: UUID) -> GiftSummary:
    """Return a gift for its notices; raises GiftNotFoundError."""
    found = await repository.get_gift(session, gift_id)
    if found is None:
        raise GiftNotFoundError
    return await _summarise(session, found)


async def take_gift(session: AsyncSession, *, gift_id: UUID, user_id: UUID) -> GiftRead:
    """Make the receiver the owner of the ticket.

    Raises:
        GiftNotFoundError: there is none for the user's address.
        UnconfirmedGiftError: the user has not proved that the address is theirs.
        GiftEndedError: it was taken, declined, withdrawn, or has lapsed.
        SeatNotFreeError: its purchase is disputed.
    """
    user = await _get_person(session, user_id)
    gift = (await _get_received(session, gift_id, user)).gift
    _require_confirmed(user)
    (seat,) = await ownership.lock_seats(session, ticket_ids=[gift.ticket_id])
    taken = await _end(session, gift_id, to=GiftStatus.TAKEN, to_id=user_id)
    if seat.owner_id != gift.from_id:
        raise ownership.SeatNotFreeError(ownership.UNOWNED)
    await files.move(session, file_ids=[gift.file_id], from_id=gift.from_id, to_id=user_id)
    log.info("gift.taken", gift_id=str(gift_id))
    return await _read(session, GiftNow(taken, is_running=False), user)


async def decline_gift(session: AsyncSession, *, gift_id: UUID, user_id: UUID) -> GiftRead:
    """Refuse a gift for good; raises GiftNotFoundError and GiftEndedError."""
    user = await _get_person(session, user_id)
    await _get_received(session, gift_id, user)
    declined = await _end(session, gift_id, to=GiftStatus.DECLINED)
    return await _read(session, GiftNow(declined, is_running=False), user)


async def withdraw_gift(session: AsyncSession, *, gift_id: UUID, user_id: UUID) -> GiftRead:
    """Take an offer back; raises GiftNotFoundError and GiftEndedError."""
    user = await _get_person(session, user_id)
    found = await _get(session, gift_id, user)
    if found.gift.from_id != user_id:
        raise GiftNotFoundError
    withdrawn = await _end(session, gift_id, to=GiftStatus.WITHDRAWN)
    return await _read(session, GiftNow(withdrawn, is_running=False), user)


async def lapse_gift(transaction: Transaction, key: str) -> timedelta | None:
    """Close a gift that was not taken in time: the act of the work `orders.gift`."""
    gift_id = UUID(key)
    async with transaction() as session:
        found = await repository.get_gift(session, gift_id)
        if found is None or found.gift.status != GiftStatus.OFFERED:
            return None
        lapsed = await repository.end_gift(session, gift_id, to=GiftStatus.LAPSED)
        if lapsed:
            _record(session, lapsed)
        return None if lapsed else TOO_EARLY


async def withdraw_all(session: AsyncSession, *, from_id: UUID) -> None:
    """Take all offers of a user back."""
    for gift in await repository.withdraw_from(session, from_id):
        _record(session, gift)


async def erase_address(session: AsyncSession, *, address: str) -> None:
    """Decline the gifts that wait for this address, and erase it."""
    for gift in await repository.decline_to(session, address):
        _record(session, gift)
    await repository.erase_address(session, address)


async def withdraw_lost(session: AsyncSession, *, ticket_ids: list[UUID]) -> None:
    """Withdraw offers of these seats by former owners."""
    seats = await ownership.list_seats(session, ticket_ids=ticket_ids)
    lost = [
        found.offer.id
        for found in seats
        if found.offer and found.offer.from_id != rules.eventual_owner_of(found.sales)
    ]
    for gift in await repository.withdraw_open(session, gift_ids=lost):
        _record(session, gift)


async def list_given(session: AsyncSession, *, user_id: UUID) -> list[GivenTicket]:
    """Return the tickets that the user owns by a gift, the last one first."""
    taken: dict[UUID, Gift] = {}
    for gift in await repository.list_taken_by(session, user_id):
        taken.setdefault(gift.ticket_id, gift)
    seats = await ownership.list_seats(session, ticket_ids=list(taken))
    sales = {
        found.valid_sale.ticket_id: found.valid_sale
        for found in seats
        if found.owner_id == user_id and found.valid_sale
    }
    own = [gift for ticket_id, gift in taken.items() if ticket_id in sales]
    described = await reading.describe(session, file_ids=[gift.file_id for gift in own])
    listed = await tickets.list_by_ids(session, ticket_ids=[gift.ticket_id for gift in own])
    by_id = {ticket.id: ticket for ticket in listed}
    return [
        GivenTicket(
            gift_id=gift.id,
            file_id=gift.file_id,
            order_id=sales[gift.ticket_id].order_id,
            ticket=by_id[gift.ticket_id],
            opened_at=described[gift.file_id].opened_at,
        )
        for gift in own
    ]


async def list_of_tickets(
    session: AsyncSession, *, viewer_id: UUID, ticket_ids: list[UUID]
) -> list[TicketGift]:
    """Return those of these tickets that the viewer can give away, offers, gave away last, or sells again."""
    seats = await ownership.list_seats(session, ticket_ids=ticket_ids)
    found = [_ticket_gift(seat, viewer_id) for seat in seats]
    return sorted((each for each in found if each), key=lambda each: each.ticket_id)


def _ticket_gift(found: OwnedSeat, viewer_id: UUID) -> TicketGift | None:
    ticket_id = found.seat.ticket_id
    listed = found.seat.listed
    if found.file_id is None:
        return None
    if listed:
        own = TicketGift(ticket_id=ticket_id, file_id=found.file_id, listed_id=listed.id)
        return own if viewer_id == found.owner_id == listed.seller_id else None
    gift = found.offer or next(reversed(found.taken), None)
    if gift and gift.from_id == viewer_id:
        return TicketGift(
            ticket_id=ticket_id,
            file_id=found.file_id,
            gift_id=gift.id,
            to_email=gift.to_email,
            expires_at=gift.expires_at,
            is_taken=gift.to_id is not None,
        )
    if found.owner_id == viewer_id:
        return TicketGift(ticket_id=ticket_id, file_id=found.file_id, can_give=True)
    return None


async def _get(session: AsyncSession, gift_id: UUID, viewer: _Person) -> GiftNow:
    found = await repository.get_gift(session, gift_id)
    if found is None:
        raise GiftNotFoundError
    if viewer.id not in {found.gift.from_id, found.gift.to_id} and not _is_for(found.gift, viewer):
        raise GiftNotFoundError
    return found


async def _get_received(session: AsyncSession, gift_id: UUID, user: _Person) -> GiftNow:
    found = await _get(session, gift_id, user)
    if not _is_for(found.gift, user):
        raise GiftNotFoundError
    return found


def _is_for(gift: Gift, user: _Person) -> bool:
    return gift.to_email == user.email


async def _end(
    session: AsyncSession, gift_id: UUID, *, to: GiftStatus, to_id: UUID | None = None
) -> Gift:
    ended = await repository.end_gift(session, gift_id, to=to, to_id=to_id)
    if ended is None:
        found = await repository.get_gift(session, gift_id)
        if found is None:
            raise GiftNotFoundError
        raise GiftEndedError(_status(found))
    _record(session, ended)
    return ended


def _status(found: GiftNow) -> GiftStatus:
    return rules.gift_status_now(GiftStatus(found.gift.status), is_running=found.is_running)


def _record(session: AsyncSession, gift: Gift) -> None:
    outbox.record(
        session,
        TicketGiven(
            gift_id=gift.id,
            gift_version=gift.version,
            ticket_id=gift.ticket_id,
            status=gift.status,
            from_id=gift.from_id,
            to_id=gift.to_id,
        ),
    )


async def _read(session: AsyncSession, found: GiftNow, viewer: _Person) -> GiftRead:
    gift = await _summarise(session, found)
    return GiftRead(is_giver=gift.from_id == viewer.id, **dict(gift))


async def _summarise(session: AsyncSession, found: GiftNow) -> GiftSummary:
    gift = found.gift
    giver = await users.get_user(session, user_id=gift.from_id)
    described = await reading.describe(session, file_ids=[gift.file_id])
    return GiftSummary(
        **gift.model_dump(include={"id", "file_id", "from_id", "to_id", "to_email", "expires_at"}),
        status=_status(found),
        from_email=giver.email,
        opened_at=described[gift.file_id].opened_at,
        ticket=await tickets.get_ticket(session, ticket_id=gift.ticket_id),
    )
