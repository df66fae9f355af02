"""What a start of the local stack leaves out because an earlier one has done it."""

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from ticketing_app.devstack import supervisor
from ticketing_app.devstack.stack import Stack


class TestMigrate:
    @pytest.fixture
    def runs(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
        """Programs that a stack would have run."""
        runs: list[tuple[str, ...]] = []
        monkeypatch.setattr(Stack, "run", lambda _self, *arguments: runs.append(arguments))
        return runs

    def stack(self, folder: Path, parts: Collection[str]) -> Stack:
        (folder / "postgres").mkdir(exist_ok=True)
        return Stack(folder, parts)

    def test_runs_each_migration_once(self, tmp_path: Path, runs: list[tuple[str, ...]]) -> None:
        for _ in range(2):
            self.stack(tmp_path, {"postgres"})._migrate(print)
        assert runs == [("-m", "alembic", "upgrade", "head")]

    def test_runs_new_migrations(self, tmp_path: Path, runs: list[tuple[str, ...]]) -> None:
        stack = self.stack(tmp_path, {"postgres"})
        stack._migrate(print)
        (tmp_path / "postgres" / "migrated").write_text("hash of fewer migrations")
        stack._migrate(print)
        assert len(runs) == 2

    def test_asks_a_database_of_the_developer_each_time(
        self, tmp_path: Path, runs: list[tuple[str, ...]]
    ) -> None:
        for _ in range(2):
            self.stack(tmp_path, ())._migrate(print)
        assert len(runs) == 2


@pytest.mark.parametrize(("code", "is_marked"), [(0, True), (1, False)])
def test_cities_are_loaded_until_it_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, *, is_marked: bool
) -> None:
    (tmp_path / "postgres").mkdir()
    monkeypatch.setattr(supervisor, "is_owned", lambda: False)
    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0)
    loading = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
    loading.wait()
    supervisor._watch(Stack(tmp_path, ()), tmp_path, loading)
    assert (tmp_path / "postgres" / "cities").exists() == is_marked


def test_loaded_cities_are_not_loaded_again(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "cities").touch()
    assert supervisor._load_cities(Stack(tmp_path, {"postgres"})) is None
