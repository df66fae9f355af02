"""A link that holds a ticket, kept sealed like a file. It is never fetched: that could use it up."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.vault import rules
from ticketing_app.vault.service import storing
from ticketing_app.vault.service.storing import NewTicket

FIELD = "delivery.link"
REFUSED = f"Only links that save a ticket to Google Wallet can be sold: they begin with {rules.TICKET_LINK}"


async def take(transaction: Transaction, *, owner_id: UUID, link: str) -> UUID:
    """Keep a link; return its file, which is claimed by the address when it is listed.

    Raises:
        InvalidInputError: the link is not of an issuer that we know.
        StorageError: it was not kept.
    """
    address = link.strip()
    if not rules.is_ticket_link(address):
        raise InvalidInputError([(FIELD, REFUSED)])
    content = address.encode()
    ticket = NewTicket(kind=rules.LINK_KIND, content=content, identity=content)
    (file_id,) = await storing.store(transaction, owner_id=owner_id, tickets=[ticket])
    return file_id
