"""Deferred work: it happens later or calls another service, and must not be lost.

A row (kind, key) is written in the transaction that makes the work necessary. A process takes it for
the time of a lease, commits, and only then acts: after a crash the row is due again.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, Index, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, queues
from ticketing_app.core.db import Table, utc_datetime
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import correlation_id, get_logger, start_context
from ticketing_app.work import nudge

MAX_ERROR_LENGTH = 2_000

log = get_logger()

# Opens its own short transactions; returns the time until it is due again, or None when it is done.
Act = Callable[[db.Transaction, str], Awaitable[timedelta | None]]


class Kind(NamedTuple):
    """How work of a kind is done; after failures it waits from `first`, doubling, to `longest`."""

    act: Act
    first: timedelta = timedelta(seconds=20)
    longest: timedelta = timedelta(minutes=15)
    # Dead after so many failures in a row; None for no limit.
    tries: int | None = None
    # Longer than a job may run, unless acting twice at the same time is harmless.
    lease: timedelta = timedelta(minutes=3)
    # Limits per process; settings are read when the kind is registered.
    at_once: int | None = 1  # None for OUTSIDE_CONCURRENCY.
    per_second: Callable[[], int] | None = None
    queue: str = queues.OUTSIDE_LATER
    # Keys of domain rows that must have work, also those of a version without `work`.
    list_keys: Callable[[AsyncSession], Awaitable[list[Any]]] | None = None


class HopelessError(Exception):
    """Raised by an act when only operators can continue: the work is dead at once."""


class Work(Table, table=True):
    """A thing to do, in the state of its domain row `key`.

    `turn` counts how often it was wanted; `taken_until` is the lease of the process that does it.
    """

    __tablename__ = "work"
    __table_args__ = (Index("ix_work_due", "kind", "due_at"),)

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    due_at: datetime | None = Field(sa_type=utc_datetime(), description="None when dead.")
    taken_until: datetime | None = Field(default=None, sa_type=utc_datetime())
    tries: int = 0
    turn: int = 1
    last_error: str | None = None
    correlation_id: str | None = None
    created_at: datetime = Field(sa_type=utc_datetime())


# `turn` and `taken_until` fence: work that is wanted while a process acts is due again afterwards, and a
# process with an ended lease changes nothing.
_WANT = """
    INSERT INTO work AS w (kind, key, due_at, tries, turn, correlation_id, created_at)
    VALUES (:kind, :key, coalesce(CAST(:at AS timestamptz), clock_timestamp()), 0, 1,
      :correlation_id, clock_timestamp())
    ON CONFLICT (kind, key) DO UPDATE
    SET turn = w.turn + 1, tries = 0, last_error = NULL, correlation_id = excluded.correlation_id,
      due_at = CASE WHEN w.taken_until > clock_timestamp() THEN w.taken_until
        WHEN :is_moved THEN excluded.due_at ELSE least(w.due_at, excluded.due_at) END
    WHERE NOT (:is_moved AND coalesce(w.taken_until > clock_timestamp(), false))
"""
# A CTE: a plan may run a subquery again for each row, and so take several.
_TAKE = """
    WITH next AS MATERIALIZED (
      SELECT kind, key FROM work
      WHERE kind = :kind AND due_at <= clock_timestamp()
        AND key = coalesce(CAST(:key AS text), key)
      ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE work w SET tries = w.tries + 1,
      due_at = clock_timestamp() + :lease, taken_until = clock_timestamp() + :lease
    FROM next WHERE w.kind = next.kind AND w.key = next.key
    RETURNING w.key, w.taken_until, w.tries, w.turn, w.correlation_id
"""
_ADOPT = """
    INSERT INTO work (kind, key, due_at, tries, turn, created_at)
    SELECT :kind, key, clock_timestamp(), 0, 1, clock_timestamp()
    FROM unnest(CAST(:keys AS text[])) AS missing (key)
    ON CONFLICT (kind, key) DO NOTHING
"""
_END = """
    DELETE FROM work
    WHERE kind = :kind AND key = :key AND taken_until = :taken_until AND turn = :turn
"""
_LEAVE = """
    UPDATE work SET taken_until = NULL, last_error = CAST(:error AS text),
      tries = CASE WHEN CAST(:error AS text) IS NULL THEN 0 ELSE tries END,
      due_at = clock_timestamp()
        + CASE WHEN turn = :turn THEN CAST(:wait AS interval) ELSE interval '0' END
    WHERE kind = :kind AND key = :key AND taken_until = :taken_until
"""


async def want(
    session: AsyncSession,
    kind: str,
    key: object,
    *,
    at: datetime | None = None,
    is_moved: bool = False,
) -> None:
    """Have the work done now or at `at`, after the commit of this transaction; once if wanted twice.

    Of several times the earliest counts. Work that is being done is done again afterwards. `is_moved`
    replaces the time instead, unless it is being done. Call it last: other work waits for its lock.
    """
    if kind not in nudge.JOBS:
        raise KeyError(kind)
    values = {"at": at, "is_moved": is_moved, "correlation_id": correlation_id()}
    await _run(session, _WANT, kind=kind, key=str(key), **values)
    db.after_commit(session, f"work.{kind}.{at}", partial(nudge.nudge, kind, at))


async def do_next(
    name: str, kind: Kind, *, key: str | None = None, transaction: db.Transaction = db.transaction
) -> bool:
    """Do the work of this kind, or of this key only, that is overdue longest; false if none is.

    Any number of processes may call this concurrently.
    """
    async with transaction() as session:
        found = await _run(session, _TAKE, kind=name, key=key, lease=kind.lease)
        taken = found.one_or_none()
    if taken is None:
        return False
    start_context(taken.correlation_id or taken.key)
    row = {
        "kind": name, "key": taken.key, "taken_until": taken.taken_until, "turn": taken.turn,
    }  # fmt: skip
    error = None
    try:
        wait = await kind.act(transaction, taken.key)
    except Exception as failure:
        unexpected = None if isinstance(failure, AppError) else failure
        log.warning(
            "work.failed", kind=name, key=taken.key, error=repr(failure), exc_info=unexpected
        )
        wait = _backoff(kind, taken.tries, failure)
        error = repr(failure)[:MAX_ERROR_LENGTH].replace("\0", "")
    async with transaction() as session:
        is_ended = error is None and wait is None and (await _run(session, _END, **row)).rowcount
        if not is_ended:
            await _run(session, _LEAVE, **row, wait=wait, error=error)
    return True


def _backoff(kind: Kind, tries: int, failure: Exception) -> timedelta | None:
    if isinstance(failure, HopelessError) or (kind.tries is not None and tries >= kind.tries):
        return None
    return min(kind.longest, kind.first * 2 ** min(tries - 1, 20))


async def adopt(session: AsyncSession, kind: str, keys: Iterable[object]) -> None:
    """Want the work of those keys that have none."""
    await _run(session, _ADOPT, kind=kind, keys=[str(key) for key in keys])


async def list_due_kinds(session: AsyncSession) -> list[str]:
    found = await _run(session, "SELECT DISTINCT kind FROM work WHERE due_at <= now()")
    return list(found.scalars())


async def _run(session: AsyncSession, statement: str, **values: object) -> CursorResult[Any]:
    return await (await session.connection()).execute(text(statement), values)
