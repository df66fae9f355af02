"""Rules of payments: what a charge, its order and its intent at Stripe mean together. Pure."""

from enum import StrEnum, auto

from ticketing_app.orders.rules import ENDED_UNPAID, OrderStatus, status_now

CHECK_AFTER_SECONDS = 30
"""How long browser and webhook have to tell the end of a payment before the sweep asks Stripe."""

FIRST_BACKOFF_SECONDS = 20
LONGEST_BACKOFF_SECONDS = 900

SETTLING_KINDS = frozenset(
    {
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
    }
)
"""Webhooks that can mean that a payment has moved on."""

DECLINE_KINDS = frozenset({"charge.failed"})
"""Webhooks of one declined card each."""

PAYING_KINDS = (SETTLING_KINDS | DECLINE_KINDS) - {"payment_intent.canceled"}
"""Webhooks of somebody who pays at this moment."""

REFUND_KINDS = frozenset({"charge.refunded", "refund.updated", "refund.failed"})
"""Webhooks that can mean that a refund was made, is done, or came back."""

DISPUTE_KINDS = frozenset(
    {"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"}
)
"""Webhooks of a buyer who asks their bank for the money."""

ENDED_DISPUTES = frozenset({"won", "warning_closed", "prevented"})
"""Stripe's words for disputes that leave the money here; in any other the bank has it, or may take it."""

FRAUD_KINDS = frozenset({"radar.early_fraud_warning.created"})
"""Webhooks of a bank that suspects fraud. Reviews of Radar (`review.*`) are stored and change nothing:
whoever closes one refunds in the Dashboard, which is told as a refund."""

DECLINE_SENTENCES = {
    "insufficient_funds": "Your card does not have enough money for this.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "The security code of your card is wrong.",
    "processing_error": "Your bank could not process the card just now.",
    "payment_intent_authentication_failure": "Your bank could not confirm that it is you.",
}
"""In plain words. What a thief should not learn (lost, stolen, fraud) is said as any refusal."""

NOT_CHARGED = "Your card was not charged."


class ChargeStatus(StrEnum):
    """Where a charge stands: created until money was taken or cannot be any more."""

    CREATED = "created"
    FAILED = "failed"
    COMPLETED = "completed"


class Reason(StrEnum):
    """Why a charge failed, when it was not a card."""

    HOLD_OVER = "hold_over"
    CANCELLED_AT_STRIPE = "cancelled_at_stripe"
    PAID_TOO_LATE = "paid_too_late"
    NO_TICKET = "no_ticket"
    UNKNOWN_AT_STRIPE = "unknown_at_stripe"


class RefundStatus(StrEnum):
    """Where a refund stands: due until Stripe has it, pending until the bank has it."""

    DUE = "due"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNDONE_REFUND = frozenset({RefundStatus.DUE, RefundStatus.PENDING})
"""Wanted, and not done yet."""


class AlertKind(StrEnum):
    """What people must look at. See docs/operations.md for what to do about each."""

    PAID_TOO_LATE = "paid_too_late"
    REFUND_FAILED = "refund_failed"
    REFUNDED_BY_HAND = "refunded_by_hand"
    PARTIAL_REFUND = "partial_refund"
    DISPUTE = "dispute"
    MONEY_WITHOUT_TICKET = "money_without_ticket"
    TICKET_WITHOUT_MONEY = "ticket_without_money"
    AMOUNT_DIFFERS = "amount_differs"
    OPEN_AUTHORISATION = "open_authorisation"
    NO_TICKET = "no_ticket"
    SOLD_ON = "sold_on"
    FRAUD_WARNING = "fraud_warning"
    REFUSED = "refused"
    STUCK = "stuck"


class Work(StrEnum):
    """What a charge needs now."""

    VOID = auto()
    SETTLE = auto()
    REFUND = auto()
    WAIT = auto()


def is_over(status: OrderStatus, *, is_running: bool) -> bool:
    """Whether this order can never be paid any more."""
    return status_now(status, is_running=is_running) in ENDED_UNPAID


def due_work(status: OrderStatus, *, is_running: bool, refund_status: str | None = None) -> Work:
    """Tell what to do about a charge whose order stands so; an open dialog is no work."""
    if refund_status in UNDONE_REFUND:
        return Work.REFUND
    if is_over(status, is_running=is_running):
        return Work.VOID
    return Work.WAIT if status is OrderStatus.CREATED else Work.SETTLE


def advances_refund(status: str | None, reported: RefundStatus, *, is_known: bool) -> bool:
    """Whether a refund at Stripe moves on a charge whose own refund stands at `status`.

    `is_known`: it is the refund that the charge knows. What failed stays failed, however old the news
    are; while another try is due, only the failure of a refund that we did not know counts.
    """
    if reported is RefundStatus.FAILED:
        is_lost_try = status == RefundStatus.DUE and not is_known
        return is_lost_try or status in {RefundStatus.PENDING, RefundStatus.SUCCEEDED}
    return not (is_known and status in {reported, RefundStatus.FAILED})


def backoff_seconds(attempts: int) -> int:
    """Return the seconds until the next try after so many: 20, 40, 80 ... up to 15 minutes."""
    return min(FIRST_BACKOFF_SECONDS * 2 ** min(attempts, 10), LONGEST_BACKOFF_SECONDS)


def attempts_left(declines: int, maximum: int) -> int:
    """Return how many more cards may be tried."""
    return max(0, maximum - declines)


def decline_sentence(code: str) -> str:
    """Say in plain words why a card was refused."""
    return DECLINE_SENTENCES.get(code, "Your card was declined.")


def outcome_sentence(status: OrderStatus, *, failure_code: str | None, left: int) -> str | None:
    """Tell the buyer what became of the payment; none when the status says it all."""
    match status:
        case OrderStatus.AWAITING_PAYMENT | OrderStatus.CAPTURING:
            return (
                "We are confirming your payment. Please do not pay again; this changes by itself."
            )
        case OrderStatus.CREATED if failure_code:
            return decline_sentence(failure_code)
        case OrderStatus.CANCELLED if failure_code and not left:
            reason = decline_sentence(failure_code)
            return f"{reason} No attempt is left, so the ticket is free again. {NOT_CHARGED}"
        case OrderStatus.CANCELLED:
            return f"This order was cancelled, so the ticket is free again. {NOT_CHARGED}"
        case OrderStatus.EXPIRED:
            return f"The time ran out before your payment was confirmed. {NOT_CHARGED}"
        case _:
            return None
