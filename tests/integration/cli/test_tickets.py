import pytest

from tests import factories
from tests.integration.cli.command_line import run

pytestmark = pytest.mark.usefixtures("database")


class TestListedTwice:
    async def test_lists_seats_of_several_sellers(self) -> None:
        event = await factories.make_event()
        first = await factories.make_listing("5", "6", event=event)
        second = await factories.make_listing("6", event=event)
        tickets = f"{first.seats[1].ticket_id}, {second.seats[0].ticket_id}"
        code, out, _ = await run("listed-twice")
        assert (code, out) == (0, f"event {event.id}: Row F, seat 6: tickets {tickets}\n")

    async def test_without_any(self) -> None:
        await factories.make_listing("5")
        code, out, _ = await run("listed-twice")
        assert (code, out) == (0, "No seat is offered by several sellers.\n")
