"""Bought tickets of an order are listed again together."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.orders.service import sell
from ticketing_app.orders.service.sell import NotTicketOwnerError
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.service import listings
from ticketing_app.tickets.service.tickets import (
    TicketListedAgainError,
    TooManyListingsError,
)

NEW_EVENT = {
    "title": "Another Night",
    "startsLocal": "2097-05-01T20:00",
    "venue": {"name": "Tram Depot", "cityId": 1},
}


async def relist_together(*sold: Sale, seller: UserRead, **fields: Any) -> ListingRead:  # noqa: ANN401  # any field
    described = {
        "title": "The Paper Lanterns",
        "price": 50,
        "seats": [{"seat": str(nth)} for nth in range(len(sold), 0, -1)],
        "previousTicketIds": [str(sale.ticket.id) for sale in sold],
        **fields,
    }
    async with db.transaction() as session:
        return await sell.sell_listing(
            session, seller_id=seller.id, listing=ListingCreate.model_validate(described)
        )


@pytest.mark.usefixtures("stripe_books")
class TestSellListing:
    async def test_buyer_lists_tickets_again_together(self) -> None:
        buyer = await factories.make_user()
        bought = [await sales.sell(buyer=buyer) for _ in range(2)]
        listing = await relist_together(*bought, seller=buyer)
        again = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        # In seat order: the first ticket was given seat 2.
        assert [ticket.previous_ticket_id for ticket in again] == [
            sale.ticket.id for sale in reversed(bought)
        ]
        with pytest.raises(TicketListedAgainError):
            await relist_together(*bought, seller=buyer)

    async def test_lists_all_or_none(self) -> None:
        buyer = await factories.make_user()
        own, foreign = await sales.sell(buyer=buyer), await sales.sell()
        with pytest.raises(NotTicketOwnerError):
            await relist_together(own, foreign, seller=buyer)
        assert await factories.recorded_events("TicketUpdated") == []
        await relist_together(own, seller=buyer)

    async def test_parallel_requests_make_one_listing(self) -> None:
        buyer = await factories.make_user()
        bought = [await sales.sell(buyer=buyer) for _ in range(2)]
        answers = await asyncio.gather(
            *(relist_together(*order, seller=buyer) for order in (bought, bought[::-1]) * 4),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, ListingRead) for answer in answers) == 1
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert {type(answer) for answer in refused} == {TicketListedAgainError}

    async def test_keeps_the_event(self) -> None:
        buyer = await factories.make_user()
        event = await factories.make_event()
        made = await factories.make_listing("1", "2", event=event)
        bought = [
            await sales.sell(await factories.read_ticket(seat.ticket_id), buyer)
            for seat in made.seats
        ]
        other = await factories.make_event()
        for wrong in ({"eventId": str(other.id)}, {"event": NEW_EVENT}):
            with pytest.raises(InvalidInputError, match="for another event"):
                await relist_together(*bought, seller=buyer, **wrong)
        loose = await sales.sell(buyer=buyer)
        with pytest.raises(InvalidInputError, match="for another event"):
            await relist_together(*bought, loose, seller=buyer)
        # The buyers of a relisting are refunded with its event.
        listing = await relist_together(*bought, seller=buyer)
        assert listing.event_id == event.id
        # A ticket without event may get one.
        added = await relist_together(
            loose, seller=buyer, eventId=str(event.id), seats=[{"seat": "9"}]
        )
        assert added.event_id == event.id

    async def test_quota_counts_tickets(self, change_settings: Callable[..., None]) -> None:
        change_settings(max_open_listings=3)
        seller = await factories.make_user()
        two = {"seats": [{}, {}]}
        await relist_together(seller=seller, **two)
        with pytest.raises(TooManyListingsError):
            await relist_together(seller=seller, **two)
        await relist_together(seller=seller, seats=[{}])

    async def test_quota_counts_paused_tickets(self, change_settings: Callable[..., None]) -> None:
        change_settings(max_open_listings=2)
        seller = await factories.make_user()
        listing = await relist_together(seller=seller, seats=[{}, {}])
        async with db.transaction() as session:
            await listings.pause_listing(session, seller_id=seller.id, listing_id=listing.id)
        with pytest.raises(TooManyListingsError):
            await relist_together(seller=seller, seats=[{}])
