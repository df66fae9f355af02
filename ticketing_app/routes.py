"""URLs of the pages: patterns for the site map, builders for links."""

from uuid import UUID

TICKET_LIST = "/"
SEARCH = "/search"
TICKET_NEW = "/tickets/new"
TICKET_MINE = "/tickets/mine"
TICKET_DETAIL = "/tickets/[ticket_id]"
TICKET_EDIT = "/tickets/[ticket_id]/edit"
SELL = "/sell"
SELL_TICKETS = "/sell/tickets"
SELL_PRICE = "/sell/price"
SELL_LOOK = "/sell/look"
EVENT_DETAIL = "/events/[slug]"
VENUE = "/venues/[slug]"
CITY = "/cities/[slug]"
# Parameter of My Listings: the number of listings just created.
LISTED = "listed"
# Parameter of a ticket's page: the seller's last action, "listed" or "saved".
DONE = "done"
# Parameter of the form: the ticket to list again.
PREVIOUS = "previous"
# Parameter of the sell form: the chosen event.
EVENT = "event"
# Parameter of a page with offers: the token of a purchase that continues after sign-in.
PURCHASE = "purchase"
QUANTITY = "quantity"
ORDER_LIST = "/orders"
ORDER_DETAIL = "/orders/[order_id]"
ORDER_RESALE = "/orders/[order_id]/sell"
# A document of its own (documents/door.py); the order is the fragment.
DOOR = "/door"
SALE_DETAIL = "/sales/[order_id]"
GIFT = "/gifts/[gift_id]"
NOTICES = "/notices"
NOTICE_STOP = "/notices/stop/[token]"
ACCOUNT = "/account"
ACCOUNT_SECURITY = "/account/security"
ACCOUNT_NOTICES = "/account/notices"
ACCOUNT_DATA = "/account/data"
SIGN_UP = "/auth/signup"
SIGN_IN = "/auth/signin"
SIGN_OUT = "/auth/signout"
HOW_IT_WORKS = "/how-it-works"
GUARANTEE = "/guarantee"
FEES = "/fees"
HELP = "/help"
TERMS = "/terms"
PRIVACY = "/privacy"
IMPRINT = "/imprint"
CONTACT = "/contact"
REPORT = "/report/[subject_id]"
# Parameter of the contact page: the number of the case just opened.
NUMBER = "number"
FORGOT = "/auth/forgot"
# Their links have a token in the fragment.
CONFIRM = "/auth/confirm"
RESET = "/auth/reset"
# Parameter of these pages: the form was sent.
SENT = "sent"
GOODBYE = "/auth/goodbye"
NOT_FOUND = "/404"


def listed_tickets(count: int) -> str:
    return f"{TICKET_MINE}?{LISTED}={count}"


def ticket_detail(ticket_id: UUID | str) -> str:
    return f"/tickets/{ticket_id}"


def ticket_done(ticket_id: UUID | str, done: str) -> str:
    return f"{ticket_detail(ticket_id)}?{DONE}={done}"


def event_detail(slug: str, *, quantity: int = 1) -> str:
    """Return the page of an event, for offers of `quantity` tickets."""
    path = f"/events/{slug}"
    return f"{path}?{QUANTITY}={quantity}" if quantity > 1 else path


def venue(slug: str) -> str:
    return f"/venues/{slug}"


def city(slug: str) -> str:
    return f"/cities/{slug}"


def ticket_calendar(ticket_id: UUID | str) -> str:
    """Return the path of the calendar file, which the API serves for tickets with a date."""
    return f"/api/tickets/{ticket_id}/calendar"


def order_calendar(order_id: UUID | str) -> str:
    """Return the path of the calendar file of a buyer, which leads to the page of the door."""
    return f"/api/orders/{order_id}/calendar"


def event_calendar(slug: str) -> str:
    return f"/api/events/{slug}/calendar"


def export_file(export_id: UUID) -> str:
    return f"/api/users/exports/{export_id}"


def share_image(category: str) -> str:
    return f"/share/{category}.png"


def ticket_edit(ticket_id: UUID | str) -> str:
    return f"/tickets/{ticket_id}/edit"


def ticket_resale(ticket_id: UUID | str) -> str:
    return f"{TICKET_NEW}?{PREVIOUS}={ticket_id}"


def sell_for(event_id: UUID | str) -> str:
    """Return the path of the sell form for this event."""
    return f"{SELL_TICKETS}?{EVENT}={event_id}"


def event_listed(slug: str, count: int) -> str:
    """Return the path of the event after this number of its tickets was listed."""
    return f"{event_detail(slug)}?{LISTED}={count}"


def sent(path: str) -> str:
    """Return the path of a page of mailed links after its form was sent."""
    return f"{path}?{SENT}=1"


def notice_stop(token: str) -> str:
    """Return the path of the link in a mail that stops mails of its kind."""
    return f"/notices/stop/{token}"


def order_detail(order_id: UUID | str) -> str:
    return f"/orders/{order_id}"


def delivery_part(delivery_id: UUID | str, part: str) -> str:
    """Return the path of a part of delivered tickets."""
    return f"/api/deliveries/{delivery_id}/parts/{part}"


def order_resale(order_id: UUID | str) -> str:
    """Return the path of the form that sells tickets of a paid order again."""
    return f"{order_detail(order_id)}/sell"


def door(order_id: UUID | str) -> str:
    """Return the path of the page that shows the codes of an order at the entrance."""
    return f"{DOOR}#{order_id}"


def sale_detail(order_id: UUID | str) -> str:
    """Return the path of the page where the seller sends the tickets of an order."""
    return f"/sales/{order_id}"


def gift(gift_id: UUID | str) -> str:
    """Return the page of a ticket that was given away, for both sides."""
    return f"/gifts/{gift_id}"


def report(subject_id: UUID | str) -> str:
    """Return the path of the form that reports a ticket, or a listing."""
    return f"/report/{subject_id}"


def case_received(number: str) -> str:
    return f"{CONTACT}?{NUMBER}={number}"
