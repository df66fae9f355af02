"""Two tables: the subscribers of each domain event, and how work of each kind is done."""

from collections.abc import Mapping

from ticketing_app.expiration import subscribers as expiration
from ticketing_app.messaging.catalog import (
    EventCancelled,
    EventChanged,
    OrderCancelled,
    OrderCreated,
    OrderExpired,
    OrderUpdated,
)
from ticketing_app.messaging.inbox import Subscriptions
from ticketing_app.orders import subscribers as orders
from ticketing_app.payments import subscribers as payments
from ticketing_app.tickets import subscribers as tickets
from ticketing_app.work.due import Kind

SUBSCRIPTIONS: Subscriptions = {
    EventChanged: (tickets.on_event_changed,),
    EventCancelled: (orders.on_event_cancelled, payments.on_event_cancelled),
    OrderCreated: (expiration.on_order_created,),
    OrderUpdated: (expiration.on_order_updated,),
    OrderCancelled: (payments.on_order_cancelled,),
    OrderExpired: (payments.on_order_expired,),
}

WORK: Mapping[str, Kind] = {}
