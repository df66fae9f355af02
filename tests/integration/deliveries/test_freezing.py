from collections.abc import Generator
from datetime import timedelta

import pytest

from tests import factories
from tests.integration.deliveries import sales, shop
from tests.integration.payments import sales as payments
from tests.pretix.stand_in import StandIn
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.gateway.issuers import IssuerUnavailableError
from ticketing_app.deliveries.rules import FREEZE_WORK, REISSUE_WORK
from ticketing_app.deliveries.service import freezing
from ticketing_app.work.due import HopelessError

pytestmark = pytest.mark.usefixtures("database", "stripe_books")


@pytest.fixture
def pretix(monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    with shop.open_shop(monkeypatch) as stand_in:
        yield stand_in


async def method_of(ticket_id: object) -> str | None:
    delivery = (await factories.read_ticket(str(ticket_id))).delivery
    return delivery.method if delivery else None


class TestListing:
    async def test_is_frozen_and_promises_the_reissue(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        ticket = await shop.list_ticket(pretix, sold, await factories.make_user())

        assert await shop.wanted(FREEZE_WORK) == {str(ticket.id)}
        left = await shop.freeze(ticket)

        assert pretix.scan(sold.secrets[0]) == "blocked"
        now = await factories.read_ticket(ticket.id)
        assert now.delivery
        assert now.delivery.method == "reissue"
        assert ticket.starts_at
        assert now.delivery.sellable_until == ticket.starts_at - timedelta(hours=1)
        assert left
        assert left > timedelta(days=29)
        updates = await factories.recorded_events("TicketUpdated")
        assert [update["ticket_id"] for update in updates] == [str(ticket.id)]

    async def test_repeated_work_changes_nothing(self, pretix: StandIn) -> None:
        ticket = await shop.list_frozen(pretix, pretix.sell(), await factories.make_user())
        calls = [*pretix.calls]

        await shop.freeze(ticket)

        assert pretix.calls == calls
        assert len(await factories.recorded_events("TicketUpdated")) == 1

    async def test_of_another_issuer_is_left_alone(
        self, pretix: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with shop.open_shop(monkeypatch) as other:
            sold = other.sell()
            ticket = await shop.list_ticket(other, sold, await factories.make_user())
            monkeypatch.setenv(
                "ISSUERS", get_settings().issuers.get_secret_value().replace(other.url, pretix.url)
            )
            get_settings.cache_clear()
            assert await shop.freeze(ticket) is None
            assert other.calls == []
        assert await method_of(ticket.id) == "file"

    async def test_without_connected_organizers_costs_no_work(
        self, pretix: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await shop.list_ticket(pretix, pretix.sell(), await factories.make_user())
        monkeypatch.setenv("ISSUERS", "")
        get_settings.cache_clear()
        assert await shop.wanted(FREEZE_WORK) == set()

    async def test_of_a_used_ticket_stays_a_plain_file(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        pretix.use(sold.secrets[0])
        ticket = await shop.list_ticket(pretix, sold, await factories.make_user())

        assert await shop.freeze(ticket) is None

        assert await method_of(ticket.id) == "file"
        assert await shop.rows() == []
        assert pretix.scan(sold.secrets[0]) == "ok"

    async def test_shortly_before_the_event_stays_a_plain_file(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        soon = utc_now() + timedelta(minutes=30)
        seller = await factories.make_user()
        ticket = await shop.list_ticket(pretix, sold, seller, starts_at=soon)

        assert await shop.freeze(ticket) is None

        assert await method_of(ticket.id) == "file"
        assert pretix.scan(sold.secrets[0]) == "ok"

    async def test_waits_for_an_issuer_that_is_away(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        ticket = await shop.list_ticket(pretix, sold, await factories.make_user())
        pretix.failures["POST/orderpositions/add_block"] = 503

        with pytest.raises(IssuerUnavailableError):
            await shop.freeze(ticket)
        assert await method_of(ticket.id) == "file"

        pretix.failures.clear()
        await shop.freeze(ticket)
        assert await method_of(ticket.id) == "reissue"

    async def test_of_several_promises_when_all_are_frozen(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        sold = pretix.sell(2)
        file_ids = await shop.upload(pretix, seller, *sold.secrets)
        listing = await factories.make_listing(
            "1",
            "2",
            seller=seller,
            delivery={"method": "file", "fileIds": [str(file_id) for file_id in file_ids]},
        )
        first, second = listing.seats

        await freezing.follow_listing(db.transaction, str(first.ticket_id))
        assert await method_of(first.ticket_id) == "file"

        await freezing.follow_listing(db.transaction, str(second.ticket_id))
        assert [await method_of(ticket.ticket_id) for ticket in listing.seats] == ["reissue"] * 2

    async def test_that_a_buyer_holds_promises_later(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        ticket = await shop.list_ticket(pretix, sold, await factories.make_user())
        sale = await payments.start_sale(ticket)

        assert await shop.freeze(ticket) == freezing.HELD_PERIOD
        assert await method_of(ticket.id) == "file"

        await payments.release(sale)
        await shop.freeze(ticket)
        assert await method_of(ticket.id) == "reissue"


class TestEndOfSale:
    async def test_withdrawn_ticket_is_its_sellers_again(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        sold = pretix.sell()
        ticket = await shop.list_frozen(pretix, sold, seller)

        await factories.withdraw(ticket, seller)
        assert str(ticket.id) in await shop.wanted(FREEZE_WORK)
        await shop.freeze(ticket)

        assert pretix.scan(sold.secrets[0]) == "ok"
        assert await shop.rows() == []

    async def test_ticket_without_its_file_is_unfrozen(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        sold = pretix.sell()
        ticket = await shop.list_frozen(pretix, sold, seller)

        await factories.change_ticket(ticket, seller, delivery=None)
        await shop.freeze(ticket)

        assert pretix.scan(sold.secrets[0]) == "ok"

    async def test_ticket_can_be_listed_again_at_once(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        sold = pretix.sell()
        first = await shop.list_frozen(pretix, sold, seller)
        await factories.withdraw(first, seller)
        second = await shop.list_frozen(pretix, sold, seller)

        # The work of the withdrawn one comes late.
        await shop.freeze(first)

        assert pretix.scan(sold.secrets[0]) == "blocked"
        assert await method_of(second.id) == "reissue"

    async def test_unsold_ticket_is_its_sellers_before_the_event(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        ticket = await shop.list_frozen(pretix, sold, await factories.make_user())

        await factories.let_event_begin(ticket.id)
        await shop.freeze(ticket)

        assert pretix.scan(sold.secrets[0]) == "ok"

    async def test_waits_while_the_issuer_is_away(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        ticket = await shop.list_frozen(pretix, pretix.sell(), seller)
        await factories.withdraw(ticket, seller)
        pretix.failures["POST/orderpositions/remove_block"] = 500

        with pytest.raises(IssuerUnavailableError):
            await shop.freeze(ticket)
        assert len(await shop.rows()) == 1

    async def test_ticket_that_was_cancelled_there_ends(self, pretix: StandIn) -> None:
        seller = await factories.make_user()
        sold = pretix.sell()
        ticket = await shop.list_frozen(pretix, sold, seller)
        await factories.withdraw(ticket, seller)
        pretix.cancel(sold.secrets[0])

        assert await shop.freeze(ticket) is None
        assert await shop.rows() == []

    async def test_organizer_that_is_not_connected_any_more_needs_an_operator(
        self, pretix: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        ticket = await shop.list_frozen(pretix, pretix.sell(), seller)
        await factories.withdraw(ticket, seller)
        monkeypatch.setenv("ISSUERS", "")
        get_settings.cache_clear()

        with pytest.raises(HopelessError, match="not in ISSUERS"):
            await shop.freeze(ticket)

    async def test_ticket_sold_as_a_plain_file_meanwhile_is_unfrozen(self, pretix: StandIn) -> None:
        sold = pretix.sell()
        ticket = await shop.list_ticket(pretix, sold, await factories.make_user())
        sale = await payments.start_sale(ticket)
        await shop.freeze(ticket)
        await payments.pay(sale)
        delivery = await sales.read(sale.order.id)
        assert delivery.method == "file"

        await shop.freeze(ticket)
        assert str(delivery.id) in await shop.wanted(REISSUE_WORK)
        await shop.issue(delivery.id)

        assert pretix.scan(sold.secrets[0]) == "ok"
        assert await shop.rows() == []
