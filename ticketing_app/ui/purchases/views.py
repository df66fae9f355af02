"""What a page offers to buy."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.money import MAXIMUM_CENTS
from ticketing_app.orders.rules import Choice
from ticketing_app.tickets.rules import MAX_SEATS
from ticketing_app.ui import transactions


class UnclearOfferError(AppError):
    status = HTTPStatus.BAD_REQUEST
    message = "We could not see what you want to buy. Please choose again."


class Offer(BaseModel):
    """Tickets at the price that the buyer saw: the best `quantity` of a listing, or one ticket.

    A form in which the buyer chooses the quantity has both ids: one is then this ticket.
    """

    model_config = ConfigDict(frozen=True)

    listing_id: UUID | None = None
    ticket_id: UUID | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_SEATS)] = 1
    price_cents: Annotated[int, Field(ge=0, le=MAXIMUM_CENTS)]

    @classmethod
    def from_fields(cls, fields: object) -> "Offer":
        """Read a form, without its empty fields; raises UnclearOfferError."""
        given = dict(fields) if isinstance(fields, Mapping) else {}
        try:
            return transactions.parse(cls, {name: text for name, text in given.items() if text})
        except InvalidInputError:
            raise UnclearOfferError from None

    @property
    def key(self) -> str:
        """Identifies the form on its page."""
        return str(self.listing_id or self.ticket_id)

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of the form."""
        values = self.model_dump(exclude_defaults=True)
        return {name: str(value) for name, value in values.items()}

    def choice(self) -> Choice | UUID:
        """Return tickets of a listing, or the id of one ticket; raises UnclearOfferError if it is neither."""
        if self.listing_id and (self.ticket_id is None or self.quantity > 1):
            return Choice(self.listing_id, self.quantity)
        if self.ticket_id is None:
            raise UnclearOfferError
        return self.ticket_id
