"""Notices of tickets that a seller sends after the sale."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import clocks
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.payments import sales as payments
from ticketing_app.core import db
from ticketing_app.deliveries.schemas import AddressUpdate, ProofGiven
from ticketing_app.deliveries.service import addresses, deadlines, late, to_do, transfers
from ticketing_app.notices.service import delivery_notices, preparing, sending
from ticketing_app.notices.views.facts import DeliveryFacts

pytestmark = pytest.mark.usefixtures("stripe_books")

NAMES = ("DeliveryChanged", "DeliveryAddressChanged")
BEN = AddressUpdate(name="Ben Ives", email="ben@gittix.test")


async def told(user_id: UUID) -> list[str]:
    return await sends.column(
        "SELECT kind FROM notices WHERE user_id = :id ORDER BY id", id=user_id
    )


async def both_told(sale: payments.Sale) -> tuple[list[str], list[str]]:
    """Deliver the events; return the notices of the seller and of the buyer."""
    await deliver(*NAMES)
    return await told(sale.ticket.seller_id), await told(sale.buyer.id)


async def transferred() -> payments.Sale:
    """Sell a ticket that is transferred."""
    promise = {"method": "transfer", "issuer": "ticketmaster"}
    buyer = await factories.make_user()
    order = await factories.hold(await factories.make_ticket(delivery=promise), buyer)
    async with db.transaction() as session:
        await addresses.save(session, order_id=order.id, buyer_id=buyer.id, address=BEN)
    ticket = await factories.read_ticket(order.ticket.id)
    sale = payments.Sale(buyer, ticket, order, await payments.open_payment(order, buyer))
    await payments.pay(sale)
    return sale


async def delivery_of(sale: payments.Sale) -> UUID:
    (found,) = await sends.column(
        "SELECT id FROM deliveries WHERE order_id = :id", id=sale.order.id
    )
    return found


async def remind(sale: payments.Sale, status: str) -> bool:
    """Whether there is another reminder."""
    left = await delivery_notices.remind(db.transaction, f"{sale.order.id}:{status}")
    return left is not None


async def test_a_sale_tells_the_seller_what_to_do() -> None:
    sale = await transferred()
    assert await both_told(sale) == (["send_tickets"], [])
    assert await sends.column("SELECT key FROM work WHERE kind = 'notices.delivery'") == [
        f"{sale.order.id}:waiting"
    ]


async def test_other_tickets_tell_nothing() -> None:
    sale = await payments.sell()
    assert await both_told(sale) == ([], [])


async def test_both_sides_hear_of_lateness_and_of_the_choice() -> None:
    sale, delivery_id = await clocks.sell(due_in_seconds=-1)
    await deadlines.meet_deadline(db.transaction, str(delivery_id))
    async with db.transaction() as session:
        await late.wait(session, delivery_id=delivery_id, buyer_id=sale.buyer.id)
    await clocks.put(delivery_id, "late")
    async with db.transaction() as session:
        await late.give_up(session, delivery_id=delivery_id, buyer_id=sale.buyer.id)
    assert await both_told(sale) == (
        ["send_late", "send_again", "not_sent"],
        ["tickets_late", "tickets_failed"],
    )


async def test_only_the_buyer_hears_of_a_late_reissue() -> None:
    sale, delivery_id = await clocks.sell("issuing", method="reissue", due_in_seconds=-1)
    await deadlines.meet_deadline(db.transaction, str(delivery_id))
    assert await both_told(sale) == ([], ["tickets_late"])
    async with db.transaction() as session:
        assert await to_do.list_to_do(session, seller_id=sale.ticket.seller_id) == []


async def test_the_buyer_hears_that_they_are_sent_and_is_asked_a_day_later() -> None:
    sale, delivery_id = await clocks.sell()
    async with db.transaction() as session:
        await transfers.send(
            session,
            delivery_id=delivery_id,
            seller_id=sale.ticket.seller_id,
            proof=ProofGiven(reference="TM-4711"),
        )
    assert await both_told(sale) == ([], ["tickets_sent"])
    for _ in range(2):
        assert not await remind(sale, "sent")
    assert await told(sale.buyer.id) == ["tickets_sent", "tickets_there"]
    await clocks.put(delivery_id, "received", due_in_seconds=None)
    await sends.column("DELETE FROM notices RETURNING 1")
    assert not await remind(sale, "sent")
    assert await told(sale.buyer.id) == []


@pytest.mark.parametrize(
    ("hours", "reminders", "has_more"), [(30, 0, True), (23, 1, True), (5, 1, False)]
)
async def test_the_seller_is_reminded_before_the_deadline(
    hours: int, reminders: int, *, has_more: bool
) -> None:
    sale, _ = await clocks.sell(due_in_seconds=hours * clocks.HOUR)
    for _ in range(2):
        assert await remind(sale, "waiting") is has_more
    assert await told(sale.ticket.seller_id) == ["send_soon"] * reminders


async def test_both_sides_hear_of_another_address() -> None:
    sale, _ = await clocks.sell()
    async with db.transaction() as session:
        await addresses.save(session, order_id=sale.order.id, buyer_id=sale.buyer.id, address=BEN)
    assert await both_told(sale) == (["send_elsewhere"], ["sent_elsewhere"])
    facts = await sends.column("SELECT facts::text FROM notices")
    assert not any("ben" in each.lower() for each in facts)


async def test_a_letter_names_the_deadline_and_the_app_until_it_is_obsolete() -> None:
    sale = await transferred()
    await deliver(*NAMES)
    found = await facts_of("send_tickets")
    assert isinstance(found, DeliveryFacts)
    assert (found.issuer, found.is_transfer, found.quantity) == ("Ticketmaster", True, 1)
    assert found.due_at
    await clocks.put(await delivery_of(sale), "sent", due_in_seconds=None)
    assert await facts_of("send_tickets") is None


async def facts_of(kind: str) -> object:
    """Prepare the mail of this kind."""
    async with db.transaction() as session:
        query = text(
            "SELECT s.id FROM sends s JOIN notices n ON n.id = s.notice_id WHERE n.kind = :kind"
        )
        send_id = (await (await session.connection()).execute(query, {"kind": kind})).scalar_one()
        mail = await sending.read_mail(session, send_id)
        assert mail
        return await preparing.prepare(session, mail)
