"""The page of the caller's orders."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.deliveries.show_ticket import KeepTickets, door_link
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.orders.groups import PAST, TO_PAY, UPCOMING, OrderGroup, OrderLine
from ticketing_app.ui.orders.state import OrderListState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import MORE
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import date_block, facts

TEXT = {
    "title": "My Orders",
    UPCOMING: "Upcoming",
    TO_PAY: "To pay",
    PAST: "Past",
    "none": "No orders yet",
    "none_more": "What you buy shows up here.",
    "browse": "See tickets for sale",
    "left_after": " left to order",
    "order": "See the order",
}


def order_list_page() -> rx.Component:
    state = OrderListState
    more = rx.el.button(MORE, type="button", on_click=state.load_more, class_name=styles.SECONDARY)
    bar = rx.el.nav(
        _tab(UPCOMING, state.upcoming),
        _tab(TO_PAY, state.to_pay, _first_deadline()),
        _tab(PAST, state.past),
        aria_label=TEXT["title"],
        class_name="flex flex-wrap gap-2",
    )
    sections = rx.fragment(
        rx.cond(state.has_sections, bar),
        _section(UPCOMING, state.upcoming),
        _section(TO_PAY, state.to_pay),
        _section(PAST, state.past),
        rx.cond(state.has_more, more),
    )
    nothing = feedback.empty(
        TEXT["none"],
        TEXT["none_more"],
        link(TEXT["browse"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
    )
    content = rx.el.div(
        rx.el.h1(TEXT["title"], class_name=styles.HEADING),
        rx.cond(state.section == "", nothing, sections),
        class_name="grid gap-6",
    )
    return layout(
        OnLive.create(on_change=state.load),
        KeepTickets.create(order_ids=state.kept),
        feedback.loaded(state, state.load, content, shape=feedback.row_shapes()),
    )


def _tab(name: str, groups: rx.vars.ArrayVar[Any], *more: rx.Component) -> rx.Component:
    button = rx.el.button(
        TEXT[name],
        *more,
        type="button",
        on_click=OrderListState.choose(name),
        aria_current=rx.cond(OrderListState.section == name, "true", "false"),
        class_name=f"{styles.QUICK} cursor-pointer",
    )
    return rx.cond(groups.length() > 0, button)


def _first_deadline() -> rx.Component:
    """The time left, hidden from screen readers, which find it beside the order."""
    state = OrderListState
    time_left = Countdown.create(
        deadline=state.pay_deadline, now=state.now, class_name="tabular-nums"
    )
    return rx.cond(
        state.pay_deadline != "",
        rx.el.span("\u00a0· ", time_left, aria_hidden="true"),
    )


def _section(name: str, groups: rx.vars.ArrayVar[Any]) -> rx.Component:
    return rx.cond(
        OrderListState.section == name,
        rx.el.section(
            rx.el.h2(TEXT[name], class_name="sr-only"),
            rx.el.ul(rx.foreach(groups, _group), class_name="grid gap-3 lg:grid-cols-2 lg:gap-4"),
            class_name="grid gap-3",
        ),
    )


def _group(group: OrderGroup) -> rx.Component:
    """One stub; the price of each order is beside its line."""
    return rx.el.li(
        rx.el.div(
            date_block(group.stub),
            rx.el.div(
                _head(group),
                rx.cond(
                    group.has_one,
                    _line(group.lines[0], is_alone=True),
                    rx.el.ul(
                        rx.foreach(group.lines, lambda line: _line(line, is_alone=False)),
                        class_name="grid",
                    ),
                ),
                class_name="p-3 sm:p-4 min-w-0 grid gap-2 content-start",
            ),
            class_name="stub stub-whole",
        ),
        class_name=f"stub-shadow relative {group.stub_class}",
        custom_attrs={"data-category": group.stub.category},
        key=group.key,
    )


def _head(group: OrderGroup) -> rx.Component:
    return rx.el.div(
        rx.el.h3(
            link(
                group.title,
                href=group.href,
                # Stretched over the stub; its other links lie above.
                class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
            ),
            class_name="font-semibold text-lg leading-snug",
        ),
        facts(group.stub),
        rx.cond(group.count != "", rx.el.p(group.count, class_name="text-sm font-semibold")),
        rx.cond(
            group.notice != "",
            rx.el.p(group.notice, class_name="mt-1 text-sm font-medium text-wait"),
        ),
        class_name="grid gap-0.5",
    )


def _line(line: OrderLine, *, is_alone: bool) -> rx.Component:
    """A row of the list where there are several; the title links to an order that is alone."""
    seats = rx.cond(line.label != "", line.label, line.ordered)
    to_order = link(seats, href=line.href, class_name=f"{styles.LINK_ALONE} relative z-1 text-sm")
    name = rx.el.p(line.label, class_name="text-sm") if is_alone else to_order
    content = (
        rx.el.div(
            rx.cond(line.label != "", name) if is_alone else name,
            rx.el.p(line.ordered, class_name="text-sm text-muted"),
            rx.cond(line.note != "", rx.el.p(line.note, class_name="text-sm")),
            rx.cond(line.arrival != "", rx.el.p(line.arrival, class_name="text-sm font-medium")),
            rx.cond(
                line.show_label != "",
                door_link(line.id, line.show_label, f"{styles.PRIMARY} relative z-1 my-1"),
            ),
            rx.cond(line.deadline != "", _time_left(line)),
            rx.cond(line.resale_href != "", _resell(line)),
            class_name="min-w-0 grow",
        ),
        rx.el.div(
            rx.el.span(
                line.status_label, class_name="badge", custom_attrs={"data-status": line.variant}
            ),
            rx.el.span(line.price, class_name="text-lg font-bold tabular-nums whitespace-nowrap"),
            class_name="ms-auto flex flex-wrap items-center justify-end gap-x-3",
        ),
    )
    classes = "flex flex-wrap items-end justify-between gap-x-3 gap-y-1"
    if is_alone:
        return rx.el.div(*content, class_name=classes)
    return rx.el.li(*content, key=line.id, class_name=f"{classes} py-2 border-t border-line")


def _time_left(line: OrderLine) -> rx.Component:
    return rx.el.p(
        Countdown.create(
            deadline=line.deadline,
            now=line.now,
            on_over=OrderListState.load,
            class_name="font-bold tabular-nums",
        ),
        TEXT["left_after"],
    )


def _resell(line: OrderLine) -> rx.Component:
    return link(
        line.resale_label, href=line.resale_href, class_name=f"{styles.LINK_ALONE} relative z-1"
    )
