"""A sale in progress: a held ticket with an open payment, and its outcome."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests import factories, invariants
from tests.integration.payments import emulator
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import release as releasing
from ticketing_app.orders.service import sell as selling
from ticketing_app.orders.service.refusals import TicketAlreadyReservedError
from ticketing_app.payments.gateway import webhooks
from ticketing_app.payments.rules import (
    CHARGE_WORK,
    LATER_WEBHOOK_WORK,
    REFUND_WORK,
    WEBHOOK_WORK,
)
from ticketing_app.payments.schemas import Confirming, PaymentRead, Settlement
from ticketing_app.payments.service import alerts, confirm, opening, refund, settle, webhook
from ticketing_app.tickets.schemas.listings import ListingCreate
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead
from ticketing_app.tickets.service import tickets
from ticketing_app.work import jobs as work


@dataclass(frozen=True)
class Sale:
    buyer: UserRead
    ticket: TicketRead
    order: OrderRead
    payment: PaymentRead

    @property
    def secret(self) -> str:
        return self.payment.client_secret


async def open_payment(order: OrderRead, buyer: UserRead) -> PaymentRead:
    return await opening.open_payment(
        db.transaction, order_id=order.id, buyer_id=buyer.id, receipt_email=buyer.email
    )


async def start_sale(ticket: TicketRead | None = None, buyer: UserRead | None = None) -> Sale:
    """Hold a ticket and open its payment; creates buyer and seller by default."""
    buyer = buyer or await factories.make_user()
    ticket = ticket or await factories.make_ticket()
    order = await factories.hold(ticket, buyer)
    return Sale(buyer, ticket, order, await open_payment(order, buyer))


async def press_pay(sale: Sale) -> Confirming:
    """Announce the card, as the page does before it sends the card to Stripe."""
    async with db.transaction() as session:
        return await confirm.start_confirming(
            session, charge_id=sale.payment.id, buyer_id=sale.buyer.id
        )


async def settle_sale(sale: Sale) -> Settlement:
    """Settle, as the page does after it sent the card to Stripe."""
    return await settle.settle_for_buyer(
        db.transaction, charge_id=sale.payment.id, buyer_id=sale.buyer.id
    )


async def release(sale: Sale) -> None:
    async with db.transaction() as session:
        await releasing.cancel_order(session, buyer_id=sale.buyer.id, order_id=sale.order.id)


async def expire_due() -> int:
    async with db.transaction() as session:
        return await releasing.expire_due_orders(session, limit=10)


async def sweep(*, rounds: int = 1) -> None:
    """Make all deferred work of payments due, and do it."""
    for _ in range(rounds):
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE work SET due_at = now()"))
        await do_due()


async def do_due() -> None:
    """Do the work of payments that is due."""
    for kind in (CHARGE_WORK, REFUND_WORK, WEBHOOK_WORK, LATER_WEBHOOK_WORK):
        await work.do_due(kind)


async def statuses(sale: Sale) -> tuple[str, str]:
    """Return the statuses of the order and its charge."""
    query = text(
        "SELECT o.status, c.status FROM charges c JOIN orders o ON o.id = c.order_id"
        " WHERE c.id = :id"
    )
    async with db.autocommit() as connection:
        order, charge = (await connection.execute(query, {"id": sale.payment.id})).one()
    return order, charge


async def charge_row(sale: Sale) -> dict[str, Any]:
    query = text("SELECT * FROM charges WHERE id = :id")
    async with db.autocommit() as connection:
        return dict((await connection.execute(query, {"id": sale.payment.id})).mappings().one())


async def refund_rows(sale: Sale) -> list[dict[str, Any]]:
    """Return the refunds of the sale, oldest first."""
    query = text("SELECT * FROM refunds WHERE charge_id = :id ORDER BY created_at, id")
    async with db.autocommit() as connection:
        rows = (await connection.execute(query, {"id": sale.payment.id})).mappings()
        return [dict(row) for row in rows]


async def refund_id(sale: Sale) -> UUID:
    (row,) = await refund_rows(sale)
    return row["id"]


async def pay(sale: Sale, number: str = emulator.VISA) -> None:
    """Pay with a card that works."""
    await press_pay(sale)
    await emulator.enter_card(sale.secret, number)
    assert (await settle_sale(sale)).status == "completed"


async def sell(ticket: TicketRead | None = None, buyer: UserRead | None = None) -> Sale:
    """Complete the sale of a ticket."""
    sale = await start_sale(ticket, buyer)
    await pay(sale)
    return sale


async def relist(ticket: TicketRead, owner: UserRead, price: float = 40) -> TicketRead:
    """List a bought ticket again."""
    described = describe_again(ticket.id, price)
    async with db.transaction() as session:
        return await selling.sell_ticket(session, seller_id=owner.id, ticket=described)


async def list_again(
    session: AsyncSession, *, owner: UserRead, ticket_ids: list[UUID]
) -> list[TicketRead]:
    """List bought tickets again, several of them as one listing."""
    if len(ticket_ids) == 1:
        described = describe_again(ticket_ids[0])
        return [await selling.sell_ticket(session, seller_id=owner.id, ticket=described)]
    listing = ListingCreate(
        title="The Paper Lanterns",
        price_cents=4000,
        quantity=len(ticket_ids),
        previous_ticket_ids=ticket_ids,
    )
    made = await selling.sell_listing(session, seller_id=owner.id, listing=listing)
    return [await tickets.get_ticket(session, ticket_id=seat.ticket_id) for seat in made.seats]


def describe_again(ticket_id: UUID, price: float = 40) -> TicketCreate:
    """Return the form's input to list this ticket again."""
    return TicketCreate.model_validate(
        {"title": "The Paper Lanterns", "price": price, "previousTicketId": str(ticket_id)}
    )


def seller_of(ticket: TicketRead) -> UserRead:
    return UserRead(id=ticket.seller_id, email="")


async def refund_sale(sale: Sale) -> None:
    """Request a refund and execute it."""
    await request_refund(sale)
    await refund.execute_refund(db.transaction, charge_id=sale.payment.id)


async def request_refund(sale: Sale, reason: str = "The concert was moved.") -> None:
    """Request a refund like an operator, without a call to Stripe."""
    async with db.transaction() as session:
        await refund.request_refund(session, order_id=sale.order.id, reason=reason)


async def store_webhooks(*kinds: str) -> list[str]:
    """Store every webhook of these kinds without handling it; return the ids, oldest first."""
    ids: list[str] = []
    for body in await emulator.events(*kinds):
        signature = emulator.sign(body)["Stripe-Signature"]
        event = webhooks.read_webhook(body.encode(), signature)
        async with db.transaction() as session:
            await webhook.store_webhook(session, event=event)
        ids.append(event.id)
    return ids


async def deliver_webhooks(*kinds: str) -> None:
    """Store and handle every webhook of these kinds."""
    for event_id in await store_webhooks(*kinds):
        await webhook.handle_webhook(db.transaction, event_id=event_id)


async def open_alerts() -> list[str]:
    """Return the kinds of open alerts, oldest first."""
    async with db.transaction() as session:
        return [alert.kind for alert in await alerts.list_open(session)]


async def try_to_hold(sale: Sale) -> bool:
    """Try to hold the ticket for another buyer; false if it is not available."""
    try:
        await factories.hold(sale.ticket)
    except TicketAlreadyReservedError:
        return False
    return True


async def broken_rules() -> list[str]:
    """Return the violations after all payments are settled."""
    settings = get_settings()
    return await invariants.broken_rules(
        settings.database_url.get_secret_value(), settings.stripe_api_base, settled=True
    )
