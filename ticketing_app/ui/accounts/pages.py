"""Pages of accounts: sign up, sign in, sign out, and the account itself."""

from urllib.parse import parse_qs, urlsplit

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.ui.accounts.components import FormValues, account_form, labelled_input
from ticketing_app.ui.accounts.state import AccountState
from ticketing_app.ui.accounts.views import SessionRow
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.session import SessionState, with_next
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "sign_up": "Sign Up",
    "sign_in": "Sign In",
    "sign_out": "Sign Out",
    "email": "Email",
    "password": "Password",
    "password_hint": f"{PASSWORD_MIN_LENGTH} characters or more",
    "purchasing": "You pressed Purchase: your choice is locked for you as soon as we know who you are. "
    "You are not charged yet.",
    "have_account": "Have an account already? ",
    "no_account": "New here? ",
    "signed_in_as": "You are signed in as ",
    "sign_out_here": "This ends your session on this device. Your orders and listings stay.",
    "account": "Account",
    "orders": "My Orders",
    "listings": "My Listings",
    "new_email": "New email",
    "new_password": "New password",
    "current_password": "Current password",
    "change_email": "Change email",
    "change_password": "Change password",
    "ends_others": "You stay signed in here and are signed out everywhere else.",
    "sessions": "Where you are signed in",
    "sessions_more": "If you do not know one of these, sign it out and change your password.",
    "this_device": "This device",
    "end": "Sign out",
    "end_others": "Sign out other devices",
    "end_all": "Sign out everywhere",
}


def sign_up_page() -> rx.Component:
    return layout(Prerendered.around(sign_up_content(FormValues())), is_narrow=True)


def sign_in_page() -> rx.Component:
    return layout(Prerendered.around(sign_in_content(FormValues())), is_narrow=True)


def sign_out_page() -> rx.Component:
    return layout(Prerendered.around(sign_out_content()), is_narrow=True)


def sign_up_content(values: FormValues) -> rx.Component:
    password = labelled_input(
        TEXT["password"],
        "password",
        hint=TEXT["password_hint"],
        error=values.errors.get("password", ""),
        type="password",
        auto_complete="new-password",
        min_length=PASSWORD_MIN_LENGTH,
        max_length=PASSWORD_MAX_LENGTH,
    )
    other_way = _other_way(TEXT["have_account"], TEXT["sign_in"], routes.SIGN_IN, values)
    return _session_form(
        TEXT["sign_up"], "/api/users/signup", routes.SIGN_UP, values, password, other_way
    )


def sign_in_content(values: FormValues) -> rx.Component:
    password = labelled_input(
        TEXT["password"],
        "password",
        error=values.errors.get("password", ""),
        type="password",
        auto_complete="current-password",
    )
    other_way = _other_way(TEXT["no_account"], TEXT["sign_up"], routes.SIGN_UP, values)
    return _session_form(
        TEXT["sign_in"], "/api/users/signin", routes.SIGN_IN, values, password, other_way
    )


def sign_out_content(error: str = "") -> rx.Component:
    """For members and visitors alike: the document does not know its reader."""
    return rx.fragment(
        _head(TEXT["sign_out"]),
        account_form(
            rx.el.p(TEXT["sign_out_here"]),
            action="/api/users/signout",
            page=routes.SIGN_OUT,
            submit=TEXT["sign_out"],
            after=routes.TICKET_LIST,
            error=error,
        ),
    )


def _session_form(
    title: str,
    action: str,
    page: str,
    values: FormValues,
    password: rx.Component,
    other_way: rx.Component,
) -> rx.Component:
    email = labelled_input(
        TEXT["email"],
        "email",
        error=values.errors.get("email", ""),
        type="email",
        auto_complete="username",
        value=values.email,
    )
    is_purchase = routes.PURCHASE in parse_qs(urlsplit(values.wanted).query)
    return rx.fragment(
        _head(title),
        rx.el.p(TEXT["purchasing"], class_name="mb-5") if is_purchase else None,
        account_form(
            email,
            password,
            action=action,
            page=with_next(page, values.wanted),
            submit=title,
            after=routes.TICKET_LIST,
            error=values.errors.get("", ""),
        ),
        other_way,
    )


def _head(title: str) -> rx.Component:
    return rx.el.div(
        rx.el.h1(title, class_name=styles.HEADING),
        class_name="poster mb-6",
        custom_attrs={"data-category": "concert"},
    )


