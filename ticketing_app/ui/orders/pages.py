"""Pages of orders: one order with its countdown, and one's own orders."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui import theme
from ticketing_app.ui.live import OnLive
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.orders.views import OrderRow
from ticketing_app.ui.payments.components import checkout
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.tickets.components import plain_stub

TEXT = {
    "list": "My Orders",
    "none": "No orders yet",
    "none_more": "What you buy shows up here.",
    "browse": "See tickets for sale",
    "more": "Load more",
    "left_before": "You have ",
    "left_after": " left to order",
    "spoken": "{time} left to order",
    "checking": "We are confirming your payment. This page changes by itself; "
    "you are never charged twice.",
    "held": "The ticket is locked for you. Nobody else can buy it in this time.",
    "release": "Release ticket",
    "release_sure": "Let go of this ticket? Others can buy it at once.",
    "release_yes": "Release it",
    "release_no": "Keep it",
    "receipt": "The ticket is yours. You find it under My Orders.",
    "to_ticket": "See the ticket",
    "all_orders": "My Orders",
}


def order_detail_page() -> rx.Component:
    state = OrderDetailState
    return layout(
        OnLive.create(on_change=state.refresh),
        feedback.loaded(state, state.load, _order(), state.order.id),
    )


def _order() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.article(
        rx.el.h1(order.heading, class_name=theme.HEADING),
        plain_stub(
            OrderDetailState.stub,
            rx.el.span(order.price, class_name="sm:text-xl font-bold"),
            look=rx.cond(OrderDetailState.is_just_paid, "torn", ""),
        ),
        rx.cond(
            order.deadline != "",
            rx.el.div(_time_left(TEXT["spoken"]), rx.el.p(TEXT["held"], class_name="text-muted")),
        ),
        rx.cond(order.is_checking, feedback.spinner(TEXT["checking"])),
        rx.cond(order.is_paid, _receipt()),
        rx.cond(
            order.ending != "",
            rx.el.div(
                rx.el.p(order.ending, role="status", class_name="text-lg font-medium"),
                link(TEXT["to_ticket"], href=order.ticket_href, class_name=theme.LINK),
                class_name="grid gap-3 justify-items-start max-w-text",
            ),
        ),
        rx.el.div(
            # Always on the page: a payment that is under way must be able to finish its dialog.
            checkout(
                _time_left(),
                order_id=order.id,
                status=order.status,
                can_pay=OrderDetailState.offers_pay,
                pay_label=order.pay_label,
                on_settled=OrderDetailState.refresh,
                key=order.id,
            ),
            rx.cond(order.can_pay, _release()),
            class_name=rx.cond(order.can_pay, theme.ACTION_BAR, ""),
        ),
        class_name="grid gap-5 pb-24",
    )


def _release() -> rx.Component:
    state = OrderDetailState
    return rx.cond(
        state.is_asking,
        rx.fragment(
            rx.el.p(TEXT["release_sure"], role="alert", class_name="basis-full font-medium"),
            rx.el.button(
                TEXT["release_yes"], type="button", on_click=state.release, class_name=theme.DANGER
            ),
            rx.el.button(
                TEXT["release_no"], type="button", on_click=state.keep, class_name=theme.QUIET
            ),
        ),
        rx.el.button(
            TEXT["release"], type="button", on_click=state.ask_release, class_name=theme.QUIET
        ),
    )


def _time_left(spoken: str = "") -> rx.Component:
    order = OrderDetailState.order
    return rx.el.p(
        TEXT["left_before"],
        Countdown.create(
            deadline=order.deadline,
            now=order.now,
            spoken=spoken,
            on_over=OrderDetailState.refresh,
            class_name="font-bold tabular-nums",
        ),
        TEXT["left_after"],
        class_name="text-lg",
    )


def _receipt() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.section(
        rx.el.p(order.paid_line, role="status", class_name="text-xl font-bold text-good"),
        rx.el.p(TEXT["receipt"]),
        link(TEXT["all_orders"], href=routes.ORDER_LIST, class_name=theme.LINK),
        class_name="grid gap-2 justify-items-start",
    )


def order_list_page() -> rx.Component:
    state = OrderListState
    content = rx.el.div(
        rx.el.h1(TEXT["list"], class_name=theme.HEADING),
        rx.cond(
            state.rows.length() > 0,
            rx.fragment(
                rx.el.ul(rx.foreach(state.rows, _row), class_name="grid gap-3"),
                rx.cond(
                    state.has_more,
                    rx.el.button(
                        TEXT["more"],
                        type="button",
                        on_click=state.load_more,
                        class_name=theme.QUIET,
                    ),
                ),
            ),
            feedback.empty(
                TEXT["none"],
                TEXT["none_more"],
                link(TEXT["browse"], href=routes.TICKET_LIST, class_name=theme.PRIMARY),
            ),
        ),
        class_name="grid gap-5",
    )
    return layout(OnLive.create(on_change=state.load), feedback.loaded(state, state.load, content))


def _row(row: OrderRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h2(
                link(
                    row.title,
                    href=row.href,
                    class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                ),
                class_name="font-semibold text-lg leading-snug break-words",
            ),
            rx.el.p(row.ordered, class_name="text-sm text-muted"),
            class_name="min-w-0",
        ),
        rx.el.div(
            rx.el.span(row.price, class_name="text-lg font-bold tabular-nums"),
            rx.el.span(
                row.status_label, class_name="badge", custom_attrs={"data-status": row.look}
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        class_name="relative flex flex-wrap items-center justify-between gap-3 bg-surface "
        "rounded-stub shadow-soft p-4",
        key=row.id,
    )
