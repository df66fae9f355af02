"""State of the ticket page."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import reflex as rx
from typing_extensions import override

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import session, transactions
from ticketing_app.ui.events.cards import EventCard, make_cards
from ticketing_app.ui.events.offers import OfferRow
from ticketing_app.ui.events.views import EventHead, now_ms
from ticketing_app.ui.live import channels
from ticketing_app.ui.purchases.state import PurchaseState
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.session import guarded, in_turn, refreshing
from ticketing_app.ui.tickets import queries
from ticketing_app.ui.tickets.queries import TicketDetailPage, ViewerTicket
from ticketing_app.ui.tickets.views import (
    NOTES,
    WITHDRAWN,
    NightView,
    OwnershipLine,
    TicketDetail,
    TicketStub,
    chain_line,
    other_offers,
)


class TicketDetailState(PurchaseState, rx.State):
    """One ticket as its viewer sees it."""

    ticket: TicketDetail = TicketDetail()
    similar: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    night: NightView = NightView()
    others: rx.Field[list[OfferRow]] = rx.field(default_factory=list)
    other_dates: rx.Field[list[EventCard]] = rx.field(default_factory=list)
    ownership: rx.Field[list[OwnershipLine]] = rx.field(default_factory=list)
    resale_href: str = ""
    # Of the ticket and the others of its listing.
    versions: rx.Field[dict[str, int]] = rx.field(default_factory=dict)
    note: str = ""
    _event_id: UUID | None = None

    @rx.event
    @guarded
    async def load(self) -> rx.event.EventSpec | None:
        """Show the ticket and similar ones; complete a purchase that sign-in interrupted."""
        interrupted = self._take_purchase()
        self.similar = []
        self.note = ""
        seen_at = now_ms()
        async with transactions.transaction() as transaction:
            caller = await session.find_caller(self, transaction)
            viewer_id = caller and caller.user_id
            ticket_id = await self._subscribe_to_shown()
            with self._hidden_if_withdrawn():
                page = await queries.load_ticket_page(
                    transaction,
                    ticket_id=ticket_id,
                    viewer_id=viewer_id,
                    subscribe=lambda ids, event_id: self._subscribe([ticket_id, *ids], event_id),
                )
        page = await queries.add_night(page, viewer_id=viewer_id)
        self._show(page, caller)
        self.similar = [TicketStub.from_ticket(ticket) for ticket in page.similar]
        self._show_night(page, caller, seen_at)
        if self.ticket.can_change:
            self.note = NOTES.get(self.router.url.query_parameters.get(routes.DONE, ""), "")
        return await self._continue(caller, interrupted)

    @rx.event
    @refreshing
    @in_turn
    async def refresh(self) -> None:
        """Read the ticket again after a change."""
        await self._read()

    @override
    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.find_caller(self, transaction)
            ticket_id = await self._subscribe_to_shown()
            viewer_id = caller and caller.user_id
            with self._hidden_if_withdrawn():
                shown = await queries.load_ticket(
                    transaction, ticket_id=ticket_id, viewer_id=viewer_id
                )
        self._show(shown, caller)

    @override
    def _terms(self) -> tuple[str, ...]:
        return self.ticket.offer if self.is_loaded else ()

    @override
    def _version(self, offer: Offer) -> int | None:
        is_shown = str(offer.choice()) == self.ticket.id
        return self.ticket.version if is_shown else None

    @contextmanager
    def _hidden_if_withdrawn(self) -> Generator[None]:
        try:
            yield
        except tickets.TicketWithdrawnError:
            self.ticket = TicketDetail()
            self.is_loaded = False
            raise

    def _resale_href(self, ticket: TicketRead) -> str:
        # A ticket of a listing may have been bought with others of it.
        if self.ticket.my_order_href and ticket.listing_id and ticket.order_id:
            return routes.order_resale(ticket.order_id)
        return routes.ticket_resale(ticket.id)

    def _show(self, shown: ViewerTicket, caller: Caller | None) -> None:
        now = session.reader_now(self)
        ticket = shown.ticket
        steps = shown.chain.steps if shown.chain else []
        self.ownership = [OwnershipLine.from_step(step, now) for step in steps]
        detail = TicketDetail.from_ticket_for(ticket, caller and caller.user_id, shown.listing)
        self.ticket = replace(detail, chain_line=chain_line(shown.chain, now))
        self.resale_href = self._resale_href(ticket) if shown.is_relistable else ""
        seats = shown.listing.seats if shown.listing else []
        self.versions = {str(seat.ticket_id): seat.version for seat in seats}
        self.versions[str(ticket.id)] = ticket.version
        self.is_loaded = True

    def _show_night(self, page: TicketDetailPage, caller: Caller | None, seen_at: int) -> None:
        self.night = NightView()
        self.others = []
        self.other_dates = []
        if page.night:
            event = page.night.event
            summaries = page.night.summaries
            self._event_id = event.id
            head = EventHead.from_event(event, summaries[event.id], seen_at=seen_at)
            self.other_dates = make_cards(
                page.night.other_dates,
                summaries,
                today=session.reader_now(self).date(),
                seen_at=seen_at,
            )
            self.night = NightView.from_event(
                head, own_left=page.own_left, has_other_dates=bool(self.other_dates)
            )
            self.others = other_offers(page.night.offers, page.ticket, caller and caller.user_id)

    async def _subscribe_to_shown(self) -> UUID:
        """Subscribe to the ticket of the address, before it is read, and return its id."""
        if not session.is_at(self, "ticket_id", self.ticket.id):
            self.is_loaded = False
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        is_shown = session.is_at(self, "ticket_id", self.ticket.id)
        await self._subscribe(
            [ticket_id, *(card.id for card in self.similar)], self._event_id if is_shown else None
        )
        return ticket_id

    async def _subscribe(self, ticket_ids: Iterable[object], event_id: UUID | None) -> None:
        followed = map(channels.ticket_channel, ticket_ids)
        night = [channels.event_channel(event_id)] if event_id else []
        await channels.subscribe(self, *followed, *night)

    @rx.event
    @guarded
    async def withdraw(self) -> None:
        """Take the caller's own listing off sale."""
        caller = await session.require_caller(self)
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        await transactions.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=ticket_id
        )
        await self._read()
        self.note = WITHDRAWN
