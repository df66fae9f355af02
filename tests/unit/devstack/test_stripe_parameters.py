"""The emulator accepts the same parameters as the pinned version of Stripe's API."""

from typing import Any

import pytest
from stripe import params

from ticketing_app.devstack.stripe.errors import ParameterError
from ticketing_app.devstack.stripe.parameters import check, decode

NEW = (("amount", "2500"), ("currency", "usd"))


def read(expected: object, *pairs: tuple[str, str]) -> dict[str, Any]:
    return check(expected, decode(pairs))


class TestDecode:
    def test_nests_names_with_brackets(self) -> None:
        pairs = [("a[b][c]", "1"), ("a[b][d]", "2"), ("e[]", "3"), ("e[]", "4")]
        assert decode(pairs) == {"a": {"b": {"c": "1", "d": "2"}}, "e": {"0": "3", "1": "4"}}

    @pytest.mark.parametrize("name", ["a]b", "a[b", "[a]", ""])
    def test_refuses_malformed_names(self, name: str) -> None:
        with pytest.raises(ParameterError):
            decode([(name, "1")])

    @pytest.mark.parametrize(
        "pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a[b][c]", "1")]]
    )
    def test_refuses_a_value_that_is_also_an_object(self, pairs: list[tuple[str, str]]) -> None:
        with pytest.raises(ParameterError):
            decode(pairs)


class TestCheck:
    def test_converts_what_it_accepts(self) -> None:
        extra = (("confirm", "true"), ("allowed_payment_method_types[0]", "card"))
        wanted = {
            "amount": 2500,
            "currency": "usd",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
        assert read(params.PaymentIntentCreateParams, *NEW, *extra) == wanted

    def test_keeps_metadata_whose_names_are_numbers(self) -> None:
        asked = read(params.PaymentIntentCreateParams, *NEW, ("metadata[0]", "a"))
        assert asked["metadata"] == {"0": "a"}

    def test_accepts_either_form_of_a_union(self) -> None:
        assert read(params.EventListParams, ("created", "5")) == {"created": 5}
        assert read(params.EventListParams, ("created[gte]", "5")) == {"created": {"gte": 5}}

    @pytest.mark.parametrize(
        ("name", "value", "code", "param"),
        [
            ("payment_method_types[0]", "card", "parameter_unknown", "payment_method_types"),
            ("transfer_data[to]", "x", "parameter_unknown", "transfer_data[to]"),
            (
                "payment_method_options[card][x]",
                "y",
                "parameter_unknown",
                "payment_method_options[card][x]",
            ),
            ("amount", "25.5", "parameter_invalid_integer", "amount"),
            ("amount[a]", "1", None, "amount"),
            ("confirm", "yes", None, "confirm"),
            ("capture_method", "by hand", None, "capture_method"),
            ("allowed_payment_method_types", "card", None, "allowed_payment_method_types"),
            ("transfer_data", "x", None, "transfer_data"),
            ("metadata[a][b]", "x", None, "metadata[a]"),
            ("metadata[a]", "x" * 501, None, "metadata[a]"),
            (f"metadata[{'x' * 41}]", "x", None, f"metadata[{'x' * 41}]"),
        ],
    )
    def test_refuses(self, name: str, value: str, code: str | None, param: str) -> None:
        pairs = {**dict(NEW), name: value}
        if name == "amount[a]":
            del pairs["amount"]
        with pytest.raises(ParameterError) as caught:
            read(params.PaymentIntentCreateParams, *pairs.items())
        assert (caught.value.error.get("code"), caught.value.error["param"]) == (code, param)

    def test_refuses_more_than_fifty_metadata(self) -> None:
        many = [(f"metadata[key{number}]", "x") for number in range(51)]
        with pytest.raises(ParameterError):
            read(params.PaymentIntentCreateParams, *NEW, *many)

    def test_names_the_missing_parameter(self) -> None:
        with pytest.raises(ParameterError) as caught:
            read(params.PaymentIntentCreateParams, ("amount", "2500"))
        assert caught.value.error["code"] == "parameter_missing"
        assert caught.value.error["param"] == "currency"
