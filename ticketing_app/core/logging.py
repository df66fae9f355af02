"""Logs are events with fields: `log.info("order.expired", order_id=...)`."""

import logging
import sys
from typing import cast

import structlog
from structlog.contextvars import (
    bind_contextvars,
    clear_contextvars,
    get_contextvars,
    merge_contextvars,
)

from ticketing_app.core.settings import get_settings

COMMON: list[structlog.typing.Processor] = [
    merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
JSON: list[structlog.typing.Processor] = [
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]


def configure() -> None:
    """Write lines for people in development and JSON in production, to standard error."""
    is_production = get_settings().is_production
    for_people = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[*COMMON, *(JSON if is_production else [for_people])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line, so that whoever redirects standard error gets the log as well.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    # What the libraries have to say.
    handler = logging.StreamHandler()
    if is_production:
        handler.setFormatter(json_formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def json_formatter() -> logging.Formatter:
    """Make the lines of the standard library's loggers like ours; `granian.json` names this."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*COMMON, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *JSON],
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """Return a logger; the module that logs is told by the event's name."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger())


def start_context(correlation_id: str) -> None:
    """Bind the id that ties together everything done for one request, job or event."""
    clear_contextvars()
    bind_contextvars(correlation_id=correlation_id)


def correlation_id() -> str | None:
    """Return the id bound by `start_context`, if any."""
    return cast("str | None", get_contextvars().get("correlation_id"))
