"""The table for effects of the handlers, as in the tests of messaging."""

from tests.integration.messaging.conftest import _effects

__all__ = ["_effects"]
