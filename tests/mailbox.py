"""Mails that arrived in the mailbox of a stack."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

# Generous for a busy machine: a sweep picks up lost work only after a while.
PATIENCE_SECONDS = 30
# Loading certificates takes long, and the mailbox speaks plain HTTP on this machine.
PLAIN: dict[str, Any] = {"verify": False, "trust_env": False}

Mail = dict[str, Any]


def list_mails(env: Mapping[str, str], **wanted: str | int) -> list[Mail]:
    """Return the mails that match (ticketing_app/devstack/mailbox), newest first."""
    url = f"{env['MAILBOX_URL']}/mails"
    answer = httpx.get(url, params=wanted, timeout=60, **PLAIN)
    return answer.raise_for_status().json()


def read_mail(env: Mapping[str, str], *, to: str, subject: str = "", after: int = 0) -> Mail:
    """Wait for a mail to this address with these words in its subject; returns the newest one.

    `after` is the id of an earlier mail, which does not count.
    """
    found = list_mails(env, to=to, subject=subject, after=after, wait=PATIENCE_SECONDS)
    assert found, f"no mail to {to}: {subject!r}, only {[m['subject'] for m in list_mails(env)]}"
    return found[0]


async def wait_for_mail(
    env: Mapping[str, str], *, to: str, subject: str = "", after: int = 0
) -> Mail:
    """Do the same as `read_mail` without blocking the event loop."""
    return await asyncio.to_thread(read_mail, env, to=to, subject=subject, after=after)
