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


def configure() -> None:
    """Write lines for people in development and JSON in production, to standard error."""
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if get_settings().is_production
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line, so that whoever redirects standard error gets the log as well.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
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
