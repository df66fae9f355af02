"""Tickets that a seller sends after the sale, in the words of the page of their buyer."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ticketing_app.accounts.service import users
from ticketing_app.core.formatting import format_amount, format_event_day, format_time
from ticketing_app.deliveries.rules import DeliveryStatus, choose_by, issuer_name
from ticketing_app.deliveries.schemas import AddressRead, DeliveryRead
from ticketing_app.deliveries.service import addresses, deadlines
from ticketing_app.orders import rules
from ticketing_app.orders.schemas import OrderDetail
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.transactions import Session

ADDRESS_LEAD = (
    "The seller transfers {them} {in_app}. Give the account that you use there: only the seller sees it, "
    "and only until you have {them}."
)
GOES_TO = "Goes to {address}"
ACCEPT = "Accept {them} {in_app} soon: an offer there can lapse."
HAVE = "I have {them}"
SENT_QUESTION = (
    "Did the seller send {them}? Tell us when you have {them}, and this page marks {them} as yours."
)
CHOOSE_BY = (
    "Please choose until {when}. If you do nothing, your {amount} goes back to your card by itself."
)
WAITED = "You gave the seller more time once, so now the choice is only when your money goes back."
WAIT = "Wait until {day}"
WAIT_UNTIL = "You can give the seller until {when}, or get your money back."
GIVE_UP = "Get my {amount} back"
GIVE_UP_QUESTION = (
    "Take your {amount} back? The order ends, and the seller can no longer send {them}."
)
GIVE_UP_CANCEL = "Not yet"
FAILED = "The seller did not send {them}, so this order has ended. We are sorry for the lost time."


@dataclass(frozen=True)
class SendingFacts:
    """Facts for the page of the buyer, beside the delivery."""

    is_transfer: bool = False
    issuer: str = ""
    address: AddressRead | None = None
    email: str = ""
    wait_until: datetime | None = None


async def load_sending(
    session: Session, *, order: OrderDetail, ticket: TicketRead, delivery: DeliveryRead | None
) -> SendingFacts:
    promise = ticket.delivery
    promised = promise.method if promise else None
    method = delivery.method if delivery else promised
    facts = SendingFacts()
    if delivery and delivery.status is DeliveryStatus.LATE and not delivery.has_waited:
        wait_until = await deadlines.second_due_at(session, order_id=order.id)
        facts = replace(facts, wait_until=wait_until)
    if method is not DeliveryMethod.TRANSFER:
        return facts
    buyer = await users.get_user(session, user_id=order.buyer_id)
    return replace(
        facts,
        is_transfer=True,
        issuer=issuer_name(promise.issuer if promise else None),
        address=await addresses.get_own(session, order_id=order.id, buyer_id=order.buyer_id),
        email=buyer.email if buyer.email_confirmed_at else "",
    )


@dataclass(frozen=True)
class SendingView:
    """Empty texts and false flags are not on the page."""

    # Before the payment, and until the seller has sent them.
    needs_address: bool = False
    allows_payment: bool = True
    has_address: bool = False
    can_change_address: bool = False
    address_lead: str = ""
    address_line: str = ""
    address_key: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    accept: str = ""
    reference: str = ""
    have: str = ""
    failed: str = ""
    is_late: bool = False
    choose: str = ""
    wait: str = ""
    give_up: str = ""
    give_up_question: str = ""
    delivery_id: str = ""

    @classmethod
    def of(
        cls, order: OrderDetail, delivery: DeliveryRead | None, facts: SendingFacts, now: datetime
    ) -> "SendingView":
        kept = [item.ticket for item in order.items if item.refunded_at is None]
        them = "it" if len(kept) == 1 else "them"
        cents = sum(ticket.price_cents for ticket in kept)
        in_app = f"in the {facts.issuer} app" if facts.issuer else "in the issuer's app"
        words = {
            "them": them,
            "in_app": in_app,
            "amount": format_amount(cents, order.currency, to_the_cent=True),
        }
        values = _address_values(order, delivery, facts, words)
        if delivery:
            values |= {"delivery_id": str(delivery.id)} | _status_values(
                delivery, facts, words, now
            )
        return cls(**values)


def _address_values(
    order: OrderDetail,
    delivery: DeliveryRead | None,
    facts: SendingFacts,
    words: dict[str, str],
) -> dict[str, Any]:
    is_open = order.status in rules.PAYABLE or (
        delivery is not None and delivery.status is DeliveryStatus.WAITING
    )
    if not facts.is_transfer or not is_open:
        return {}
    address = facts.address
    line = " · ".join(filter(None, (address.name, address.email, address.phone))) if address else ""
    return {
        "needs_address": address is None,
        "allows_payment": address is not None,
        "has_address": address is not None,
        "can_change_address": True,
        "address_lead": ADDRESS_LEAD.format_map(words),
        "address_line": GOES_TO.format(address=line) if address else "",
        "address_key": line,
        "name": address.name if address else "",
        "email": (address.email or "") if address else facts.email,
        "phone": (address.phone or "") if address else "",
    }


def _status_values(
    delivery: DeliveryRead, facts: SendingFacts, words: dict[str, str], now: datetime
) -> dict[str, Any]:
    have = HAVE.format_map(words)
    if delivery.method is None and delivery.status in {
        DeliveryStatus.WAITING,
        DeliveryStatus.SENT,
    }:
        return {"have": have, "accept": SENT_QUESTION.format_map(words)}
    if delivery.status is DeliveryStatus.SENT:
        reference = delivery.proof_reference
        return {
            "have": have,
            "accept": ACCEPT.format_map(words),
            "reference": f"Confirmation number: {reference}" if reference else "",
        }
    if delivery.status is DeliveryStatus.FAILED:
        return {"failed": FAILED.format_map(words)}
    if delivery.status is not DeliveryStatus.LATE or delivery.due_at is None:
        return {}
    # Late for people, but not recorded yet.
    due_at = delivery.due_at if delivery.due_at > now else choose_by(now)
    when = until(due_at, now)
    choose = CHOOSE_BY.format(when=when, amount=words["amount"])
    lead, wait = WAITED, ""
    if facts.wait_until:
        lead = WAIT_UNTIL.format(when=until(facts.wait_until, now))
        wait = WAIT.format(day=_day(facts.wait_until, now))
    return {
        "is_late": True,
        "choose": f"{lead} {choose}",
        "wait": wait,
        "give_up": GIVE_UP.format_map(words),
        "give_up_question": GIVE_UP_QUESTION.format_map(words),
    }


def until(at: datetime, now: datetime) -> str:
    """Return a deadline for the reader, like "Thu, Dec 3, 8:00 PM CET"."""
    return f"{_day(at, now)}, {format_time(at, now)}"


def _day(at: datetime, now: datetime) -> str:
    return format_event_day(at.astimezone(now.tzinfo).date(), now.date())
