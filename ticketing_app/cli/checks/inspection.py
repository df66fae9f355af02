"""Check of the confinement in which uploaded files are inspected."""

from ticketing_app.cli.checks.findings import Finding, judge
from ticketing_app.vault.inspection import sandbox


async def check_inspection() -> Finding:
    can_confine = await sandbox.can_confine()
    return judge(
        "uploads",
        can_confine,
        "files are inspected in a process without powers."
        if can_confine
        else "the kernel grants no filter of system calls, so files are refused.",
        "run on Linux with a seccomp profile that permits filters, like RuntimeDefault.",
    )
