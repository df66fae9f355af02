"""Each transition starts only where the rules allow it, judged by the database clock."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.integration.deliveries import sales
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import (
    TRANSITIONS,
    UNPROMISED_SOURCES,
    WITH_DEADLINE,
    DeliveryStatus,
    Transition,
)
from ticketing_app.deliveries.service import moves
from ticketing_app.tickets.rules import DeliveryMethod

pytestmark = pytest.mark.usefixtures("stripe_books")

HOUR = 3600.0
METHODS = [None, DeliveryMethod.TRANSFER]


@pytest.fixture
async def delivery_id(stripe_books: None) -> UUID:  # noqa: ARG001  # order only.
    return (await sales.read((await sales.sell()).order.id)).id


@pytest.fixture
async def session(delivery_id: UUID) -> AsyncGenerator[AsyncSession]:  # noqa: ARG001  # order only.
    """Is rolled back: no order ends in these statuses."""
    async with AsyncSession(db.engine(), expire_on_commit=False) as session:
        yield session
        await session.rollback()


def due_at(name: Transition, method: DeliveryMethod | None) -> datetime | None:
    is_timed = method and TRANSITIONS[name][1] in WITH_DEADLINE
    return utc_now() + timedelta(hours=1) if is_timed else None


class TestMove:
    @pytest.mark.parametrize("method", METHODS)
    async def test_starts_only_at_its_sources(
        self, session: AsyncSession, delivery_id: UUID, method: DeliveryMethod | None
    ) -> None:
        allowed = set[tuple[str, str]]()
        for status, name in product(DeliveryStatus, TRANSITIONS):
            due = HOUR if method and status in WITH_DEADLINE else None
            await sales.put(session, delivery_id, status, method=method, due_in_seconds=due)
            is_moved = await moves.move(
                session, delivery_id=delivery_id, name=name, due_at=due_at(name, method)
            )
            if is_moved:
                allowed.add((status, name))
        sources = UNPROMISED_SOURCES
        if method:
            sources = {name: each for name, (each, _) in TRANSITIONS.items()}
        assert allowed == {(status, name) for name, each in sources.items() for status in each}

    @pytest.mark.parametrize("seconds", [HOUR, -1])
    async def test_people_act_before_the_deadline_and_the_clock_after(
        self, session: AsyncSession, delivery_id: UUID, seconds: float
    ) -> None:
        moved = list[bool]()
        for name, is_clock in [(Transition.SEND, False), (Transition.BE_LATE, True)]:
            await sales.put(
                session, delivery_id, "waiting", method="transfer", due_in_seconds=seconds
            )
            due = due_at(name, DeliveryMethod.TRANSFER)
            moved.append(
                await moves.move(
                    session, delivery_id=delivery_id, name=name, due_at=due, is_clock=is_clock
                )
            )
        assert moved == [seconds > 0, seconds < 0]

    async def test_a_buyer_gives_more_time_once(
        self, session: AsyncSession, delivery_id: UUID
    ) -> None:
        moved = list[bool]()
        due = due_at(Transition.WAIT, DeliveryMethod.TRANSFER)
        for _ in range(2):
            await sales.put(session, delivery_id, "late", method="transfer", due_in_seconds=HOUR)
            moved.append(
                await moves.move(session, delivery_id=delivery_id, name=Transition.WAIT, due_at=due)
            )
        assert moved == [True, False]

    async def test_the_issuer_may_refuse_and_the_method_changes(
        self, session: AsyncSession, delivery_id: UUID
    ) -> None:
        await sales.put(session, delivery_id, "issuing", method="reissue", due_in_seconds=HOUR)
        await moves.move(
            session,
            delivery_id=delivery_id,
            name=Transition.ISSUE_REFUSED,
            due_at=due_at(Transition.ISSUE_REFUSED, DeliveryMethod.TRANSFER),
            method=DeliveryMethod.TRANSFER,
        )
        delivery = await session.get_one(Delivery, delivery_id)
        assert (delivery.status, delivery.method, delivery.version) == ("waiting", "transfer", 2)
