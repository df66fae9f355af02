"""Pages of orders: one order, and the caller's orders."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.orders.views import OrderRow, TimelineEntry
from ticketing_app.ui.payments.components import checkout
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown, TimeRing
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import rows
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import calendar_link, plain_stub

TEXT = {
    "list": "My Orders",
    "none": "No orders yet",
    "none_more": "What you buy shows up here.",
    "browse": "See tickets for sale",
    "left_before": "You have ",
    "left_after": " left to order",
    "held": "The ticket is locked for you. Nobody else can buy it in this time.",
    "nearly_over": "The time is nearly over. After it, others can buy the ticket.",
    "release": "Release ticket",
    "release_question": "Let go of this ticket? Others can buy it at once.",
    "release_confirm": "Release it",
    "release_cancel": "Keep it",
    "receipt": "Receipt",
    "paid": "Paid",
    "ticket": "Ticket",
    "ordered": "Ordered",
    "number": "Order number",
    "account": "Account",
    "print": "Print receipt",
    "to_ticket": "See the ticket",
    "all_orders": "My Orders",
    "resell": "Sell this ticket",
    "history": "What happened",
}
# Announcements of screen readers, by the seconds left.
SPOKEN = {
    120: "2 minutes left to order",
    60: "1 minute left to order",
    30: "30 seconds left to order",
}
OUTCOME_ID = "outcome"


def order_detail_page() -> rx.Component:
    state = OrderDetailState
    return layout(
        OnLive.create(on_change=state.refresh),
        feedback.loaded(state, state.load, _order(), state.order.id),
    )


def _order() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.article(
        rx.el.h1(order.heading, class_name=f"{styles.HEADING} in-head"),
        rx.el.div(
            plain_stub(
                OrderDetailState.stub,
                rx.el.span(order.price, class_name="sm:text-xl font-bold"),
                class_name=_stub_class(),
            ),
            _outcome(),
            rx.cond(order.has_receipt, _receipt()),
            rx.cond(
                order.is_over,
                rx.el.p(
                    link(TEXT["to_ticket"], href=order.ticket_href, class_name=styles.SECONDARY)
                ),
            ),
            class_name="in-main",
        ),
        rx.el.div(rx.cond(order.deadline != "", _time_left()), _actions(), class_name="in-side"),
        rx.el.div(_history(), class_name="in-rest print:hidden"),
        class_name="columns",
    )


def _stub_class() -> rx.Var[str]:
    """Torn once paid, with an animation if it was paid on this page; grey if it ended unpaid."""
    order = OrderDetailState.order
    torn = rx.cond(OrderDetailState.is_just_paid, "torn tearing", "torn")
    return rx.cond(order.is_paid, torn, rx.cond(order.is_over, "spent", ""))


def _actions() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.div(
        # Always rendered: a running payment must be able to finish in its dialog.
        checkout(
            order.title,
            order.amount,
            rx.el.div(_countdown(), class_name="time-left -mx-2 px-2 py-1 rounded-control"),
            order_id=order.id,
            status=order.status,
            can_pay=order.can_pay,
            pay_label=order.pay_label,
            outcome_id=OUTCOME_ID,
            on_settled=OrderDetailState.refresh,
            key=order.id,
        ),
        rx.cond(order.can_pay, _release()),
        class_name=rx.cond(order.can_pay, styles.ACTION_BAR, ""),
    )


def _release() -> rx.Component:
    return ConfirmButton.create(
        label=TEXT["release"],
        question=TEXT["release_question"],
        confirm_label=TEXT["release_confirm"],
        cancel_label=TEXT["release_cancel"],
        on_confirm=OrderDetailState.release,
        class_name=styles.SECONDARY,
    )


def _time_left() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.div(
        TimeRing.create(start=order.start, deadline=order.deadline, now=order.now),
        rx.el.div(
            _countdown(),
            rx.el.p(TEXT["held"], class_name="when-calm text-muted"),
            rx.el.p(TEXT["nearly_over"], class_name="when-urgent"),
        ),
        class_name=f"{styles.PANEL} time-left flex items-center gap-4",
    )


def _countdown() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.p(
        TEXT["left_before"],
        Countdown.create(
            deadline=order.deadline,
            now=order.now,
            spoken=SPOKEN,
            on_over=OrderDetailState.refresh,
            class_name="font-bold tabular-nums",
        ),
        TEXT["left_after"],
        class_name="text-lg",
    )


def _outcome() -> rx.Component:
    """A live region, always rendered: screen readers announce its changes."""
    order = OrderDetailState.order
    return rx.el.div(
        rx.cond(order.is_checking, rx.el.span(class_name="spinner mt-1", aria_hidden="true")),
        rx.cond(
            order.outcome != "",
            rx.el.div(
                rx.el.p(
                    order.outcome,
                    class_name=rx.cond(
                        order.is_paid, "text-xl font-bold text-good", "text-lg font-semibold"
                    ),
                ),
                rx.el.p(order.outcome_more),
            ),
        ),
        role="status",
        id=OUTCOME_ID,
        tab_index=-1,
        class_name=rx.cond(
            order.outcome == "", "sr-only", f"{styles.PANEL} flex gap-4 outline-none print:hidden"
        ),
    )


def _receipt() -> rx.Component:
    order = OrderDetailState.order
    refund = _receipt_row(order.refund_label, order.refund, "font-bold tabular-nums")
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(
                    f"{get_settings().brand_name} {TEXT['receipt']}",
                    class_name="pb-3 text-lg font-bold",
                ),
                rx.el.dl(
                    _receipt_row(
                        TEXT["paid"], order.receipt_amount, "text-lg font-bold tabular-nums"
                    ),
                    rx.cond(order.refund != "", refund),
                    _receipt_row(TEXT["ticket"], order.title),
                    _receipt_row(TEXT["ordered"], order.ordered, "tabular-nums"),
                    _receipt_row(TEXT["number"], order.id, "text-sm tabular-nums"),
                    _receipt_row(TEXT["account"], SessionState.email, "text-sm"),
                ),
                class_name="receipt",
            ),
            class_name="stub-shadow max-w-text",
        ),
        rx.el.div(
            rx.el.button(
                TEXT["print"],
                type="button",
                on_click=rx.call_script("window.print()"),
                class_name=styles.SECONDARY,
            ),
            rx.cond(order.is_paid, calendar_link(OrderDetailState.stub)),
            rx.cond(
                OrderDetailState.resale_href != "",
                link(
                    TEXT["resell"], href=OrderDetailState.resale_href, class_name=styles.SECONDARY
                ),
            ),
            link(TEXT["all_orders"], href=routes.ORDER_LIST, class_name=styles.SECONDARY),
            class_name="flex flex-wrap gap-3 print:hidden",
        ),
        class_name="grid gap-5",
    )


def _receipt_row(
    name: rx.Var[str] | str, value: rx.Var[str] | str, class_name: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-sm text-muted"),
        rx.el.dd(value, class_name=class_name),
        class_name="receipt-row",
    )


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.h2(TEXT["history"], class_name="text-lg font-bold"),
        rx.el.ol(rx.foreach(OrderDetailState.timeline, _entry), class_name="timeline"),
        class_name="grid gap-3 max-w-text print:hidden",
    )


def _entry(entry: TimelineEntry) -> rx.Component:
    return rx.el.li(
        rx.el.p(entry.text, class_name="font-medium"),
        rx.cond(entry.more != "", rx.el.p(entry.more, class_name="text-sm")),
        rx.el.time(entry.when, date_time=entry.at, class_name="text-sm text-muted tabular-nums"),
        custom_attrs={"data-mood": entry.mood},
    )


def order_list_page() -> rx.Component:
    state = OrderListState
    content = rx.el.div(
        rx.el.h1(TEXT["list"], class_name=styles.HEADING),
        rows(
            state.rows,
            _row,
            has_more=state.has_more,
            on_more=state.load_more,
            nothing=feedback.empty(
                TEXT["none"],
                TEXT["none_more"],
                link(TEXT["browse"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
            ),
        ),
        class_name="grid gap-5",
    )
    return layout(
        OnLive.create(on_change=state.load),
        feedback.loaded(state, state.load, content, shape=feedback.row_shapes()),
    )


def _row(row: OrderRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h2(
                link(
                    row.title,
                    href=row.href,
                    class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                ),
                class_name="font-semibold text-lg leading-snug",
            ),
            rx.el.p(row.ordered, class_name="text-sm text-muted"),
            rx.cond(row.note != "", rx.el.p(row.note, class_name="text-sm")),
            rx.cond(
                row.deadline != "",
                rx.el.p(
                    Countdown.create(
                        deadline=row.deadline,
                        now=row.now,
                        on_over=OrderListState.load,
                        class_name="font-bold tabular-nums",
                    ),
                    TEXT["left_after"],
                ),
            ),
            rx.cond(
                row.resale_href != "",
                # Above the stretched link of the row.
                link(
                    TEXT["resell"],
                    href=row.resale_href,
                    class_name=f"{styles.LINK_ALONE} relative z-1",
                ),
            ),
            class_name="min-w-0",
        ),
        rx.el.div(
            rx.el.span(row.price, class_name="text-lg font-bold tabular-nums"),
            rx.el.span(
                row.status_label, class_name="badge", custom_attrs={"data-status": row.variant}
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        class_name="relative flex flex-wrap items-center justify-between gap-3 bg-surface "
        "rounded-stub shadow-soft p-4",
        key=row.id,
    )
