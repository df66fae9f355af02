"""A seller sends tickets after the sale: in the app of their issuer, or as files."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import clocks, sales
from tests.integration.vault import tickets as files
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.deliveries.schemas import FilesHandedOver, ProofGiven
from ticketing_app.deliveries.service import transfers
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.deliveries.service.sides import DeliveryConflictError, WrongSideError
from ticketing_app.vault.service import erasure, reading
from ticketing_app.vault.service.claims import KnownTicketError, UnknownFileError
from ticketing_app.vault.service.erasure import ProofKeptError

pytestmark = pytest.mark.usefixtures("stripe_books")

NUMBER = ProofGiven(reference="TM-4711")


async def send(delivery_id: UUID, seller_id: UUID, proof: ProofGiven = NUMBER) -> None:
    async with db.transaction() as session:
        await transfers.send(session, delivery_id=delivery_id, seller_id=seller_id, proof=proof)


async def confirm(delivery_id: UUID, buyer_id: UUID) -> None:
    async with db.transaction() as session:
        await transfers.confirm(session, delivery_id=delivery_id, buyer_id=buyer_id)


async def hand_over(delivery_id: UUID, seller_id: UUID, *file_ids: UUID) -> None:
    given = FilesHandedOver(file_ids=list(file_ids))
    async with db.transaction() as session:
        await transfers.hand_over(
            session, delivery_id=delivery_id, seller_id=seller_id, files=given
        )


async def owner_of(file_id: UUID) -> UUID:
    async with db.transaction() as session:
        return (await reading.describe(session, file_ids=[file_id]))[file_id].owner_id


class TestSend:
    async def test_keeps_the_confirmation_number(self) -> None:
        sale, delivery_id = await clocks.sell()
        await send(delivery_id, sale.ticket.seller_id)
        delivery = await clocks.read(delivery_id)
        assert (delivery.status, delivery.due_at) == ("sent", None)
        assert delivery.proof_reference == "TM-4711"

    async def test_keeps_a_screenshot_beyond_a_day(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, delivery_id = await clocks.sell()
        seller = UserRead(id=sale.ticket.seller_id, email="")
        taken = await files.upload(monkeypatch, seller, files.ticket())
        proof = ProofGiven(proof_file_id=taken.items[0].id)
        await send(delivery_id, seller.id, proof)
        assert (await clocks.read(delivery_id)).proof_file_id == proof.proof_file_id
        async with db.autocommit() as connection:
            query = text("SELECT erase_at > now() + interval '30 days' FROM vault_files")
            assert (await connection.execute(query)).scalar_one()

    async def test_keeps_a_screenshot_that_its_seller_tries_to_erase(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sale, delivery_id = await clocks.sell()
        seller = UserRead(id=sale.ticket.seller_id, email="")
        taken = await files.upload(monkeypatch, seller, files.ticket())
        file_id = taken.items[0].id
        await send(delivery_id, seller.id, ProofGiven(proof_file_id=file_id))
        with pytest.raises(ProofKeptError, match="shows that you sent a ticket"):
            await erasure.erase_upload(db.transaction, owner_id=seller.id, file_id=file_id)
        # A listing that is withdrawn erases its file after a day.
        with pytest.raises(UnknownFileError):
            await files.claim(seller, file_id)
        async with db.transaction() as session:
            await erasure.erase_unsold(session, owner_id=seller.id)
            kept = (await reading.describe(session, file_ids=[file_id]))[file_id]
        assert not kept.is_erased

    async def test_refused_proofs_are_not_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, delivery_id = await clocks.sell(due_in_seconds=-1)
        seller = UserRead(id=sale.ticket.seller_id, email="")
        taken = await files.upload(monkeypatch, seller, files.ticket())
        file_id = taken.items[0].id
        with pytest.raises(DeliveryConflictError):
            await send(delivery_id, seller.id, ProofGiven(proof_file_id=file_id))
        await erasure.erase_upload(db.transaction, owner_id=seller.id, file_id=file_id)

    async def test_needs_a_proof(self) -> None:
        sale, delivery_id = await clocks.sell()
        with pytest.raises(InvalidInputError, match="confirmation number"):
            await send(delivery_id, sale.ticket.seller_id, ProofGiven())

    async def test_needs_an_own_screenshot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, delivery_id = await clocks.sell()
        taken = await files.upload(monkeypatch, await factories.make_user(), files.ticket())
        for file_id in (taken.items[0].id, UUID(factories.UNKNOWN_ID)):
            proof = ProofGiven(proof_file_id=file_id)
            with pytest.raises(InvalidInputError, match="screenshot") as refused:
                await send(delivery_id, sale.ticket.seller_id, proof)
            assert refused.value.field == "proofFileId"

    @pytest.mark.parametrize(
        ("status", "seconds", "sentence"),
        [
            ("waiting", -1, "time to send is over"),
            ("late", clocks.HOUR, "time to send is over"),
            ("late", -1, "sale is over"),
            ("sent", None, "sent these tickets already"),
        ],
    )
    async def test_is_refused_with_the_reason(
        self, status: str, seconds: float | None, sentence: str
    ) -> None:
        sale, delivery_id = await clocks.sell(status, due_in_seconds=seconds)
        with pytest.raises(DeliveryConflictError, match=sentence):
            await send(delivery_id, sale.ticket.seller_id)
        assert (await clocks.read(delivery_id)).proof_reference is None

    async def test_is_for_the_seller(self) -> None:
        sale, delivery_id = await clocks.sell()
        with pytest.raises(WrongSideError):
            await send(delivery_id, sale.buyer.id)
        with pytest.raises(DeliveryNotFoundError):
            await send(delivery_id, (await factories.make_user()).id)

    async def test_is_not_for_files(self) -> None:
        sale, delivery_id = await clocks.sell(method="file_later")
        with pytest.raises(DeliveryConflictError, match="another way"):
            await send(delivery_id, sale.ticket.seller_id)

    async def test_needs_no_proof_where_nothing_was_promised(self) -> None:
        sale = await sales.sell()
        delivery = await sales.read(sale.order.id)
        await send(delivery.id, sale.ticket.seller_id, ProofGiven())
        assert await sales.steps(sale.order.id) == ["begin", "send"]


class TestConfirm:
    async def test_is_safe_to_repeat(self) -> None:
        sale, delivery_id = await clocks.sell("sent", due_in_seconds=None)
        for _ in range(2):
            await confirm(delivery_id, sale.buyer.id)
        assert await sales.steps(sale.order.id) == ["begin", "confirm"]

    @pytest.mark.parametrize(
        ("status", "seconds", "sentence"),
        [("waiting", clocks.HOUR, "not sent"), ("late", -1, "order is over")],
    )
    async def test_is_refused_with_the_reason(
        self, status: str, seconds: float, sentence: str
    ) -> None:
        sale, delivery_id = await clocks.sell(status, due_in_seconds=seconds)
        with pytest.raises(DeliveryConflictError, match=sentence):
            await confirm(delivery_id, sale.buyer.id)

    async def test_is_for_the_buyer(self) -> None:
        sale, delivery_id = await clocks.sell("sent", due_in_seconds=None)
        with pytest.raises(WrongSideError):
            await confirm(delivery_id, sale.ticket.seller_id)


class TestHandOver:
    async def test_gives_the_buyer_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, delivery_id = await clocks.sell(method="file_later")
        seller = UserRead(id=sale.ticket.seller_id, email="")
        taken = await files.upload(monkeypatch, seller, files.ticket(b"a-long-payload-1"))
        await hand_over(delivery_id, seller.id, taken.items[0].id)
        assert (await clocks.read(delivery_id)).status == "ready"
        assert await owner_of(taken.items[0].id) == sale.buyer.id
        # The same ticket cannot be sold again.
        again = await files.upload(monkeypatch, seller, files.ticket(b"a-long-payload-1"))
        with pytest.raises(KnownTicketError):
            await files.claim(seller, again.items[0].id)

    async def test_moves_nothing_when_it_is_too_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale, delivery_id = await clocks.sell(method="file_later", due_in_seconds=-1)
        seller = UserRead(id=sale.ticket.seller_id, email="")
        taken = await files.upload(monkeypatch, seller, files.ticket(b"a-long-payload-1"))
        with pytest.raises(DeliveryConflictError, match="time to send is over"):
            await hand_over(delivery_id, seller.id, taken.items[0].id)
        assert await owner_of(taken.items[0].id) == seller.id
        await files.claim(seller, taken.items[0].id)

    async def test_needs_a_file_for_each_ticket(self) -> None:
        sale, delivery_id = await clocks.sell(method="file_later")
        with pytest.raises(InvalidInputError, match="one file for each"):
            await hand_over(delivery_id, sale.ticket.seller_id, *[UUID(factories.UNKNOWN_ID)] * 2)

    async def test_is_not_for_transfers(self) -> None:
        sale, delivery_id = await clocks.sell()
        with pytest.raises(DeliveryConflictError, match="another way"):
            await hand_over(delivery_id, sale.ticket.seller_id, UUID(factories.UNKNOWN_ID))
