import pytest

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.orders import given
from ticketing_app.core import db
from ticketing_app.notices.service import preparing, sending
from ticketing_app.notices.views.gifts import GiftFacts

pytestmark = pytest.mark.usefixtures("stripe_books")

TOLD = "SELECT kind FROM notices WHERE user_id = :id AND kind LIKE 'gift%' ORDER BY id"
MAILED = """
    SELECT s.address FROM sends s JOIN notices n ON n.id = s.notice_id WHERE n.kind = :kind ORDER BY s.id
"""


async def facts_of(kind: str) -> GiftFacts | None:
    [send_id] = await sends.column(
        "SELECT s.id FROM sends s JOIN notices n ON n.id = s.notice_id WHERE n.kind = :kind",
        kind=kind,
    )
    async with db.transaction() as session:
        mail = await sending.read_mail(session, send_id)
        assert mail
        facts = await preparing.prepare(session, mail)
    assert facts is None or isinstance(facts, GiftFacts)
    return facts


class TestGiftNotices:
    async def test_reach_a_friend_with_an_account_and_then_the_giver(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        await deliver("TicketGiven")
        assert await sends.column(TOLD, id=friend.id) == ["gift_offered"]
        assert await sends.column(MAILED, kind="gift_offered") == [friend.email]
        facts = await facts_of("gift_offered")
        assert facts
        assert (facts.from_email, facts.ticket.title) == (sold.buyer.email, sold.ticket.title)
        await given.take(gift, friend)
        await deliver("TicketGiven")
        assert await sends.column(TOLD, id=sold.buyer.id) == ["gift_taken"]
        assert await facts_of("gift_taken")
        assert await facts_of("gift_offered") is None

    async def test_reach_an_address_without_a_confirmed_account_by_mail_only(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user(is_confirmed=False)
        gift = await given.offer(sold, friend)
        await deliver("TicketGiven")
        assert await sends.column(TOLD, id=friend.id) == []
        assert await sends.column(MAILED, kind="gift_offered") == [friend.email]
        await given.decline(gift, friend)
        await deliver("TicketGiven")
        assert await sends.column(TOLD, id=sold.buyer.id) == ["gift_returned"]

    async def test_say_nothing_of_an_offer_that_its_giver_took_back(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.withdraw(await given.offer(sold, friend), sold.buyer)
        await deliver("TicketGiven")
        assert await sends.column(TOLD, id=friend.id) == []
        assert await sends.column(TOLD, id=sold.buyer.id) == []
