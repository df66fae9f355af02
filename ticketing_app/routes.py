"""URLs of the pages: patterns for the site map, builders for links."""

from uuid import UUID

TICKET_LIST = "/"
TICKET_NEW = "/tickets/new"
TICKET_MINE = "/tickets/mine"
TICKET_DETAIL = "/tickets/[ticket_id]"
TICKET_EDIT = "/tickets/[ticket_id]/edit"
LISTED = "listed"
"""The parameter of My Listings that tells how many were just made."""
DONE = "done"
"""The parameter of a ticket's page that tells its seller what they just did."""
PREVIOUS = "previous"
"""The parameter of the form that names the ticket to list again."""
PURCHASE = "purchase"
"""The parameter of a ticket that takes up what a visitor pressed before they signed in."""
ORDER_LIST = "/orders"
ORDER_DETAIL = "/orders/[order_id]"
ACCOUNT = "/account"
SIGN_UP = "/auth/signup"
SIGN_IN = "/auth/signin"
SIGN_OUT = "/auth/signout"
NOT_FOUND = "/404"


def listed_tickets(count: int) -> str:
    """Return the address of one's own listings after `count` were made at once."""
    return f"{TICKET_MINE}?{LISTED}={count}"


def ticket_detail(ticket_id: UUID | str) -> str:
    """Return the address of a ticket."""
    return f"/tickets/{ticket_id}"


def ticket_done(ticket_id: UUID | str, done: str) -> str:
    """Return the address of a ticket that was just "listed" or "saved"."""
    return f"{ticket_detail(ticket_id)}?{DONE}={done}"


def ticket_purchase(ticket_id: UUID | str, token: str) -> str:
    """Return the address of a ticket that goes on with a purchase; `token` is known to its tab only."""
    return f"{ticket_detail(ticket_id)}?{PURCHASE}={token}"


def ticket_calendar(ticket_id: UUID | str) -> str:
    """Return the address of the calendar file of a ticket with a date; it is the API's."""
    return f"/api/tickets/{ticket_id}/calendar"


def share_image(category: str) -> str:
    """Return the address of the picture that is shown beside links to tickets of this category."""
    return f"/share/{category}.png"


def ticket_edit(ticket_id: UUID | str) -> str:
    """Return the address of the form that edits a ticket."""
    return f"/tickets/{ticket_id}/edit"


def ticket_resale(ticket_id: UUID | str) -> str:
    """Return the address of the form that lists a ticket again which was bought here."""
    return f"{TICKET_NEW}?{PREVIOUS}={ticket_id}"


def order_detail(order_id: UUID | str) -> str:
    """Return the address of an order."""
    return f"/orders/{order_id}"
