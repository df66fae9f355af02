"""The checkout: the Pay button and the dialog with the card form."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui import theme

TEXT = {
    "open": "Pay",
    "title": "Pay for your ticket",
    "close": "Close",
    "loading": "Opening the card form",
    "busy": "Checking your card",
    "confirming": "We are confirming your payment. You can close this; you are never charged twice.",
    "retry": "Try again",
    "one_attempt": "You can try one more time.",
    "attempts": "You can try {count} more times.",
    "unreachable": "We can't reach the payment service right now. Your card was not charged. "
    "Try again in a moment.",
}
LOOKS = {
    "open": f"{theme.PRIMARY} grow sm:grow-0 sm:px-10",
    "veil": "fixed inset-0 z-30 bg-veil flex flex-col items-center overflow-y-auto sm:p-4",
    "dialog": "w-full mt-auto sm:my-auto sm:max-w-form bg-surface text-ink rounded-t-stub sm:rounded-stub shadow-soft "
    "p-4 sm:p-6 grid gap-4",
    "title": "text-xl font-bold",
    "head": "flex items-start justify-between gap-3",
    "form": "grid gap-4",
    "submit": f"{theme.PRIMARY} w-full",
    "close": theme.QUIET,
    "error": "rounded-control bg-bad-soft text-bad px-4 py-3 font-medium",
    "status": "flex items-center gap-3 font-medium",
    "spinner": "spinner",
}
# Stripe draws its fields in frames of its own, with these tokens of the page.
APPEARANCE = {
    "colorPrimary": "--accent",
    "colorBackground": "--surface",
    "colorText": "--ink",
    "colorTextSecondary": "--muted",
    "colorDanger": "--bad",
}


class Checkout(rx.Component):
    """Takes a card for one order; talks to our REST API and to Stripe, never through the state.

    Its children stand at the top of the dialog.
    """

    library = rx.asset("checkout.jsx", shared=True).importable_path
    tag = "Checkout"
    # stripe-js is what react-stripe-js is typed against; Stripe.js itself is never bundled.
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field of Reflex, which copies it
        "@stripe/react-stripe-js@7.0.1",
        "@stripe/stripe-js@10.2.1",
    ]

    order_id: rx.Var[str]
    status: rx.Var[str]
    can_pay: rx.Var[bool]
    pay_label: rx.Var[str]
    sign_in_path: rx.Var[str]
    words: rx.Var[dict[str, str]]
    looks: rx.Var[dict[str, str]]
    tokens: rx.Var[dict[str, str]]
    on_settled: rx.EventHandler[rx.event.no_args_event_spec]


def checkout(summary: rx.Component, **props: Any) -> rx.Component:  # noqa: ANN401  # see Checkout
    """The Pay button of an order with its dialog; `summary` is shown in it."""
    return Checkout.create(
        summary,
        sign_in_path=routes.SIGN_IN,
        words=TEXT,
        looks=LOOKS,
        tokens=APPEARANCE,
        **props,
    )
