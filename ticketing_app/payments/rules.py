"""Rules of payments: the combined meaning of a charge, its order and its intent at Stripe. Pure."""

from datetime import timedelta
from enum import StrEnum, auto

from ticketing_app.orders.rules import ENDED_UNPAID, NOT_CHARGED, OrderStatus, status_now

# Kinds of deferred work. Stripe's webhooks have two, so that a waiting buyer comes first.
CHARGE_WORK = "payments.charge"
REFUND_WORK = "payments.refund"
FAILED_DELIVERY_WORK = "payments.failed_delivery"
WEBHOOK_WORK = "payments.webhook"
LATER_WEBHOOK_WORK = "payments.webhook_later"

# Time for browser and webhook to report the end of a payment before it is checked at Stripe.
CHECK_AFTER_SECONDS = 30

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

DECLINE_KINDS = frozenset({"charge.failed"})

# Sent while a buyer waits: each voided intent causes a webhook, which must not delay these.
PAYING_KINDS = (SETTLING_KINDS | DECLINE_KINDS) - {"payment_intent.canceled"}

REFUND_KINDS = frozenset({"charge.refunded", "refund.updated", "refund.failed"})

# A buyer reclaims the money from their bank.
DISPUTE_KINDS = frozenset(
    {"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"}
)

# The money stays with us. In any other status the bank has taken it, or may take it.
ENDED_DISPUTES = frozenset({"won", "warning_closed", "prevented"})

# A bank suspects fraud. Reviews of Radar (`review.*`) are stored without effect: a refund that follows
# from one is made in the Dashboard and arrives as a refund.
FRAUD_KINDS = frozenset({"radar.early_fraud_warning.created"})

# Reasons that would help a thief (lost, stolen, fraud) are absent: they read like any refusal.
DECLINE_SENTENCES = {
    "insufficient_funds": "Your card does not have enough money for this.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "The security code of your card is wrong.",
    "processing_error": "Your bank could not process the card just now.",
    "payment_intent_authentication_failure": "Your bank could not confirm that it is you.",
}


class ChargeStatus(StrEnum):
    CREATED = "created"
    FAILED = "failed"
    COMPLETED = "completed"


class Reason(StrEnum):
    HOLD_OVER = "hold_over"
    CANCELLED_AT_STRIPE = "cancelled_at_stripe"
    PAID_TOO_LATE = "paid_too_late"
    NO_TICKET = "no_ticket"
    UNKNOWN_AT_STRIPE = "unknown_at_stripe"


class RefundStatus(StrEnum):
    """A refund is due until Stripe accepts it, and pending until the bank does."""

    DUE = "due"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNDONE_REFUND = frozenset({RefundStatus.DUE, RefundStatus.PENDING})
# The money is given back, or will be.
KEPT_REFUND = UNDONE_REFUND | {RefundStatus.SUCCEEDED}


class AlertKind(StrEnum):
    """Problems for operators; docs/operations.md lists the remedy of each."""

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
    VOID = auto()
    SETTLE = auto()
    REFUND = auto()
    WAIT = auto()


def is_over(status: OrderStatus, *, is_running: bool) -> bool:
    return status_now(status, is_running=is_running) in ENDED_UNPAID


def due_work(status: OrderStatus, *, is_running: bool, refund_status: str | None = None) -> Work:
    """Return the next action for a charge; an open payment form needs none."""
    if refund_status in UNDONE_REFUND:
        return Work.REFUND
    if is_over(status, is_running=is_running):
        return Work.VOID
    return Work.WAIT if status is OrderStatus.CREATED else Work.SETTLE


def advances_refund(status: RefundStatus, reported: RefundStatus) -> bool:
    """Whether a report changes a refund: a bank may return the money, but reports arrive in any order."""
    order = list(RefundStatus)
    return order.index(reported) > order.index(status)


def webhook_work(kind: str) -> str:
    return WEBHOOK_WORK if kind in PAYING_KINDS else LATER_WEBHOOK_WORK


def backoff(checks: int) -> timedelta:
    """Return the time until the next check: 20, 40, 80 seconds ... up to 15 minutes."""
    seconds = min(FIRST_BACKOFF_SECONDS * 2 ** min(checks, 10), LONGEST_BACKOFF_SECONDS)
    return timedelta(seconds=seconds)


def attempts_left(declines: int, maximum: int) -> int:
    return max(0, maximum - declines)


def decline_sentence(code: str) -> str:
    return DECLINE_SENTENCES.get(code, "Your card was declined.")


def outcome_sentence(
    status: OrderStatus, *, failure_code: str | None, left: int, quantity: int = 1
) -> str | None:
    are_free = "the ticket is free again" if quantity == 1 else "the tickets are free again"
    match status:
        case OrderStatus.AWAITING_PAYMENT | OrderStatus.CAPTURING:
            return (
                "We are confirming your payment. Please do not pay again; this changes by itself."
            )
        case OrderStatus.CREATED if failure_code:
            return decline_sentence(failure_code)
        case OrderStatus.CANCELLED if failure_code and not left:
            reason = decline_sentence(failure_code)
            return f"{reason} No attempt is left, so {are_free}. {NOT_CHARGED}"
        case OrderStatus.CANCELLED:
            return f"This order was cancelled, so {are_free}. {NOT_CHARGED}"
        case OrderStatus.EXPIRED:
            return f"The time ran out before your payment was confirmed. {NOT_CHARGED}"
        case _:
            return None
