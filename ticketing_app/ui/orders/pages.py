"""The page of an order."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.ui.deliveries.badge_part import promise
from ticketing_app.ui.deliveries.sending_parts import address_part, sending_part
from ticketing_app.ui.deliveries.tickets_part import progress_part, tickets_part
from ticketing_app.ui.gifts.components import gift_part
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.notices.components import push_switch
from ticketing_app.ui.orders.items import OrderItemView
from ticketing_app.ui.orders.state import OrderDetailState
from ticketing_app.ui.orders.timeline import TimelineEntry
from ticketing_app.ui.payments.components import checkout
from ticketing_app.ui.purchases.components import purchase_form
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown, TimeRing
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import calendar_link, plain_stub

TEXT = {
    "left_before": "You have ",
    "left_after": " left to order",
    "receipt": "Receipt",
    "paid": "Paid",
    "ticket": "Ticket",
    "tickets": "Tickets",
    "price": "Price",
    "total": "Total ",
    "one_ticket": "Seat",
    "ordered": "Ordered",
    "number": "Order number",
    "account": "Account",
    "print": "Print receipt",
    "again": "Hold again in",
    "to_ticket": "See the ticket",
    "to_tickets": "See the tickets",
    "all_orders": "My Orders",
    "history": "Details",
}
# Announcements of screen readers, by the seconds left.
SPOKEN = {
    120: "2 minutes left to order",
    60: "1 minute left to order",
    30: "30 seconds left to order",
}
OUTCOME_ID = "outcome"
PAID_OUTCOME = "text-xl font-bold data-[tone=good]:text-good data-[tone=wait]:text-wait"


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
            rx.el.div(rx.foreach(OrderDetailState.items, _item), class_name="grid gap-3"),
            rx.cond(
                order.notice != "",
                rx.el.p(order.notice, class_name=f"{styles.ALERT} print:hidden"),
            ),
            _outcome(),
            rx.cond(order.can_pay, _promise()),
            address_part(OrderDetailState),
            sending_part(OrderDetailState),
            tickets_part(),
            gift_part(),
            rx.cond(order.is_paid, progress_part(OrderDetailState.progress)),
            rx.cond(order.has_receipt, _receipt()),
            rx.cond(
                order.is_paid, rx.el.div(push_switch(is_offer=True), class_name="print:hidden")
            ),
            rx.cond(order.is_over, _again()),
            class_name="in-main",
        ),
        rx.el.div(rx.cond(order.deadline != "", _time_left()), _actions(), class_name="in-side"),
        rx.el.div(_history(), class_name="in-rest print:hidden"),
        class_name="columns",
    )


def _promise() -> rx.Component:
    shown = OrderDetailState.promise
    return promise(shown.label, shown.lines, is_checked=shown.is_checked)


def _item(item: OrderItemView) -> rx.Component:
    """A ticket; once paid it has a stamp, set with a movement if it was paid on this page."""
    stamp = rx.el.span(
        item.stamp,
        aria_hidden="true",
        class_name=rx.cond(OrderDetailState.is_just_paid, "stamp stamping", "stamp"),
    )
    right = rx.fragment(
        rx.el.span(item.stub.price, class_name="sm:text-xl font-bold"),
        rx.cond(item.stamp != "", stamp),
        rx.cond(item.refunded != "", rx.el.span(item.refunded, class_name="badge")),
    )
    return rx.el.div(plain_stub(item.stub, right, class_name=item.stub_class), key=item.id)


def _again() -> rx.Component:
    """The way back to tickets that were not paid in time."""
    order = OrderDetailState.order
    hold = rx.fragment(
        rx.el.p(order.again_price, class_name="w-full font-semibold tabular-nums"),
        purchase_form(
            OrderDetailState,
            key=order.again_key,
            fields=order.again_fields,
            action=order.ticket_href,
            label=order.again_label,
            pause=TEXT["again"],
        ),
    )
    to_ticket = rx.cond(order.has_several, TEXT["to_tickets"], TEXT["to_ticket"])
    return rx.el.div(
        rx.cond(order.again_key != "", hold),
        link(to_ticket, href=order.ticket_href, class_name=styles.SECONDARY),
        class_name="flex flex-wrap gap-3",
    )


def _total() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.p(
        rx.el.span(TEXT["total"], order.amount, class_name="text-lg font-bold tabular-nums"),
        rx.el.span(order.sum_line, class_name="text-muted tabular-nums"),
        class_name="w-full flex flex-wrap items-baseline justify-between gap-x-3",
    )


def _actions() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.div(
        rx.cond(order.can_pay & order.has_several, _total()),
        # Always rendered: a running payment must be able to finish in its dialog.
        checkout(
            order,
            rx.el.div(_countdown(), class_name="time-left -mx-2 px-2 py-1 rounded-control"),
            order_id=order.id,
            status=order.status,
            can_pay=order.can_pay & OrderDetailState.sending.allows_payment,
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
        label=OrderDetailState.order.release,
        question=OrderDetailState.order.release_question,
        confirm_label=OrderDetailState.order.release_confirm,
        cancel_label=OrderDetailState.order.release_cancel,
        on_confirm=OrderDetailState.release,
        class_name=styles.SECONDARY,
    )


def _time_left() -> rx.Component:
    order = OrderDetailState.order
    return rx.el.div(
        TimeRing.create(start=order.start, deadline=order.deadline, now=order.now),
        rx.el.div(
            _countdown(),
            rx.el.p(order.held, class_name="when-calm text-muted"),
            rx.el.p(order.nearly_over, class_name="when-urgent"),
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
                    class_name=rx.cond(order.is_paid, PAID_OUTCOME, "text-lg font-semibold"),
                    custom_attrs={"data-tone": order.outcome_tone},
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
                    _receipt_row(
                        rx.cond(order.has_several, TEXT["tickets"], TEXT["ticket"]), order.title
                    ),
                    rx.cond(order.has_several, _receipt_items()),
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
            rx.cond(
                order.is_paid, calendar_link(OrderDetailState.stub, routes.order_calendar(order.id))
            ),
            rx.foreach(OrderDetailState.items, _resell),
            link(TEXT["all_orders"], href=routes.ORDER_LIST, class_name=styles.SECONDARY),
            class_name="flex flex-wrap gap-3 print:hidden",
        ),
        class_name="grid gap-5",
    )


def _resell(item: OrderItemView) -> rx.Component:
    return rx.cond(
        item.resale_href != "",
        link(item.resale_label, href=item.resale_href, key=item.id, class_name=styles.SECONDARY),
    )


def _receipt_items() -> rx.Component:
    return rx.fragment(
        rx.foreach(OrderDetailState.items, _receipt_item),
        _receipt_row(TEXT["price"], OrderDetailState.order.sum_line, "text-sm tabular-nums"),
    )


def _receipt_item(item: OrderItemView) -> rx.Component:
    return _receipt_row(TEXT["one_ticket"], item.line, "text-sm tabular-nums")


def _receipt_row(
    name: rx.Var[str] | str, value: rx.Var[str] | str, class_name: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-sm text-muted"),
        rx.el.dd(value, class_name=class_name),
        class_name="receipt-row",
    )


def _history() -> rx.Component:
    # Folded once it is paid: most buyers need the outcome only.
    return rx.el.details(
        rx.el.summary(
            rx.el.h2(TEXT["history"], class_name="inline text-lg font-bold"),
            class_name="min-h-touch cursor-pointer",
        ),
        rx.el.ol(rx.foreach(OrderDetailState.timeline, _entry), class_name="timeline"),
        open=OrderDetailState.order.status != OrderStatus.COMPLETED.value,
        class_name="max-w-text print:hidden",
    )


def _entry(entry: TimelineEntry) -> rx.Component:
    return rx.el.li(
        rx.el.p(entry.text, class_name="font-medium"),
        rx.cond(entry.more != "", rx.el.p(entry.more, class_name="text-sm")),
        rx.el.time(entry.when, date_time=entry.at, class_name="text-sm text-muted tabular-nums"),
        custom_attrs={"data-mood": entry.mood},
    )
