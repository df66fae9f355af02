"""Refunds of captured charges, whole or in part."""

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
    refund = store.add("refund", amount=amount, charge=charge["id"], **fields)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    store.event("refund.created", refund)
    store.event("charge.refunded", charge)
    return refund


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
