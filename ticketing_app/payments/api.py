"""REST of payments under /api/payments, and Stripe's webhook."""

from fastapi import APIRouter, BackgroundTasks, Request

from ticketing_app.accounts.auth import SignedIn
from ticketing_app.core import db, http
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.core.settings import get_settings
from ticketing_app.payments import rules
from ticketing_app.payments.gateway import webhooks
from ticketing_app.payments.schemas import (
    Confirming,
    PaymentConfig,
    PaymentCreate,
    PaymentRead,
    Settlement,
    WebhookReceipt,
)
from ticketing_app.payments.service import confirm, opening, settle, webhook
from ticketing_app.payments.service.charges import ChargeNotFoundError
from ticketing_app.work import jobs as work_jobs

router = APIRouter(prefix="/api", tags=["payments"])


@router.get("/payments/config", responses=problem_responses())
async def get_config() -> PaymentConfig:
    """Return the settings with which a page loads Stripe.js."""
    settings = get_settings()
    return PaymentConfig(
        publishable_key=settings.stripe_publishable_key, stripe_js_url=settings.stripe_js_url
    )


@router.post(
    "/payments",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(PaymentCreate),
)
async def open_payment(request: Request, caller: SignedIn) -> PaymentRead:
    """Open the payment of an order, to confirm with Stripe.js; repeating returns the same one."""
    body = await read_body(request, PaymentCreate)
    return await opening.open_payment(
        db.transaction,
        order_id=body.order_id,
        buyer_id=caller.user_id,
        receipt_email=caller.email,
    )


@router.post(
    "/payments/{charge_id}/confirming", responses=problem_responses(401, 403, 404, 409, 429)
)
async def start_confirming(charge_id: str, caller: SignedIn) -> Confirming:
    """Announce that the card is about to be confirmed; may extend the hold, once."""
    own_id = parse_id(charge_id, ChargeNotFoundError)
    async with db.transaction() as session:
        return await confirm.start_confirming(session, charge_id=own_id, buyer_id=caller.user_id)


@router.post("/payments/{charge_id}/settle", responses=problem_responses(401, 403, 404, 429))
async def settle_payment(charge_id: str, caller: SignedIn) -> Settlement:
    """Read the payment's status from Stripe and return the outcome; safe to repeat."""
    own_id = parse_id(charge_id, ChargeNotFoundError)
    return await settle.settle_for_buyer(db.transaction, charge_id=own_id, buyer_id=caller.user_id)


@router.post(
    "/stripe/webhook", responses=problem_responses(400, 403), openapi_extra=http.ANY_JSON_BODY
)
async def receive_webhook(request: Request, background: BackgroundTasks) -> WebhookReceipt:
    """Store an event that Stripe signed, once; it is handled afterwards."""
    payload = await http.read_bytes(request)
    event = webhooks.read_webhook(payload, request.headers.get("stripe-signature", ""))
    async with db.transaction() as session:
        is_new = await webhook.store_webhook(session, event=event)
    if is_new and event.kind in rules.DECLINE_KINDS:
        # In this process, after the response: while a job waits in its queue, more cards could be tried.
        background.add_task(work_jobs.do_now, rules.webhook_work(event.kind), event.id)
    return WebhookReceipt()
