"""Full or partial refunds of captured charges; the cardholder's bank decides a moment later."""

import asyncio

from ticketing_app.devstack.stripe.cards import card_of
from ticketing_app.devstack.stripe.errors import Json, invalid
from ticketing_app.devstack.stripe.store import Store


def create(store: Store, asked: Json) -> Json:
    charge = _charge_of(store, asked)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = asked.get("amount", left)
    if not charge["captured"]:
        message = f"Charge {charge['id']} is not captured; cancel its PaymentIntent instead."
        raise invalid(message, "charge_not_refundable")
    disputes = (row for row in store.newest("dispute") if row["charge"] == charge["id"])
    if any(row["status"] != "won" for row in disputes):
        message = f"Charge {charge['id']} has been charged back; it cannot be refunded."
        raise invalid(message, "charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, "charge_already_refunded")
    if not 0 < amount <= left:
        message = f"Refund amount ({amount}) must be positive and at most what is left ({left})."
        raise invalid(message, "amount_too_large", param="amount")
    fields = {name: asked[name] for name in ("metadata", "reason") if name in asked}
    fields |= {name: charge[name] for name in ("currency", "payment_intent")}
    if card_of(store.get("payment_method", charge["payment_method"])).refund_pends:
        fields |= {"status": "pending", "pending_reason": "processing"}
    refund = store.add("refund", amount=amount, charge=charge["id"], **fields)
    _give_back(charge, amount)
    store.event("refund.created", refund)
    store.event("charge.refunded", charge)
    ask_banks(store)
    return refund


def ask_banks(store: Store) -> None:
    """Schedule the decision on every open refund after the current `bank_seconds`."""
    loop = asyncio.get_running_loop()
    for refund in store.newest("refund"):
        if refund["_waits_for_bank"]:
            loop.call_later(store.bank_seconds, _decide, store, refund["id"])


def decide_now(store: Store) -> None:
    for refund in reversed(store.newest("refund")):
        _decide(store, refund["id"])


def _decide(store: Store, refund_id: str) -> None:
    refund = store.objects["refund"].get(refund_id)
    if refund is None or not refund["_waits_for_bank"]:  # Reset, or decided meanwhile.
        return
    refund["_waits_for_bank"] = False
    charge = store.get("charge", refund["charge"])
    fails = card_of(store.get("payment_method", charge["payment_method"])).refund_fails
    if fails:
        refund.update(status="failed", failure_reason="unknown")
        _give_back(charge, -refund["amount"])
    elif refund["status"] == "pending":
        refund.update(status="succeeded", pending_reason=None)
    store.idempotency_key = None
    # A successful refund is updated as well: Stripe then knows the bank's reference.
    store.event("refund.updated", refund)
    if fails:
        store.event("refund.failed", refund)
    store.save_soon()


def _give_back(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def _charge_of(store: Store, asked: Json) -> Json:
    if ("charge" in asked) == ("payment_intent" in asked):
        raise invalid("Provide exactly one of these parameters: charge, payment_intent.")
    charge_id = asked.get("charge")
    if charge_id is None:
        charge_id = store.get("payment_intent", asked["payment_intent"])["latest_charge"]
    if charge_id is None:
        message = "This PaymentIntent does not have a successful charge to refund."
        raise invalid(message, "charge_not_refundable")
    return store.get("charge", charge_id)
