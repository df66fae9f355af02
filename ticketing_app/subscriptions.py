"""Two tables: the subscribers of each domain event, and how work of each kind is done."""

from collections.abc import Mapping
from datetime import timedelta

from ticketing_app.accounts.service import recovery
from ticketing_app.core import queues
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries import subscribers as deliveries
from ticketing_app.deliveries.rules import DEADLINE_WORK, FREEZE_WORK, REISSUE_WORK
from ticketing_app.deliveries.service import deadlines, freezing, reissue
from ticketing_app.expiration import subscribers as expiration
from ticketing_app.messaging.catalog import (
    CaseChanged,
    CaseOpened,
    ChargeRefunded,
    DeliveryAddressChanged,
    DeliveryChanged,
    EmailChanged,
    EmailChangeRequested,
    EmailConfirmationRequested,
    EventCancelled,
    EventChanged,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExpired,
    OrderUpdated,
    PasskeyAdded,
    PasskeyRemoved,
    PasswordChanged,
    PasswordResetRequested,
    TicketCreated,
    TicketGiven,
    TicketUpdated,
    UserCreated,
    UserSignedIn,
)
from ticketing_app.messaging.inbox import Subscriptions
from ticketing_app.notices import subscribers as notices
from ticketing_app.notices.service import (
    delivery_notices,
    digesting,
    door_notices,
    push,
    reminding,
    sending,
)
from ticketing_app.orders import subscribers as orders
from ticketing_app.orders.service import gifts
from ticketing_app.payments import subscribers as payments
from ticketing_app.payments.rules import (
    CHARGE_WORK,
    FAILED_DELIVERY_WORK,
    LATER_WEBHOOK_WORK,
    REFUND_WORK,
    WEBHOOK_WORK,
)
from ticketing_app.payments.service import failed_delivery, sweep, webhook
from ticketing_app.privacy import subscribers as privacy
from ticketing_app.privacy.service import deletion, erasure, export
from ticketing_app.tickets import subscribers as tickets
from ticketing_app.work.due import Kind

SUBSCRIPTIONS: Subscriptions = {
    UserCreated: (notices.on_user_created,),
    EmailConfirmationRequested: (notices.on_email_confirmation_requested,),
    EmailChangeRequested: (notices.on_email_change_requested,),
    EmailChanged: (notices.on_email_changed,),
    PasswordResetRequested: (notices.on_password_reset_requested,),
    PasswordChanged: (notices.on_password_changed,),
    PasskeyAdded: (notices.on_passkey_added,),
    PasskeyRemoved: (notices.on_passkey_removed,),
    UserSignedIn: (privacy.on_user_signed_in, notices.on_user_signed_in),
    # Before the tickets of a merged event follow it.
    EventChanged: (
        notices.on_event_changed,
        tickets.on_event_changed,
        deliveries.on_event_changed,
    ),
    EventCancelled: (
        orders.on_event_cancelled,
        payments.on_event_cancelled,
        notices.on_event_cancelled,
    ),
    OrderCreated: (expiration.on_order_created, notices.on_order_created),
    OrderUpdated: (expiration.on_order_updated,),
    OrderCancelled: (payments.on_order_cancelled, notices.on_order_cancelled),
    OrderExpired: (payments.on_order_expired, notices.on_order_expired),
    OrderCompleted: (notices.on_order_completed,),
    TicketCreated: (deliveries.on_ticket_created,),
    TicketUpdated: (deliveries.on_ticket_updated,),
    DeliveryChanged: (
        deliveries.on_delivery_changed,
        payments.on_delivery_changed,
        notices.on_delivery_changed,
    ),
    DeliveryAddressChanged: (notices.on_delivery_address_changed,),
    TicketGiven: (notices.on_ticket_given,),
    ChargeRefunded: (notices.on_charge_refunded,),
    CaseOpened: (notices.on_case_opened,),
    CaseChanged: (notices.on_case_changed,),
}

# Short, so that a payment waits little after the crash of a worker. It may end while the act runs, as
# calls to Stripe are idempotent.
_PAYMENT_LEASE = timedelta(minutes=1)

WORK: Mapping[str, Kind] = {
    WEBHOOK_WORK: Kind(
        webhook.handle_webhook,
        lease=_PAYMENT_LEASE,
        at_once=None,
        queue=queues.OUTSIDE,
        list_keys=webhook.list_urgent,
    ),
    LATER_WEBHOOK_WORK: Kind(
        webhook.handle_webhook, lease=_PAYMENT_LEASE, at_once=4, list_keys=webhook.list_later
    ),
    CHARGE_WORK: Kind(
        sweep.check_charge, lease=_PAYMENT_LEASE, at_once=None, list_keys=sweep.list_unfinished
    ),
    REFUND_WORK: Kind(
        sweep.check_refund, lease=_PAYMENT_LEASE, at_once=4, list_keys=sweep.list_undone_refunds
    ),
    FAILED_DELIVERY_WORK: Kind(failed_delivery.refund_order, queue=queues.DEFAULT),
    DEADLINE_WORK: Kind(
        deadlines.meet_deadline,
        at_once=4,
        queue=queues.DEFAULT,
        list_keys=deadlines.list_overdue,
    ),
    # The buyer waits for it. It may be repeated while it runs, as the issuer is asked first.
    REISSUE_WORK: Kind(
        reissue.issue,
        first=timedelta(seconds=5),
        lease=_PAYMENT_LEASE,
        # Few: an issuer that hangs leaves the slots to payments.
        at_once=2,
        queue=queues.OUTSIDE,
    ),
    FREEZE_WORK: Kind(freezing.follow_listing, first=timedelta(seconds=5), at_once=2),
    push.WORK_KIND: Kind(push.send_push, tries=6, at_once=4, queue=queues.OUTSIDE),
    "notices.mail": Kind(
        sending.send_mail,
        first=timedelta(seconds=30),
        longest=timedelta(hours=1),
        tries=12,
        at_once=4,
        per_second=lambda: get_settings().mail_per_second,
        queue=queues.OUTSIDE,
    ),
    export.WORK: Kind(export.make_export),
    deletion.WORK: Kind(erasure.erase_account, queue=queues.DEFAULT),
    "notices.digest": Kind(digesting.make_digest, queue=queues.DEFAULT),
    gifts.WORK: Kind(gifts.lapse_gift, queue=queues.DEFAULT),
    door_notices.DOOR_WORK: Kind(door_notices.remind, queue=queues.DEFAULT),
    delivery_notices.REMINDER_WORK: Kind(delivery_notices.remind, queue=queues.DEFAULT),
    "notices.hold_ending": Kind(reminding.remind, queue=queues.DEFAULT),
    "accounts.reset": Kind(recovery.send_reset, queue=queues.DEFAULT),
}
