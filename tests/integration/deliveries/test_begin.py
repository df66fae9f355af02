"""A delivery begins with the completion of its order, once, and follows its refund."""

import pytest

from tests import factories
from tests.integration.deliveries import sales
from tests.integration.payments import groups
from ticketing_app.core import db
from ticketing_app.deliveries.service import begin
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.payments.service import refund

pytestmark = pytest.mark.usefixtures("stripe_books")


class TestBegin:
    async def test_waits_for_a_seller_who_promised_nothing(self) -> None:
        sale = await sales.sell()
        delivery = await sales.read(sale.order.id)
        assert (delivery.seller_id, delivery.buyer_id) == (sale.ticket.seller_id, sale.buyer.id)
        assert (delivery.status, delivery.method, delivery.due_at) == ("waiting", None, None)
        assert await sales.steps(sale.order.id) == ["begin"]
        (event,) = await factories.recorded_events("DeliveryChanged")
        parsed = CATALOG["DeliveryChanged"].model_validate(event)
        assert set(parsed.model_dump()) == set(event) - {"name"}

    async def test_has_no_effect_when_repeated(self) -> None:
        sale = await sales.sell()
        async with db.transaction() as session:
            await begin.begin(session, order_id=sale.order.id)
        assert await sales.steps(sale.order.id) == ["begin"]

    async def test_ignores_an_order_that_is_not_paid(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        async with db.transaction() as session:
            await begin.begin(session, order_id=order.id)
        assert await sales.find(order.id) is None


class TestFollowRefund:
    async def test_voids_the_delivery_when_no_ticket_is_left(self) -> None:
        sale, tickets = await groups.sell(2)
        await groups.request_refund(sale, tickets[0])
        assert await sales.steps(sale.order.id) == ["begin"]
        await groups.request_refund(sale, tickets[1])
        assert await sales.steps(sale.order.id) == ["begin", "void"]
        await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        assert await sales.steps(sale.order.id) == ["begin", "void"]

    async def test_ignores_an_order_of_the_version_before(self) -> None:
        sale = await sales.sell()
        await sales.forget_all()
        await groups.request_refund(sale, sale.ticket)
        assert await sales.find(sale.order.id) is None
