"""Sentences about the account: addresses, passwords, passkeys, sign-ins."""

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import About, BellLine, Facts, Wording, absolute

_HERE = "Here people sell tickets to each other, and everyone sees the whole price before paying."


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
            paragraphs=(_HERE,),
            action=Action("Find tickets", absolute(routes.TICKET_LIST)),
            why=_signed_up(),
        )
    return Letter(
        subject=f"Welcome to {brand}: confirm your email",
        preheader="One click, and your account is ready.",
        heading=f"Welcome to {brand}",
        paragraphs=(
            _HERE,
            "One thing is left: confirm that this address is yours.",
        ),
        action=Action("Confirm your email", facts.confirm_url),
        after=(
            "The link works once, for 24 hours.",
            "If you did not sign up, ignore this mail. Without a click nothing happens.",
        ),
        why=_signed_up(),
    )


def _signed_up() -> str:
    return f"You get this mail because this address was used to sign up for {get_settings().brand_name}."


def _welcome_line(_about: About) -> BellLine:
    return BellLine("Welcome! Confirm your email to use everything.", routes.ACCOUNT)


WELCOME = Wording(
    welcome,
    _welcome_line,
    "Welcome",
    WelcomeFacts(confirm_url="https://ticketing.dev/auth/confirm#token=o7K3x1Zc0v5mQb9n_fJ2wYtR"),
)
