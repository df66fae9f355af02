"""The command that checks a whole installation and names a remedy for each defect."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from ticketing_app.cli.checks.database import ask_database, check_cities, check_database
from ticketing_app.cli.checks.files import check_files, check_keys
from ticketing_app.cli.checks.findings import Finding, Verdict, wrong
from ticketing_app.cli.checks.inspection import check_inspection
from ticketing_app.cli.checks.issuers import check_issuers
from ticketing_app.cli.checks.mail import check_mail
from ticketing_app.cli.checks.redis import (
    ask_notifications,
    ask_redis,
    check_notifications,
    check_page_state,
    check_redis,
)
from ticketing_app.cli.checks.settings import check_settings
from ticketing_app.cli.checks.site import check_pages, check_site
from ticketing_app.cli.checks.stripe import check_stripe
from ticketing_app.cli.checks.workers import check_facts, check_workers
from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db, schema
from ticketing_app.core.redis import RedisError
from ticketing_app.core.settings import Settings, get_settings
from ticketing_app.events.service import city_data
from ticketing_app.monitoring.collector import read_facts
from ticketing_app.monitoring.jobs import get_worker_state

ANSWER_SECONDS = 10


def add_commands(commands: Commands) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check settings, databases, Stripe, mail, files, pages and workers; 1 if anything is wrong",
    )
    doctor.set_defaults(run=_doctor)


async def _doctor(_: argparse.Namespace) -> None:
    settings = get_settings()
    is_wrong = False
    async for finding in _examine(settings):
        write_line(hide_secrets(str(finding), settings))
        is_wrong = is_wrong or finding.verdict is Verdict.WRONG
    if is_wrong:
        sys.exit(1)


async def _examine(settings: Settings) -> AsyncGenerator[Finding]:
    for finding in check_settings(settings):
        yield finding
    for finding in await _check_database():
        yield finding
    for check in (_check_redis, _check_page_state):
        for finding in await asyncio.to_thread(check, settings):
            yield finding
    for finding in await check_stripe(settings):
        yield finding
    yield await check_mail(settings)
    yield await check_inspection()
    yield await check_files()
    for finding in await check_issuers(settings):
        yield finding
    yield await check_site(settings.public_url)
    for finding in check_pages():
        yield finding


async def _check_database() -> list[Finding]:
    remedy = "start it, and check that DATABASE_URL has its address and a user that may connect."
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            revisions = await asyncio.to_thread(schema.read_revisions)
            found = list(check_database(await ask_database(), revisions))
            # An older schema may lack the tables of the backlogs.
            if not any(one.subject == "schema" and one.verdict is Verdict.WRONG for one in found):
                found += check_facts(await read_facts())
                async with db.transaction() as session:
                    found.append(check_cities(are_loaded=await city_data.are_loaded(session)))
                found.append(await check_keys())
            return found
    except Exception as error:  # noqa: BLE001  # Any error is the finding.
        return [wrong("PostgreSQL", f"{_name(error)}.", remedy)]


def _check_redis(settings: Settings) -> list[Finding]:
    try:
        return [
            *check_redis(ask_redis(settings.redis_url.get_secret_value())),
            *check_workers(get_worker_state()),
        ]
    except (RedisError, ValueError) as error:
        return [wrong("Redis", f"{_name(error)}.", "start it, and check REDIS_URL.")]


def _check_page_state(settings: Settings) -> list[Finding]:
    if not settings.has_page_state_in_redis:
        return []
    url = settings.page_state_url.get_secret_value()
    main: Mapping[str, Any] = {}
    with suppress(RedisError, ValueError):
        main = ask_redis(settings.redis_url.get_secret_value())
    try:
        found = list(check_page_state(ask_redis(url), main))
        is_refusal_ignored = settings.reflex_ignore_redis_config_error
        return [*found, check_notifications(ask_notifications(url), is_refusal_ignored)]
    except (RedisError, ValueError) as error:
        remedy = "start its Redis, and check REDIS_STATE_URL."
        return [wrong("page state", f"{_name(error)}.", remedy)]


def _name(error: Exception) -> str:
    first_line = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first_line}".rstrip(": .")


def hide_secrets(line: str, settings: Settings) -> str:
    """Mask keys and passwords, which errors of libraries may quote."""
    for _, value in settings:
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
            secret = urlsplit(text).password if "://" in text else text
            line = line.replace(secret, "***") if secret else line
    return line
