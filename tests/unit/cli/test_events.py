"""Arguments of `events`."""

import argparse
from datetime import timedelta

import pytest

from ticketing_app.cli.events import read_age


class TestReadAge:
    @pytest.mark.parametrize(
        ("words", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("7d", 604_800)]
    )
    def test_parses_units(self, words: str, seconds: int) -> None:
        assert read_age(words) == timedelta(seconds=seconds)

    @pytest.mark.parametrize("words", ["", "10", "m", "-5m", "1.5h", "10 m", "9999999d"])
    def test_refuses_other_forms(self, words: str) -> None:
        with pytest.raises(argparse.ArgumentTypeError, match="write 30s, 10m, 2h or 7d"):
            read_age(words)
