import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from weakref import WeakSet

from ticketing_app.core import db, queues
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.work import due, nudge
from ticketing_app.work.due import Kind

# A job takes no more work after this time; far less than the time limit of a job, which cancels the
# work that it is doing.
DRAIN_SECONDS = 30

log = get_logger()

KINDS: dict[str, Kind] = {}

_buckets: dict[str, TokenBucket] = {}
# Of this process, by kind: how many take work, and which have been nudged since one of them looked.
_takers: Counter[str] = Counter()
_nudged: set[str] = set()
_runs: "dict[str, _Run]" = {}
# The event loops of stopping workers.
_stopping: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def register(kinds: Mapping[str, Kind]) -> None:
    """Give each kind a job; called by the composition roots."""
    for name, kind in kinds.items():
        KINDS[name] = kind
        nudge.JOBS[name] = queues.job(f"work.{name}", queue=kind.queue)(partial(do_due, name))
        rate = kind.per_second() if kind.per_second else 0
        if rate:
            _buckets[name] = TokenBucket(burst=rate, per_second=rate)


def stop() -> None:
    """Take no more work on the running event loop; work that is being done ends."""
    _stopping.add(asyncio.get_running_loop())


async def do_now(name: str, key: str) -> None:
    """Do this work in this process, unless a worker does it already."""
    await due.do_next(name, KINDS[name], key=key)


async def do_due(name: str) -> None:
    """Do the due work of a kind, with as many takers as are free in this process."""
    _nudged.add(name)
    run = _runs.get(name)
    # One job per kind, so that a kind that hangs leaves the slots of the queue to others.
    if run and run.takers and monotonic() < run.deadline:
        run.add_takers(name)
        return
    async with asyncio.TaskGroup() as tasks:
        run = _runs[name] = _Run(tasks, monotonic() + DRAIN_SECONDS)
        run.add_takers(name)


@dataclass
class _Run:
    """A job of a kind, and how many take work in it."""

    tasks: asyncio.TaskGroup
    deadline: float
    takers: int = 0

    def add_takers(self, name: str) -> None:
        limit = KINDS[name].at_once or get_settings().outside_concurrency
        for _ in range(limit - _takers[name]):
            self.takers += 1
            _takers[name] += 1
            self.tasks.create_task(_take_until(self, name))


async def _take_until(run: _Run, name: str) -> None:
    loop = asyncio.get_running_loop()
    try:
        while loop not in _stopping and monotonic() < run.deadline:
            _nudged.discard(name)
            if await due.do_next(name, KINDS[name]):
                if name in _buckets:
                    await asyncio.sleep(_buckets[name].reserve())
            elif name not in _nudged:
                return
    except Exception:
        # Raised here, it would cancel the other takers.
        log.exception("work.interrupted", kind=name)
        return
    finally:
        run.takers -= 1
        _takers[name] -= 1
    # Another job, perhaps of another process, continues.
    await nudge.nudge(name)


@queues.job("work.sweep", queue=queues.DEFAULT)
async def do_all_due() -> None:
    """Start the job of each kind that has due work, as nudges may be lost."""
    async with db.transaction() as session:
        names = await due.list_due_kinds(session)
    for name in names:
        if name in KINDS:
            await nudge.nudge(name)


async def adopt() -> None:
    """Want the work that domain rows lack: the previous version of the program writes none."""
    for name, kind in KINDS.items():
        if kind.list_keys:
            async with db.transaction() as session:
                await due.adopt(session, name, await kind.list_keys(session))
    await do_all_due()
