"""Structured logs: `log.info("order.expired", order_id=...)`."""

import logging
import sys
import traceback
from typing import cast

import structlog
from structlog.contextvars import (
    bind_contextvars,
    clear_contextvars,
    get_contextvars,
    merge_contextvars,
)

from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.settings import get_settings

MAX_CHARACTERS = 500
# Libraries that log the input of clients, as often as clients send it.
NOISY_LIBRARIES = ("reflex", "reflex_base", "socketio", "engineio", "uvicorn")

COMMON: list[structlog.typing.Processor] = [
    merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
JSON: list[structlog.typing.Processor] = [
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]

# Control characters and line separators.
_LINE_ENDS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def configure() -> None:
    """Log to standard error: readable lines in development, JSON in production."""
    is_production = get_settings().is_production
    for_people = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[*COMMON, *(JSON if is_production else [_escape, for_people])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Look up standard error for each line: tests and tools redirect it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    # Libraries use the standard logging module.
    handler = logging.StreamHandler()
    if is_production:
        handler.setFormatter(json_formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _escape(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape line ends in values, against forged log lines; the JSON renderer does so anyway."""
    return {
        name: value.translate(_LINE_ENDS) if isinstance(value, str) else value
        for name, value in event.items()
    }


def json_formatter() -> logging.Formatter:
    """Return the formatter for loggers of the standard library."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*COMMON, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *JSON],
    )


def printable(text: str) -> str:
    """Shorten untrusted text and escape its control characters."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text[:MAX_CHARACTERS]
    )


class _LibraryLogFilter(logging.Filter):
    """Shortens, escapes and rate-limits the lines of one logger."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket = TokenBucket(burst=20, per_second=1)
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not self._bucket.take():
            self._left_out += 1
            return False
        lines = [printable(record.getMessage())]
        if self._left_out:
            lines.append(f"({self._left_out} lines before this one were left out)")
        if record.exc_info and (error := record.exc_info[1]):
            # The error's message may be client input; its stack is not.
            lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
            lines.append(f"{type(error).__name__}: {printable(str(error))}")
        record.msg = "\n".join(lines)
        record.args = ()
        record.exc_info = record.exc_text = None
        self._left_out = 0
        return True


def filter_library_logs() -> None:
    """Filter the loggers of libraries that log client input; call after importing them."""
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] in NOISY_LIBRARIES and isinstance(logger, logging.Logger):
            logger.addFilter(_LibraryLogFilter())


def get_logger() -> structlog.typing.FilteringBoundLogger:
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger())


def start_context(correlation_id: str) -> None:
    clear_contextvars()
    bind_contextvars(correlation_id=correlation_id)


def correlation_id() -> str | None:
    return cast("str | None", get_contextvars().get("correlation_id"))
