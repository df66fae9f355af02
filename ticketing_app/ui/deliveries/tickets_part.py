"""The caller's delivered files on a page: sealed, or opened with their codes."""

from typing import Any

import reflex as rx

from ticketing_app.ui.deliveries.show_ticket import show_ticket
from ticketing_app.ui.deliveries.state import DeliveryState
from ticketing_app.ui.deliveries.views import BusyTicket, FileView, Picture, ProgressStep
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "heading": "Your tickets",
    "busy": "See it",
    "keep_sealed": "Keep sealed",
    "whole": "The whole ticket",
    "hash": "Fingerprint of the file (SHA-256)",
    "hash_more": "Your download has this one, and so has the file that the seller gave us.",
    "progress": "How far it is",
}


def tickets_part() -> rx.Component:
    """Empty unless the caller owns a file of the delivery."""
    delivery = DeliveryState.delivery
    return rx.cond(
        delivery.id != "",
        rx.el.section(
            rx.el.h2(TEXT["heading"], class_name="sr-only"),
            feedback.error_message(DeliveryState),
            rx.foreach(delivery.busy, _busy),
            rx.el.div(
                rx.cond(delivery.can_open, _open()),
                rx.cond(delivery.is_opened, _show()),
                class_name="flex flex-wrap gap-3 empty:hidden",
            ),
            rx.el.ul(
                rx.foreach(delivery.files, _file),
                class_name="grid gap-4 sm:grid-cols-2 items-start",
            ),
            class_name="grid gap-4 print:hidden",
        ),
    )


def _open() -> rx.Component:
    delivery = DeliveryState.delivery
    return ConfirmButton.create(
        label=delivery.open_label,
        question=delivery.question,
        confirm_label=delivery.confirm,
        cancel_label=TEXT["keep_sealed"],
        on_confirm=DeliveryState.open,
        class_name=styles.PRIMARY,
    )


def _busy(ticket: BusyTicket) -> rx.Component:
    return rx.el.p(
        rx.el.span(ticket.line, class_name="font-medium"),
        link(TEXT["busy"], href=ticket.href, class_name=styles.LINK_ALONE),
        class_name=f"{styles.PANEL} flex flex-wrap items-center gap-x-3",
        key=ticket.href,
    )


def _show() -> rx.Component:
    delivery = DeliveryState.delivery
    is_hidden = delivery.has_codes & (DeliveryState.shown_id != delivery.id)
    return rx.fragment(
        show_ticket(delivery.order_id, delivery.door_label),
        rx.cond(
            is_hidden,
            rx.el.button(
                delivery.show,
                type="button",
                on_click=DeliveryState.show,
                class_name=styles.SECONDARY,
            ),
        ),
    )


def _file(file: FileView) -> rx.Component:
    is_shown = DeliveryState.shown_id == DeliveryState.delivery.id
    pages = rx.el.details(
        rx.el.summary(TEXT["whole"], class_name=f"{styles.LINK_ALONE} cursor-pointer"),
        rx.foreach(file.pages, _page),
        open=file.is_unread,
    )
    return rx.cond(
        file.is_opened,
        rx.el.li(
            rx.el.h3(file.name, class_name="font-semibold"),
            rx.cond(is_shown, rx.el.div(rx.foreach(file.codes, _code), class_name="codes")),
            rx.cond(is_shown & file.has_pages, pages),
            _download(file),
            class_name=f"{styles.PANEL} grid gap-3 justify-items-start",
            key=file.number,
        ),
    )


def _code(code: Picture) -> rx.Component:
    return rx.el.img(src=code.src, alt=code.alt, class_name="code", key=code.src)


def _page(page: Picture) -> rx.Component:
    return rx.el.img(
        src=page.src, alt=page.alt, loading="lazy", class_name="ticket-page", key=page.src
    )


def _download(file: FileView) -> rx.Component:
    return rx.fragment(
        rx.el.button(
            file.download,
            type="button",
            on_click=DeliveryState.download(file.number),
            class_name=styles.SECONDARY,
        ),
        rx.cond(file.sha256 != "", _hash(file)),
    )


def _hash(file: FileView) -> rx.Component:
    return rx.el.details(
        rx.el.summary(TEXT["hash"], class_name="text-sm text-muted cursor-pointer min-h-touch"),
        rx.el.code(file.sha256, class_name="block text-sm break-all"),
        rx.el.p(TEXT["hash_more"], class_name="text-sm text-muted"),
    )


def progress_part(steps: rx.vars.ArrayVar[Any]) -> rx.Component:
    return rx.cond(
        steps.length() > 0,
        rx.el.ol(
            rx.foreach(steps, _step),
            aria_label=TEXT["progress"],
            class_name="progress print:hidden",
        ),
    )


def _step(step: ProgressStep) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.name, class_name="font-medium"),
        rx.el.span(step.when, class_name="text-sm text-muted tabular-nums"),
        custom_attrs={"data-state": step.state},
        aria_current=rx.cond(step.state == "now", "step", "false"),
        key=step.name,
    )
