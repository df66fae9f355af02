"""Documents follow each change that they show: of this process at once, of others when the stream brings it."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from tests.integration.payments import sales
from tests.integration.privacy.people import sign_up
from ticketing_app import routes
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import changes, db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import curation
from ticketing_app.messaging.bus import Envelope
from ticketing_app.orders.service import release
from ticketing_app.tickets.schemas.listings import ListingRead
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings
from ticketing_app.ui.live import broadcast


class Market(NamedTuple):
    """An event with a single ticket and a listing of two, and a ticket without an event."""

    seller: UserRead
    event: EventRead
    ticket: TicketRead
    listing: ListingRead
    loose: TicketRead

    @property
    def pages(self) -> list[str]:
        seat_ids = [seat.ticket_id for seat in self.listing.seats]
        return [
            routes.TICKET_LIST,
            f"{routes.SEARCH}?q=lanterns",
            routes.event_detail(self.event.slug),
            routes.venue(self.event.venue.slug),
            routes.city("rotterdam"),
            *map(routes.ticket_detail, (self.ticket.id, self.loose.id, *seat_ids)),
        ]


async def call(use_case: Callable[..., Any], **values: object) -> Any:  # noqa: ANN401  # of the use case.
    async with db.transaction() as session:
        return await use_case(session, **values)


async def reprice(market: Market) -> None:
    await factories.change_ticket(market.ticket, market.seller, price=31)


async def reprice_loose(market: Market) -> None:
    await factories.change_ticket(market.loose, market.seller, price=31)


async def withdraw(market: Market) -> None:
    await factories.withdraw(market.ticket, market.seller)


async def list_one_more(market: Market) -> None:
    await factories.make_ticket(eventId=str(market.event.id), price=31)


async def list_without_event(_: Market) -> None:
    await factories.make_ticket(price=31)


async def pause(market: Market) -> None:
    seller_id, listing_id = market.seller.id, market.listing.id
    await call(listings.pause_listing, seller_id=seller_id, listing_id=listing_id)


async def hold(market: Market) -> None:
    await factories.hold(market.ticket)


async def hold_seat(market: Market) -> None:
    await factories.hold_best([await factories.read_ticket(market.listing.seats[0].ticket_id)], 1)


async def hold_loose(market: Market) -> None:
    await factories.hold(market.loose)


async def buy(market: Market) -> None:
    await sales.sell(market.ticket)


async def move(market: Market) -> None:
    starts_local = market.event.starts_at.replace(tzinfo=None) + timedelta(days=3)
    await call(curation.move_event, event_id=market.event.id, starts_local=starts_local)


async def cancel(market: Market) -> None:
    await call(curation.cancel_event, event_id=market.event.id)


async def merge(market: Market) -> None:
    other = await factories.make_event("The Paper Lantern")
    await call(curation.merge_events, event_id=market.event.id, into_id=other.id)


ACTS = [reprice, reprice_loose, withdraw, list_one_more, list_without_event, pause, hold,
        hold_seat, hold_loose, buy, move, cancel, merge]  # fmt: skip


@pytest.fixture
async def market() -> Market:
    seller = await factories.make_user()
    event = await factories.make_event()
    return Market(
        seller,
        event,
        await factories.make_ticket(seller, eventId=str(event.id)),
        await factories.make_listing("12", "13", seller=seller, event=event),
        await factories.make_ticket(seller),
    )


async def read(site: AsyncClient, market: Market) -> list[str]:
    answers = [await site.get(page) for page in market.pages]
    return [f"{answer.status_code} {answer.text}" for answer in answers]


async def read_anew(site: AsyncClient, market: Market) -> list[str]:
    changes.note(None)
    return await read(site, market)


async def deliver(after: UUID) -> None:
    """Deliver the events recorded since, as the stream of another process does."""
    statement = "SELECT * FROM outbox WHERE id > :after ORDER BY position"
    async with db.autocommit() as connection:
        rows = (await connection.execute(text(statement), {"after": after})).mappings().all()
    for row in rows:
        envelope = Envelope.model_validate(dict(row))
        await broadcast._deliver(Envelope.model_validate_json(envelope.model_dump_json()))


@pytest.mark.usefixtures("stripe_books")
class TestDocuments:
    @pytest.mark.parametrize("act", ACTS)
    async def test_follow_changes_of_other_processes(
        self, site: AsyncClient, market: Market, act: Callable[..., Any]
    ) -> None:
        before = await read_anew(site, market)
        started = db.new_id()
        with patch.object(changes, "note"):
            await act(market)
        assert await read(site, market) == before
        await deliver(started)
        after = await read(site, market)
        assert after == await read_anew(site, market)
        assert after != before

    @pytest.mark.parametrize("act", [reprice, hold, hold_seat, hold_loose, cancel])
    async def test_follow_own_changes_at_once(
        self, site: AsyncClient, market: Market, act: Callable[..., Any]
    ) -> None:
        before = await read_anew(site, market)
        await act(market)
        after = await read(site, market)
        assert after == await read_anew(site, market)
        assert after != before

    async def test_follow_a_release_and_an_expiry(self, site: AsyncClient, market: Market) -> None:
        buyer = await factories.make_user()
        orders = [await factories.hold(market.ticket, buyer), await factories.hold(market.loose)]
        held = await read_anew(site, market)
        await call(release.cancel_order, buyer_id=buyer.id, order_id=orders[0].id)
        released = await read(site, market)
        assert released == await read_anew(site, market)
        await factories.let_hold_lapse(orders[1].id)
        await call(release.expire_due_orders, limit=10)
        expired = await read(site, market)
        assert expired == await read_anew(site, market)
        assert len({*map(tuple, (held, released, expired))}) == 3

    async def test_survive_changes_elsewhere(self, site: AsyncClient, market: Market) -> None:
        elsewhere = await factories.make_listing("1", event=await factories.make_event("Derby"))
        shown = await read_anew(site, market)
        before = changes.newest()
        await factories.hold_best([await factories.read_ticket(elsewhere.seats[0].ticket_id)], 1)
        assert changes.newest() > before
        with patch.object(db, "transaction", side_effect=OSError):
            found = await read(site, market)
        kept = {
            page
            for page, before, after in zip(market.pages, shown, found, strict=True)
            if before == after
        }
        seats = {routes.ticket_detail(seat.ticket_id) for seat in market.listing.seats}
        event = routes.event_detail(market.event.slug)
        venue = routes.venue(market.event.venue.slug)
        assert kept == {event, venue, routes.ticket_detail(market.ticket.id), *seats}

    async def test_follow_events_that_this_version_does_not_know(self) -> None:
        before = changes.newest()
        await broadcast._deliver(
            Envelope(
                id=db.new_id(),
                name="TicketTeleported",
                schema_version=1,
                occurred_at=utc_now(),
                aggregate_id=db.new_id(),
                aggregate_version=1,
                correlation_id=None,
                published_at=None,
                payload={},
            )
        )
        assert changes.latest(()) > before


class TestServe:
    async def test_speaks_the_language_of_each_reader(
        self, site: AsyncClient, api: AsyncClient
    ) -> None:
        await sign_up(api)
        await api.post("/api/tickets", json={"title": "Paper Lanterns", "price": 1234.5})
        texts = [
            (await site.get("/", headers={"accept-language": language})).text
            for language in ("en-US", "de-DE", "en-US")
        ]
        assert "$1,234.50" in texts[0]
        assert "$1,234.50" not in texts[1]
        assert texts[0] == texts[2]

    async def test_keeps_no_missing_ticket(self, site: AsyncClient, api: AsyncClient) -> None:
        await sign_up(api)
        made = await api.post("/api/tickets", json={"title": "Paper Lanterns", "price": 40})
        path = f"/tickets/{made.json()['id']}"
        assert (await site.get(path)).status_code == HTTPStatus.OK
        missing = f"/tickets/{factories.UNKNOWN_ID}"
        assert [(await site.get(missing)).status_code for _ in range(2)] == [404, 404]

    async def test_a_cached_document_is_answered_like_a_new_one(self, site: AsyncClient) -> None:
        changes.note(None)
        first, again = [await site.get("/") for _ in range(2)]
        assert (again.text, again.headers) == (first.text, first.headers)
        head = await site.head("/")
        assert (head.status_code, head.content) == (HTTPStatus.OK, b"")
        known = await site.get("/", headers={"if-none-match": first.headers["etag"]})
        assert (known.status_code, known.content) == (HTTPStatus.NOT_MODIFIED, b"")
        plain = await site.get("/", headers={"accept-encoding": "identity"})
        assert plain.text == first.text
        assert "content-encoding" not in plain.headers
