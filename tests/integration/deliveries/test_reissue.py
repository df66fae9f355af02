from collections.abc import Generator
from uuid import UUID

import pytest

from tests import factories
from tests.integration.deliveries import sales, shop
from tests.integration.payments import groups
from tests.integration.payments import sales as payments
from tests.integration.payments.sales import Sale
from tests.pretix.stand_in import StandIn
from tests.pretix.target import Sold
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.gateway.issuers import IssuerUnavailableError
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import FREEZE_WORK, REISSUE_WORK, Transition
from ticketing_app.deliveries.schemas import FilesHandedOver
from ticketing_app.deliveries.service import moves, reissue, transfers
from ticketing_app.tickets.service import promises
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import FileRefusedError
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import reading
from ticketing_app.vault.service.claims import KnownTicketError
from ticketing_app.work.due import HopelessError

pytestmark = pytest.mark.usefixtures("database", "stripe_books")

SWAP = "POST/orders/regenerate_secrets"
FILE = "GET/orderpositions/download/pdf"


@pytest.fixture
def pretix(monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    with shop.open_shop(monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture
async def seller() -> UserRead:
    return await factories.make_user()


class Bought:
    """A re-issuable ticket that was paid; `secret` is its barcode as its seller knows it."""

    def __init__(self, sold: Sold, sale: Sale, delivery: Delivery) -> None:
        self.secret = sold.secrets[0]
        self.link = sold.link
        self.sale = sale
        self.delivery_id = delivery.id

    async def status(self) -> str:
        return (await sales.read(self.sale.order.id)).status

    async def file(self) -> FileRead:
        return await file_of(self.sale.ticket.id)

    async def issue(self) -> None:
        """Do the work until the ticket is issued."""
        assert await shop.issue(self.delivery_id) == reissue.FILE_PERIOD
        assert await shop.issue(self.delivery_id) is None


async def file_of(ticket_id: UUID) -> FileRead:
    async with db.transaction() as session:
        promised = await promises.list_promises(session, ticket_ids=[ticket_id])
        file_id = promised[ticket_id].file_id
        assert file_id
        return (await reading.describe(session, file_ids=[file_id]))[file_id]


@pytest.fixture
async def bought(pretix: StandIn, seller: UserRead) -> Bought:
    sold = pretix.sell()
    sale = await shop.buy(await shop.list_frozen(pretix, sold, seller))
    return Bought(sold, sale, await sales.read(sale.order.id))


def new_secret(pretix: StandIn) -> str:
    """Return the barcode of the only ticket of the shop."""
    return next(iter(pretix._positions.values())).secret


async def refund(sale: Sale) -> None:
    await groups.refund_items(sale, sale.ticket)


class TestIssue:
    async def test_gives_the_buyer_a_new_ticket(self, pretix: StandIn, bought: Bought) -> None:
        assert await bought.status() == "issuing"
        assert str(bought.delivery_id) in await shop.wanted(REISSUE_WORK)
        before = await bought.file()

        await bought.issue()

        assert await bought.status() == "ready"
        assert pretix.scan(bought.secret) == "invalid"
        assert pretix.open_link(bought.link) == 404
        secret = new_secret(pretix)
        assert pretix.scan(secret) == "ok"
        assert pretix.email_of(secret) == bought.sale.buyer.email
        after = await bought.file()
        assert after.id != before.id
        assert (after.owner_id, after.opened_at) == (bought.sale.buyer.id, None)
        assert await sales.steps(bought.sale.order.id) == ["begin", "issued"]

    async def test_file_is_sealed_until_its_buyer_opens_it(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        await bought.issue()
        await sales.open_files(bought.sale)
        content = await sales.read_part(bought.sale)
        assert new_secret(pretix).encode() in content

    async def test_old_barcode_cannot_be_listed_again(
        self, pretix: StandIn, seller: UserRead, bought: Bought
    ) -> None:
        file = pretix.draw(bought.secret) if pretix.scan(bought.secret) != "invalid" else b""
        await bought.issue()
        taken = await reissue.uploads.take(db.transaction, owner_id=seller.id, data=file)
        with pytest.raises(KnownTicketError, match="You sold this ticket"):
            await factories.make_ticket(
                seller, delivery={"method": "file", "fileIds": [str(taken.items[0].id)]}
            )

    async def test_repeated_work_changes_nothing(self, pretix: StandIn, bought: Bought) -> None:
        await bought.issue()
        calls = [*pretix.calls]
        assert await shop.issue(bought.delivery_id) is None
        assert pretix.calls == calls

    @pytest.mark.parametrize("lost", [SWAP, "PATCH/orders", FILE])
    async def test_survives_a_lost_reply_with_one_swap(
        self, pretix: StandIn, bought: Bought, lost: str
    ) -> None:
        pretix.losses.add(lost)
        with pytest.raises(IssuerUnavailableError):
            await shop.issue(bought.delivery_id)
        assert await bought.status() == "issuing"

        pretix.losses.clear()
        while await shop.issue(bought.delivery_id):
            pass

        assert await bought.status() == "ready"
        assert pretix.count(SWAP) == 1

    async def test_needs_no_kept_reply_to_see_the_swap(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        pretix.losses.add(SWAP)
        with pytest.raises(IssuerUnavailableError):
            await shop.issue(bought.delivery_id)
        pretix.losses.clear()
        pretix.forget_replies()

        await bought.issue()

        assert pretix.count(SWAP) == 1

    async def test_late_ticket_still_arrives(self, pretix: StandIn, bought: Bought) -> None:
        async with db.transaction() as session:
            await sales.put(session, bought.delivery_id, "late", method="reissue", due_in_seconds=9)
        await bought.issue()
        assert await bought.status() == "ready"
        assert pretix.scan(bought.secret) == "invalid"

    async def test_arrives_after_the_buyer_gave_more_time(self, bought: Bought) -> None:
        async with db.transaction() as session:
            await sales.put(
                session, bought.delivery_id, "waiting", method="reissue", due_in_seconds=9
            )
        await bought.issue()
        assert await bought.status() == "ready"

    async def test_ticket_that_its_buyer_lists_at_once_is_frozen_again(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        file = await bought.file()
        again = await factories.make_ticket(
            bought.sale.buyer,
            previousTicketId=str(bought.sale.ticket.id),
            delivery={"method": "file", "fileIds": [str(file.id)]},
        )
        await shop.freeze(again)

        await bought.issue()

        assert (await file_of(again.id)).id == (await bought.file()).id
        assert str(again.id) in await shop.wanted(FREEZE_WORK)
        await shop.freeze(again)
        assert pretix.scan(new_secret(pretix)) == "blocked"

    async def test_resold_ticket_is_issued_for_each_owner(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        await bought.issue()
        first = new_secret(pretix)
        file = await bought.file()
        again = await factories.make_ticket(
            bought.sale.buyer,
            previousTicketId=str(bought.sale.ticket.id),
            delivery={"method": "file", "fileIds": [str(file.id)]},
        )
        await shop.freeze(again)
        assert pretix.scan(first) == "blocked"

        sale = await shop.buy(again)
        await Bought(Sold("", bought.link, [first]), sale, await sales.read(sale.order.id)).issue()

        assert pretix.scan(first) == "invalid"
        assert pretix.email_of(new_secret(pretix)) == sale.buyer.email
        # The first delivery has nothing to do any more.
        calls = [*pretix.calls]
        assert await shop.issue(bought.delivery_id) is None
        assert pretix.calls == calls


class TestRefusal:
    async def test_leaves_the_delivery_to_the_seller(self, pretix: StandIn, bought: Bought) -> None:
        pretix.cancel(bought.secret)

        assert await shop.issue(bought.delivery_id) is None

        delivery = await sales.read(bought.sale.order.id)
        assert (delivery.status, delivery.method) == ("waiting", "file_later")
        assert delivery.due_at

    async def test_lets_the_seller_hand_over_the_valid_ticket(
        self, pretix: StandIn, seller: UserRead, bought: Bought
    ) -> None:
        pretix.failures["GET/orders"] = 403
        await shop.issue(bought.delivery_id)
        assert await bought.status() == "waiting"
        assert pretix.scan(bought.secret) == "ok"

        file_ids = await shop.upload(pretix, seller, bought.secret)
        async with db.transaction() as session:
            await transfers.hand_over(
                session,
                delivery_id=bought.delivery_id,
                seller_id=seller.id,
                files=FilesHandedOver(file_ids=file_ids),
            )
        assert await bought.status() == "ready"
        assert (await bought.file()).owner_id == bought.sale.buyer.id

    async def test_after_the_buyer_gave_more_time_keeps_the_deadline(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        async with db.transaction() as session:
            await sales.put(
                session, bought.delivery_id, "waiting", method="reissue", due_in_seconds=9
            )
        pretix.cancel(bought.secret)
        before = await sales.read(bought.sale.order.id)
        await shop.issue(bought.delivery_id)
        after = await sales.read(bought.sale.order.id)
        assert (after.status, after.method) == ("waiting", "file_later")
        assert after.due_at == before.due_at

    async def test_of_a_late_ticket_leaves_the_choice_to_its_buyer(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        async with db.transaction() as session:
            await sales.put(session, bought.delivery_id, "late", method="reissue", due_in_seconds=9)
        pretix.cancel(bought.secret)
        await shop.issue(bought.delivery_id)
        assert await bought.status() == "late"

    async def test_of_the_file_needs_an_operator(
        self, pretix: StandIn, bought: Bought, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(_: bytes) -> None:
            raise FileRefusedError("broken_pdf")

        await shop.issue(bought.delivery_id)
        monkeypatch.setattr(sandbox, "inspect", refuse)
        with pytest.raises(HopelessError, match="broken_pdf"):
            await shop.issue(bought.delivery_id)
        assert await bought.status() == "issuing"
        assert pretix.count(SWAP) == 1

    async def test_organizer_that_is_not_connected_any_more_needs_an_operator(
        self, bought: Bought, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ISSUERS", "")
        get_settings.cache_clear()
        with pytest.raises(HopelessError, match="not in ISSUERS"):
            await shop.issue(bought.delivery_id)


class TestRefund:
    async def test_before_the_issue_unfreezes_the_ticket(
        self, pretix: StandIn, bought: Bought
    ) -> None:
        await refund(bought.sale)
        assert str(bought.delivery_id) in await shop.wanted(REISSUE_WORK)

        assert await shop.issue(bought.delivery_id) is None

        assert pretix.scan(bought.secret) == "ok"
        assert pretix.count(SWAP) == 0
        assert await bought.status() == "voided"

    async def test_during_the_issue_gives_the_ticket_back(
        self, pretix: StandIn, seller: UserRead, bought: Bought
    ) -> None:
        await shop.issue(bought.delivery_id)
        stolen = new_secret(pretix)
        await refund(bought.sale)

        await bought.issue()

        assert pretix.scan(stolen) == "invalid"
        assert pretix.email_of(new_secret(pretix)) == seller.email
        assert (await bought.file()).owner_id == seller.id
        assert await bought.status() == "voided"

    @pytest.mark.parametrize("is_opened", [False, True])
    async def test_after_the_issue_gives_the_ticket_back(
        self, pretix: StandIn, seller: UserRead, bought: Bought, *, is_opened: bool
    ) -> None:
        await bought.issue()
        if is_opened:
            await sales.open_files(bought.sale)
        kept = new_secret(pretix)
        await refund(bought.sale)
        assert str(bought.delivery_id) in await shop.wanted(REISSUE_WORK)

        await bought.issue()

        assert pretix.scan(kept) == "invalid"
        assert pretix.scan(new_secret(pretix)) == "ok"
        assert (await bought.file()).owner_id == seller.id

    async def test_while_the_file_is_stored_wins(
        self, pretix: StandIn, seller: UserRead, bought: Bought, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await shop.issue(bought.delivery_id)
        take = reissue.uploads.take

        async def take_slowly(*args: object, **values: object) -> object:
            monkeypatch.setattr(reissue.uploads, "take", take)
            taken = await take(*args, **values)  # pyright: ignore[reportArgumentType]
            await refund(bought.sale)
            return taken

        monkeypatch.setattr(reissue.uploads, "take", take_slowly)
        assert await shop.issue(bought.delivery_id) is not None
        while await shop.issue(bought.delivery_id) is not None:
            pass
        assert pretix.email_of(new_secret(pretix)) == seller.email
        assert (await bought.file()).owner_id == seller.id

    async def test_of_one_of_two_seats_gives_that_back(
        self, pretix: StandIn, seller: UserRead
    ) -> None:
        sold = pretix.sell(2)
        file_ids = await shop.upload(pretix, seller, *sold.secrets)
        listing = await factories.make_listing(
            "1", "2", seller=seller, delivery={"method": "file", "fileIds": [*map(str, file_ids)]}
        )
        tickets = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        for ticket in tickets:
            await shop.freeze(ticket)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        sale = Sale(buyer, tickets[0], order, await payments.open_payment(order, buyer))
        await payments.pay(sale)
        delivery = await sales.read(order.id)
        while await shop.issue(delivery.id):
            pass
        assert (await sales.read(order.id)).status == "ready"

        await groups.refund_items(sale, tickets[1])
        assert str(delivery.id) in await shop.wanted(REISSUE_WORK)
        while await shop.issue(delivery.id):
            pass

        emails = {pretix.email_of(one.secret) for one in pretix._positions.values()}
        assert emails == {buyer.email, seller.email}
        assert (await file_of(tickets[1].id)).owner_id == seller.id


async def test_failed_delivery_unfreezes_the_ticket(pretix: StandIn, bought: Bought) -> None:
    async with db.transaction() as session:
        assert await moves.move(session, delivery_id=bought.delivery_id, name=Transition.FAIL)
    # Its refund, which gives back the file, comes later.
    await shop.issue(bought.delivery_id)
    assert pretix.scan(bought.secret) == "ok"

    await refund(bought.sale)
    assert await bought.status() == "failed"
