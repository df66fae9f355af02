"""Press Purchase on a page."""

import re
from urllib.parse import unquote

from tests.ui.conftest import Tab
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.state import TicketDetailState


def fields_of(ticket: TicketRead) -> dict[str, str]:
    """Return the fields of the form that offers this ticket."""
    return Offer(ticket_id=ticket.id, price_cents=ticket.price_cents).fields


async def press(tab: Tab, ticket: TicketRead) -> str:
    """Press Purchase on the page of the ticket, as it is at its price."""
    return await tab.call(TicketDetailState.purchase, fields_of(ticket))


async def press_as_visitor(tab: Tab, ticket: TicketRead) -> str:
    """Open the page of the ticket and press; return the address that sign-in leads back to."""
    tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
    await tab.call(TicketDetailState.load)
    answer = await press(tab, ticket)
    found = re.search(r"next=([\w%-]+)", answer)
    assert found
    return unquote(found[1])
