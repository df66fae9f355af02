"""Sell a ticket, also one that was bought here: only orders know whether a sale still stands."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.orders import repository, rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.tickets.schemas import SoldTicket, TicketCreate, TicketRead
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import resale, tickets
from ticketing_app.tickets.service.tickets import TicketListedAgainError


class NotTicketOwnerError(AppError):
    """The ticket that is to be listed again is not the caller's."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        """Say whose it is."""
        super().__init__(
            "You can list a ticket again only while it is yours: bought, paid and not refunded.",
            field="previousTicketId",
        )


async def sell_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket: TicketCreate
) -> TicketRead:
    """List a ticket for sale; with `previous_ticket_id` one that the seller bought here.

    Raises:
        TicketNotFoundError: there is no such previous ticket.
        NotTicketOwnerError: it is not the seller's, or its money goes back.
        TicketListedAgainError: another listing of it lives.
    """
    if ticket.previous_ticket_id:
        # The refund of its order locks the same row: either sees what the other did.
        await leases.lock_ticket_row(session, ticket_id=ticket.previous_ticket_id)
        await get_own_ticket(session, owner_id=seller_id, ticket_id=ticket.previous_ticket_id)
    return await tickets.create_ticket(session, seller_id=seller_id, ticket=ticket)


async def sell_tickets(
    session: AsyncSession, *, seller_id: UUID, listed: list[TicketCreate]
) -> list[TicketRead]:
    """List several tickets, all or none of them.

    Raises:
        AppError: as `sell_ticket`.
    """
    return [await sell_ticket(session, seller_id=seller_id, ticket=ticket) for ticket in listed]


async def get_own_ticket(session: AsyncSession, *, owner_id: UUID, ticket_id: UUID) -> TicketRead:
    """Return a sold ticket that its owner may list again.

    Raises:
        TicketNotFoundError: there is none with this id.
        NotTicketOwnerError: it is not theirs.
        TicketListedAgainError: they listed it already.
    """
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id, viewer_id=owner_id)
    owned = await _list_owned(session, owner_id, [ticket_id])
    if not owned:
        raise NotTicketOwnerError
    if owned[0].is_listed_again:
        raise TicketListedAgainError
    return ticket


async def list_relistable(
    session: AsyncSession, *, owner_id: UUID, ticket_ids: list[UUID]
) -> set[UUID]:
    """Return those of the tickets that their owner may list again right now."""
    owned = await _list_owned(session, owner_id, ticket_ids)
    return {ticket.id for ticket in owned if not ticket.is_listed_again}


async def _list_owned(
    session: AsyncSession, owner_id: UUID, ticket_ids: list[UUID]
) -> list[SoldTicket]:
    sold = {
        ticket.order_id: ticket for ticket in await resale.list_sold(session, ticket_ids=ticket_ids)
    }
    return [
        sold[order.id]
        for order in await repository.get_by_ids(session, list(sold))
        if owner_id
        == rules.owner_of(
            OrderStatus(order.status),
            buyer_id=order.buyer_id,
            seller_id=sold[order.id].seller_id,
        )
    ]
