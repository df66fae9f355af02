"""The checkout: the Pay button and the dialog with the card form."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.theme import styles

TEXT = {
    "open": "Pay",
    "title": "Pay for your ticket",
    "close": "Close",
    "loading": "Opening the card form",
    "busy": "Checking your card",
    "confirming": "We are confirming your payment. You can close this; you are never charged twice.",
    "next": "Your card is charged once, and only if the ticket becomes yours.",
    "retry": "Try again",
    "one_attempt": "You were not charged and can try one more time, also with another card.",
    "attempts": "You were not charged and can try {count} more times, also with another card.",
    "mistyped": "Please correct the marked fields. Nothing was sent to your bank, and no try is used up.",
    "unreachable": "We can't reach the payment service right now. Your card was not charged. "
    "Try again in a moment.",
}
# For an order of several tickets.
SEVERAL = {
    "title": "Pay for your tickets",
    "next": "Your card is charged once, and only if the tickets are sold to you.",
}
CLASSES = {
    "open": f"{styles.PRIMARY} grow sm:grow-0 sm:px-10 lg:grow",
    "veil": "veil fixed inset-x-0 top-0 bottom-[var(--offline)] z-30 bg-veil flex flex-col items-center "
    "overflow-y-auto sm:p-4",
    "dialog": "w-full mt-auto sm:my-auto sm:max-w-form bg-surface text-ink rounded-t-stub sm:rounded-stub shadow-soft "
    "p-4 sm:p-6 grid grid-cols-[minmax(0,1fr)] gap-4",
    "title": "text-xl font-bold",
    "head": "flex items-start justify-between gap-3",
    "form": "grid gap-4",
    "submit": f"{styles.PRIMARY} w-full",
    "close": styles.SECONDARY,
    "note": "rounded-control bg-wait-soft text-wait px-4 py-3 font-medium",
    "error": "rounded-control bg-bad-soft text-bad px-4 py-3 font-medium",
    "status": "flex items-center gap-3 font-medium",
    "spinner": "spinner",
}
# Stripe renders its fields in its own frames, with these tokens of the page.
APPEARANCE = {
    "colorPrimary": "--accent",
    "colorBackground": "--surface",
    "colorText": "--ink",
    "colorTextSecondary": "--muted",
    "colorDanger": "--bad",
}


class Checkout(rx.Component):
    """Pays one order by card, over the REST API and Stripe.js: no card data reaches the state.

    The children are the top of the dialog. `outcome_id` is the element that shows the order's outcome.
    """

    library = rx.asset("checkout.jsx", shared=True).importable_path
    tag = "Checkout"
    # Type declarations for react-stripe-js; Stripe.js itself is never bundled.
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field of Reflex, which copies it
        "@stripe/react-stripe-js@7.0.1",
        "@stripe/stripe-js@10.2.1",
    ]

    order_id: rx.Var[str]
    status: rx.Var[str]
    can_pay: rx.Var[bool]
    pay_label: rx.Var[str]
    sign_in_path: rx.Var[str]
    outcome_id: rx.Var[str]
    words: rx.Var[dict[str, str]]
    classes: rx.Var[dict[str, str]]
    tokens: rx.Var[dict[str, str]]
    on_settled: rx.EventHandler[rx.event.no_args_event_spec]


def checkout(
    order: Any,  # noqa: ANN401  # a variable of an OrderView, which is above this package
    clock: rx.Component,
    **props: Any,  # noqa: ANN401  # see Checkout
) -> rx.Component:
    """The Pay button of an order with its dialog."""
    several = rx.el.p(
        rx.el.span(order.seats),
        rx.el.span(order.sum_line, class_name="tabular-nums whitespace-nowrap"),
        class_name="flex justify-between gap-4 text-sm",
    )
    return Checkout.create(
        rx.el.div(
            rx.el.p(
                rx.el.span(order.title, class_name="min-w-0 break-words line-clamp-2"),
                rx.el.span(order.amount, class_name="tabular-nums whitespace-nowrap"),
                class_name="flex justify-between gap-4 text-lg font-semibold",
            ),
            rx.cond(order.has_several, several),
        ),
        clock,
        rx.el.p(
            rx.cond(order.has_several, SEVERAL["next"], TEXT["next"]),
            class_name="text-sm text-muted",
        ),
        sign_in_path=routes.SIGN_IN,
        words=rx.cond(order.has_several, TEXT | SEVERAL, TEXT),
        classes=CLASSES,
        tokens=APPEARANCE,
        **props,
    )
