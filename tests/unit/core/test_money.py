from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ticketing_app.core import money

PRICE, BOUND = TypeAdapter(money.Price), TypeAdapter(money.PriceBound)


class TestPrice:
    @given(st.integers(money.MINIMUM_CENTS, money.MAXIMUM_CENTS))
    def test_round_trips(self, cents: int) -> None:
        sent = repr(money.to_json_number(cents))
        assert PRICE.validate_python(Decimal(sent)) == cents

    @pytest.mark.parametrize("value", [Decimal("40.5" + "0" * 60), Decimal("405e-1")])
    def test_takes_any_spelling_of_a_price(self, value: Decimal) -> None:
        assert PRICE.validate_python(value) == 4050

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            (Decimal("0.49"), "between 0.50 and 999,999.99"),
            (0, "between"),
            (-40, "between"),
            (Decimal(1_000_000), "between"),
            (Decimal("1e400"), "between"),
            (Decimal("1e999999"), "between"),
            (10**4000, "between"),
            (Decimal("NaN"), "between"),
            (Decimal("10.005"), "2 decimal places"),
            (Decimal("0.5" + "0" * 34 + "1"), "2 decimal places"),
            (Decimal("0.4" + "9" * 35), "between"),
            (Decimal("999999.99" + "0" * 34 + "1"), "between"),
            ("40", "must be a number with at most 2 decimal places"),
            (True, "must be a number with at most 2 decimal places"),
            (None, "must be a number with at most 2 decimal places"),
        ],
    )
    def test_rejects_invalid_prices(self, value: object, sentence: str) -> None:
        with pytest.raises(ValidationError, match=sentence):
            PRICE.validate_python(value)


class TestPriceBound:
    @pytest.mark.parametrize(
        ("value", "cents"),
        [("0", 0), ("12.5", 1250), ("12.50", 1250), (" 40 ", 4000), ("999999.99", 99_999_999)],
    )
    def test_reads_the_text_of_a_query(self, value: str, cents: int) -> None:
        assert BOUND.validate_python(value) == cents

    def test_leaves_cents_alone(self) -> None:
        assert BOUND.validate_python(1250) == 1250

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            ("", "must be a number with at most 2 decimal places"),
            ("much", "must be a number with at most 2 decimal places"),
            ("NaN", "between 0 and 999,999.99"),
            ("-0.01", "between"),
            ("1e999999", "between"),
            ("1.001", "2 decimal places"),
        ],
    )
    def test_rejects_invalid_prices(self, value: str, sentence: str) -> None:
        with pytest.raises(ValidationError, match=sentence):
            BOUND.validate_python(value)
