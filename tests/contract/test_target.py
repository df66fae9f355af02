"""The contract tests never move real money."""

import pytest

from tests.contract.target import operators_key


def test_uses_the_emulator_unless_a_key_is_given() -> None:
    assert operators_key({}) is None
    assert operators_key({"STRIPE_CONTRACT_KEY": ""}) is None
    assert operators_key({"STRIPE_CONTRACT_KEY": "sk_test_one"}) == "sk_test_one"


@pytest.mark.parametrize("key", ["sk_live_one", "rk_live_one", "pk_test_one", "nonsense"])
def test_refuses_any_key_that_is_not_of_the_test_mode(key: str) -> None:
    with pytest.raises(ValueError, match="never a live one"):
        operators_key({"STRIPE_CONTRACT_KEY": key})
