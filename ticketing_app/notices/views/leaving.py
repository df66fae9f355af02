"""Sentences about one's data: the export, and the end of the account."""

from datetime import UTC, datetime

from pydantic import AwareDatetime

from ticketing_app import routes
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import About, BellLine, Facts, Wording, absolute

_EXAMPLE_AT = datetime(2026, 12, 18, 18, 42, tzinfo=UTC)


# ---- Export ----------------------------------------------------------------------------------------


class ExportFacts(Facts):
    expires_at: AwareDatetime


def export_ready(facts: ExportFacts) -> Letter:
    return Letter(
        subject="Your data is ready",
        preheader="Download it from your account.",
        heading="Your data is ready",
        paragraphs=(
            "We collected everything we have of you in a ZIP file. It waits in your account.",
        ),
        facts=(("Kept until", format_instant(facts.expires_at)),),
        action=Action("Download your data", absolute(routes.ACCOUNT_DATA)),
        after=("We ask who you are before the download: the file has everything.",),
        why=f"You get this mail because your account at {get_settings().brand_name} asked for its data.",
    )


def _export_ready_line(_about: About) -> BellLine:
    return BellLine("Your data is ready to download.", routes.ACCOUNT_DATA)


EXPORT_READY = Wording(
    export_ready,
    _export_ready_line,
    "Your data is ready",
    ExportFacts(expires_at=_EXAMPLE_AT),
)


# ---- Leaving ---------------------------------------------------------------------------------------


class LeavingFacts(Facts):
    due_at: AwareDatetime


def account_leaving(facts: LeavingFacts) -> Letter:
    return Letter(
        subject="Your account is going to be deleted",
        preheader="Sign in before then, and everything stays.",
        heading="Goodbye",
        paragraphs=(
            "Your account is going to be deleted, as you asked.",
            "Your listings are off sale, and you are signed out everywhere.",
            "Changed your mind, or was it not you? Sign in before then, and everything stays.",
        ),
        facts=(("Deleted on", format_instant(facts.due_at)),),
        action=Action("Keep my account", absolute(routes.SIGN_IN)),
        why=f"You get this mail because it protects your account at {get_settings().brand_name}.",
    )


def _account_leaving_line(_about: About) -> BellLine:
    return BellLine("Your account is going to be deleted.", routes.ACCOUNT_DATA)


ACCOUNT_LEAVING = Wording(
    account_leaving,
    _account_leaving_line,
    "Your account is going to be deleted",
    LeavingFacts(due_at=_EXAMPLE_AT),
)


# ---- Coming back -----------------------------------------------------------------------------------


class KeptFacts(Facts):
    """None: the mail says the same to everybody."""


def account_kept(_facts: KeptFacts) -> Letter:
    return Letter(
        subject="Welcome back",
        preheader="Your account stays.",
        heading="Welcome back",
        paragraphs=(
            "You signed in, so your account stays. Nothing was deleted.",
            "Your listings are still off sale. List what you want to sell again.",
        ),
        action=Action("Sell tickets", absolute(routes.SELL)),
        after=("Want to leave all the same? Delete your account on its page “Your data”.",),
        why=f"You get this mail because your account at {get_settings().brand_name} was going to be deleted.",
    )


def _account_kept_line(_about: About) -> BellLine:
    return BellLine("Welcome back: your account stays.", routes.ACCOUNT_DATA)


ACCOUNT_KEPT = Wording(account_kept, _account_kept_line, "Your account stays", KeptFacts())
