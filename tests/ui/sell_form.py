"""Answers to the sell form in steps, and its draft."""

from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.schemas.listings import DraftRead
from ticketing_app.tickets.service import drafts
from ticketing_app.ui.sell.state import SellState

CITY_ID = 2867714
NEW_EVENT = {
    "name": "Night of Kites",
    "category": "theatre",
    "date": "2097-05-01",
    "time": "20:00",
    "venue": "Tram Depot",
    "cityId": str(CITY_ID),
    "city": "München",
}
PAIR = {
    "quantity": "1",
    "section": "Stalls",
    "row": "F",
    "seats": "5-6",
    "sideBySide": "true",
    "delivery": "self",
}
HOSTILE = [
    None,
    7,
    [],
    "x",
    {"name": 7},
    {"name": ["x"]},
    {"name": "\x00"},
    {"name": "\ud800"},
    {"name": "x" * 100_000},
    {"description": "x" * 2001},
    {"quantity": None},
    {"price": 40},
]


async def read_draft(user: UserRead) -> DraftRead | None:
    async with db.transaction() as session:
        return await drafts.get_draft(session, user_id=user.id)


async def fields_of(user: UserRead) -> dict[str, str]:
    draft = await read_draft(user)
    return draft.fields if draft else {}


async def fill_in(tab: Tab) -> None:
    """Answer all steps."""
    await tab.call(SellState.submit_event, NEW_EVENT)
    await tab.call(SellState.submit_tickets, PAIR)
    await tab.call(SellState.submit_price, {"price": "68"})
