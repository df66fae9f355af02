"""Errors of pages when the database does not answer."""

import pytest

from ticketing_app.core.errors import UnavailableError
from ticketing_app.ui import transactions


class TestTranslateOutages:
    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ConnectionRefusedError(), "Nothing was changed"),
            (TimeoutError(), "check whether it was saved"),
        ],
    )
    def test_message_matches_the_error(self, error: Exception, words: str) -> None:
        with pytest.raises(UnavailableError, match=words), transactions.translate_outages():
            raise error
