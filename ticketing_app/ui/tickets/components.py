"""Parts of the ticket pages."""

import reflex as rx

from ticketing_app.ui import theme
from ticketing_app.ui.live import LiveText, LiveTicket
from ticketing_app.ui.tickets.views import STATUS_LABELS, TicketStub

LABELS = {status.value: label for status, label in STATUS_LABELS.items()}


def date_block(stub: TicketStub) -> rx.Component:
    """Month small, day big, weekday."""
    return rx.el.div(
        rx.el.span(stub.month, class_name="text-sm uppercase tracking-wide"),
        rx.el.span(stub.day, class_name="text-xl sm:text-2xl font-bold"),
        rx.el.span(stub.weekday, class_name="text-sm"),
        class_name="stub-date",
        # The line below the title says it in words.
        aria_hidden="true",
    )


def facts(stub: TicketStub) -> rx.Component:
    """When, where and which seat, as far as the seller told."""
    return rx.el.div(
        rx.el.p(rx.cond(stub.when != "", stub.when, stub.category_label)),
        rx.cond(stub.place != "", rx.el.p(stub.place)),
        rx.cond(stub.seat != "", rx.el.p(stub.seat)),
        class_name="text-sm text-muted break-words",
    )


def ticket_card(card: TicketStub) -> rx.Component:
    """A listing in a list; price and status move by themselves."""
    return rx.el.li(
        LiveTicket.create(
            date_block(card),
            rx.el.div(
                rx.el.h2(
                    rx.el.a(
                        LiveText.create(field="title", text=card.title),
                        href=card.href,
                        # The whole stub leads to the ticket.
                        class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                    ),
                    class_name="text-base sm:text-lg font-semibold leading-snug break-words",
                ),
                facts(card),
                class_name="p-3 sm:p-4 min-w-0 grid gap-1 content-center",
            ),
            rx.el.div(
                LiveText.create(field="price", text=card.price, class_name="sm:text-xl font-bold"),
                LiveText.create(
                    field="status", text=card.status_label, labels=LABELS, class_name="badge"
                ),
                class_name="stub-price",
            ),
            ticket_id=card.id,
            version=card.version,
            status=card.status,
            class_name="stub",
        ),
        class_name="stub-shadow relative",
        custom_attrs={"data-category": card.category},
        key=card.id,
    )


def plain_stub(
    stub: TicketStub, right: rx.Component, look: rx.Var[str] | str = ""
) -> rx.Component:
    """The same shape below a heading; `right` is behind the perforation."""
    return rx.el.div(
        rx.el.div(
            date_block(stub),
            rx.el.div(facts(stub), class_name="p-3 sm:p-4 min-w-0 grid content-center"),
            rx.el.div(right, class_name="stub-price"),
            class_name="stub",
        ),
        class_name=f"stub-shadow max-w-text {look}",
        custom_attrs={"data-category": stub.category},
    )


def field(
    label: str,
    control: rx.Component,
    error: rx.Var[str],
    *,
    control_id: str,
    hint: str = "",
) -> rx.Component:
    """A labelled control with its hint and, when it was refused, why."""
    return rx.el.div(
        rx.el.label(label, html_for=control_id, class_name="font-medium"),
        control,
        rx.el.p(hint, id=f"{control_id}-hint", class_name="text-sm text-muted") if hint else None,
        rx.cond(
            error != "",
            rx.el.p(error, id=f"{control_id}-error", role="alert", class_name="text-bad font-medium"),
        ),
        class_name="grid gap-1.5",
    )


def text_input(name: str, value: rx.Var[str], error: rx.Var[str], **props: object) -> rx.Component:
    """One line of text; the error, when there is one, describes it."""
    return rx.el.input(
        id=name,
        name=name,
        default_value=value,
        aria_invalid=rx.cond(error != "", "true", "false"),
        aria_describedby=f"{name}-error {name}-hint",
        class_name=theme.FIELD,
        **props,
    )
