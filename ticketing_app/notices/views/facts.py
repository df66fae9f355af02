"""Facts for the sentences of notices, and the parts of a kind of notice."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from ticketing_app.core.settings import get_settings
from ticketing_app.core.validation import printable
from ticketing_app.notices.letter import Letter

# A text of a user in one line: else a title could add headers or paragraphs to a mail.
Line = Annotated[str, AfterValidator(printable)]


class Facts(BaseModel):
    """Facts of a letter, loaded just before it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TicketFacts(Facts):
    title: Line
    price_cents: int
    category: str = "other"
    venue: Line = ""
    city: Line = ""
    starts_at: AwareDatetime | None = None
    timezone: str = "UTC"
    section: Line = ""
    row: Line = ""
    seat: Line = ""


class OrderFacts(Facts):
    """An order, for its buyer or seller.

    Before the payment `title` and `tickets` are empty for an unconfirmed address, so that sign-up cannot
    send the text of a user to a stranger.
    """

    order_id: UUID
    quantity: int
    price_cents: int
    currency: str
    expires_at: AwareDatetime
    title: Line = ""
    tickets: tuple[TicketFacts, ...] = ()
    refunded_cents: int = 0
    # How the tickets of a paid order come: they are here, the seller sends them in time, or promised nothing.
    is_here: bool = False
    send_by: AwareDatetime | None = None


class DeliveryFacts(OrderFacts):
    """An order whose tickets its seller sends; `due_at` is the end of the present status."""

    due_at: AwareDatetime | None = None
    issuer: Line = ""
    is_transfer: bool = True


class EventFacts(Facts):
    """An event that changed, for a buyer, or for a seller of tickets for it."""

    event_id: UUID
    slug: str
    title: Line
    venue: Line
    city: Line
    timezone: str
    starts_at: AwareDatetime
    category: str = "other"
    order_id: UUID | None = None
    is_seller: bool = False
    # None where it did not change.
    old_starts_at: AwareDatetime | None = None
    old_venue: Line = ""
    old_city: Line = ""


class About(BaseModel):
    """Facts stored with a notice, from which the bell draws its line without any query."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Line = ""
    quantity: int = 1
    price_cents: int = 0
    refunded_cents: int = 0
    currency: str = "usd"
    order_id: UUID | None = None
    ticket_id: UUID | None = None
    event_id: UUID | None = None
    gift_id: UUID | None = None
    slug: str = ""
    is_seller: bool = False
    device: Line = ""
    number: str = ""
    answer: Line = ""
    due_at: AwareDatetime | None = None


class BellLine(NamedTuple):
    text: str
    path: str


class Wording(NamedTuple):
    """The sentences of one kind of notice, with examples for tests and pictures."""

    letter: Callable[[Any], Letter]
    line: Callable[[About], BellLine]
    # Its name where a person chooses the channels.
    label: str
    example: Facts
    about: About = About()


def absolute(path: str) -> str:
    return f"{get_settings().public_url.rstrip('/')}{path}"
