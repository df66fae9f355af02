"""Sentences about the account: its address, password, passkeys and sign-ins."""

from datetime import UTC, datetime

from pydantic import AwareDatetime

from ticketing_app import routes
from ticketing_app.accounts.rules import device_name
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    Facts,
    Line,
    Wording,
    absolute,
)

_EXAMPLE_AT = datetime(2026, 12, 4, 18, 42, tzinfo=UTC)
_EXAMPLE_LINK = (
    "https://ticketing.dev/auth/confirm#token=o7K3x1Zc0v5mQb9n_fJ2wYtR8sLpEd4uHaGi6kNVqXM"
)
_HERE = "Here people sell tickets to each other, and everyone sees the whole price before paying."
_NOT_YOU = (
    "If it was not you, choose a new password at once. If you cannot sign in any more, press "
    "“Forgot your password?” on the sign-in page."
)


# ---- Welcome ---------------------------------------------------------------------------------------


class WelcomeFacts(Facts):
    # Empty if the address is confirmed already.
    confirm_url: str = ""


def welcome(facts: WelcomeFacts) -> Letter:
    brand = get_settings().brand_name
    if not facts.confirm_url:
        return Letter(
            subject=f"Welcome to {brand}",
            preheader="Your account is ready.",
            heading=f"Welcome to {brand}",
            paragraphs=(_HERE, "Your account is ready."),
            action=Action("Find tickets", absolute(routes.TICKET_LIST)),
            why=_signed_up(),
        )
    return Letter(
        subject=f"Welcome to {brand}: confirm your email",
        preheader="One click, and your account is ready.",
        heading=f"Welcome to {brand}",
        paragraphs=(_HERE, "One thing is left: confirm that this address is yours."),
        action=Action("Confirm your email", facts.confirm_url),
        after=_about_confirming(),
        why=_signed_up(),
    )


def _welcome_line(_about: About) -> BellLine:
    return BellLine("Welcome! Your account is ready.", routes.ACCOUNT)


WELCOME = Wording(welcome, _welcome_line, "Welcome", WelcomeFacts(confirm_url=_EXAMPLE_LINK))


# ---- Confirm the address ---------------------------------------------------------------------------


class ConfirmAddressFacts(Facts):
    confirm_url: str


def confirm_address(facts: ConfirmAddressFacts) -> Letter:
    return Letter(
        subject="Confirm your email",
        preheader="The link you asked for.",
        heading="Confirm your email",
        paragraphs=("Here is the link you asked for. It confirms that this address is yours.",),
        action=Action("Confirm your email", facts.confirm_url),
        after=_about_confirming(),
        why=_signed_up(),
    )


def _confirm_address_line(_about: About) -> BellLine:
    return BellLine("We sent you a link to confirm your email.", routes.ACCOUNT)


CONFIRM_ADDRESS = Wording(
    confirm_address,
    _confirm_address_line,
    "A link to confirm your email",
    ConfirmAddressFacts(confirm_url=_EXAMPLE_LINK),
)


# ---- Reset the password ----------------------------------------------------------------------------


class ResetPasswordFacts(Facts):
    reset_url: str


def reset_password(facts: ResetPasswordFacts) -> Letter:
    brand = get_settings().brand_name
    return Letter(
        subject="Choose a new password",
        preheader="The link works once, for 30 minutes.",
        heading="Choose a new password",
        paragraphs=(
            "You asked for a new password. Choose one, and you are signed in again.",
            "Every other device is signed out then.",
        ),
        action=Action("Choose a new password", facts.reset_url),
        after=(
            "The link works once, for 30 minutes.",
            "If you did not ask for it, ignore this mail. Your password stays as it is.",
        ),
        why=f"You get this mail because a new password was asked for at {brand} for this address.",
    )


def _reset_password_line(_about: About) -> BellLine:
    return BellLine("We sent you a link to choose a new password.", routes.ACCOUNT)


RESET_PASSWORD = Wording(
    reset_password,
    _reset_password_line,
    "A link to choose a new password",
    ResetPasswordFacts(reset_url=_EXAMPLE_LINK.replace("confirm", "reset")),
)


# ---- Change the address: to the new one ------------------------------------------------------------


class AddressChangeFacts(Facts):
    confirm_url: str


def address_change(facts: AddressChangeFacts) -> Letter:
    brand = get_settings().brand_name
    return Letter(
        subject="Confirm your new email",
        preheader="One click, and your account uses this address.",
        heading="Confirm your new email",
        paragraphs=(
            f"Your account at {brand} is about to use this address.",
            "Until you confirm it, the former one stays in use.",
        ),
        action=Action("Use this address", facts.confirm_url),
        after=(
            "The link works once, for 24 hours.",
            "If you did not ask for it, ignore this mail. Without a click nothing happens.",
        ),
        why=f"You get this mail because an account at {brand} wants to use this address.",
    )


def _address_change_line(_about: About) -> BellLine:
    return BellLine("Confirm your new email: we sent a link to it.", routes.ACCOUNT)


ADDRESS_CHANGE = Wording(
    address_change,
    _address_change_line,
    "A link to confirm a new email",
    AddressChangeFacts(confirm_url=_EXAMPLE_LINK),
)


# ---- Change the address: to the former one ---------------------------------------------------------


class AddressChangedFacts(Facts):
    new_email: str
    undo_url: str


