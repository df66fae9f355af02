"""Why a hold was refused, read after the refusal."""

import math
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, TooManyRequestsError
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import HoldFacts, HoldLimits
from ticketing_app.orders.rules import Choice, SeenOffer
from ticketing_app.tickets.rules import (
    Availability,
    Split,
    can_leave,
    has_begun,
    is_too_late,
    longest_run,
)
from ticketing_app.tickets.schemas.leases import HoldableListing, HoldableTicket, ListedTicket
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service.tickets import TicketNotFoundError

NO_LIMIT = 2**31 - 1


class OwnTicketError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "This is your own ticket, so you cannot buy it."


class TicketAlreadyReservedError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(
        self, availability: Availability, own_order_id: UUID | None = None, *, quantity: int = 1
    ) -> None:
        is_one = quantity == 1
        tickets = "this ticket" if is_one else "these tickets"
        sentences = {
            Availability.SOLD: "This ticket is sold." if is_one else "These tickets are sold.",
            Availability.PAUSED: f"The seller paused the sale of {tickets}.",
            Availability.WITHDRAWN: f"The seller took {tickets} off sale.",
        }
        sentence = sentences.get(
            availability,
            f"Someone was quicker and is buying {tickets} right now. "
            f"You were not charged, and {'it' if is_one else 'they'} may come back.",
        )
        if own_order_id:
            sentence = f"You already have {tickets} in your orders."
        super().__init__(sentence, field="ticketId")
        self.order_id = own_order_id  # The page redirects to the caller's own order.

    @property
    def extra(self) -> dict[str, str | int]:
        if self.order_id is None:
            return {}
        return {"orderId": str(self.order_id)}


class _AvailableError(AppError):
    """A refusal that names the number of available tickets."""

    status = HTTPStatus.CONFLICT
    field = "quantity"

    def __init__(self, message: str, available: int) -> None:
        super().__init__(message)
        self.available = available

    @property
    def extra(self) -> dict[str, str | int]:
        return {"available": self.available}


class NotEnoughLeftError(_AvailableError):
    def __init__(self, available: int) -> None:
        tickets = (
            "one of these tickets is" if available == 1 else f"{available} of these tickets are"
        )
        super().__init__(f"Only {tickets} left. You were not charged.", available)


class SplitRefusedError(_AvailableError):
    def __init__(self, split: Split, available: int) -> None:
        sentence = (
            f"The seller sells these {available} tickets only together."
            if split is Split.TOGETHER
            else "That would leave one ticket over, which the seller does not want. "
            "Please take one more or one less."
        )
        super().__init__(sentence, available)


class NotSideBySideError(_AvailableError):
    def __init__(self, longest: int, available: int) -> None:
        sentence = (
            f"Only {longest} of these seats are side by side now. Choose the seats yourself to sit apart."
            if longest > 1
            else "These seats are not side by side any more. Choose the seats yourself to sit apart."
        )
        super().__init__(sentence, available)


class EventBegunError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This event has begun, so its tickets are no longer sold."
    field = "ticketId"


class TooLateError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket cannot come in time any more, so it is no longer sold."
    field = "ticketId"


class OfferChangedError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "The seller changed this offer since you saw it. You have bought nothing; "
        "please look at it again."
    )


class TooManyHoldsError(TooManyRequestsError):
    def __init__(self) -> None:
        limit = get_settings().max_open_holds
        super().__init__(f"You have {limit} open orders already. Pay for one or release one first.")


class UnconfirmedHoldsError(TooManyRequestsError):
    def __init__(self, most: int) -> None:
        orders = "order" if most == 1 else "orders"
        super().__init__(
            f"You can have {most} open {orders} at a time until your email is confirmed. Open the link "
            "that we mailed you, or have it mailed again on your account page."
        )


class HoldCooldownError(TooManyRequestsError):
    def __init__(self, wait: timedelta, *, quantity: int = 1) -> None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        tickets = "this ticket" if quantity == 1 else "these tickets"
        super().__init__(
            f"You had {tickets} for a while without paying. To give others a chance, "
            f"you can hold {'it' if quantity == 1 else 'them'} again in {limits.duration(seconds)}.",
            retry_after=seconds,
        )


def hold_limits() -> HoldLimits:
    settings = get_settings()
    return HoldLimits(
        hold_seconds=settings.order_hold_seconds,
        max_open_holds=settings.max_open_holds or NO_LIMIT,
        cooldown_seconds=settings.hold_cooldown_seconds,
        max_unconfirmed_holds=settings.max_unconfirmed_holds or None,
    )


