"""Sentences about the account: addresses, passwords, passkeys, sign-ins."""

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import About, BellLine, Facts, Wording


class WelcomeFacts(Facts):
    confirm_url: str


def welcome(facts: WelcomeFacts) -> Letter:
    brand = get_settings().brand_name
    return Letter(
        subject=f"Welcome to {brand}: confirm your email",
        preheader="One click, and your account is ready.",
        heading=f"Welcome to {brand}",
        paragraphs=(
            "Here people sell tickets to each other, and everyone sees the whole price before paying.",
            "One thing is left: confirm that this address is yours.",
        ),
        action=Action("Confirm your email", facts.confirm_url),
        after=(
            "The link works once, for 24 hours.",
            "If you did not sign up, ignore this mail. Without a click nothing happens.",
        ),
        why=f"You get this mail because this address was used to sign up for {brand}.",
    )


def _welcome_line(_about: About) -> BellLine:
    return BellLine("Welcome! Confirm your email to use everything.", routes.ACCOUNT)


WELCOME = Wording(
    welcome,
    _welcome_line,
    "Welcome",
    WelcomeFacts(confirm_url="https://ticketing.dev/auth/confirm#token=o7K3x1Zc0v5mQb9n_fJ2wYtR"),
)
