"""Demo data: listings and three accounts for a fresh installation."""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import service as accounts
from ticketing_app.accounts.schemas import UserCreate
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.tickets.schemas import TicketCreate
from ticketing_app.tickets.service import tickets

EMAILS = ("ana@gittix.test", "ben@gittix.test", "cleo@gittix.test")
PASSWORD = "curtain-call"  # noqa: S105  # Public, in the README; production refuses the accounts.
SOURCE = Path(__file__).with_name("demo.toml")


class MarketNotEmptyError(AppError):
    message = "There are tickets already, and demo data are not mixed with them."


async def seed(session: AsyncSession) -> int:
    """Add the accounts and their listings to an empty market; return the number of listings.

    Raises:
        MarketNotEmptyError: any ticket exists, for sale or not.
        EmailInUseError: an address of the demo has an account.
    """
    if await tickets.has_any(session):
        raise MarketNotEmptyError
    sellers = [
        await accounts.sign_up(session, user=UserCreate(email=email, password=PASSWORD))
        for email in EMAILS
    ]
    offers = list(listings(utc_now().date()))
    for number, ticket in enumerate(offers):
        seller = sellers[number % len(sellers)]
        await tickets.create_ticket(session, seller_id=seller.id, ticket=ticket)
    return len(offers)


def listings(today: date) -> Iterator[TicketCreate]:
    """Yield the first ticket of each event, then the second ones: the list mixes the events."""
    source = tomllib.loads(SOURCE.read_text(), parse_float=Decimal)
    events = source["events"]
    for number in range(max(len(event["tickets"]) for event in events)):
        for event in events:
            if number < len(event["tickets"]):
                city, timezone = source["venues"][event["venue"]]
                place = {"venue": event["venue"], "city": city, "timezone": timezone}
                yield _ticket(event, event["tickets"][number], place, today)


def _ticket(
    event: dict[str, Any], seat: list[Any], place: dict[str, str], today: date
) -> TicketCreate:
    day = today + timedelta(days=event["days"])
    section, row, number, price, face_value = (value or None for value in seat)
    starts_at = datetime.combine(
        day, time.fromisoformat(event["time"]), ZoneInfo(place["timezone"])
    )
    values = {name: event[name] for name in ("title", "category", "description")} | place
    values |= {"startsAt": starts_at, "section": section, "row": row, "seat": number}
    return TicketCreate.model_validate(values | {"price": price, "faceValue": face_value})
