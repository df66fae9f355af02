"""A link that holds a ticket is kept sealed, and is for sale once."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.vault.tickets import reader
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.vault import rules
from ticketing_app.vault.schemas import FilePart
from ticketing_app.vault.service import claims, links, ownership, reading
from ticketing_app.vault.service.claims import KnownTicketError
from ticketing_app.vault.service.reading import FileSealedError

pytestmark = pytest.mark.usefixtures("database")

LINK = f"{rules.TICKET_LINK}eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"


async def read(file_id: UUID, user: UserRead) -> FilePart:
    return await reading.read_part(
        db.transaction, file_id=file_id, part=rules.CLEAN, reader=reader(user)
    )


class TestTake:
    async def test_keeps_it_sealed_until_its_buyer_opens_it(self) -> None:
        seller, buyer = await factories.make_user(), await factories.make_user()
        file_id = await links.take(db.transaction, owner_id=seller.id, link=f" {LINK}\n")
        async with db.transaction() as session:
            await claims.claim(session, seller_id=seller.id, file_ids=[file_id], event_day=None)
            await ownership.move(session, file_ids=[file_id], from_id=seller.id, to_id=buyer.id)
        with pytest.raises(FileSealedError):
            await read(file_id, buyer)
        async with db.transaction() as session:
            await reading.break_seal(session, file_ids=[file_id], reader=reader(buyer))
        part = await read(file_id, buyer)
        assert (part.content, part.media_type) == (LINK.encode(), rules.LINK_KIND)
        async with db.autocommit() as connection:
            rows = await connection.execute(text("SELECT to_jsonb(f)::text FROM vault_files f"))
            assert "pay.google.com" not in rows.scalar_one()

    async def test_is_claimed_by_one_seller(self) -> None:
        for seller, is_refused in [(await factories.make_user(), n > 0) for n in range(2)]:
            file_id = await links.take(db.transaction, owner_id=seller.id, link=LINK)
            async with db.transaction() as session:
                claim = claims.claim(
                    session, seller_id=seller.id, file_ids=[file_id], event_day=None
                )
                if is_refused:
                    with pytest.raises(KnownTicketError):
                        await claim
                else:
                    await claim

    async def test_refuses_links_of_strangers(self) -> None:
        seller = await factories.make_user()
        with pytest.raises(InvalidInputError, match="Google Wallet") as refused:
            await links.take(db.transaction, owner_id=seller.id, link="https://evil.test/x")
        assert refused.value.field == "delivery.link"
