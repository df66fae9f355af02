"""PaymentIntents: the state machine that Stripe documents for cards."""

# Every function is synchronous, so no other request runs between the check of a status and its change.

import re

from ticketing_app.devstack.stripe.cards import card_of, payment_method
from ticketing_app.devstack.stripe.disputes import open_dispute, warn_of_fraud
from ticketing_app.devstack.stripe.errors import Json, StripeError, invalid
from ticketing_app.devstack.stripe.store import Store, new_id, now

_SMALLEST_CENTS = 50
_LARGEST_CENTS = 99_999_999
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELLABLE = (*_CONFIRMABLE, "requires_capture", "processing")
_ONLY_CONFIRMING = "confirm return_url payment_method"
_NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method."
    " Please choose a different payment method and try again."
)


def create(store: Store, asked: Json) -> Json:
    _check_new(asked)
    fields = {name: asked[name] for name in asked if name not in _ONLY_CONFIRMING.split()}
    fields["currency"] = asked["currency"].lower()
    fields["payment_method_types"] = asked["allowed_payment_method_types"]
    intent = store.add("payment_intent", **fields)
    intent["client_secret"] = new_id(f"{intent['id']}_secret_")
    store.event("payment_intent.created", intent)
    if "payment_method" in asked:
        intent["payment_method"] = payment_method(store, asked["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    if asked.get("confirm"):
        confirm(store, intent, asked)
    return intent


def _check_new(asked: Json) -> None:
    if asked["amount"] < _SMALLEST_CENTS:
        raise invalid("Amount must be at least 50 cents.", "amount_too_small", param="amount")
    if asked["amount"] > _LARGEST_CENTS:
        raise invalid("Amount must be no more than 999999.99.", "amount_too_large", param="amount")
    if not re.fullmatch("[a-zA-Z]{3}", asked["currency"]):
        raise invalid(f"Invalid currency: {asked['currency']}.", param="currency")
    # Without this, Stripe offers every method that the Dashboard enables, redirects included.
    if asked.get("allowed_payment_method_types") != ["card"]:
        raise invalid("The emulator knows cards only.", param="allowed_payment_method_types")
    suffix = asked.get("statement_descriptor_suffix", "A")
    if not re.fullmatch(r"(?=.*[A-Za-z])[^<>\\'\"*]{1,22}", suffix):
        message = "A suffix needs a letter, at most 22 characters and none of <>\\'\"*."
        raise invalid(message, param="statement_descriptor_suffix")
    email = asked.get("receipt_email", "a@b.test")
    # Stripe requires a domain with a dot and only ASCII characters.
    if not re.fullmatch(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+", email, re.ASCII):
        raise invalid(f"Invalid email address: {email}", "email_invalid", param="receipt_email")
    if not asked.get("confirm") and "return_url" in asked:
        raise invalid("This parameter may only be used when `confirm` is true.")


def confirm(store: Store, intent: Json, asked: Json) -> Json:
    """Try to pay with the given card, which may differ from the previous one."""
    _require(intent, "confirmed", _CONFIRMABLE)
    method = _method_for(store, intent, asked)
    intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
    if not card_of(method).asks_3ds:
        return _authorise(store, intent, method)
    action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "stripe_3ds2_fingerprint"}}
    intent.update(status="requires_action", next_action=action)
    store.event("payment_intent.requires_action", intent)
    return intent


def _method_for(store: Store, intent: Json, asked: Json) -> Json:
    name = asked.get("payment_method") or intent["payment_method"]
    if name is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise invalid(message, "payment_intent_unexpected_state")
    return payment_method(store, name)


def authenticate(store: Store, intent: Json, *, passed: bool) -> Json:
    """End the 3-D Secure challenge; a failed one leaves the intent open for another card."""
    _require(intent, "authenticated", ("requires_action",))
    method = store.get("payment_method", intent["payment_method"])
    if passed:
        return _authorise(store, intent, method)
    error = invalid(_NOT_AUTHENTICATED, "payment_intent_authentication_failure")
    _reopen(store, intent, method, error)
    return intent


def _authorise(store: Store, intent: Json, method: Json) -> Json:
    card = card_of(method)
    if card.code:
        raise _refuse(store, intent, method, card.message, card.code, card.decline_code)
    charge = _charge(store, intent, method, status="succeeded", paid=True)
    intent["next_action"] = None
    store.event("charge.succeeded", charge)
    if intent["capture_method"] != "manual":
        return _take(store, intent, charge)
    intent.update(status="requires_capture", amount_capturable=intent["amount"])
    store.event("payment_intent.amount_capturable_updated", intent)
    return intent


def _charge(store: Store, intent: Json, method: Json, **fields: object) -> Json:
    copied = "amount currency customer description receipt_email transfer_group metadata"
    fields |= {name: intent[name] for name in copied.split()}
    fields |= {"payment_intent": intent["id"], "payment_method": method["id"]}
    details = {"type": "card", "card": method["card"]}
    billing = method["billing_details"]
    charge = store.add("charge", payment_method_details=details, billing_details=billing, **fields)
    intent["latest_charge"] = charge["id"]
    return charge


def _refuse(
    store: Store, intent: Json, method: Json, message: str, code: str, decline: str | None = None
) -> StripeError:
    failure = {"failure_code": code, "failure_message": message}
    failure |= {"outcome": {"type": "issuer_declined", "reason": decline or code}}
    charge = _charge(store, intent, method, status="failed", **failure)
    store.event("charge.failed", charge)
    facts = {"code": code, "decline_code": decline, "charge": charge["id"]}
    error = StripeError(402, "card_error", message, **facts)
    _reopen(store, intent, method, error)
    error.error["payment_intent"] = store.show(intent)
    return error


def _reopen(store: Store, intent: Json, method: Json, error: StripeError) -> None:
    error.error["payment_method"] = store.show(method)
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = dict(error.error)
    store.event("payment_intent.payment_failed", intent)


def capture(store: Store, intent: Json, asked: Json) -> Json:
    _require(intent, "captured", ("requires_capture",))
    intent["metadata"] = intent["metadata"] | asked.get("metadata", {})
    return _take(store, intent, store.get("charge", intent["latest_charge"]))


def _take(store: Store, intent: Json, charge: Json) -> Json:
    charge.update(captured=True, amount_captured=intent["amount"])
    intent.update(status="succeeded", amount_capturable=0, amount_received=intent["amount"])
    store.event("payment_intent.succeeded", intent)
    if intent["capture_method"] == "manual":
        store.event("charge.captured", charge)
    card = card_of(store.get("payment_method", charge["payment_method"]))
    if card.is_suspected:
        warn_of_fraud(store, charge)
    if card.is_disputed:
        open_dispute(store, charge)
    return intent


def cancel(store: Store, intent: Json, asked: Json) -> Json:
    """Close the intent for good and release its authorisation, if any."""
    _require(intent, "canceled", _CANCELLABLE)
    return _close(store, intent, asked.get("cancellation_reason"))


def expire(store: Store, intent: Json) -> Json:
    """End an authorisation that was not captured, as Stripe does after seven days."""
    _require(intent, "expired", ("requires_capture",))
    return _close(store, intent, "automatic")


def _close(store: Store, intent: Json, reason: str | None) -> Json:
    # Since 2025-03-31.basil, ending an authorisation is no refund: the charge does not change.
    if intent["status"] == "requires_capture":
        store.event("charge.expired", store.get("charge", intent["latest_charge"]))
    intent.update(status="canceled", canceled_at=now(), next_action=None, amount_capturable=0)
    intent["cancellation_reason"] = reason
    store.event("payment_intent.canceled", intent)
    return intent


def _require(intent: Json, verb: str, allowed: tuple[str, ...]) -> None:
    if intent["status"] not in allowed:
        message = (
            f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
            f" Only a PaymentIntent with one of these statuses may be {verb}: {', '.join(allowed)}."
        )
        raise invalid(message, "payment_intent_unexpected_state", payment_intent=dict(intent))
