"""Stripe's test cards and their behaviour; all other numbers, and so real cards, are refused."""

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ticketing_app.devstack.stripe.errors import Json, StripeError
from ticketing_app.devstack.stripe.store import Store

_KNOWN = json.loads(Path(__file__).with_name("cards.json").read_text())


@dataclass(frozen=True)
class Card:
    """A test card: the error of its charges, if any, and their later dispute, warning and refund."""

    brand: str = "visa"
    code: str | None = None
    decline_code: str | None = None
    message: str = "Your card was declined."
    asks_3ds: bool = False
    is_disputed: bool = False
    is_suspected: bool = False
    refund_fails: bool = False
    refund_pends: bool = False


_CARDS = {number: Card(**facts) for number, facts in _KNOWN["cards"].items()}


def card_of(method: Json) -> Card:
    """Return the card of this payment method; its number is not stored."""
    return Card(**method.get("_card", {}))


def payment_method(store: Store, name: str) -> Json:
    """Return a payment method by id, or a new one for a ready-made name like `pm_card_visa`."""
    number = _KNOWN["payment_methods"].get(name)
    if number is None:
        return store.get("payment_method", name)
    typed = {"number": number, "exp_month": 12, "exp_year": time.gmtime().tm_year + 5}
    return from_typed(store, typed, {})


def from_typed(store: Store, typed: Json, billing: Json) -> Json:
    """Return a new payment method, unless its fields are invalid before any issuer is asked."""
    number = typed["number"].replace(" ", "")
    month = typed["exp_month"]
    year = 2000 + typed["exp_year"] % 100
    today = time.gmtime()
    if not _passes_luhn(number):
        raise _refused("number is incorrect", "incorrect_number", "number")
    if number not in _CARDS:
        message = "Your card was declined: this is test mode, and it is no test card."
        code = {"code": "card_declined", "decline_code": "test_mode_live_card"}
        raise StripeError(402, "card_error", message, **code)
    if month not in range(1, 13):
        raise _refused("expiration month is invalid", "invalid_expiry_month", "exp_month")
    if (year, month) < (today.tm_year, today.tm_mon):
        raise _refused("expiration year is invalid", "invalid_expiry_year", "exp_year")
    known = _CARDS[number]
    brand = known.brand
    if "cvc" in typed and not re.fullmatch(r"\d{4}" if brand == "amex" else r"\d{3}", typed["cvc"]):
        raise _refused("security code is invalid", "invalid_cvc", "cvc")
    card = {"brand": brand, "last4": number[-4:], "exp_month": month, "exp_year": year}
    return store.add("payment_method", card=card, billing_details=billing, _card=asdict(known))


def _passes_luhn(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{12,19}", number):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(number[::-1])]
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


def _refused(reason: str, code: str, param: str) -> StripeError:
    return StripeError(402, "card_error", f"Your card's {reason}.", code=code, param=param)
