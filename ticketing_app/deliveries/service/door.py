"""Tickets as their owner shows them at the entrance."""

import base64
from collections import Counter
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.formatting import format_event_start
from ticketing_app.deliveries import repository, rules
from ticketing_app.deliveries.schemas import DoorCode, DoorRead
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import summary
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.tickets.rules import ISSUER_NAMES, seats_line
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import calendar, promises
from ticketing_app.vault.rules import page_part
from ticketing_app.vault.schemas import FileRead, KeptCode, Reader
from ticketing_app.vault.service import reading

LINK_KIND = "text/uri-list"
PASS_KIND = "application/vnd.apple.pkpass"  # noqa: S105  # a media type.


SHOW_AT_DOOR = "The link shows your ticket at the door, also without a network once you opened it."
DELIVERED_BY = "The seller has until {due_at} to deliver it."


class NotHereYetError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket is not here yet. Its seller sends it to you."


class OwnTicket(NamedTuple):
    ticket: TicketRead
    file: FileRead | None
    issuer: str | None


async def get_door(transaction: Transaction, *, order_id: UUID, reader: Reader) -> DoorRead:
    """Return the codes of the caller's tickets of an order.

    Raises:
        OrderNotFoundError: none of its tickets is the caller's, or not any more.
        FileSealedError, NotHereYetError: they have to be opened, or sent, first.
        FileErasedError, FileDamagedError, StorageError: a file cannot be read.
    """
    async with transaction() as session:
        own = await list_own(session, order_id=order_id, user_id=reader.user_id)
        used_at = await repository.get_used_at(session, [each.ticket.id for each in own])
        if not any(each.file for each in own):
            await _require_handed_over(session, order_id)
    codes: list[DoorCode] = []
    for each in own:
        codes += await _codes(transaction, each, reader)
    first = own[0].ticket
    return DoorRead(
        order_id=order_id,
        title=first.title,
        when=_when(first),
        place=", ".join(part for part in (first.venue, first.city) if part),
        codes=codes,
        issuer=ISSUER_NAMES.get(own[0].issuer or ""),
        used_at=used_at,
        read_at=utc_now(),
    )


async def mark_used(session: AsyncSession, *, order_id: UUID, user_id: UUID) -> None:
    """Record that the caller went in with their tickets of an order; raises OrderNotFoundError."""
    own = await list_own(session, order_id=order_id, user_id=user_id)
    await repository.add_uses(session, [each.ticket.id for each in own])


async def write_calendar(session: AsyncSession, *, order_id: UUID, user_id: UUID) -> bytes:
    """Return the event of the caller's tickets, with the way to them, as a calendar file.

    Raises OrderNotFoundError, TicketHasNoDateError.
    """
    ticket = (await list_own(session, order_id=order_id, user_id=user_id))[0].ticket
    found = await repository.get_by_order(session, order_id)
    notes = [SHOW_AT_DOOR]
    if found and found.delivery.due_at and ticket.timezone:
        due_at = found.delivery.due_at.astimezone(ZoneInfo(ticket.timezone))
        notes.append(DELIVERED_BY.format(due_at=format_event_start(due_at)))
    return calendar.write(ticket, path=routes.door(order_id), notes=notes)


async def get_start(session: AsyncSession, *, order_id: UUID) -> datetime | None:
    return (await summary.get_summary(session, order_id=order_id)).tickets[0].starts_at


async def count_by_owner(session: AsyncSession, *, order_id: UUID) -> Counter[UUID]:
    """Return the present owners with the number of their tickets; empty after a refund."""
    return Counter(owner_id for owner_id, _ in await _list_all(session, order_id))


async def list_own(session: AsyncSession, *, order_id: UUID, user_id: UUID) -> list[OwnTicket]:
    """Return the caller's tickets of an order; raises OrderNotFoundError if there are none."""
    own = [each for owner_id, each in await _list_all(session, order_id) if owner_id == user_id]
    if not own:
        raise OrderNotFoundError
    return own


async def _list_all(session: AsyncSession, order_id: UUID) -> list[tuple[UUID, OwnTicket]]:
    """Return the tickets with their owners: those of the files, or without a file the buyer."""
    order = await summary.get_summary(session, order_id=order_id)
    if order.status is not OrderStatus.COMPLETED:
        return []
    ticket_ids = [ticket.id for ticket in order.tickets]
    promised = await promises.list_promises(session, ticket_ids=ticket_ids)
    file_ids = [promise.file_id for promise in promised.values() if promise.file_id]
    files = await reading.describe(session, file_ids=file_ids)
    found: list[tuple[UUID, OwnTicket]] = []
    for ticket in order.tickets:
        promise = promised[ticket.id]
        file = files.get(promise.file_id) if promise.file_id else None
        owner_id = file.owner_id if file else order.buyer_id
        found.append((owner_id, OwnTicket(ticket, file, promise.issuer)))
    return found


async def _require_handed_over(session: AsyncSession, order_id: UUID) -> None:
    found = await repository.get_by_order(session, order_id)
    if found is None or found.delivery.status not in rules.HANDED_OVER:
        raise NotHereYetError


async def _codes(transaction: Transaction, own: OwnTicket, reader: Reader) -> list[DoorCode]:
    seat = seats_line([own.ticket])
    file = own.file
    if file is None:
        return []
    if file.kind == LINK_KIND:
        link = await reading.read_part(transaction, file_id=file.id, part="link", reader=reader)
        return [DoorCode(seat=seat, link=link.content.decode())]
    kept = await reading.read_codes(transaction, file_id=file.id, reader=reader)
    drawn = [DoorCode(seat=seat, svg=code.svg, text=_text(code)) for code in kept if code.svg]
    if drawn or file.kind == PASS_KIND:
        return drawn
    # Without a readable barcode the door sees the ticket itself.
    pages = [page_part(number + 1) for number in range(file.page_count)]
    found = [
        await reading.read_part(transaction, file_id=file.id, part=page, reader=reader)
        for page in pages
    ]
    return [DoorCode(seat=seat, image=_data_url(part.content)) for part in found]


def _text(code: KeptCode) -> str | None:
    """Return the content of a barcode, if a person can type it at the door."""
    text = code.payload.decode("ascii", "ignore")
    is_short = len(text) == len(code.payload) <= rules.MAX_TYPED_CHARACTERS
    return text if is_short and text.isprintable() else None


def _data_url(picture: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}"


def _when(ticket: TicketRead) -> str:
    if ticket.starts_at is None or ticket.timezone is None:
        return ""
    return format_event_start(ticket.starts_at.astimezone(ZoneInfo(ticket.timezone)))
