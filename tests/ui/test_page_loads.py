"""Every page load is one transaction, including the check of the session."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
import reflex as rx
from sqlalchemy import Connection, event

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from tests.ui.purchases import press_as_visitor
from ticketing_app import routes
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.documents.site import Page
from ticketing_app.ticketing_app import PAGES
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.live import channels
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]

PUBLIC = {
    routes.TICKET_LIST,
    routes.SEARCH,
    routes.TICKET_DETAIL,
    routes.EVENT_DETAIL,
    routes.VENUE,
    routes.CITY,
}


@contextmanager
def counting() -> Generator[list[str]]:
    """Collect a line per transaction: BEGIN, and each statement of an autocommit connection."""
    transactions: list[str] = []

    def is_autocommit(connection: Connection) -> bool:
        return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    def on_begin(connection: Connection) -> None:
        if not is_autocommit(connection):
            transactions.append("BEGIN")

    def on_statement(connection: Connection, _: Any, statement: str, *__: Any) -> None:  # noqa: ANN401
        if is_autocommit(connection):
            transactions.append(statement)

    engine = db.engine().sync_engine
    event.listen(engine, "begin", on_begin)
    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield transactions
    finally:
        event.remove(engine, "begin", on_begin)
        event.remove(engine, "before_cursor_execute", on_statement)


class TestPageLoad:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.route)
    async def test_is_one_transaction_for_every_viewer(self, sign_in: SignIn, page: Page) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        order = await factories.hold(await factories.make_ticket(seller), buyer)
        event = await factories.make_event()
        slugs = {routes.EVENT_DETAIL: event.slug, routes.VENUE: event.venue.slug}
        slug = slugs.get(page.route, "rotterdam")
        cookies = {"visitor": "", "buyer": await sign_in(buyer), "seller": await sign_in(seller)}
        ids = {"ticket_id": str(ticket.id), "order_id": str(order.id), "slug": slug}
        ids["gift_id"] = factories.UNKNOWN_ID
        path = page.route
        for name, value in ids.items():
            path = path.replace(f"[{name}]", value)
        for viewer, cookie in cookies.items():
            tab = Tab()
            tab.open(path, cookie=cookie, **ids)
            with counting() as transactions:
                await tab.call(page.on_load)
            expected = ["BEGIN"] if cookie or page.route in PUBLIC else []
            assert transactions == expected, viewer

    @pytest.mark.usefixtures("stripe_books")
    @pytest.mark.parametrize(
        ("path", "handler"),
        [
            ("/tickets/{ticket}", TicketDetailState.load),
            ("/tickets/{ticket}", TicketDetailState.refresh),
            ("/tickets/new?previous={ticket}", TicketFormState.load_new),
            ("/orders/{order}", OrderDetailState.load),
            ("/orders/{order}", OrderDetailState.refresh),
            ("/orders", OrderListState.load),
            ("/?city=Oslo&category=comedy&q=nothing", HomeState.load),
        ],
    )
    async def test_of_a_buyer_is_one_transaction(
        self, tab: Tab, sign_in: SignIn, path: str, handler: object
    ) -> None:
        sale = await sales.sell()
        ids = {"ticket": str(sale.ticket.id), "order": str(sale.order.id)}
        cookie = await sign_in(sale.buyer)
        tab.open(path.format(**ids), cookie=cookie, ticket_id=ids["ticket"], order_id=ids["order"])
        with counting() as transactions:
            await tab.call(handler)
        assert transactions == ["BEGIN"]

    async def test_holds_after_sign_in_by_one_more_statement(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        ticket = await factories.make_ticket()
        address = await press_as_visitor(tab, ticket)
        cookie = await sign_in(await factories.make_user())
        tab.open(address, cookie=cookie, ticket_id=str(ticket.id))
        with counting() as transactions:
            assert "/orders/" in await tab.call(TicketDetailState.load)
        begin, *hold = transactions
        assert (begin, len(hold)) == ("BEGIN", 1)

    async def test_reads_similar_tickets_again_after_subscribing(
        self, tab: Tab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket = await factories.make_ticket(title="Lanterns")
        seller = await factories.make_user()
        similar = await factories.make_ticket(seller, title="Lanterns")

        async def subscribe(_: rx.State, *rooms: str) -> None:
            if channels.ticket_channel(similar.id) in rooms:
                await factories.change_ticket(similar, seller, price=99)

        monkeypatch.setattr(channels, "subscribe", subscribe)
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        (shown,) = tab.state(TicketDetailState).similar
        assert shown.price == "$99"
