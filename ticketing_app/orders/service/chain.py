"""From owner to owner: the history of a seat, without names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.models import Gift
from ticketing_app.orders.repository import gifts
from ticketing_app.orders.schemas import ChainRead, OwnershipStep, OwnershipStepRead
from ticketing_app.orders.service import queries
from ticketing_app.tickets.schemas.resale import ChainListing
from ticketing_app.tickets.service import resale
from ticketing_app.vault.service import reading

CHANGES = frozenset({OwnershipStep.BOUGHT, OwnershipStep.GIVEN})
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


async def get_chain(session: AsyncSession, *, ticket_id: UUID, viewer_id: UUID | None) -> ChainRead:
    """Return the history, oldest first; raises the errors of `queries.get_ticket`.

    The history of a ticket that is listed again is public; other histories are for its owners.
    """
    ticket = await queries.get_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    listings = await resale.list_chain(session, ticket_id=ticket_id)
    taken = await _list_taken(session, listings)
    had_it = {user_id for each in listings for user_id in (each.seller_id, each.buyer_id)}
    had_it |= {gift.to_id for gift in taken}
    if ticket.previous_ticket_id is None and viewer_id not in had_it - {None}:
        return ChainRead(owners=1, is_sealed=False, opened_at=None, steps=[])
    file_id = next((each.vault_file_id for each in reversed(listings) if each.vault_file_id), None)
    found = await reading.describe(session, file_ids=[file_id] if file_id else [])
    opened_at = found[file_id].opened_at if file_id and file_id in found else None
    steps = [step for each in listings for step in _steps(each, viewer_id)]
    steps += [
        OwnershipStepRead(
            step=OwnershipStep.GIVEN, at=gift.ended_at, is_mine=gift.to_id == viewer_id
        )
        for gift in taken
    ]
    if opened_at:
        steps.append(OwnershipStepRead(step=OwnershipStep.OPENED, at=opened_at, is_mine=False))
    return ChainRead(
        owners=1 + sum(step.step in CHANGES for step in steps),
        is_sealed=file_id is not None and opened_at is None,
        opened_at=opened_at,
        steps=sorted(steps, key=lambda step: step.at or _BEGINNING),
    )


async def _list_taken(session: AsyncSession, listings: list[ChainListing]) -> list[Gift]:
    with_file = [each.id for each in listings if each.vault_file_id]
    found = await gifts.list_by_tickets(session, with_file) if with_file else []
    return [gift for gift in found if gift.to_id]


def _steps(listing: ChainListing, viewer_id: UUID | None) -> Iterator[OwnershipStepRead]:
    listed = OwnershipStep.LISTED_AGAIN if listing.previous_ticket_id else OwnershipStep.LISTED
    is_seller = listing.seller_id == viewer_id
    yield OwnershipStepRead(step=listed, at=listing.created_at, is_mine=is_seller)
    if listing.buyer_id:
        is_buyer = listing.buyer_id == viewer_id
        yield OwnershipStepRead(step=OwnershipStep.BOUGHT, at=listing.sold_at, is_mine=is_buyer)
