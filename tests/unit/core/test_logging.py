import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.unit.core.test_settings import PRODUCTION
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.logging import filter_library_logs, printable

LOG = """
import logging
from ticketing_app.core import logging as ours

ours.configure()
ours.start_context("request-1")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("A task of %s\\nfailed", "reflex")
logging.getLogger("rq.worker").info("Nobody wants to know")
"""


def what_is_written(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOG],
        env=os.environ | environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == ""
    return done.stderr.splitlines()


class TestConfigure:
    def test_writes_library_logs_as_json_in_production(self) -> None:
        [line] = what_is_written(**PRODUCTION)
        said = json.loads(line)
        assert said["event"] == "A task of reflex\nfailed"
        assert said["level"] == "error"
        assert said["logger"] == "asyncio"
        assert said["correlation_id"] == "request-1"
        assert said["timestamp"].endswith("Z")
        assert said["exception"].startswith("Traceback")
        assert said["exception"].endswith("ZeroDivisionError: division by zero")

    def test_writes_readable_lines_in_development(self) -> None:
        first, *_, last = what_is_written(TICKETING_ENV="development")
        assert first == "ERROR:asyncio:A task of reflex"
        assert last == "ZeroDivisionError: division by zero"


class TestPrintable:
    def test_keeps_plain_text(self) -> None:
        assert printable("Größe 10, 日本") == "Größe 10, 日本"

    def test_escapes_control_characters(self) -> None:
        assert printable("a\nb\x1b[31m\u202e\ud800") == "a\\nb\\x1b[31m\\u202e\\ud800"

    def test_is_short(self) -> None:
        assert printable("x" * 900_000) == "x" * 500


class TestFilterLibraryLogs:
    @pytest.fixture
    def lines(self) -> Iterator[list[str]]:
        """Return the lines that reach the handlers of a filtered logger."""
        lines: list[str] = []

        class Collector(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(self.format(record))

        logger = logging.getLogger("engineio.tests")
        collector = Collector()
        logger.addHandler(collector)
        logger.propagate = False
        filter_library_logs()
        yield lines
        logger.removeHandler(collector)
        logger.filters.clear()

    def test_shortens_and_escapes(self, lines: list[str]) -> None:
        logging.getLogger("engineio.tests").warning("got %s", "a\nFORGED" + "x" * 300_000)
        [line] = lines
        assert line.startswith("got a\\nFORGEDxxx")
        assert len(line) < 600

    def test_keeps_the_stack(self, lines: list[str]) -> None:
        try:
            raise ValueError("a\nFORGED" + "x" * 300_000)  # noqa: TRY301
        except ValueError:
            logging.getLogger("engineio.tests").exception("failed")
        [line] = lines
        assert "test_keeps_the_stack" in line
        assert "ValueError: a\\nFORGED" in line
        assert len(line) < 1500

    def test_limits_the_rate_and_logs_the_omission(
        self, lines: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        logger = logging.getLogger("engineio.tests")
        for number in range(300):
            logger.warning("again %s", number)
        assert len(lines) < 40
        [tame] = logger.filters
        monkeypatch.setattr(tame, "_bucket", TokenBucket(burst=1, per_second=1))
        logger.warning("later")
        assert "lines before this one were left out)" in lines[-1]
