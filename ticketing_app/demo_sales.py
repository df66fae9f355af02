"""Orders of the demo: they are paid with a test card of Stripe's stand-in."""

from collections.abc import Sequence
from itertools import cycle
from uuid import UUID

import httpx

from ticketing_app import demo_deliveries
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.core.transport import STRIPE_API
from ticketing_app.demo import Listed, Seeded, State
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold
from ticketing_app.payments.service import confirm, opening, refund, settle
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.listings import OfferSeat
from ticketing_app.tickets.service import offers

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "34", "cvc": "123"}


def can_sell() -> bool:
    """Whether a stand-in takes the money; Stripe itself takes no card numbers from a server."""
    return get_settings().stripe_api_base != STRIPE_API


async def sell(seeded: Seeded) -> None:
    """Sell the shows and listings that are to be sold to accounts that do not sell them."""
    for event_id in seeded.sold_out:
        async with db.transaction() as session:
            found = await offers.list_event_offers(session, event_id=event_id)
        for offer in found:
            buyers = cycle(_buyers(seeded, offer.seller_id))
            for seat, buyer in zip(offer.seats, buyers, strict=False):
                await _pay(buyer, await _hold(buyer, [seat]))
    for sale in seeded.listed:
        if sale.state is not State.FOR_SALE:
            await _sell(sale, _buyers(seeded, sale.listing.seller_id)[0])


async def _sell(sale: Listed, buyer: UserRead) -> None:
    order = await _hold(buyer, sale.listing.seats)
    if sale.method is DeliveryMethod.TRANSFER:
        async with db.transaction() as session:
            await demo_deliveries.give_address(session, order_id=order.id, buyer=buyer)
    if sale.state is not State.HELD:
        await _pay(buyer, order)
    if sale.state is State.REFUNDED:
        await _refund_first(order)
    async with db.transaction() as session:
        if sale.state is State.LATE:
            await demo_deliveries.make_late(session, order=order)
        elif sale.state is State.RESOLD:
            await demo_deliveries.sell_again(session, listing=sale.listing, buyer_id=buyer.id)


def _buyers(seeded: Seeded, seller_id: UUID) -> list[UserRead]:
    return [user for user in seeded.accounts if user.id != seller_id]


async def _hold(buyer: UserRead, seats: Sequence[OfferSeat]) -> OrderRead:
    ticket_ids = [seat.ticket_id for seat in seats]
    return await hold.create_order_of_tickets(
        db.autocommit, buyer_id=buyer.id, ticket_ids=ticket_ids
    )


async def _pay(buyer: UserRead, order: OrderRead) -> None:
    payment = await opening.open_payment(
        db.transaction, order_id=order.id, buyer_id=buyer.id, receipt_email=buyer.email
    )
    async with db.transaction() as session:
        await confirm.start_confirming(session, charge_id=payment.id, buyer_id=buyer.id)
    await _enter_card(payment.client_secret)
    await settle.settle_for_buyer(db.transaction, charge_id=payment.id, buyer_id=buyer.id)


async def _refund_first(order: OrderRead) -> None:
    ticket_ids = [order.items[0].ticket.id]
    async with db.transaction() as session:
        charge_id = await refund.request_refund(
            session, order_id=order.id, reason="For the demo.", ticket_ids=ticket_ids
        )
    await refund.execute_refund(db.transaction, charge_id=charge_id)


async def _enter_card(secret: str) -> None:
    """Confirm the payment as Stripe's form does in the browser."""
    settings = get_settings()
    typed = {f"payment_method_data[card][{name}]": value for name, value in CARD.items()}
    typed |= {"payment_method_data[type]": "card", "return_url": settings.public_url}
    typed |= {"key": settings.stripe_publishable_key, "client_secret": secret}
    intent_id = secret.partition("_secret_")[0]
    async with httpx.AsyncClient(base_url=settings.stripe_api_base) as client:
        answer = await client.post(f"/v1/payment_intents/{intent_id}/confirm", data=typed)
        answer.raise_for_status()
