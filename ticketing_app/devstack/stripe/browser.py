"""Requests of the Stripe.js stand-in with a publishable key, for which the SDK has no types."""

from typing import Literal, NotRequired, TypedDict

from ticketing_app.devstack.stripe import intents
from ticketing_app.devstack.stripe.cards import from_typed
from ticketing_app.devstack.stripe.errors import Json, StripeError, invalid
from ticketing_app.devstack.stripe.parameters import check
from ticketing_app.devstack.stripe.store import Store


class _Card(TypedDict):
    number: str
    exp_month: int
    exp_year: int
    cvc: str


class _Billing(TypedDict):
    address: dict[str, str]


class _Method(TypedDict):
    type: Literal["card"]
    card: _Card
    billing_details: NotRequired[_Billing]


class _Read(TypedDict):
    client_secret: str


class _Confirm(_Read):
    payment_method_data: _Method
    return_url: str


class _Challenge(_Read):
    outcome: Literal["passed", "failed"]


_ON_INTENT = {
    "GET payment_intents/*": _Read,
    "POST payment_intents/*/confirm": _Confirm,
    "POST payment_intents/*/challenge": _Challenge,
}
_PUBLIC = (
    "id object amount canceled_at cancellation_reason capture_method client_secret created currency description"
    " last_payment_error livemode next_action payment_method payment_method_types receipt_email status"
)


def perform(store: Store, line: str, name: str, data: Json) -> Json:
    if line not in _ON_INTENT:
        message = "This API call cannot be made with a publishable API key."
        raise StripeError(401, "invalid_request_error", message, code="secret_key_required")
    asked = check(_ON_INTENT[line], data)
    intent = store.get("payment_intent", name)
    if asked["client_secret"] != intent["client_secret"]:
        message = "The client_secret provided does not match the PaymentIntent."
        raise invalid(message, "payment_intent_invalid_parameter", param="client_secret")
    try:
        if line.endswith("confirm"):
            typed = asked["payment_method_data"]
            method = from_typed(store, typed["card"], typed.get("billing_details", {}))
            chosen = {"payment_method": method["id"], "return_url": asked["return_url"]}
            intents.confirm(store, intent, chosen)
        elif line.endswith("challenge"):
            intents.authenticate(store, intent, passed=asked["outcome"] == "passed")
    except StripeError as error:
        if "payment_intent" in error.error:
            error.error["payment_intent"] = _public(store, intent)
        raise
    return _public(store, intent)


def _public(store: Store, intent: Json) -> Json:
    return {name: value for name, value in store.show(intent).items() if name in _PUBLIC.split()}
