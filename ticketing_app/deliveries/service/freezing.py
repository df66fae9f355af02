"""Listed tickets of connected organisers: frozen there, and sold with the promise of a re-issue."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.gateway import connected
from ticketing_app.deliveries.gateway.issuers import Found, Issuer, IssuerRefusedError, Place
from ticketing_app.deliveries.models import IssuerTicket
from ticketing_app.deliveries.rules import FREEZE_WORK, REISSUE_WORK
from ticketing_app.tickets.rules import UNSOLD, TicketStatus
from ticketing_app.tickets.service import reissue as tickets
from ticketing_app.tickets.service.reissue import Offer, Promised
from ticketing_app.vault.service import reading
from ticketing_app.work import due as work
from ticketing_app.work.due import HopelessError

# Between two looks at a ticket that is held by a buyer.
HELD_PERIOD = timedelta(minutes=1)

log = get_logger()


async def follow_ticket(session: AsyncSession, *, ticket_id: UUID) -> None:
    """Let the issuer follow a ticket that was listed, changed or withdrawn."""
    is_concerned = bool(await repository.list_frozen_for(session, ticket_id))
    if not is_concerned and get_settings().organizers:
        is_concerned = await tickets.find_offer(session, ticket_id=ticket_id) is not None
    if is_concerned:
        await work.want(session, FREEZE_WORK, ticket_id)


async def follow_listing(transaction: Transaction, key: str) -> timedelta | None:
    """Freeze a ticket while it is on sale, promise its re-issue, and unfreeze it when it is withdrawn."""
    ticket_id = UUID(key)
    async with transaction() as session:
        offer = await tickets.find_offer(session, ticket_id=ticket_id)
        known = await repository.list_frozen_for(session, ticket_id)
    if offer and offer.status is TicketStatus.SOLD:
        await _follow_sale(transaction, offer, known)
        return None
    if offer and offer.status in UNSOLD and not offer.can_promise and offer.order_id:
        return HELD_PERIOD
    if offer and (offer.status not in UNSOLD or not offer.can_promise):
        offer = None
    for row in known:
        if offer is None or row.file_id != offer.file_id:
            await unfreeze(transaction, row)
    if offer is None or not await _freeze(transaction, ticket_id, offer.file_id):
        return None
    return await _promise(transaction, ticket_id, offer)


async def _follow_sale(transaction: Transaction, offer: Offer, known: list[IssuerTicket]) -> None:
    """Leave a ticket that was frozen while it was being sold to the work of its delivery."""
    if not known or not offer.order_id:
        return
    async with transaction() as session:
        found = await repository.get_by_order(session, offer.order_id)
        if found:
            await work.want(session, REISSUE_WORK, found.delivery.id)


async def _promise(transaction: Transaction, ticket_id: UUID, offer: Offer) -> timedelta | None:
    async with transaction() as session:
        frozen = await tickets.list_listed_files(session, ticket_id=ticket_id)
        rows = await repository.list_issuer_tickets(session, frozen)
    file_ids = {row.file_id for row in rows if row.is_frozen}
    async with transaction() as session:
        promised = await tickets.promise_reissue(session, ticket_id=ticket_id, file_ids=file_ids)
    if promised is Promised.LATER:
        return HELD_PERIOD
    # Unsold then, the ticket is its seller's to use.
    return _until(offer.sellable_until)


def _until(at: datetime | None) -> timedelta | None:
    return max(at - utc_now(), timedelta()) if at else None


async def _freeze(transaction: Transaction, ticket_id: UUID, file_id: UUID) -> bool:
    """Whether the ticket is frozen at its issuer."""
    async with transaction() as session:
        row = await repository.lock_issuer_ticket(session, file_id)
        if row:
            row.ticket_id = ticket_id
    if row is None:
        found = await _find(transaction, file_id)
        if found is None:
            return False
        # Before the ticket is frozen: it is unfrozen by this row.
        row = _new_row(found, file_id=file_id, ticket_id=ticket_id)
        async with transaction() as session:
            await repository.put_issuer_ticket(session, row)
    if row.is_frozen:
        return True
    await get_issuer(row).freeze(place_of(row))
    async with transaction() as session:
        kept = await repository.lock_issuer_ticket(session, file_id)
        if kept:
            kept.is_frozen = True
    log.info("issuer.frozen", ticket_id=str(ticket_id))
    return True


async def _find(transaction: Transaction, file_id: UUID) -> Found | None:
    source = await reading.read_source(transaction, file_id=file_id)
    for issuer in connected.find_issuers(source.issuer):
        for payload in source.payloads:
            try:
                found = await issuer.find(payload.decode())
            except (IssuerRefusedError, UnicodeDecodeError) as refusal:
                log.info("issuer.not_free", file_id=str(file_id), reason=str(refusal))
                continue
            if found:
                return found
    return None


def _new_row(found: Found, *, file_id: UUID, ticket_id: UUID) -> IssuerTicket:
    return IssuerTicket(
        **found.place._asdict(),
        file_id=file_id,
        ticket_id=ticket_id,
        is_frozen=False,
        order_code=found.holding.order,
        link_digest=found.holding.link_digest,
    )


async def unfreeze(transaction: Transaction, row: IssuerTicket) -> None:
    """Give a ticket back to the use of its owner."""
    try:
        await get_issuer(row).unfreeze(place_of(row))
    except IssuerRefusedError as refusal:
        # It was cancelled there.
        log.info("issuer.not_unfrozen", file_id=str(row.file_id), reason=str(refusal))
    async with transaction() as session:
        kept = await repository.lock_issuer_ticket(session, row.file_id)
        if kept is None or kept.ticket_id != row.ticket_id:
            return
        if kept.recipient_id is None:
            await session.delete(kept)
        kept.is_frozen = False


def place_of(row: IssuerTicket) -> Place:
    return Place(row.address, row.organizer, row.event, row.position)


def get_issuer(row: IssuerTicket) -> Issuer:
    issuer = connected.get_issuer(place_of(row))
    if issuer is None:
        msg = f"{row.organizer} at {row.address} is not in ISSUERS any more"
        raise HopelessError(msg)
    return issuer
