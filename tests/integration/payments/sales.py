"""A sale under way: a held ticket with an open payment, and what became of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tests import factories, invariants
from tests.integration.payments import emulator
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import release as releasing
from ticketing_app.orders.service import sell as selling
from ticketing_app.orders.service.hold import TicketAlreadyReservedError
from ticketing_app.payments import jobs
from ticketing_app.payments.gateway import webhooks
from ticketing_app.payments.schemas import Confirming, PaymentRead, Settlement
from ticketing_app.payments.service import alerts, confirm, opening, refund, settle, webhook
from ticketing_app.tickets.schemas import TicketCreate, TicketRead


@dataclass(frozen=True)
class Sale:
    """A buyer, what they hold, and the payment that their browser has open."""

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
    """Hold a ticket and open its payment, by default somebody new of somebody new."""
    buyer = buyer or await factories.make_user()
    ticket = ticket or await factories.make_ticket()
    order = await factories.hold(ticket, buyer)
    return Sale(buyer, ticket, order, await open_payment(order, buyer))


async def press_pay(sale: Sale) -> Confirming:
    """What the page says to us just before the card goes to Stripe."""
    async with db.transaction() as session:
        return await confirm.start_confirming(
            session, charge_id=sale.payment.id, buyer_id=sale.buyer.id
        )


async def tell_settled(sale: Sale) -> Settlement:
    """What the page asks us after the card went to Stripe."""
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
    """Let every open charge and unhandled webhook be due, and let the sweeps do their work."""
    for _ in range(rounds):
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE charges SET next_check_at = now()"))
            await connection.execute(text("UPDATE stripe_events SET next_attempt_at = now()"))
        await jobs.sweep_charges()
        await jobs.sweep_webhooks()


async def ends(sale: Sale) -> tuple[str, str]:
    """Return where the order and its charge stand."""
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


async def pay(sale: Sale, number: str = emulator.VISA) -> None:
    """Pay with a card that works."""
    await press_pay(sale)
    await emulator.enter_card(sale.secret, number)
    assert (await tell_settled(sale)).status == "completed"


async def sell(ticket: TicketRead | None = None, buyer: UserRead | None = None) -> Sale:
    """Let the buyer have bought the ticket."""
    sale = await start_sale(ticket, buyer)
    await pay(sale)
    return sale


async def relist(ticket: TicketRead, owner: UserRead, price: float = 40) -> TicketRead:
    """List a ticket again that its owner bought here."""
    described = describe_again(ticket.id, price)
    async with db.transaction() as session:
        return await selling.sell_ticket(session, seller_id=owner.id, ticket=described)


def describe_again(ticket_id: UUID, price: float = 40) -> TicketCreate:
    """Return what the form sends to list this ticket again."""
    return TicketCreate.model_validate(
        {"title": "The Paper Lanterns", "price": price, "previousTicketId": str(ticket_id)}
    )


def seller_of(ticket: TicketRead) -> UserRead:
    return UserRead(id=ticket.seller_id, email="")


async def refund_sale(sale: Sale) -> None:
    """Refund the sale, to the end."""
    await want_refund(sale)
    await refund.execute_refund(db.transaction, charge_id=sale.payment.id)


async def want_refund(sale: Sale, reason: str = "The concert was moved.") -> None:
    """What an operator's command records, without asking Stripe yet."""
    async with db.transaction() as session:
        await refund.request_refund(session, order_id=sale.order.id, reason=reason)


async def receive(*kinds: str) -> list[str]:
    """Let every webhook of these kinds arrive, to be handled later; return their ids, oldest first."""
    ids: list[str] = []
    for body in await emulator.events(*kinds):
        signature = emulator.sign(body)["Stripe-Signature"]
        event = webhooks.read_webhook(body.encode(), signature)
        async with db.transaction() as session:
            await webhook.store_webhook(session, event=event)
        ids.append(event.id)
    return ids


async def hear(*kinds: str) -> None:
    """Let every webhook of these kinds arrive and be handled."""
    for event_id in await receive(*kinds):
        await webhook.handle_webhook(db.transaction, event_id=event_id)


async def open_alerts() -> list[str]:
    """Return the kinds of the alerts that nobody resolved, the oldest first."""
    async with db.transaction() as session:
        return [alert.kind for alert in await alerts.list_open(session)]


async def can_be_held(sale: Sale) -> bool:
    """Whether somebody else can have the ticket now; they do have it then."""
    try:
        await factories.hold(sale.ticket)
    except TicketAlreadyReservedError:
        return False
    return True


async def broken_rules() -> list[str]:
    """Return what is broken once all payments are settled."""
    settings = get_settings()
    return await invariants.broken_rules(
        settings.database_url.get_secret_value(), settings.stripe_api_base, settled=True
    )
