"""Forms of the account pages; account-forms.js sends them as JSON."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MIN_LENGTH
from ticketing_app.ui.shell.json_form import API, JSON_FORM, METHOD, PASSKEY
from ticketing_app.ui.theme import styles

CURRENT_LABEL = "Current password"
PASSWORD_HINT = f"{PASSWORD_MIN_LENGTH} characters or more. A few words in a row are best."


@dataclass(frozen=True)
class FormValues:
    """Values of a form in a document: the path after success, the input, sentences by field."""

    wanted: str = routes.TICKET_LIST
    email: str = ""
    token: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def labelled_input(
    label: str,
    name: str,
    *,
    hint: str = "",
    form: str = "",
    value: str = "",
    error: str = "",
    is_link: bool = False,
    **props: Any,  # noqa: ANN401  # any attribute
) -> rx.Component:
    """A labelled input with a place for the API's error.

    `form` makes ids unique where a page has several inputs of one name; `value` and `error` are for documents.
    account-forms.js fills in a field with `is_link` from the link that was opened, and hides it.
    """
    id_ = f"{form}-{name}" if form else name
    described = f"{id_}-hint {id_}-error" if hint else f"{id_}-error"
    # Reflex's property `value` is for inputs that the page's code controls.
    document = {"value": value} if value else {}
    if error:
        document["aria-invalid"] = "true"
    return rx.el.div(
        rx.el.label(label, html_for=id_, class_name="font-medium"),
        rx.el.input(
            id=id_,
            name=name,
            required=True,
            aria_describedby=described,
            class_name=styles.FIELD,
            custom_attrs=document,
            **props,
        ),
        rx.el.p(hint, id=f"{id_}-hint", class_name="text-sm text-muted") if hint else None,
        rx.el.p(
            *filter(None, [error]),
            id=f"{id_}-error",
            role="alert",
            custom_attrs={"data-error-for": name},
            class_name="text-bad font-medium",
        ),
        class_name="grid gap-1.5",
        custom_attrs={"data-link-field": name} if is_link else {},
    )


def account_form(
    *fields: rx.Component,
    action: str,
    submit: str,
    after: str,
    method: str = "POST",
    submit_class: str = f"{styles.PRIMARY} w-full",
    error: str = "",
    page: str = "",
    passkey: str = "",
) -> rx.Component:
    """A form that the script sends to `action` as `method`, and then navigates to `after`.

    With `passkey` (PASSKEY_CREATE or PASSKEY_USE) it sends the answer of one along.
    Without the script it is a plain POST, to `page` if that takes it: no password ends up in an address.
    Validated by the server only, because the browser's messages disappear.
    """
    attributes = {JSON_FORM: after, METHOD: method, API: action}
    if passkey:
        attributes[PASSKEY] = passkey
    return rx.el.form(
        *fields,
        rx.el.p(
            *filter(None, [error]),
            role="alert",
            custom_attrs={"data-error-for": ""},
            class_name="text-bad font-medium empty:hidden",
        ),
        rx.el.button(submit, type="submit", class_name=submit_class),
        method="post",
        action=page or action,
        no_validate=True,
        custom_attrs=attributes,
        class_name="grid gap-4",
    )


def current_password(form: str) -> rx.Component:
    return labelled_input(
        CURRENT_LABEL,
        "currentPassword",
        form=form,
        type="password",
        auto_complete="current-password",
    )


def success_note(text: rx.Var[str] | str) -> rx.Component:
    """The outcome of a form, empty before it."""
    # Always present: screen readers announce changes of a live region, not new ones.
    return rx.el.p(text, role="status", class_name=f"mb-5 {styles.SUCCESS}")


def title(text: str) -> rx.Component:
    """The heading of a form that is a page."""
    return rx.el.div(
        rx.el.h1(text, class_name=styles.HEADING),
        class_name="poster mb-6",
        custom_attrs={"data-category": "concert"},
    )
