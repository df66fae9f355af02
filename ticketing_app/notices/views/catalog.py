"""The sentences of every kind of notice."""

from collections.abc import Mapping
from typing import Any

from ticketing_app import routes
from ticketing_app.notices.letter import Letter
from ticketing_app.notices.views import (
    account,
    cases,
    digests,
    door,
    events,
    gifts,
    leaving,
    orders,
    receiving,
    sales,
    sending,
)
from ticketing_app.notices.views.facts import About, BellLine, Facts, Wording

WORDINGS: Mapping[str, Wording] = {
    "welcome": account.WELCOME,
    "confirm_address": account.CONFIRM_ADDRESS,
    "reset_password": account.RESET_PASSWORD,
    "address_change": account.ADDRESS_CHANGE,
    "address_changed": account.ADDRESS_CHANGED,
    "password_changed": account.PASSWORD_CHANGED,
    "passkey_added": account.PASSKEY_ADDED,
    "passkey_removed": account.PASSKEY_REMOVED,
    "new_signin": account.NEW_SIGNIN,
    "account_leaving": leaving.ACCOUNT_LEAVING,
    "account_kept": leaving.ACCOUNT_KEPT,
    "export_ready": leaving.EXPORT_READY,
    "digest": digests.DIGEST,
    "order_started": sales.ORDER_STARTED,
    "sold": sales.SOLD,
    "sale_refunded": sales.SALE_REFUNDED,
    "paid": orders.PAID,
    "tickets_here": orders.TICKETS_HERE,
    "hold_ending": orders.HOLD_ENDING,
    "order_expired": orders.ORDER_EXPIRED,
    "order_cancelled": orders.ORDER_CANCELLED,
    "refunded": orders.REFUNDED,
    "send_tickets": sending.SEND_TICKETS,
    "send_soon": sending.SEND_SOON,
    "send_late": sending.SEND_LATE,
    "send_again": sending.SEND_AGAIN,
    "not_sent": sending.NOT_SENT,
    "send_elsewhere": sending.SEND_ELSEWHERE,
    "tickets_sent": receiving.TICKETS_SENT,
    "tickets_there": receiving.TICKETS_THERE,
    "tickets_late": receiving.TICKETS_LATE,
    "tickets_failed": receiving.TICKETS_FAILED,
    "sent_elsewhere": receiving.SENT_ELSEWHERE,
    "door_tomorrow": door.DOOR_TOMORROW,
    "gift_offered": gifts.GIFT_OFFERED,
    "gift_taken": gifts.GIFT_TAKEN,
    "gift_returned": gifts.GIFT_RETURNED,
    "event_changed": events.EVENT_CHANGED,
    "event_cancelled": events.EVENT_CANCELLED,
    "case_received": cases.CASE_RECEIVED,
    "case_answered": cases.CASE_ANSWERED,
    "case_waits": cases.CASE_WAITS,
}


def draw_letter(kind: str, facts: Facts) -> Letter:
    return WORDINGS[kind].letter(facts)


def draw_line(kind: str, stored: Mapping[str, Any]) -> BellLine:
    """Return the line of the bell, from the facts stored with the notice."""
    # A newer version of the program may have told it, which runs beside this one or before a rollback.
    if kind not in WORDINGS:
        return BellLine("There is news about your account.", routes.ACCOUNT)
    return WORDINGS[kind].line(About.model_validate(stored))
