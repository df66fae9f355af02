"""Who reacts to what: the whole table, read by the relay and the consumer."""

from ticketing_app.expiration import subscribers as expiration
from ticketing_app.messaging.catalog import OrderCreated, OrderUpdated
from ticketing_app.messaging.inbox import Subscriptions

SUBSCRIPTIONS: Subscriptions = {
    OrderCreated: (expiration.on_order_created,),
    OrderUpdated: (expiration.on_order_updated,),
}
