import json
import os
import subprocess
import sys

from tests.unit.core.test_settings import PRODUCTION

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
    def test_writes_what_libraries_log_as_one_json_line_in_production(self) -> None:
        [line] = what_is_written(**PRODUCTION)
        said = json.loads(line)
        assert said["event"] == "A task of reflex\nfailed"
        assert said["level"] == "error"
        assert said["logger"] == "asyncio"
        assert said["correlation_id"] == "request-1"
        assert said["timestamp"].endswith("Z")
        assert said["exception"].startswith("Traceback")
        assert said["exception"].endswith("ZeroDivisionError: division by zero")

    def test_writes_it_for_people_in_development(self) -> None:
        first, *_, last = what_is_written(TICKETING_ENV="development")
        assert first == "ERROR:asyncio:A task of reflex"
        assert last == "ZeroDivisionError: division by zero"
