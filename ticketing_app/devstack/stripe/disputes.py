"""Disputes: a cardholder asks the bank to take captured money back."""

from ticketing_app.devstack.stripe.errors import Json, invalid
from ticketing_app.devstack.stripe.store import Store

_NEEDS_RESPONSE = "needs_response"
# Stripe's test mode decides by these texts in the evidence.
_DECISIONS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_dispute(store: Store, charge: Json) -> None:
    charge["disputed"] = True
    copied = {name: charge[name] for name in ("payment_intent", "amount", "currency")}
    dispute = store.add("dispute", charge=charge["id"], status=_NEEDS_RESPONSE, **copied)
    store.event("charge.dispute.created", dispute)
    # The bank withdraws the money at once and returns it if the dispute is won.
    store.event("charge.dispute.funds_withdrawn", dispute)


def warn_of_fraud(store: Store, charge: Json) -> None:
    warning = {"charge": charge["id"], "payment_intent": charge["payment_intent"]}
    store.event(
        "radar.early_fraud_warning.created", store.add("radar.early_fraud_warning", **warning)
    )


def update(store: Store, dispute: Json, asked: Json) -> Json:
    """Add evidence; unless it is only staged, submit it to the bank, which may decide at once."""
    _require_open(dispute)
    dispute["evidence"] |= asked.get("evidence", {})
    is_submitted = asked.get("submit", "evidence" in asked)
    if is_submitted:
        dispute["status"] = "under_review"
    store.event("charge.dispute.updated", dispute)
    decision = _DECISIONS.get(dispute["evidence"].get("uncategorized_text", ""))
    return _end(store, dispute, decision) if is_submitted and decision else dispute


def close(store: Store, dispute: Json, _: Json) -> Json:
    """Accept the dispute: the money is lost."""
    _require_open(dispute)
    return _end(store, dispute, "lost")


def _require_open(dispute: Json) -> None:
    if dispute["status"] != _NEEDS_RESPONSE:
        raise invalid(f"Dispute {dispute['id']} is {dispute['status']}; nothing can be changed.")


def _end(store: Store, dispute: Json, status: str) -> Json:
    dispute["status"] = status
    if status == "won":
        store.event("charge.dispute.funds_reinstated", dispute)
    store.event("charge.dispute.closed", dispute)
    return dispute
