"""Sold-out shows of the demo: their tickets are bought with a test card of Stripe's stand-in."""

from itertools import cycle

import httpx

from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import STRIPE_API, get_settings
from ticketing_app.demo import Seeded
from ticketing_app.orders.service import hold
from ticketing_app.payments.service import confirm, opening, settle
from ticketing_app.tickets.schemas.listings import OfferSeat
from ticketing_app.tickets.service import offers

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "34", "cvc": "123"}


def can_sell() -> bool:
    """Whether a stand-in takes the money; Stripe itself takes no card numbers from a server."""
    return get_settings().stripe_api_base != STRIPE_API


async def sell_out(seeded: Seeded) -> None:
    """Buy each ticket of the sold-out shows for an account that does not sell it."""
    for event_id in seeded.sold_out:
        async with db.transaction() as session:
            found = await offers.list_event_offers(session, event_id=event_id)
        for offer in found:
            buyers = cycle(user for user in seeded.accounts if user.id != offer.seller_id)
            for seat, buyer in zip(offer.seats, buyers, strict=False):
                await _buy(buyer, seat)


async def _buy(buyer: UserRead, seat: OfferSeat) -> None:
    order = await hold.create_order(db.autocommit, buyer_id=buyer.id, ticket_id=seat.ticket_id)
    payment = await opening.open_payment(
        db.transaction, order_id=order.id, buyer_id=buyer.id, receipt_email=buyer.email
    )
    async with db.transaction() as session:
        await confirm.start_confirming(session, charge_id=payment.id, buyer_id=buyer.id)
    await _enter_card(payment.client_secret)
    await settle.settle_for_buyer(db.transaction, charge_id=payment.id, buyer_id=buyer.id)


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
