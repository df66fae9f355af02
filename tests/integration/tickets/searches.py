"""Searches and SQL for the tests of the search."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from ticketing_app.core import db
from ticketing_app.tickets.schemas.search import TicketFilter, TicketPage
from ticketing_app.tickets.service import search


async def find(**wanted: Any) -> TicketPage:  # noqa: ANN401  # any field
    async with db.transaction() as session:
        return await search.list_tickets(session, wanted=TicketFilter(**wanted))


async def titles(**wanted: Any) -> list[str]:  # noqa: ANN401  # any field
    return [ticket.title for ticket in (await find(**wanted)).items]


async def count(**wanted: Any) -> int:  # noqa: ANN401  # any field
    async with db.transaction() as session:
        return await search.count_tickets(session, wanted=TicketFilter(**wanted))


async def execute(statement: str, **values: object) -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), values)


def event(starts_at: datetime, timezone: str = "UTC") -> dict[str, Any]:
    return {"startsAt": starts_at.isoformat(), "timezone": timezone}
