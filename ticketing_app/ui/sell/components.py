"""Parts of the sell form in steps."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.tickets.rules import MAX_SEATS
from ticketing_app.ui.listings.fields import Errors, labelled, radio
from ticketing_app.ui.sell.views import PlaceOption
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import date_block, facts
from ticketing_app.ui.tickets.views import TicketStub

TEXT = {
    "steps": "Steps",
    "change": "Change event",
    "fewer": "One ticket fewer",
    "more": "One ticket more",
}
STEPS = (
    (routes.SELL, "Event"),
    (routes.SELL_TICKETS, "Tickets"),
    (routes.SELL_PRICE, "Price"),
    (routes.SELL_LOOK, "Look"),
)
_STEPPER = {
    "box": "flex items-center gap-2",
    "button": f"{styles.SECONDARY} min-w-11 text-xl",
    "input": f"{styles.FIELD} max-w-20 text-center tabular-nums",
}


class Stepper(rx.Component):
    """A number from `min` to `max`; a change of `suggested` replaces the typed number."""

    library = rx.asset("stepper.jsx", shared=True).importable_path
    tag = "Stepper"

    field: rx.Var[str]
    value: rx.Var[str]
    min: rx.Var[int]
    max: rx.Var[int]
    suggested: rx.Var[int]
    fewer: rx.Var[str]
    more: rx.Var[str]
    described_by: rx.Var[str]
    invalid: rx.Var[bool]
    classes: rx.Var[dict[str, str]] = rx.Var.create(_STEPPER)


def quantity_field(
    value: str, suggested: int, errors: Errors, hint: str, *, label: str
) -> rx.Component:
    name = "quantity"
    control = Stepper.create(
        field=name,
        value=value,
        min=1,
        max=MAX_SEATS,
        suggested=suggested,
        fewer=TEXT["fewer"],
        more=TEXT["more"],
        described_by=f"{name}-error {name}-hint",
        invalid=errors.contains(name),
    )
    return labelled(name, errors, control, hint, label=label)


def steps(current: str) -> rx.Component:
    """Where the seller is; the steps before can be opened again."""
    position = [route for route, _ in STEPS].index(current)
    items = (
        rx.el.li(_step(route, label, number - position))
        for number, (route, label) in enumerate(STEPS)
    )
    return rx.el.nav(
        rx.el.ol(*items, class_name="flex flex-wrap gap-x-4"), aria_label=TEXT["steps"]
    )


def _step(route: str, label: str, distance: int) -> rx.Component:
    line = "inline-flex items-center min-h-touch"
    if distance < 0:
        return link(label, href=route, class_name=styles.LINK_ALONE)
    if distance > 0:
        return rx.el.span(label, class_name=f"{line} text-muted")
    current: dict[str, Any] = {"aria_current": "step"}
    return rx.el.span(label, class_name=f"{line} font-semibold", **current)


def event_card(event: TicketStub, action: rx.Component) -> rx.Component:
    """An event has a date block, but no perforation."""
    return rx.el.div(
        date_block(event),
        rx.el.div(
            rx.el.p(event.title, class_name="font-semibold leading-snug"),
            facts(event),
            action,
            class_name="p-3 min-w-0 grid gap-1 content-center",
        ),
        class_name=_CARD,
        custom_attrs={"data-category": event.category},
    )


_CARD = (
    "relative grid grid-cols-[56px_minmax(0,1fr)] sm:grid-cols-[84px_minmax(0,1fr)] bg-surface "
    "rounded-stub shadow-soft [overflow-wrap:anywhere]"
)


def chosen_event(event: TicketStub) -> rx.Component:
    return event_card(
        event, link(TEXT["change"], href=routes.SELL, class_name=f"{styles.LINK_ALONE} text-sm")
    )


def event_results(
    events: rx.vars.ArrayVar[Sequence[TicketStub]], line: rx.Var[str] | str
) -> rx.Component:
    return rx.el.div(
        rx.el.p(line, role="status", class_name="text-sm text-muted empty:hidden"),
        rx.cond(
            events.length() > 0,
            rx.el.ul(rx.foreach(events, _event_result), class_name="grid gap-2"),
        ),
        class_name="grid gap-2",
    )


def _event_result(event: TicketStub) -> rx.Component:
    return rx.el.li(
        date_block(event),
        rx.el.div(
            rx.el.p(
                link(
                    event.title,
                    href=event.href,
                    # Stretched over the whole card.
                    class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                ),
                class_name="font-semibold leading-snug",
            ),
            facts(event),
            class_name="p-3 min-w-0 grid gap-1 content-center",
        ),
        class_name=_CARD,
        custom_attrs={"data-category": event.category},
        key=event.id,
    )


def place_choice(
    name: str,
    legend: str,
    options: rx.vars.ArrayVar[Sequence[PlaceOption]],
    other: str = "",
    *,
    is_other: rx.Var[bool] | bool = False,
) -> rx.Component:
    """Radio buttons of the found places; `other` is the choice of none of them."""

    def choice(option: PlaceOption) -> rx.Component:
        return radio(name, option.id, option.label, is_chosen=option.is_chosen)

    none = [radio(name, "", other, is_chosen=is_other)] if other else []
    return rx.cond(
        options.length() > 0,
        rx.el.fieldset(
            rx.el.legend(legend, class_name="text-sm text-muted mb-1"),
            rx.foreach(options, choice),
            *none,
            class_name="grid gap-1",
        ),
    )