def account_page() -> rx.Component:
    state = AccountState
    content = rx.el.div(
        rx.el.div(
            rx.el.h1(TEXT["account"], class_name=styles.HEADING),
            rx.el.p(TEXT["signed_in_as"], rx.el.strong(SessionState.email), "."),
            class_name="grid gap-1",
        ),
        rx.el.div(
            link(TEXT["orders"], href=routes.ORDER_LIST, class_name=styles.SECONDARY),
            link(TEXT["listings"], href=routes.TICKET_MINE, class_name=styles.SECONDARY),
            class_name="flex flex-wrap gap-3",
        ),
        rx.el.div(
            rx.el.div(
                _section(TEXT["email"], _email_form()),
                _section(TEXT["password"], _password_form()),
                class_name="grid gap-5",
            ),
            _section(TEXT["sessions"], _sessions()),
            class_name="grid gap-5 lg:gap-8 lg:grid-cols-2 items-start",
        ),
        class_name="grid gap-5 pb-8",
    )
    return layout(
        OnLive.create(only_resync=True, on_change=state.load),
        # Always present: screen readers announce changes of a live region, not new ones.
        rx.el.p(
            state.note,
            role="status",
            class_name=f"mb-5 {styles.SUCCESS}",
        ),
        feedback.loaded(state, state.load, content, shape=feedback.field_shapes(4)),
    )


def _section(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-lg font-bold"),
        *content,
        class_name=f"{styles.PANEL} grid gap-4",
    )


def _email_form() -> rx.Component:
    return account_form(
        labelled_input(
            TEXT["new_email"], "email", form="email", type="email", auto_complete="email"
        ),
        _current_password("email"),
        action="/api/users/currentuser/email",
        method="PUT",
        submit=TEXT["change_email"],
        submit_class=styles.PRIMARY,
        after=f"{routes.ACCOUNT}?changed=email",
    )


def _password_form() -> rx.Component:
    return account_form(
        # For password managers.
        rx.el.input(
            name="username",
            default_value=SessionState.email,
            auto_complete="username",
            aria_label=TEXT["email"],
            hidden=True,
        ),
        _current_password("password"),
        labelled_input(
            TEXT["new_password"],
            "newPassword",
            hint=TEXT["password_hint"],
            form="password",
            type="password",
            auto_complete="new-password",
            min_length=PASSWORD_MIN_LENGTH,
            max_length=PASSWORD_MAX_LENGTH,
        ),
        rx.el.p(TEXT["ends_others"], class_name="text-sm text-muted"),
        action="/api/users/currentuser/password",
        method="PUT",
        submit=TEXT["change_password"],
        submit_class=styles.PRIMARY,
        after=f"{routes.ACCOUNT}?changed=password",
    )


def _current_password(form: str) -> rx.Component:
    return labelled_input(
        TEXT["current_password"],
        "currentPassword",
        form=form,
        type="password",
        auto_complete="current-password",
    )


def _sessions() -> rx.Component:
    return rx.fragment(
        rx.el.p(TEXT["sessions_more"], class_name="text-sm text-muted"),
        rx.el.ul(rx.foreach(AccountState.rows, _session)),
        rx.cond(
            AccountState.has_others,
            rx.el.div(
                rx.el.button(
                    TEXT["end_others"],
                    type="button",
                    on_click=AccountState.end_others,
                    class_name=styles.SECONDARY,
                ),
                account_form(
                    action="/api/users/sessions?includingThis=true",
                    method="DELETE",
                    submit=TEXT["end_all"],
                    submit_class=styles.DANGER,
                    after=routes.TICKET_LIST,
                ),
                class_name="flex flex-wrap gap-3",
            ),
        ),
    )


def _session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                row.device,
                rx.cond(
                    row.is_current,
                    rx.el.span(
                        TEXT["this_device"],
                        class_name="badge",
                        custom_attrs={"data-status": "yours"},
                    ),
                ),
                class_name="flex flex-wrap gap-x-2 font-semibold",
            ),
            rx.el.p(row.started, class_name="text-sm text-muted"),
            rx.el.p(row.seen, class_name="text-sm text-muted"),
            class_name="min-w-0 flex-1",
        ),
        rx.cond(
            row.is_current,
            account_form(
                action="/api/users/signout",
                submit=TEXT["end"],
                submit_class=styles.SECONDARY,
                after=routes.TICKET_LIST,
            ),
            rx.el.button(
                TEXT["end"],
                type="button",
                aria_label=row.end_label,
                on_click=AccountState.end(row.id),
                class_name=styles.SECONDARY,
            ),
        ),
        key=row.id,
        class_name="flex items-center gap-3 py-3 border-t border-line first:border-t-0",
    )


def _other_way(question: str, label: str, page: str, values: FormValues) -> rx.Component:
    """A link to the other form; without a document's values, account-forms.js keeps `next`."""
    href = with_next(page, values.wanted)
    return rx.el.p(
        question,
        rx.el.a(label, href=href, class_name=styles.LINK, custom_attrs={"data-keep-next": ""}),
        class_name="mt-6",
    )
