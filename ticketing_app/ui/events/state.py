"""States of the event pages."""

import json
from collections.abc import Awaitable, Callable

import reflex as rx
from typing_extensions import override

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.events.service.events import EventMovedError
from ticketing_app.events.service.venues import VenueMovedError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.events import queries
from ticketing_app.ui.events.cards import EventCard, EventGroup, group_by_day, make_cards
from ticketing_app.ui.events.choices import Choices, Wanted, address, link_cards, read_wanted
from ticketing_app.ui.events.chosen import choose_offers
from ticketing_app.ui.events.offers import OfferRow
from ticketing_app.ui.events.queries import EventPage, PlacePage
from ticketing_app.ui.events.views import (
    EventHead,
    city_href,
    listed_note,
    now_ms,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.purchases.state import PurchaseState
from ticketing_app.ui.session import PageState, guarded, in_turn, refreshing


class EventDetailState(PurchaseState, rx.State):
    """An event with its offers. The choice is in the address; its number of tickets is kept for later events."""

    event: EventHead = EventHead()
    offers: rx.Field[list[OfferRow]] = rx.field(default_factory=list)
    choices: Choices = Choices()
    quantity: int = 0
    note: str = ""
    _wanted: Wanted = Wanted()
    other_dates: rx.Field[list[EventCard]] = rx.field(default_factory=list)

    @rx.event
    @guarded
    async def load(self) -> rx.event.EventSpec | None:
        """Show the event of the address; complete a purchase that sign-in interrupted."""
        interrupted = self._take_purchase()
        if moved := await self._read():
            return moved
        if interrupted:
            return await self._continue(await session.find_caller(self), interrupted)
        return self._complete_address()

    @rx.event
    @refreshing
    @in_turn
    async def refresh(self) -> rx.event.EventSpec | None:
        """Read again after a change that rows do not apply themselves."""
        return await self._read()

    @override
    async def _read(self) -> rx.event.EventSpec | None:
        """Show the event; a merged event redirects to the one that stays."""
        if session.route_slug(self) != self.event.slug:
            self.is_loaded = False
        seen_at = now_ms()
        try:
            async with transactions.transaction() as transaction:
                caller = await session.find_caller(self, transaction)
            page = await queries.load_event_page(
                slug=session.route_slug(self),
                viewer_id=caller and caller.user_id,
                subscribe=lambda event_id: self._subscribe(event_id, caller),
            )
        except EventMovedError as error:
            return rx.redirect(routes.event_detail(error.slug), replace=True)
        self._show(page, caller, seen_at)
        return None

    def _complete_address(self) -> rx.event.EventSpec | None:
        """Add the remembered number to the address, without another load."""
        if not self.quantity or routes.QUANTITY in self.router.url.query_parameters:
            return None
        path = json.dumps(address(self.event.href, self._wanted))
        return rx.call_script(f"history.replaceState(history.state, '', {path})")

    async def _subscribe(self, event_id: object, caller: Caller | None) -> None:
        own = [channels.user_channel(caller.user_id)] if caller else []
        await channels.subscribe(self, channels.event_channel(event_id), *own)

    def _show(self, page: EventPage, caller: Caller | None, seen_at: int) -> None:
        summaries = page.summaries
        self.event = EventHead.from_event(page.event, summaries[page.event.id], seen_at=seen_at)
        parameters = self.router.url.query_parameters
        wanted = read_wanted(parameters, page.offers, self.quantity)
        self.quantity = wanted.quantity
        self._wanted = wanted
        today = session.reader_now(self).date()
        others = make_cards(page.other_dates, summaries, today=today, seen_at=seen_at)
        self.other_dates = link_cards(others, wanted.quantity)
        viewer_id = caller and caller.user_id
        self.choices, self.offers = choose_offers(page, wanted, viewer_id)
        is_seller = any(offer.seller_id == viewer_id for offer in page.offers)
        listed = parameters.get(routes.LISTED, "")
        self.note = listed_note(listed) if is_seller else ""
        self.is_loaded = True


class PlaceState(PageState, rx.State):
    """The next events of a venue or a city."""

    name: str = ""
    title: str = ""
    city: str = ""
    city_href: str = ""
    href: str = ""
    days: rx.Field[list[EventGroup]] = rx.field(default_factory=list)

    @rx.event
    @guarded
    async def load_venue(self) -> rx.event.EventSpec | None:
        """Show the venue of the address; a merged venue redirects to the one that stays."""
        try:
            await self._load(queries.load_venue_page, routes.venue)
        except VenueMovedError as error:
            return rx.redirect(routes.venue(error.slug), replace=True)
        return None

    @rx.event
    @guarded
    async def load_city(self) -> None:
        """Show the city of the address."""
        await self._load(queries.load_city_page, routes.city)

    async def _load(
        self, read: Callable[..., Awaitable[PlacePage]], address: Callable[[str], str]
    ) -> None:
        slug = session.route_slug(self)
        if address(slug) != self.href:
            self.is_loaded = False
        seen_at = now_ms()
        async with transactions.transaction() as transaction:
            await session.find_caller(self, transaction)
            await channels.subscribe(self, channels.EVENTS)
            page = await read(transaction, slug=slug)
        today = session.reader_now(self).date()
        self.days = group_by_day(
            make_cards(page.events, page.summaries, today=today, seen_at=seen_at)
        )
        self.name = page.name
        self.title = page.title
        self.city = page.venue.city if page.venue else ""
        self.city_href = city_href(self.city)
        self.href = address(slug)
        self.is_loaded = True
