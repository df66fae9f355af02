"""Passkeys by Chromium's virtual authenticator, and the proof before valuable acts."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests_e2e import axe
from tests_e2e.database import run
from tests_e2e.steps import PASSWORD, Visitor

AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
    "defaultBackupEligibility": True,
    "defaultBackupState": True,
}

OLDER = """
UPDATE sessions SET proved_at = proved_at - interval '11 minutes'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
# The virtual authenticator chooses a passkey that is offered in a field at once, before a button can be pressed.
ONLY_BUTTON = """
if (!location.search.includes("autofill"))
  PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
"""


class Device:
    """The authenticator of one page."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        added: dict[str, Any] = self._cdp.send(
            "WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR}
        )
        self._id = added["authenticatorId"]

    def verify(self, *, is_right: bool) -> None:
        """Let the finger or the code be right from now on, or wrong."""
        self._cdp.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self._id, "isUserVerified": is_right},
        )


def sign_in(someone: Visitor, email: str) -> None:
    credentials = {"email": email, "password": PASSWORD}
    assert someone.context.request.post("/api/users/signin", data=credentials).ok


def age_proofs(site: Site, email: str) -> None:
    """Let eleven minutes pass since the last proofs of this account."""
    run(DatabaseProbe(site.stack.env).rows(OLDER, email))


def test_a_passkey_signs_in_by_its_button_and_in_the_email_field(
    visitor: Callable[..., Visitor], site: Site
) -> None:
    someone = visitor()
    age_proofs(site, someone.email)
    page = someone.open("/account/security")
    device = Device(page)
    section = page.locator("section").filter(has_text="Passkeys")
    section.get_by_text("Add a passkey").click()
    section.get_by_label("Name").fill("Ana's phone")
    device.verify(is_right=False)
    section.get_by_role("button", name="Create it").click()
    # The form is sent again after the proof.
    dialog = page.get_by_role("dialog", name="Show that it is you")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Continue").click()
    expect(section.get_by_role("alert").filter(has_text="not finished")).to_be_visible()
    device.verify(is_right=True)
    section.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("status").filter(has_text="passkey is added")).to_be_visible()
    expect(section.get_by_role("listitem").filter(has_text="Ana's phone")).to_be_visible()
    someone.context.clear_cookies()
    page.add_init_script(ONLY_BUTTON)
    page.goto("/auth/signin?next=/orders")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="My Orders")).to_be_visible()
    someone.context.clear_cookies()
    # Offered in the e-mail field, where the virtual authenticator chooses it.
    page.goto("/auth/signin?autofill")
    expect(page.get_by_role("link", name="My Orders")).to_be_visible()


def test_a_proof_is_asked_for_once(visitor: Callable[..., Visitor], site: Site) -> None:
    someone = visitor()
    phone = visitor(signed_in=False)
    sign_in(phone, someone.email)
    age_proofs(site, someone.email)
    page = someone.open("/account/security")
    others = page.get_by_role("button", name="Sign out other devices")
    dialog = page.get_by_role("dialog", name="Show that it is you")
    others.click()
    expect(dialog).to_be_visible()
    assert axe.violations(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(others).to_be_visible()
    others.click()
    dialog.get_by_label("Password").fill("wrong horse")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_role("alert").filter(has_text="not your current password")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Continue").click()
    # The handler is called again by itself.
    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    assert phone.context.request.get("/api/orders").status == 401
    sign_in(phone, someone.email)
    page.reload()
    page.get_by_role("button", name="Sign out everywhere").click()
    # Without a second question.
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