async def explain_ticket(
    session: AsyncSession, *, buyer_id: UUID, ticket: HoldableTicket, seen: SeenOffer
) -> AppError | None:
    """Return the refusal of a ticket without a listing; None if it was released since."""
    if ticket.seller_id == buyer_id:
        return OwnTicketError()
    facts = await repository.get_ticket_facts(
        session, buyer_id=buyer_id, ticket_id=ticket.id, limits=hold_limits()
    )
    if facts.own_order_id or ticket.status is not Availability.AVAILABLE:
        return TicketAlreadyReservedError(ticket.status, facts.own_order_id)
    if has_begun(ticket.starts_at, utc_now()):
        return EventBegunError()
    if is_too_late(ticket.sellable_until, utc_now()):
        return TooLateError()
    if not seen.is_of(version=ticket.version, price_cents=ticket.price_cents):
        return OfferChangedError()
    return _refuse_by_limits(facts)


async def explain_listing(
    session: AsyncSession, *, buyer_id: UUID, choice: Choice, seen: SeenOffer
) -> AppError | None:
    """Return the refusal of tickets of a listing; None if they were released since.

    Raises:
        ListingNotFoundError: no such listing.
        TicketNotFoundError: a chosen ticket is not of the listing.
    """
    listing = await leases.get_listing(session, listing_id=choice.listing_id)
    if listing.seller_id == buyer_id:
        return OwnTicketError()
    facts = await repository.get_listing_facts(
        session, buyer_id=buyer_id, choice=choice, limits=hold_limits()
    )
    return (
        _refuse_seats(listing, choice, facts.own_order_id)
        or _refuse_offer(listing, choice, seen)
        or _refuse_split(listing, choice)
        or _refuse_by_limits(facts, choice.quantity)
    )


def _refuse_seats(
    listing: HoldableListing, choice: Choice, own_order_id: UUID | None
) -> AppError | None:
    available = [each for each in listing.tickets if each.status is Availability.AVAILABLE]
    asked = _asked(listing, choice)
    taken = next((each for each in asked if each.status is not Availability.AVAILABLE), None)
    if choice.ticket_ids:
        return TicketAlreadyReservedError(taken.status, own_order_id) if taken else None
    if len(available) >= choice.quantity:
        return None
    if own_order_id or not available:
        statuses = {each.status for each in listing.tickets}
        order = (Availability.LOCKED, Availability.PAUSED, Availability.SOLD)
        status = next((each for each in order if each in statuses), Availability.WITHDRAWN)
        return TicketAlreadyReservedError(status, own_order_id, quantity=choice.quantity)
    return NotEnoughLeftError(len(available))


def _asked(listing: HoldableListing, choice: Choice) -> list[ListedTicket]:
    if not choice.ticket_ids:
        return listing.tickets
    asked = [each for each in listing.tickets if each.id in choice.ticket_ids]
    if len(asked) < len(choice.ticket_ids):
        raise TicketNotFoundError
    return asked


def _refuse_offer(listing: HoldableListing, choice: Choice, seen: SeenOffer) -> AppError | None:
    asked = _asked(listing, choice)
    if any(has_begun(each.starts_at, utc_now()) for each in asked):
        return EventBegunError()
    if any(is_too_late(each.sellable_until, utc_now()) for each in asked):
        return TooLateError()
    for each in asked:
        version = each.version if choice.is_seen_by_ticket else listing.version
        is_open = each.status is Availability.AVAILABLE
        if is_open and not seen.is_of(version=version, price_cents=each.price_cents):
            return OfferChangedError()
    return None


def _refuse_split(listing: HoldableListing, choice: Choice) -> AppError | None:
    available = [each for each in listing.tickets if each.status is Availability.AVAILABLE]
    if not can_leave(listing.split, left=len(available) - choice.quantity):
        return SplitRefusedError(listing.split, len(available))
    longest = longest_run(each.position for each in available)
    if listing.is_side_by_side and not choice.ticket_ids and longest < choice.quantity:
        return NotSideBySideError(longest, len(available))
    return None


def _refuse_by_limits(facts: HoldFacts, quantity: int = 1) -> AppError | None:
    if facts.cooldown and facts.cooldown > timedelta():
        return HoldCooldownError(facts.cooldown, quantity=quantity)
    limits = hold_limits()
    if facts.open_holds >= limits.max_open_holds:
        return TooManyHoldsError()
    most = limits.max_unconfirmed_holds
    if most and not facts.is_confirmed and facts.open_holds >= most:
        return UnconfirmedHoldsError(most)
    return None
