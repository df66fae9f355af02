from collections.abc import Generator
from uuid import UUID

import pytest

from ticketing_app.core import changes
from ticketing_app.core.changes import ANYTHING


@pytest.fixture(autouse=True)
def _restore() -> Generator[None]:
    yield
    changes.note(None)


class TestKeys:
    def test_leaves_out_missing_ids(self) -> None:
        event_id = UUID(int=1)
        assert changes.keys(event_id, None, "offers") == {str(event_id), "offers"}


class TestLatest:
    def test_counts_changes_of_its_keys(self) -> None:
        before = changes.newest()
        changes.note({"a", "b"})
        assert changes.latest({"b", "c"}) > before
        assert changes.latest({"c"}) <= before

    def test_counts_changes_of_everything(self) -> None:
        before = changes.newest()
        changes.note(None)
        assert changes.latest({"a"}) > before
        assert changes.latest(()) > before

    def test_counts_any_change(self) -> None:
        before = changes.newest()
        changes.note({"a"})
        assert changes.latest({ANYTHING}) > before

    def test_ignores_changes_of_nothing(self) -> None:
        before = changes.newest()
        changes.note(())
        assert changes.newest() == before

    def test_too_many_keys_change_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        changes.note(None)
        monkeypatch.setattr(changes, "MAX_KEYS", 2)
        before = changes.newest()
        changes.note({"a", "b"})
        assert changes.latest({"c"}) <= before
        changes.note({"a", "d"})
        assert changes.latest({"c"}) > before