def address_changed(facts: AddressChangedFacts) -> Letter:
    return Letter(
        subject="Your email was changed",
        preheader="If it was not you, take it back.",
        heading="Your email was changed",
        paragraphs=(
            f"Your account now uses {_masked(facts.new_email)}. Mails no longer go to this address.",
            "If it was you, all is well.",
            "If it was not you, take it back. Your account uses this address again, and every device is signed out.",
        ),
        action=Action("It was not me", facts.undo_url),
        after=("The link works once, for 7 days. You choose a new password with it.",),
        why=_protects(),
    )


def _address_changed_line(_about: About) -> BellLine:
    return BellLine("Your email was changed.", routes.ACCOUNT)


ADDRESS_CHANGED = Wording(
    address_changed,
    _address_changed_line,
    "Your email was changed",
    AddressChangedFacts(
        new_email="ines@example.com", undo_url=_EXAMPLE_LINK.replace("confirm", "reset")
    ),
)


# ---- Password changed ------------------------------------------------------------------------------


class PasswordChangedFacts(Facts):
    changed_at: AwareDatetime
    is_reset: bool = False


def password_changed(facts: PasswordChangedFacts) -> Letter:
    other = "Every other device was signed out."
    how = "with a link from your mailbox" if facts.is_reset else "on your account page"
    return Letter(
        subject="Your password was changed",
        preheader=other,
        heading="Your password was changed",
        paragraphs=(f"A new password was set {how}. {other}", "If it was you, all is well."),
        facts=(("When", format_instant(facts.changed_at)),),
        action=_look_at_account(),
        after=(_NOT_YOU,),
        why=_protects(),
    )


def _password_changed_line(_about: About) -> BellLine:
    return BellLine("Your password was changed.", routes.ACCOUNT_SECURITY)


PASSWORD_CHANGED = Wording(
    password_changed,
    _password_changed_line,
    "Your password was changed",
    PasswordChangedFacts(changed_at=_EXAMPLE_AT),
)


# ---- Passkeys --------------------------------------------------------------------------------------


class PasskeyFacts(Facts):
    name: Line
    at: AwareDatetime


def passkey_added(facts: PasskeyFacts) -> Letter:
    return Letter(
        subject="A passkey was added to your account",
        preheader="It can sign in to your account.",
        heading="A passkey was added",
        paragraphs=(
            "Whoever has this passkey can sign in to your account. If you added it, all is well.",
            "If you did not, remove it, and choose a new password.",
        ),
        facts=(("Passkey", facts.name), ("When", format_instant(facts.at))),
        action=_look_at_account(),
        why=_protects(),
    )


def _passkey_added_line(about: About) -> BellLine:
    return BellLine(_named("A passkey was added", about.title), routes.ACCOUNT_SECURITY)


PASSKEY_ADDED = Wording(
    passkey_added,
    _passkey_added_line,
    "A passkey was added",
    PasskeyFacts(name="Phone", at=_EXAMPLE_AT),
    About(title="Phone"),
)


def passkey_removed(facts: PasskeyFacts) -> Letter:
    return Letter(
        subject="A passkey was removed from your account",
        preheader="It can no longer sign in to your account.",
        heading="A passkey was removed",
        paragraphs=(
            "This passkey can no longer sign in to your account. If you removed it, all is well.",
        ),
        facts=(("Passkey", facts.name), ("When", format_instant(facts.at))),
        action=_look_at_account(),
        after=(_NOT_YOU,),
        why=_protects(),
    )


def _passkey_removed_line(about: About) -> BellLine:
    return BellLine(_named("A passkey was removed", about.title), routes.ACCOUNT_SECURITY)


PASSKEY_REMOVED = Wording(
    passkey_removed,
    _passkey_removed_line,
    "A passkey was removed",
    PasskeyFacts(name="Phone", at=_EXAMPLE_AT),
    About(title="Phone"),
)


# ---- New sign-in -----------------------------------------------------------------------------------


class SignInFacts(Facts):
    # The User-Agent header.
    device: str
    at: AwareDatetime
    address: Line = ""


def new_signin(facts: SignInFacts) -> Letter:
    device = device_name(facts.device)
    known = (("Device", device), ("From", facts.address), ("When", format_instant(facts.at)))
    return Letter(
        subject=f"New sign-in: {device}",
        preheader="We have not seen this device before.",
        heading="A new device signed in",
        paragraphs=(
            "Your account was used on a device that we have not seen before. If it was you, all is well.",
            "If it was not you, sign it out, and choose a new password.",
        ),
        facts=tuple((label, value) for label, value in known if value),
        action=_look_at_account(),
        why=_protects(),
    )


def _new_signin_line(about: About) -> BellLine:
    return BellLine(f"New sign-in: {device_name(about.device)}.", routes.ACCOUNT_SECURITY)


NEW_SIGNIN = Wording(
    new_signin,
    _new_signin_line,
    "A new device signed in",
    SignInFacts(
        device="Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        at=_EXAMPLE_AT,
        address="203.0.113.7",
    ),
    About(device="Firefox/145.0 (X11; Linux x86_64)"),
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _about_confirming() -> tuple[str, ...]:
    return (
        "The link works once, for 24 hours.",
        "If you did not sign up, ignore this mail. Without a click nothing happens.",
    )


def _signed_up() -> str:
    return f"You get this mail because this address was used to sign up for {get_settings().brand_name}."


def _protects() -> str:
    return f"You get this mail because it protects your account at {get_settings().brand_name}."


def _look_at_account() -> Action:
    return Action("Look at your account", absolute(routes.ACCOUNT_SECURITY))


def _named(sentence: str, name: str) -> str:
    return f"{sentence}: {name}." if name else f"{sentence}."


def _masked(email: str) -> str:
    """Return the address without most of its local part: this mail may reach a stranger."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
