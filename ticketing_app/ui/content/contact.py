"""The forms to write to the operator and to report a listing; plain forms, which need no script."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import reflex as rx

from ticketing_app import routes
from ticketing_app.cases.rules import MESSAGE_MAX_LENGTH, Reason
from ticketing_app.core.validation import SHORT_TEXT_MAX_LENGTH
from ticketing_app.ui.shell.audience import FOR_MEMBERS, FOR_VISITORS
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import DocumentOnly, Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "contact": "Contact",
    "contact_lead": "Write to us: people read it and answer. You need no account.",
    "report": "Report a listing",
    "report_lead": "Tell us what is wrong. We look at every report, and you hear from us.",
    "about": "You report ",
    "withdrawn": "a ticket that was taken off sale",
    "reason": "What is wrong?",
    "message": "Your message",
    "details": "What we should know",
    "email": "Your email",
    "email_hint": "Our answer goes there, and nothing else.",
    "member": "Our answer goes to the email of your account.",
    "law": "For a report of illegal content, the law also asks for:",
    "name": "Your name",
    "good_faith": "What I wrote here is true and complete as far as I know.",
    "trap": "Leave this field empty",
    "send": "Send",
    "other_ways": "Other ways to reach us are in the ",
    "imprint": "imprint",
    "many_answers": "Many questions are answered on the ",
    "help": "help pages",
    "received": "Thank you. We have your message.",
    "number": "Its number is ",
    "number_more": "Note it, and name it if you write again. Our answer comes by mail.",
    "home": "See tickets for sale",
}
REASONS = {
    Reason.NOT_REAL: "These tickets may not be real",
    Reason.WRONG: "Event, seats or price are wrong",
    Reason.WORDS: "The text is offensive, or shows personal data",
    Reason.SELLER: "The seller does not behave well",
    Reason.ILLEGAL: "It is against the law",
}
# A field that people do not see and programs fill in.
TRAP = "website"


@dataclass(frozen=True)
class FormValues:
    """Typed values by field, and sentences by field."""

    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        return self.typed.get(name, "")


@dataclass(frozen=True)
class Reported:
    """The listing of a report; the title of a withdrawn one is empty."""

    subject_id: UUID
    title: str


def contact_page() -> rx.Component:
    return _page(contact_content(FormValues()))


def report_page() -> rx.Component:
    return _page(report_content(None, FormValues()))


def _page(content: rx.Component) -> rx.Component:
    return layout(DocumentOnly.create(Prerendered.around(content)), is_narrow=True)


def contact_content(values: FormValues) -> rx.Component:
    return rx.el.div(
        _head(TEXT["contact"], TEXT["contact_lead"]),
        _form(
            _message(TEXT["message"], values),
            _email(values),
            action=routes.CONTACT,
            values=values,
        ),
        rx.el.p(
            TEXT["many_answers"], _link(TEXT["help"], routes.HELP), ". ",
            TEXT["other_ways"], _link(TEXT["imprint"], routes.IMPRINT), ".",
            class_name="text-sm text-muted",
        ),
        class_name="grid gap-6 pb-8",
    )  # fmt: skip


def report_content(reported: Reported | None, values: FormValues) -> rx.Component:
    """The form of a report; without `reported` it is the build's placeholder."""
    about = None
    if reported:
        href = routes.ticket_detail(reported.subject_id)
        title = rx.el.strong(reported.title or TEXT["withdrawn"])
        about = rx.el.p(TEXT["about"], _link(title, href) if reported.title else title, ".")
    return rx.el.div(
        _head(TEXT["report"], TEXT["report_lead"]),
        *filter(None, [about]),
        _form(
            _reasons(values),
            _message(TEXT["details"], values),
            _email(values),
            _law(values),
            action=routes.report(reported.subject_id) if reported else "",
            values=values,
        ),
        class_name="grid gap-6 pb-8",
    )


def received_content(number: str) -> rx.Component:
    return rx.el.div(
        rx.el.h1(TEXT["received"], class_name=styles.HEADING),
        rx.el.p(TEXT["number"], rx.el.strong(number, class_name="tabular-nums"), "."),
        rx.el.p(TEXT["number_more"], class_name="text-muted"),
        rx.el.p(_link(TEXT["home"], routes.TICKET_LIST)),
        class_name="grid gap-3 pb-8",
    )


def _head(title: str, lead: str) -> rx.Component:
    return rx.el.div(
        rx.el.h1(title, class_name=styles.HEADING),
        rx.el.p(lead, class_name="text-muted"),
        class_name="grid gap-2",
    )


