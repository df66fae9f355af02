"""Every page in every state, in one table."""

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page

from docs.screenshots import accounts, orders, tickets
from docs.screenshots.stage import Stage, at, away, loading

SCENES: dict[str, Callable[[Stage], Page]] = {
    # Before anybody sells anything.
    "list-empty": lambda stage: stage.look("/", "No tickets found"),
    "list-loading": loading("/?q=kites", Stage.onlooker),
    "list": at("/"),
    "list-filters": tickets.list_filters,
    "list-found": at("/?q=okapi&category=concert", "Okapi Sundays"),
    "list-nothing-found": at("/?category=sports&city=Tokyo&maxPrice=2", "No tickets found"),
    "list-changed": tickets.list_changed,
    "list-away": away("/?q=okapi", Stage.onlooker),
    "list-offline": tickets.list_offline,
    "ticket": tickets.ticket_available,
    "ticket-bare": tickets.ticket_bare,
    "ticket-extreme": tickets.ticket_extreme,
    "ticket-own": tickets.ticket_own,
    "ticket-withdrawing": tickets.ticket_withdrawing,
    "ticket-withdrawn": tickets.ticket_withdrawn,
    "ticket-locked": tickets.ticket_locked,
    "ticket-lost": tickets.ticket_lost,
    "ticket-held": tickets.ticket_held,
    "ticket-sold": tickets.ticket_sold,
    "ticket-bought": tickets.ticket_bought,
    "ticket-begun": tickets.ticket_begun,
    "ticket-not-found": at(f"/tickets/{uuid4()}", "See tickets for sale"),
    "ticket-away": away(f"/tickets/{uuid4()}", Stage.onlooker),
    "sell-loading": loading("/tickets/new"),
    "sell": tickets.sell_empty,
    "sell-filled": tickets.sell_filled,
    "sell-wrong": tickets.sell_wrong,
    "edit": tickets.edit,
    "listings-empty": tickets.listings_empty,
    "listings-loading": loading("/tickets/mine"),
    "listings": tickets.listings_full,
    "listings-several": tickets.listings_several,
    "order": orders.order_open,
    "order-loading": loading(f"/orders/{uuid4()}"),
    "order-extreme": orders.order_extreme,
    "order-urgent": orders.order_urgent,
    "order-releasing": orders.order_releasing,
    "order-released": orders.order_released,
    "order-declined": orders.order_declined,
    "order-confirming": orders.order_confirming,
    "order-paid": orders.order_paid,
    "order-expired": orders.order_expired,
    "order-refunded": orders.order_refunded,
    "order-away": away(f"/orders/{uuid4()}"),
    "pay": orders.pay_open,
    "pay-huge": orders.pay_huge,
    "pay-declined": orders.pay_declined,
    "pay-bank-asks": orders.pay_bank_asks,
    "pay-confirming": orders.pay_confirming,
    "orders-empty": orders.orders_empty,
    "orders": orders.orders_full,
    "account": accounts.account,
    "account-changed": accounts.account_changed,
    "sign-up": accounts.signing("/auth/signup"),
    "sign-up-wrong": accounts.signing("/auth/signup", "cleo", "short"),
    "sign-in": accounts.signing("/auth/signin"),
    "sign-in-wrong": accounts.signing("/auth/signin", "cleo@gittix.test", "not the one"),
    "sign-out": accounts.sign_out,
    "signed-out": accounts.signing("/auth/signout"),
    "not-found": at("/nowhere", "Page not found"),
}
"""In this order, each on its own; the name is the start of the picture's."""
