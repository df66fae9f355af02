"""Sample events and handlers, and queries for their effects."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.messaging import outbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import UserCreated
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.inbox import Handler, InboxEntry, Subscriptions
from ticketing_app.messaging.outbox import OutboxMessage
from ticketing_app.messaging.relay import Relay


class HandlerError(Exception):
    pass


async def note(session: AsyncSession, event: UserCreated) -> None:
    await _leave_effect(session, "note", event)


async def note_too(session: AsyncSession, event: UserCreated) -> None:
    await _leave_effect(session, "note_too", event)


async def note_and_fail(session: AsyncSession, event: UserCreated) -> None:
    await _leave_effect(session, "note_and_fail", event)
    raise HandlerError("no luck today")


async def _leave_effect(session: AsyncSession, handler: str, event: UserCreated) -> None:
    values = {"handler": handler, "user_id": event.user_id}
    statement = text("INSERT INTO effects (handler, user_id) VALUES (:handler, :user_id)")
    await (await session.connection()).execute(statement, values)


def subscribe(*handlers: Handler) -> Subscriptions:
    return {UserCreated: handlers}


def relay_to(*handlers: Handler, resend_seconds: float = 0.3) -> Relay:
    return Relay(subscribe(*handlers), poll_seconds=0.05, resend_seconds=resend_seconds)


def consumer_of(*handlers: Handler, first_retry_seconds: float = 0.002) -> Consumer:
    return Consumer(
        subscribe(*handlers), poll_seconds=0.05, first_retry_seconds=first_retry_seconds
    )


def some_event() -> UserCreated:
    return UserCreated(user_id=db.new_id(), user_version=1, email="someone@gittix.test")


async def record(event: UserCreated | None = None) -> UUID:
    """Record one event in a transaction of its own; return the id of its user."""
    event = event or some_event()
    async with db.transaction() as session:
        outbox.record(session, event)
    return event.user_id


async def envelope_of(user_id: UUID) -> Envelope:
    async with db.transaction() as session:
        query = select(OutboxMessage).where(OutboxMessage.aggregate_id == user_id)
        return Envelope.model_validate((await session.exec(query)).one())


async def effects(handler: str = "note") -> list[UUID]:
    """Return the users for which the handler took effect, once for each time."""
    return await column("SELECT user_id FROM effects WHERE handler = :handler", handler=handler)


async def inbox_rows() -> list[InboxEntry]:
    async with db.transaction() as session:
        return list((await session.exec(select(InboxEntry))).all())


async def unpublished() -> int:
    async with db.transaction() as session:
        query = select(OutboxMessage.id).where(col(OutboxMessage.published_at).is_(None))
        return len((await session.exec(query)).all())


async def column(statement: str, **values: object) -> list[Any]:
    async with db.transaction() as session:
        found = await (await session.connection()).execute(text(statement), values)
        return list(found.scalars())