def _link(text: str | rx.Component, href: str) -> rx.Component:
    return rx.el.a(text, href=href, class_name=styles.LINK)


def _form(*fields: rx.Component, action: str, values: FormValues) -> rx.Component:
    return rx.el.form(
        _error(values, ""),
        *fields,
        rx.el.div(
            rx.el.label(TEXT["trap"], html_for=TRAP),
            rx.el.input(id=TRAP, name=TRAP, tab_index=-1, auto_complete="off"),
            aria_hidden="true",
            class_name="sr-only",
        ),
        rx.el.button(TEXT["send"], type="submit", class_name=f"{styles.PRIMARY} w-full"),
        method="post",
        action=action,
        # The server's sentences stay; the browser's disappear.
        no_validate=True,
        class_name="grid gap-5",
    )


def _reasons(values: FormValues) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(TEXT["reason"], class_name="font-medium mb-1"),
        *(_reason(reason, label, values) for reason, label in REASONS.items()),
        _error(values, "reason"),
        class_name="grid",
    )


def _reason(reason: Reason, label: str, values: FormValues) -> rx.Component:
    chosen = {"checked": ""} if values.of("reason") == reason else {}
    return rx.el.label(
        rx.el.input(
            type="radio", name="reason", id=f"reason-{reason}",
            custom_attrs={"value": reason.value, **chosen}, class_name="size-5 flex-none accent-accent",
        ),
        label,
        class_name="flex items-center gap-3 min-h-touch",
    )  # fmt: skip


def _message(label: str, values: FormValues) -> rx.Component:
    control = rx.el.textarea(
        values.of("message"),
        **_control("message", values),
        rows="6",
        max_length=MESSAGE_MAX_LENGTH,
        class_name=styles.FIELD,
    )
    return _field(label, "message", control, values)


def _email(values: FormValues) -> rx.Component:
    control = rx.el.input(
        **_control("email", values), type="email", auto_complete="email", class_name=styles.FIELD
    )
    # A session may have ended since the mark of a member was set: then its email is needed.
    audience = "" if "email" in values.errors else FOR_VISITORS
    return rx.fragment(
        _field(TEXT["email"], "email", control, values, TEXT["email_hint"], audience),
        rx.el.p(TEXT["member"], class_name=f"text-sm text-muted {FOR_MEMBERS}"),
    )


def _law(values: FormValues) -> rx.Component:
    """Article 16 of the Digital Services Act; shown once that reason is chosen."""
    control = rx.el.input(
        **_control("name", values),
        auto_complete="name",
        max_length=SHORT_TEXT_MAX_LENGTH,
        class_name=styles.FIELD,
    )
    checked = {"checked": ""} if values.of("isInGoodFaith") else {}
    return rx.el.fieldset(
        rx.el.legend(TEXT["law"], class_name="font-medium mb-2"),
        _field(TEXT["name"], "name", control, values),
        rx.el.label(
            rx.el.input(
                type="checkbox", name="isInGoodFaith", custom_attrs={"value": "true", **checked},
                class_name="size-5 flex-none accent-accent",
            ),
            TEXT["good_faith"],
            class_name="flex items-center gap-3 min-h-touch",
        ),
        _error(values, "isInGoodFaith"),
        class_name="grid gap-3 for-illegal",
    )  # fmt: skip


def _control(name: str, values: FormValues) -> dict[str, Any]:
    """Return the attributes of a control with its typed value."""
    # Reflex's property `value` is for inputs that the page's code controls.
    document = {"value": values.of(name)} if name != "message" else {}
    if name in values.errors:
        document["aria-invalid"] = "true"
    described = f"{name}-hint {name}-error" if name == "email" else f"{name}-error"
    return {"id": name, "name": name, "aria_describedby": described, "custom_attrs": document}


def _field(
    label: str,
    name: str,
    control: rx.Component,
    values: FormValues,
    hint: str = "",
    audience: str = "",
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="font-medium"),
        control,
        rx.el.p(hint, id=f"{name}-hint", class_name="text-sm text-muted") if hint else None,
        _error(values, name),
        class_name=f"grid gap-1.5 {audience}",
    )


def _error(values: FormValues, name: str) -> rx.Component:
    return rx.el.p(
        *filter(None, [values.errors.get(name)]),
        id=f"{name or 'form'}-error",
        role="alert",
        class_name="text-bad font-medium empty:hidden",
    )
