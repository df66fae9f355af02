"""Check of the organisers that issue tickets anew."""

from ticketing_app.cli.checks.findings import Finding, ok, wrong
from ticketing_app.core.settings import Settings
from ticketing_app.deliveries.gateway.issuers import IssuerRefusedError, IssuerUnavailableError
from ticketing_app.deliveries.gateway.pretix import Pretix


async def check_issuers(settings: Settings) -> list[Finding]:
    """Ask each organiser for a ticket that does not exist."""
    found: list[Finding] = []
    for organizer in settings.organizers:
        subject = f"issuer {organizer.organizer}"
        try:
            await Pretix(organizer).try_access()
        except IssuerUnavailableError:
            remedy = "check url and token in ISSUERS; re-issues wait until it answers."
            found.append(wrong(subject, f"{organizer.url} does not answer us.", remedy))
        except IssuerRefusedError:
            remedy = "check organizer and events in ISSUERS, and that the token may read and write orders."
            found.append(wrong(subject, f"{organizer.url} refuses our token.", remedy))
        else:
            found.append(ok(subject, f"{organizer.url} takes our token."))
    return found
