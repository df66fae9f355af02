"""Checks of the background processes and of their backlogs."""

from collections.abc import Iterator

from ticketing_app.cli.checks.findings import Finding, enumerate_or, judge, ok, wrong
from ticketing_app.core import queues
from ticketing_app.monitoring.collector import Facts
from ticketing_app.monitoring.jobs import WorkerState

LATE_SECONDS = 60


def check_facts(facts: Facts) -> Iterator[Finding]:
    events = facts.events
    payments = facts.payments
    yield _role("relay", is_alive=events.is_relay_alive)
    late = {
        "holds to close": facts.expiry_lag_seconds > LATE_SECONDS,
        "events to send": events.oldest_unsent_seconds > LATE_SECONDS,
    }
    late |= {
        f"events for {name}": backlog.lag_seconds > LATE_SECONDS
        for name, backlog in events.subscribers.items()
    }
    late |= {name: backlog.lag_seconds > LATE_SECONDS for name, backlog in facts.work.items()}
    waiting = [name for name, is_late in late.items() if is_late]
    yield judge(
        "work",
        not waiting,
        enumerate_or("nothing waits for long.", "waits too long", waiting),
        "start the workers, then look at their logs.",
    )
    failed = sum(backlog.failing + backlog.dead for backlog in facts.work.values())
    yield judge("failed work", not failed, f"{failed}.", "list it by `work list`.")
    dead = sum(backlog.dead for backlog in events.subscribers.values())
    yield judge("dead letters", not dead, f"{dead}.", "list them by `dead-letters`, then `replay`.")
    raised = sum(payments.alerts.values())
    yield judge("alerts", not raised, f"{raised} open.", "list them by `alerts`; see the docs.")


def check_workers(state: WorkerState) -> Iterator[Finding]:
    yield _role("scheduler", is_alive=state.is_scheduler_alive)
    yield _role("jobs", is_alive=state.is_jobs_alive)
    yield _role("outside", is_alive=state.is_outside_alive)
    yield _role("consumer", is_alive=state.is_consumer_alive)
    for name, queue in state.queues.items():
        role = "jobs" if name == queues.DEFAULT else "outside"
        yield judge(
            f"queue {name}",
            queue.oldest_seconds <= LATE_SECONDS,
            f"{queue.queued} jobs, the oldest waits for {queue.oldest_seconds:.0f} s.",
            f"start more workers of role {role}.",
        )


def _role(role: str, *, is_alive: bool) -> Finding:
    if is_alive:
        return ok(role, "alive.")
    return wrong(role, "no process has this role.", f"start python worker.py {role}, or all.")
