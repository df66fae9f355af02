"""Money: integer cents in Python, decimal numbers in JSON."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

# Currencies of Stripe with two decimals and a smallest charge of at most 0.50.
Currency = Literal["aud", "brl", "cad", "chf", "eur", "gbp", "inr", "nzd", "sgd", "usd"]
# Stripe charges no less than 0.50.
MINIMUM_CENTS = 50
MAXIMUM_CENTS = 99_999_999
CENTS = Decimal(100)
CENT = Decimal("0.01")


def _price_to_cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        msg = "must be a number with at most 2 decimal places"
        raise ValueError(msg)  # noqa: TRY004  # pydantic turns only ValueError into a field error.
    return _to_cents(Decimal(value), MINIMUM_CENTS, "0.50")


def _bound_to_cents(value: object) -> object:
    # Values other than text come from our own code, in cents.
    if not isinstance(value, str):
        return value
    try:
        price = Decimal(value)
    except InvalidOperation:
        msg = "must be a number with at most 2 decimal places"
        raise ValueError(msg) from None
    return _to_cents(price, 0, "0")


def _to_cents(price: Decimal, minimum_cents: int, minimum: str) -> int:
    # Compare before computing: a number with a million digits must be cheap to refuse.
    if not price.is_finite() or not minimum_cents / CENTS <= price <= MAXIMUM_CENTS / CENTS:
        msg = f"must be between {minimum} and 999,999.99"
        raise ValueError(msg)
    # Decimal rounds products to 28 digits, but not comparisons.
    rounded = price.quantize(CENT)
    if rounded != price:
        msg = "can have at most 2 decimal places"
        raise ValueError(msg)
    return int(rounded * CENTS)


# Field type: accepts a JSON number (0.50 to 999,999.99), holds integer cents.
Price = Annotated[
    int,
    BeforeValidator(_price_to_cents),
    WithJsonSchema({"type": "number", "minimum": 0.5, "maximum": 999_999.99, "multipleOf": 0.01}),
]

# Parameter type: accepts text ("12.50"), holds integer cents.
PriceBound = Annotated[
    int,
    BeforeValidator(_bound_to_cents),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999_999.99, "multipleOf": 0.01}),
]


def to_json_number(cents: int) -> float:
    """Return the amount as a float, which prints exactly for all allowed prices."""
    return cents / 100


# Field type: holds integer cents, writes a JSON number of the currency.
JsonPrice = Annotated[int, PlainSerializer(to_json_number, return_type=float, when_used="json")]
