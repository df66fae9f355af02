"""Choice of the browser for browser tests, with scripts instead of browsers."""

import time
from pathlib import Path

import pytest

from tests import chromium
from ticketing_app.devstack.errors import StackError


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def offer(monkeypatch: pytest.MonkeyPatch, *candidates: str) -> None:
    monkeypatch.setattr(chromium, "_candidates", lambda: iter(candidates))


class TestFind:
    def test_skips_browsers_that_do_not_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = program(tmp_path / "chrome", "echo libnss3.so: cannot open >&2; exit 127")
        working = program(tmp_path / "chromium", '[ "$*" = --version ]')
        offer(monkeypatch, str(tmp_path / "absent"), broken, working)
        assert chromium.find() == working
        offer(monkeypatch, broken)
        assert chromium.find() is None

    def test_prefers_the_shell_only_if_asked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        full = program(tmp_path / "chromium", "true")
        shell = program(tmp_path / "chromium-headless-shell", "true")
        offer(monkeypatch, shell, full)
        assert chromium.find() == full
        assert chromium.find(prefers_shell=True) == shell
        offer(monkeypatch, full)
        assert chromium.find(prefers_shell=True) == full


class TestInstall:
    def test_tries_the_next_source_after_a_timeout(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = tmp_path / "chromium-headless-shell"
        script = program(tmp_path / "install", f"cp /bin/true {browser}")
        offer(monkeypatch, str(browser))
        monkeypatch.setattr(chromium, "_ways", lambda: [["sleep", "60"], [script]])
        monkeypatch.setattr(chromium, "INSTALL_SECONDS", 1)
        started = time.monotonic()
        assert chromium.install() == str(browser)
        assert time.monotonic() - started < 30

    def test_a_full_browser_will_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        full = program(tmp_path / "chromium", "true")
        tried = tmp_path / "tried"
        offer(monkeypatch, full)
        monkeypatch.setattr(chromium, "_ways", lambda: [["touch", str(tried)]])
        assert chromium.install() == full
        assert tried.exists()

    def test_error_has_instructions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        offer(monkeypatch)
        monkeypatch.setattr(chromium, "_ways", lambda: [["false"]])
        with pytest.raises(StackError, match="The browser tests need Chromium"):
            chromium.install()
