"""Parts of the ticket pages."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.tickets.rules import Availability
from ticketing_app.ui.deliveries.badge_part import promise
from ticketing_app.ui.events.cards import event_list
from ticketing_app.ui.events.offer_rows import offer_row
from ticketing_app.ui.live.components import LiveText, LiveTicket, LiveUntil
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.share import share_button
from ticketing_app.ui.static_html import cond, each, literal_value
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.views import (
    STATUS_LABELS,
    NightView,
    OwnershipLine,
    TicketDetail,
    TicketStub,
)

TEXT = {
    "no_date": "Date to be announced, ",
    "each": "each",
    "may_return": "It may come back in ",
    "yours_for": "Yours to buy for ",
    "calendar": "Add to calendar",
    "similar": "Similar tickets",
    "other_dates": "Other dates",
    "note": "The seller writes",
    "report": "Report this listing",
    "withdraw": "Withdraw",
    "withdraw_question": "Take this listing off sale for good?",
    "withdraw_confirm": "Withdraw ticket",
    "withdraw_cancel": "Keep it",
    "ownership": "From owner to owner",
    "ownership_more": "Names are never shown.",
}
STATUS_BY_NAME = {status.value: label for status, label in STATUS_LABELS.items()}


class AvailabilityAlert(rx.Component):
    """Announces `available_text` outside the page once the awaited ticket `is_free`.

    Shows a button while `can_wait`, and `waiting_text` after a click.
    """

    library = rx.asset("availability_alert.jsx", shared=True).importable_path
    tag = "AvailabilityAlert"

    can_wait: rx.Var[bool]
    is_free: rx.Var[bool]
    label: rx.Var[str]
    waiting_text: rx.Var[str]
    available_text: rx.Var[str]
    notice: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return the same elements, disabled."""
        if not literal_value(self.can_wait):
            return rx.fragment()
        return rx.el.div(
            rx.el.button(self.label, type="button", disabled=True, class_name=self.class_name),
            rx.el.p(role="status", class_name=self.notice),
        )


def date_block(stub: TicketStub) -> rx.Component:
    return rx.el.div(
        rx.el.span(stub.month, class_name="text-sm uppercase tracking-wide"),
        rx.el.span(stub.day, class_name="text-xl sm:text-2xl font-bold"),
        rx.el.span(stub.weekday, class_name="text-sm"),
        class_name="stub-date",
        # `facts` contains the same as text.
        aria_hidden="true",
    )


def facts(stub: TicketStub) -> rx.Component:
    # For screen readers, which skip the date block.
    no_date = rx.el.span(TEXT["no_date"], class_name="sr-only")
    return rx.el.div(
        rx.el.p(cond(stub.when != "", rx.fragment(stub.when, " · "), no_date), stub.category_label),
        cond(stub.place != "", rx.el.p(stub.place)),
        cond(stub.seat != "", rx.el.p(stub.seat)),
        class_name="text-sm text-muted",
    )


def ticket_card(card: TicketStub) -> rx.Component:
    """A listing in a list, with live price and status."""
    return rx.el.li(
        LiveTicket.create(
            date_block(card),
            rx.el.div(
                rx.el.h2(
                    link(
                        LiveText.create(field="title", text=card.title),
                        href=card.href,
                        # Stretched over the whole stub.
                        class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                    ),
                    class_name="text-base sm:text-lg font-semibold leading-snug",
                ),
                facts(card),
                class_name="p-3 sm:p-4 min-w-0 grid gap-1 content-center",
            ),
            _live_price(card),
            ticket_id=card.id,
            version=card.version,
            status=card.status,
            until=card.locked_until,
            now=card.now,
            class_name="stub",
        ),
        class_name="stub-shadow relative",
        custom_attrs={"data-category": card.category},
        key=card.id,
    )


