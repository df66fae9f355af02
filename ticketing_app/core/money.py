"""Money: integer cents inside, decimal numbers at the edge."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

Currency = Literal["aud", "brl", "cad", "chf", "eur", "gbp", "inr", "nzd", "sgd", "usd"]
"""Currencies of Stripe with two decimals and a smallest charge of at most 0.50."""
MINIMUM_CENTS = 50
"""Stripe charges no less than 0.50."""
MAXIMUM_CENTS = 99_999_999
CENTS = Decimal(100)
CENT = Decimal("0.01")
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}


def _price_to_cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        msg = "must be a number"
        raise ValueError(msg)  # noqa: TRY004  # pydantic turns only ValueError into a field error.
    price = Decimal(value)
    # Compared before anything is computed: a number of a million digits must cost nothing.
    if not price.is_finite() or not MINIMUM_CENTS / CENTS <= price <= MAXIMUM_CENTS / CENTS:
        msg = "must be between 0.50 and 999,999.99"
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


def to_json_number(cents: int) -> float:
    """Return the amount as a JSON number: exact for all allowed prices, as floats print shortest."""
    return cents / 100


def to_text(cents: int, currency: str) -> str:
    """Return the amount for people: "$40", "$40.50", "1,200 CHF"."""
    number = f"{cents // 100:,}" if cents % 100 == 0 else f"{cents / 100:,.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency.upper()}"
