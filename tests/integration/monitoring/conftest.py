"""As in the tests of messaging: a table in which their handlers leave their effect."""

from tests.integration.messaging.conftest import _effects

__all__ = ["_effects"]