def _live_price(card: TicketStub) -> rx.Component:
    """Price, status and countdown, right of the perforation."""
    return rx.el.div(
        LiveText.create(
            field="cents",
            text=card.price,
            amount_format=card.price_format,
            class_name="sm:text-xl font-bold",
        ),
        LiveText.create(
            field="status",
            text=card.status_label,
            labels=STATUS_BY_NAME,
            class_name="badge",
        ),
        LiveUntil.create(
            Countdown.create(
                deadline=card.locked_until,
                now=card.now,
                # The same width and position before the countdown starts.
                class_name="inline-block min-w-[5ch] text-left tabular-nums",
            ),
            label=TEXT["may_return"],
            until=card.locked_until,
            class_name="text-sm text-wait empty:hidden",
        ),
        class_name="stub-price",
    )


def plain_stub(
    stub: TicketStub, right: rx.Component, class_name: rx.Var[str] | str = ""
) -> rx.Component:
    """A stub without title; `right` is the part behind the perforation."""
    return rx.el.div(
        rx.el.div(
            date_block(stub),
            rx.el.div(facts(stub), class_name="p-3 sm:p-4 min-w-0 grid content-center"),
            rx.el.div(right, class_name="stub-price"),
            class_name="stub",
        ),
        class_name=f"stub-shadow max-w-text {class_name}",
        custom_attrs={"data-category": stub.category},
    )


def calendar_link(stub: TicketStub, href: str | None = None) -> rx.Component:
    return cond(
        stub.when != "",
        link(
            TEXT["calendar"],
            href=routes.ticket_calendar(stub.id) if href is None else href,
            # A file of the API.
            reload_document=True,
            class_name=styles.SECONDARY,
        ),
    )


def ticket_article(
    ticket: TicketDetail,
    *actions: rx.Component | None,
    to_event: rx.Component | None,
    history: rx.Component | None,
    foot: rx.Component | None,
    on_over: rx.event.EventType[()],
) -> rx.Component:
    """A ticket in full; `on_over` is called when its hold may have lapsed."""
    return rx.el.article(
        rx.el.div(
            rx.el.div(
                rx.el.h1(ticket.title, class_name=f"{styles.HEADING} sm:text-3xl max-w-text"),
                class_name="poster",
                custom_attrs={"data-category": ticket.category},
            ),
            class_name="in-head",
        ),
        rx.el.div(
            plain_stub(ticket, _stub_end(ticket)),
            class_name="in-main",
        ),
        rx.el.div(
            rx.el.div(_offer(ticket, on_over), *actions, class_name=f"{styles.PANEL} grid gap-3"),
            class_name="in-side",
        ),
        rx.el.div(
            to_event,
            _to_go(ticket),
            history,
            cond(ticket.description != "", _seller_note(ticket)),
            cond(ticket.can_change, rx.fragment(), _report_link(ticket)),
            class_name="in-rest",
        ),
        rx.el.div(foot, class_name="in-foot"),
        class_name="columns",
    )


def _stub_end(ticket: TicketDetail) -> rx.Component:
    return rx.el.div(
        rx.el.span(ticket.price, class_name="sm:text-xl font-bold block"),
        cond(ticket.is_set, rx.el.span(TEXT["each"], class_name="text-sm text-muted")),
        # A plain offer needs no word.
        cond(
            ticket.variant != Availability.AVAILABLE.value,
            rx.el.span(ticket.badge_label, class_name="badge mt-1.5"),
        ),
        custom_attrs={"data-status": ticket.variant},
        # The panel beside it contains the same as text.
        aria_hidden="true",
    )


def event_link(night: NightView) -> rx.Component:
    return rx.el.p(link(night.all_line, href=night.href, class_name=styles.LINK_ALONE))


def same_night(night: NightView, others: Any, other_dates: Any) -> rx.Component:  # noqa: ANN401  # values or variables.
    """Other offers of the event, and its other dates."""
    return rx.fragment(
        cond(
            night.more_line != "",
            _section(
                night.more_line,
                rx.el.ul(each(others, offer_row), class_name="grid gap-3 max-w-text"),
            ),
        ),
        cond(night.has_other_dates, _section(TEXT["other_dates"], event_list(other_dates))),
    )


def _section(heading: rx.Var[str] | str, content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(heading, class_name="text-lg font-semibold mb-3"),
        content,
        class_name="mt-4 print:hidden",
    )


