"""A worker whose work leaves marks: prints its process id, and starts again whenever it ends."""

import asyncio
from multiprocessing.context import ForkProcess

from tests.integration.sample_jobs import leave
from ticketing_app.core import db
from ticketing_app.core.queues import OUTSIDE_LATER
from ticketing_app.processes import work_queues
from ticketing_app.work import jobs
from ticketing_app.work.due import Kind

KIND = "tests.mark"
AT_ONCE = 4


async def mark(_: db.Transaction, key: str) -> None:
    """Do something that cannot be undone, as sending a mail."""
    await asyncio.sleep(0.005)
    await leave(key)


def main() -> None:
    """Run workers one after the other until killed."""
    jobs.register({KIND: Kind(mark, at_once=AT_ONCE)})
    while True:
        # Forked, so that the program is loaded once.
        process = ForkProcess(target=work_queues, args=({OUTSIDE_LATER: 2},))
        process.start()
        print(process.pid, flush=True)
        process.join()


if __name__ == "__main__":
    main()
