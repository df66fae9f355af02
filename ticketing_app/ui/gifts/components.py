"""The part of a page that gives its tickets to friends."""

import reflex as rx

from ticketing_app.ui.gifts.state import GivingState
from ticketing_app.ui.gifts.views import GiftLine
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "For a friend?",
    "send": "Send one to a friend",
    "send_this": "Send it to a friend",
    "how": "We mail your friend. They sign in or sign up with this address, take the ticket within 72 hours, and "
    "it is theirs: to open, to give on or to sell. They see your address. Receipt and "
    "refund stay with the buyer.",
    "email": "Your friend's email",
    "offer": "Send it",
    "withdraw": "Take it back",
    "withdraw_question": "Take this ticket back? Your friend can no longer take it.",
    "keep": "Leave it",
}


def gift_part() -> rx.Component:
    """The tickets of the page that can be given away, or were."""
    state = GivingState
    return rx.cond(
        state.lines.length() > 0,
        rx.el.section(
            rx.el.h2(TEXT["title"], class_name="text-lg font-bold"),
            feedback.error_message(state),
            rx.el.ul(rx.foreach(state.lines, _line), class_name="grid gap-3"),
            class_name=f"{styles.PANEL} grid gap-3 print:hidden",
        ),
    )


def _line(line: GiftLine) -> rx.Component:
    return rx.el.li(
        rx.el.p(line.seat, class_name="font-medium empty:hidden"),
        rx.el.p(line.line, class_name="empty:hidden"),
        rx.cond(line.can_give, _offer(line)),
        rx.cond(line.offered_id != "", _withdraw(line)),
        key=line.ticket_id,
        class_name="grid gap-2 justify-items-start",
    )


def _offer(line: GiftLine) -> rx.Component:
    email_id = f"friend-{line.ticket_id}"
    form = rx.el.form(
        rx.el.p(TEXT["how"], class_name="text-sm text-muted"),
        rx.el.input(type="hidden", name="file", value=line.file_id, read_only=True),
        rx.el.label(TEXT["email"], html_for=email_id, class_name="font-medium"),
        rx.el.input(
            id=email_id,
            name="email",
            type="email",
            auto_complete="off",
            required=True,
            aria_describedby=f"{email_id}-error",
            class_name=f"{styles.FIELD} max-w-form",
        ),
        rx.el.p(
            GivingState.errors.get("email", ""),
            id=f"{email_id}-error",
            role="alert",
            class_name="text-bad font-medium empty:hidden",
        ),
        rx.el.button(
            TEXT["offer"], type="submit", class_name=f"{styles.PRIMARY} justify-self-start"
        ),
        on_submit=GivingState.offer,
        no_validate=True,
        class_name="grid gap-3 pt-4",
    )
    return rx.el.details(
        rx.el.summary(
            rx.cond(GivingState.lines.length() > 1, TEXT["send"], TEXT["send_this"]),
            class_name=styles.SECONDARY,
        ),
        form,
        class_name="w-full",
    )


def _withdraw(line: GiftLine) -> rx.Component:
    return ConfirmButton.create(
        label=TEXT["withdraw"],
        description=f"{TEXT['withdraw']} {line.seat}",
        question=TEXT["withdraw_question"],
        confirm_label=TEXT["withdraw"],
        cancel_label=TEXT["keep"],
        on_confirm=GivingState.withdraw(line.offered_id),
        class_name=styles.SECONDARY,
    )
