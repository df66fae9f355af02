"""The day before an event, the owners of its tickets are led to the page of the door."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.integration.deliveries import sales as deliveries
from tests.integration.notices import sends
from tests.integration.payments import groups, sales
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.notices import subscribers
from ticketing_app.notices.service import door_notices, preparing, sending
from ticketing_app.notices.views.door import DoorFacts
from ticketing_app.notices.views.facts import Facts

pytestmark = pytest.mark.usefixtures("stripe_books")

DAY = timedelta(days=1)


async def bought(*, starts_in: timedelta) -> sales.Sale:
    starts_at = (utc_now() + starts_in).isoformat()
    ticket = await factories.make_ticket(startsAt=starts_at, timezone="Europe/Berlin")
    return await sales.sell(ticket)


async def move_event(starts_in: timedelta) -> None:
    await sends.column("UPDATE tickets SET starts_at = :at RETURNING id", at=utc_now() + starts_in)


async def remind(sale: sales.Sale) -> timedelta | None:
    return await door_notices.remind(db.transaction, str(sale.order.id))


async def told() -> list[Any]:
    query = "SELECT user_id FROM notices WHERE kind = 'door_tomorrow'"
    return await sends.column(query)


async def letter_facts() -> Facts | None:
    [send_id] = await sends.column(
        "SELECT s.id FROM sends s JOIN notices n ON n.id = s.notice_id"
        " WHERE n.kind = 'door_tomorrow'"
    )
    async with db.transaction() as session:
        mail = await sending.read_mail(session, send_id)
        assert mail
        return await preparing.prepare(session, mail)


class TestSchedule:
    @pytest.mark.parametrize(("starts_in", "is_wanted"), [(3 * DAY, True), (DAY / 2, False)])
    async def test_waits_until_the_day_before(
        self, starts_in: timedelta, *, is_wanted: bool
    ) -> None:
        sale = await bought(starts_in=starts_in)
        begun = (await factories.recorded_events("DeliveryChanged"))[0]
        kind = CATALOG["DeliveryChanged"]
        query = "SELECT due_at FROM work WHERE kind = 'notices.door'"
        for transition in ("confirm", "open"):
            changed = begun | {"status": "received", "transition": transition}
            event: Any = kind.model_validate(changed)
            async with db.transaction() as session:
                await subscribers.on_delivery_changed(session, event)
            due: list[datetime] = await sends.column(query)
            assert bool(due) is (is_wanted and transition == "open")
        if due:
            assert abs(due[0] - (utc_now() + starts_in - DAY)) < timedelta(minutes=2)
            assert await remind(sale)
            assert await told() == []


class TestRemind:
    async def test_tells_the_owner_once(self) -> None:
        sale = await bought(starts_in=2 * DAY)
        await move_event(DAY / 2)
        for _ in range(2):
            assert await remind(sale) is None
        assert await told() == [sale.buyer.id]
        facts = await letter_facts()
        assert isinstance(facts, DoorFacts)
        assert [ticket.title for ticket in facts.tickets] == ["The Paper Lanterns"]

    async def test_is_silent_after_a_refund_or_the_start(self) -> None:
        sale = await bought(starts_in=2 * DAY)
        await move_event(-DAY)
        assert await remind(sale) is None
        assert await told() == []
        await move_event(DAY / 2)
        await remind(sale)
        await groups.request_refund(sale, sale.ticket)
        # The mail was not sent yet.
        assert await letter_facts() is None
        await sends.column("DELETE FROM sends RETURNING id")
        await sends.column("DELETE FROM notices WHERE kind = 'door_tomorrow' RETURNING id")
        assert await remind(sale) is None
        assert await told() == []
        assert (await deliveries.read(sale.order.id)).status == "voided"
