"""What pages say when the database does not answer."""

import pytest

from ticketing_app.core.errors import UnavailableError
from ticketing_app.ui import transactions


class TestOutageAsError:
    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ConnectionRefusedError(), "Nothing was changed"),
            (TimeoutError(), "check whether it was saved"),
        ],
    )
    def test_claims_only_what_is_known(self, error: Exception, words: str) -> None:
        with pytest.raises(UnavailableError, match=words), transactions.translate_outages():
            raise error
