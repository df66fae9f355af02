from uuid import UUID

import pytest

from tests import factories
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.notices import repository
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.service import digesting, stopping

KIND = "order_started"


async def make_seller(*, wants_mails: bool = True) -> UserRead:
    seller = await factories.make_user()
    await choose(seller.id, is_wanted=wants_mails)
    return seller


async def choose(user_id: UUID, *, is_wanted: bool) -> None:
    async with db.transaction() as session:
        await repository.set_choice(
            session, user_id=user_id, kind=KIND, channel=Channel.MAIL, is_wanted=is_wanted
        )


async def tell(seller: UserRead, count: int = 1) -> None:
    for _ in range(count):
        key = str(db.new_id())
        await sends.tell(seller, KIND, key, title="The Paper Lanterns", quantity=2, order_id=key)


async def make_digest(seller: UserRead) -> None:
    await digesting.make_digest(db.transaction, f"{seller.id}.{KIND}")
    await sends.send_all()


class TestDigest:
    async def test_twenty_notices_are_one_mail(self, mails: MailServer) -> None:
        seller = await make_seller()
        await tell(seller, 20)
        assert await sends.statuses() == []
        [due_at] = await sends.column("SELECT due_at FROM work WHERE kind = 'notices.digest'")
        assert (due_at.hour, due_at.minute) == (8, 0)
        await make_digest(seller)
        [mail] = mails.mails
        assert mail["Subject"] == "20 notices since yesterday"
        assert mails.sources[0].count("The Paper Lanterns") == 2 * 20 + 1

    async def test_has_only_what_the_one_before_had_not(self, mails: MailServer) -> None:
        seller = await make_seller()
        await tell(seller, 2)
        await make_digest(seller)
        await tell(seller)
        await make_digest(seller)
        assert [mail["Subject"] for mail in mails.mails] == [
            "2 notices since yesterday",
            "One notice since yesterday",
        ]

    async def test_without_new_notices_is_dropped(self, mails: MailServer) -> None:
        seller = await make_seller()
        await tell(seller)
        for _ in range(2):
            await make_digest(seller)
        assert len(mails.mails) == 1
        assert await sends.statuses() == ["sent", "dropped"]

    async def test_stop_link_stops_its_kind(self, mails: MailServer) -> None:
        seller = await make_seller()
        await tell(seller)
        await make_digest(seller)
        url = str(mails.mails[0]["List-Unsubscribe"]).strip("<>")
        async with db.transaction() as session:
            await stopping.stop_mails(session, token=url.rpartition("/")[2])
        await tell(seller)
        await make_digest(seller)
        assert len(mails.mails) == 1

    async def test_unconfirmed_address_gets_none(self, mails: MailServer) -> None:
        seller = await make_seller()
        await tell(seller)
        await sends.column(
            "UPDATE users SET email_confirmed_at = NULL WHERE id = :id RETURNING id", id=seller.id
        )
        await make_digest(seller)
        assert mails.mails == []

    @pytest.mark.usefixtures("database")
    async def test_needs_a_choice(self) -> None:
        seller = await make_seller(wants_mails=False)
        await tell(seller)
        assert await sends.column("SELECT key FROM work WHERE kind = 'notices.digest'") == []
