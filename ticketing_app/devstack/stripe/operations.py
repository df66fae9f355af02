"""The requests under /v1: parameters and implementation of each; all others are refused."""

from collections.abc import Callable
from typing import Any

from stripe import params as p

from ticketing_app.devstack.stripe import browser, disputes, intents, listing, refunds
from ticketing_app.devstack.stripe.errors import Json, ParameterError, WrongRequestError
from ticketing_app.devstack.stripe.parameters import check
from ticketing_app.devstack.stripe.store import Store

Run = Callable[[Store, str, Json], Json]
# Type of the parameters, names of the implemented ones, implementation.
Operation = tuple[Any, str, Run]


def _on(kind: str, change: Callable[[Store, Json, Json], Json]) -> Run:
    return lambda store, name, asked: change(store, store.get(kind, name), asked)


def _whole(make: Callable[[Store, Json], Json]) -> Run:
    return lambda store, _, asked: make(store, asked)


_PAY = "payment_method return_url"
_NEW = (
    f"{_PAY} amount currency capture_method allowed_payment_method_types confirm description"
    " receipt_email statement_descriptor_suffix transfer_group metadata"
)
_REFUND = "payment_intent charge amount reason metadata"
_confirm = _on("payment_intent", intents.confirm)
_capture = _on("payment_intent", intents.capture)
_cancel = _on("payment_intent", intents.cancel)
_answer = _on("dispute", disputes.update)
_accept = _on("dispute", disputes.close)
_OPERATIONS: dict[str, Operation] = {
    "POST payment_intents": (p.PaymentIntentCreateParams, _NEW, _whole(intents.create)),
    "POST payment_intents/*/confirm": (p.PaymentIntentConfirmParams, _PAY, _confirm),
    "POST payment_intents/*/capture": (p.PaymentIntentCaptureParams, "metadata", _capture),
    "POST payment_intents/*/cancel": (p.PaymentIntentCancelParams, "cancellation_reason", _cancel),
    "POST refunds": (p.RefundCreateParams, _REFUND, _whole(refunds.create)),
    "POST disputes/*": (p.DisputeUpdateParams, "evidence submit", _answer),
    "POST disputes/*/close": (p.DisputeCloseParams, "", _accept),
}
# Per resource: type of the list's parameters, names of its filters, type of the parameters to read one.
_RESOURCES: dict[str, tuple[Any, str, Any]] = {
    "payment_intents": (p.PaymentIntentListParams, "created", p.PaymentIntentRetrieveParams),
    "charges": (p.ChargeListParams, "created payment_intent", p.ChargeRetrieveParams),
    "refunds": (p.RefundListParams, "created payment_intent charge", p.RefundRetrieveParams),
    "disputes": (p.DisputeListParams, "created payment_intent charge", p.DisputeRetrieveParams),
    "events": (p.EventListParams, "created type types delivery_success", p.EventRetrieveParams),
    "payment_methods": (None, "", p.PaymentMethodRetrieveParams),
}


def _operation(line: str, resource: str) -> Operation:
    if line in _OPERATIONS:
        return _OPERATIONS[line]
    kind = resource.removesuffix("s")
    listed, filters, read = _RESOURCES.get(resource, (None, "", None))
    if listed and line == f"GET {resource}":
        run = _whole(lambda store, asked: listing.page(store, kind, asked))
        return listed, f"{filters} limit starting_after", run
    if read and line == f"GET {resource}/*":
        return read, "", lambda store, name, _: store.get(kind, name)
    message = f"The emulator does not know this request: {line}."
    raise WrongRequestError(404, "invalid_request_error", message)


def perform(store: Store, method: str, path: str, data: Json, *, by_browser: bool) -> Json:
    resource, name = [*path.split("/"), ""][:2]
    line = f"{method} {path}"
    if line not in _OPERATIONS and name:
        line = line.replace(f"/{name}", "/*", 1)
    if by_browser:
        return browser.perform(store, line, name, data)
    parameters, implemented, run = _operation(line, resource)
    asked = check(parameters, data)
    unknown = asked.keys() - {*implemented.split(), "expand"}
    if unknown:
        message = f"The emulator does not implement {sorted(unknown)} here."
        raise ParameterError(message, min(unknown))
    expand = () if line == f"GET {resource}" else asked.pop("expand", ())
    return store.show(run(store, name, asked), expand)
