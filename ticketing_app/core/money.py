"""Money: integer cents inside, decimal numbers at the edge."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

Currency = Literal["aud", "brl", "cad", "chf", "eur", "gbp", "inr", "nzd", "sgd", "usd"]
"""Currencies of Stripe with two decimals and a smallest charge of at most 0.50."""
MINIMUM_CENTS = 50
"""Stripe charges no less than 0.50."""
MAXIMUM_CENTS = 99_999_999
CENTS = Decimal(100)
CENT = Decimal("0.01")


def _price_to_cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        msg = "must be a number with at most 2 decimal places"
        raise ValueError(msg)  # noqa: TRY004  # pydantic turns only ValueError into a field error.
    return _to_cents(Decimal(value), MINIMUM_CENTS, "0.50")


def _bound_to_cents(value: object) -> object:
    # What is no text was made by ourselves, in cents.
    if not isinstance(value, str):
        return value
    try:
        price = Decimal(value)
    except InvalidOperation:
        msg = "must be a number with at most 2 decimal places"
        raise ValueError(msg) from None
    return _to_cents(price, 0, "0")


def _to_cents(price: Decimal, minimum_cents: int, minimum: str) -> int:
    # Compared before anything is computed: a number of a million digits must cost nothing.
    if not price.is_finite() or not minimum_cents / CENTS <= price <= MAXIMUM_CENTS / CENTS:
        msg = f"must be between {minimum} and 999,999.99"
        raise ValueError(msg)
    # Products are rounded to 28 digits, comparisons never.
    rounded = price.quantize(CENT)
    if rounded != price:
        msg = "can have at most 2 decimal places"
        raise ValueError(msg)
    return int(rounded * CENTS)


Price = Annotated[
    int,
    BeforeValidator(_price_to_cents),
    WithJsonSchema({"type": "number", "minimum": 0.5, "maximum": 999_999.99, "multipleOf": 0.01}),
]
"""Field type: takes a JSON number of the currency (0.50 to 999,999.99), holds integer cents."""

PriceBound = Annotated[
    int,
    BeforeValidator(_bound_to_cents),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999_999.99, "multipleOf": 0.01}),
]
"""Parameter type: takes the text of a number of the currency ("12.50"), holds integer cents."""


def to_json_number(cents: int) -> float:
    """Return the amount as a JSON number: exact for all allowed prices, as floats print shortest."""
    return cents / 100


JsonPrice = Annotated[int, PlainSerializer(to_json_number, return_type=float, when_used="json")]
"""Field type: holds integer cents, writes a JSON number of the currency."""