def _seller_note(ticket: TicketDetail) -> rx.Component:
    return rx.el.section(
        rx.el.h2(TEXT["note"], class_name="text-sm text-muted"),
        rx.el.p(ticket.description, class_name="whitespace-pre-line"),
        class_name="max-w-text border-l-2 border-line pl-4",
    )


def _report_link(ticket: TicketDetail) -> rx.Component:
    return rx.el.p(
        link(
            TEXT["report"],
            href=routes.report(f"{ticket.id}"),
            # The form is in the document.
            reload_document=True,
            rel="nofollow",
            class_name="inline-flex items-center min-h-touch text-sm text-muted underline "
            "underline-offset-4 decoration-1 hover:decoration-2",
        ),
        class_name="print:hidden",
    )


def _offer(ticket: TicketDetail, on_over: rx.event.EventType[()]) -> rx.Component:
    return rx.el.div(
        # On a phone the stub above has the price already.
        rx.el.p(
            ticket.price_line,
            class_name=cond(
                ticket.is_set,
                "text-lg font-bold tabular-nums text-balance",
                "sr-only lg:not-sr-only text-xl font-bold tabular-nums",
            ),
        ),
        rx.el.p(
            ticket.status_line,
            role="status",
            class_name=cond(
                ticket.variant == Availability.AVAILABLE.value,
                "sr-only",
                "text-lg font-semibold",
            ),
        ),
        cond(ticket.face_value_line != "", rx.el.p(ticket.face_value_line)),
        promise(ticket.delivery, ticket.promise, is_checked=ticket.is_checked),
        cond(ticket.chain_line != "", rx.el.p(ticket.chain_line)),
        cond(ticket.reason != "", rx.el.p(ticket.reason)),
        _time_left(ticket, on_over),
        class_name="grid gap-1",
    )


def _to_go(ticket: TicketDetail) -> rx.Component:
    return rx.el.div(
        calendar_link(ticket),
        share_button(ticket.title),
        class_name="flex flex-wrap items-center gap-3 print:hidden",
    )


def withdraw_button(
    on_confirm: rx.event.EventType[()],
    *,
    description: rx.Var[str] | str = "",
    class_name: str = styles.SECONDARY,
) -> rx.Component:
    return ConfirmButton.create(
        label=TEXT["withdraw"],
        question=TEXT["withdraw_question"],
        confirm_label=TEXT["withdraw_confirm"],
        cancel_label=TEXT["withdraw_cancel"],
        on_confirm=on_confirm,
        description=description,
        class_name=class_name,
    )


def similar_tickets(*cards: rx.Component) -> rx.Component:
    return _section(
        TEXT["similar"], rx.el.ul(*cards, class_name="grid gap-3 lg:grid-cols-2 lg:gap-4")
    )


def ownership_history(lines: rx.vars.ArrayVar[Sequence[OwnershipLine]]) -> rx.Component:
    """The history of a ticket that was sold here before."""
    return rx.el.section(
        rx.el.h2(TEXT["ownership"], id="ownership", class_name="text-lg font-semibold"),
        rx.el.p(TEXT["ownership_more"], class_name="text-sm text-muted"),
        rx.el.ol(rx.foreach(lines, _ownership_line), class_name="timeline"),
        aria_labelledby="ownership",
        class_name="grid gap-3 max-w-text print:hidden",
    )


def _ownership_line(line: OwnershipLine) -> rx.Component:
    return rx.el.li(
        rx.el.p(line.text, class_name="font-medium"),
        rx.el.p(line.day, class_name="text-sm text-muted tabular-nums empty:hidden"),
    )


def _time_left(ticket: TicketDetail, on_over: rx.event.EventType[()]) -> rx.Component:
    """The countdown of the hold, the viewer's or another buyer's."""
    is_mine = ticket.my_order_href != ""
    return cond(
        ticket.locked_until != "",
        rx.el.p(
            cond(is_mine, TEXT["yours_for"], TEXT["may_return"]),
            Countdown.create(
                deadline=ticket.locked_until,
                now=ticket.now,
                on_over=on_over,
                class_name="tabular-nums font-semibold",
            ),
            class_name=cond(is_mine, "text-accent", "text-wait"),
        ),
    )
