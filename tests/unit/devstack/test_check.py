"""Arguments of `bin/test`."""

import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from tests import check
from ticketing_app.devstack.errors import StackError


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Generator[list[list[str]]]:
    """Patch out all steps; yields the arguments that pytest would have got."""
    given: list[list[str]] = []
    monkeypatch.setattr(check, "_pytest", lambda arguments, _env: given.append(arguments) or 5)
    monkeypatch.setattr(check.chromium, "install", lambda: given.append(["chromium"]))
    before = signal.getsignal(signal.SIGTERM)
    yield given
    signal.signal(signal.SIGTERM, before)


class TestMain:
    def test_consumes_all_and_passes_on_the_rest(self, calls: list[list[str]]) -> None:
        assert check.main(["--all", "-k", "foo", "tests/unit"]) == 5
        assert calls == [["-m", "", "-k", "foo", "tests/unit"]]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["-x"],
            ["-k", "takeover"],
            ["tests_e2e"],
            ["tests/unit", "tests_e2e/test_locks.py::f"],
            ["."],
        ],
    )
    def test_installs_a_browser_for_browser_tests(
        self, calls: list[list[str]], arguments: list[str]
    ) -> None:
        check.main(arguments)
        assert calls == [["chromium"], arguments]

    @pytest.mark.parametrize(
        "arguments", [["tests"], ["-x", "tests/unit/core/test_money.py::Test"]]
    )
    def test_installs_no_browser_for_other_tests(
        self, calls: list[list[str]], arguments: list[str]
    ) -> None:
        check.main(arguments)
        assert calls == [arguments]


class TestInstallBiome:
    def test_names_the_download_that_failed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "bun"
        program.write_text("#!/bin/sh\necho 'error: ConnectionRefused' >&2\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setattr(check, "PROGRAMS", tmp_path)
        with pytest.raises(StackError, match=r"(?s)Biome.*cannot be downloaded.*ConnectionRefused"):
            check._install_biome({})
