"""The same barcode is on sale once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.vault.tickets import claim, ticket, upload
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.vault.models import VaultFile
from ticketing_app.vault.service import claims, erasure, ownership, reading
from ticketing_app.vault.service.claims import KnownTicketError, UnknownFileError

DAY = date(2027, 5, 1)
ONE = ticket(b"a-long-payload-1")
SHORT = ticket(b"4711")
ELSEWHERE = "This ticket is for sale here already, or was sold here. If it is yours, tell us."

pytestmark = pytest.mark.usefixtures("database")


async def sell(file_id: UUID, seller: UserRead, buyer: UserRead) -> None:
    async with db.transaction() as session:
        await ownership.move(session, file_ids=[file_id], from_id=seller.id, to_id=buyer.id)


async def release(*file_ids: UUID) -> None:
    async with db.transaction() as session:
        await claims.release(session, file_ids=file_ids)


async def read_file(file_id: UUID) -> VaultFile:
    async with db.transaction() as session:
        found = await session.get(VaultFile, file_id)
        assert found
        return found


class TestClaim:
    async def test_refuses_the_barcode_of_another_seller(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await factories.make_user()
        second = await factories.make_user()
        listed = (await upload(monkeypatch, first, ONE)).items[0].id
        copied = (await upload(monkeypatch, second, ONE, ticket(b"a-long-payload-2"))).items
        await claim(first, listed, day=DAY)
        with pytest.raises(KnownTicketError) as refused:
            await claim(second, *(item.id for item in copied), day=DAY)
        assert (refused.value.status, refused.value.field) == (409, "delivery")
        assert (refused.value.message, refused.value.extra) == (ELSEWHERE, {})
        assert (await read_file(copied[1].id)).claimed_at is None

    async def test_links_to_the_own_listing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        listed = (await upload(monkeypatch, seller, ONE)).items[0].id
        again = (await upload(monkeypatch, seller, ONE)).items[0].id
        await claim(seller, listed)
        with pytest.raises(KnownTicketError) as refused:
            await claim(seller, again)
        assert refused.value.message == "You have this ticket on sale already."
        assert refused.value.extra == {"fileId": str(listed)}

    async def test_says_when_the_seller_sold_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        sold = (await upload(monkeypatch, seller, ONE)).items[0].id
        again = (await upload(monkeypatch, seller, ONE)).items[0].id
        await claim(seller, sold)
        await sell(sold, seller, await factories.make_user())
        today = utc_now()
        with pytest.raises(KnownTicketError) as refused:
            await claim(seller, again)
        assert refused.value.message == (
            f"You sold this ticket on {today:%b} {today.day}; it belongs to its buyer."
        )

    async def test_knows_a_ticket_without_barcode_by_its_file(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await factories.make_user()
        second = await factories.make_user()
        listed = (await upload(monkeypatch, first, ticket(), ticket())).items
        other = (await upload(monkeypatch, second, ticket(), data=b"another file")).items[0].id
        copied = (await upload(monkeypatch, second, ticket())).items[0].id
        await claim(first, *(item.id for item in listed))
        await claim(second, other)
        with pytest.raises(KnownTicketError):
            await claim(second, copied)

    async def test_takes_the_same_short_number_for_another_day(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await factories.make_user()
        second = await factories.make_user()
        await claim(first, (await upload(monkeypatch, first, SHORT)).items[0].id, day=DAY)
        other = (await upload(monkeypatch, second, SHORT)).items[0].id
        with pytest.raises(KnownTicketError):
            await claim(second, other, day=DAY)
        await claim(second, other, day=DAY + timedelta(days=1))

    async def test_by_the_buyer_needs_no_upload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        file_id = (await upload(monkeypatch, seller, ONE)).items[0].id
        await claim(seller, file_id, day=DAY)
        await sell(file_id, seller, buyer)
        await claim(buyer, file_id, day=DAY)
        await release(file_id)
        again = (await upload(monkeypatch, seller, ONE)).items[0].id
        with pytest.raises(KnownTicketError):
            await claim(seller, again)

    async def test_refuses_files_that_are_not_the_sellers(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        file_id = (await upload(monkeypatch, seller, ONE)).items[0].id
        for wrong in (file_id, UUID(factories.UNKNOWN_ID)):
            with pytest.raises(UnknownFileError):
                await claim(buyer, wrong)
        async with db.transaction() as session:
            await erasure.erase_file(session, file_id=file_id)
        with pytest.raises(UnknownFileError):
            await claim(seller, file_id)

    async def test_keeps_the_file_until_after_the_event(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        file_id = (await upload(monkeypatch, seller, ONE)).items[0].id
        await claim(seller, file_id, day=DAY)
        assert (await read_file(file_id)).erase_at == datetime(2027, 6, 3, tzinfo=UTC)
        async with db.transaction() as session:
            day = DAY + timedelta(days=10)
            await erasure.keep_until(session, file_ids=[file_id], event_day=day)
        assert (await read_file(file_id)).erase_at == datetime(2027, 6, 13, tzinfo=UTC)
        await claim(seller, file_id)
        assert (await read_file(file_id)).erase_at is None
        await sell(file_id, seller, await factories.make_user())
        kept_until = (await read_file(file_id)).erase_at
        assert kept_until
        assert kept_until > utc_now() + timedelta(days=364)


class TestRelease:
    async def test_frees_the_barcodes_of_a_withdrawn_listing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        file_id = (await upload(monkeypatch, seller, ONE)).items[0].id
        await claim(seller, file_id)
        await release(file_id)
        async with db.transaction() as session:
            found = await reading.describe(session, file_ids=[file_id])
        assert not found[file_id].is_claimed
        other = await factories.make_user()
        await claim(other, (await upload(monkeypatch, other, ONE)).items[0].id)


async def test_eight_sellers_of_the_same_two_barcodes_have_one_winner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tickets = ticket(b"a-long-payload-1"), ticket(b"a-long-payload-2")
    files: dict[UUID, list[UUID]] = {}
    sellers = [await factories.make_user() for _ in range(8)]
    for number, seller in enumerate(sellers):
        taken = await upload(monkeypatch, seller, *tickets)
        ids = [item.id for item in taken.items]
        files[seller.id] = ids if number % 2 else ids[::-1]
    answers = await asyncio.gather(
        *(claim(seller, *files[seller.id], day=DAY) for seller in sellers), return_exceptions=True
    )
    refusals = [answer for answer in answers if answer is not None]
    assert len(refusals) == 7
    assert {type(refusal) for refusal in refusals} == {KnownTicketError}
    assert {refusal.message for refusal in refusals if isinstance(refusal, AppError)} == {ELSEWHERE}
    async with db.transaction() as session:
        query = text("SELECT count(*), count(DISTINCT file_id) FROM vault_codes WHERE is_claimed")
        assert (await (await session.connection()).execute(query)).one() == (2, 2)
