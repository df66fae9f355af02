"""The page on which a person chooses how to get notices. Its form is a plain one."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.accounts.components import success_note
from ticketing_app.ui.accounts.frame import account_frame, heading, panel
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.notices.components import push_switch
from ticketing_app.ui.notices.state import NoticeChoiceState, PushState
from ticketing_app.ui.notices.views import ChoiceCell, ChoiceRow
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.theme import styles

TEXT = {
    "how": "How you get notices",
    "bell": "The bell shows all of them.",
    "essential": "Mails about your money, your tickets and the safety of your account always reach you.",
    "kind": "Notice",
    "mail": "Mail",
    "push": "Devices",
    "always": "Always",
    "no_way": "No",
    "save": "Save",
    "devices": "This device",
}


def notice_choice_page() -> rx.Component:
    state = NoticeChoiceState
    content = rx.el.div(
        heading(routes.ACCOUNT_NOTICES),
        panel(
            TEXT["how"],
            rx.el.p(TEXT["bell"]),
            rx.el.p(TEXT["essential"], class_name="text-sm text-muted"),
            _form(),
        ),
        rx.cond(PushState.public_key != "", panel(TEXT["devices"], push_switch())),
        class_name="grid gap-5",
    )
    return account_frame(
        OnLive.create(only_resync=True, on_change=state.load),
        success_note(state.note),
        feedback.loaded(state, state.load, content, shape=feedback.field_shapes(4)),
    )


def _form() -> rx.Component:
    heads = (TEXT["kind"], TEXT["mail"])
    push_head = rx.el.th(TEXT["push"], scope="col", class_name="font-medium p-2")
    return rx.el.form(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(
                            head,
                            scope="col",
                            class_name="font-medium p-2 first:ps-0 first:text-start",
                        )
                        for head in heads
                    ),
                    rx.cond(PushState.public_key != "", push_head),
                ),
                class_name="text-sm text-muted",
            ),
            rx.el.tbody(rx.foreach(NoticeChoiceState.rows, _row)),
            class_name="w-full",
        ),
        rx.el.button(
            TEXT["save"], type="submit", class_name=f"{styles.PRIMARY} justify-self-start"
        ),
        method="post",
        action=routes.ACCOUNT_NOTICES,
        class_name="grid gap-4",
    )


def _row(row: ChoiceRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.label, scope="row", class_name="font-normal text-start py-2 pe-2"),
        _cell(row.mail),
        rx.cond(PushState.public_key != "", _cell(row.push)),
        key=row.kind,
        class_name="border-t border-line",
    )


def _cell(cell: ChoiceCell) -> rx.Component:
    box = rx.el.label(
        rx.el.input(
            type="checkbox",
            name=cell.name,
            default_checked=cell.is_on,
            aria_label=cell.label,
            class_name="size-5 accent-accent",
        ),
        class_name="inline-grid place-items-center min-h-touch min-w-11 cursor-pointer",
    )
    word = rx.el.span(
        rx.cond(cell.is_on, TEXT["always"], TEXT["no_way"]), class_name="text-sm text-muted"
    )
    return rx.el.td(rx.cond(cell.is_switchable, box, word), class_name="text-center align-middle")
