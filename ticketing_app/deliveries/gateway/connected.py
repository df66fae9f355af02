"""The organisers of the setting ISSUERS. Addresses that a file names are compared, never called."""

from ticketing_app.core.organizers import normalize
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.gateway.issuers import Issuer, Place
from ticketing_app.deliveries.gateway.pretix import Pretix


def find_issuers(address: str | None) -> list[Issuer]:
    """Return the connected organisers at the address that a ticket file names."""
    if not address:
        return []
    wanted = normalize(address)
    return [Pretix(one) for one in get_settings().organizers if one.address == wanted]


def get_issuer(place: Place) -> Issuer | None:
    """Return the organiser of a ticket; None if it is connected no longer."""
    for one in get_settings().organizers:
        if (one.address, one.organizer) == place[:2] and place.event in one.events:
            return Pretix(one)
    return None
