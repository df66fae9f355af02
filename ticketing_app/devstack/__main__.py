"""`python -m ticketing_app.devstack dev|supervise`; `bin/dev` runs the first one."""

import os
import signal
import sys
import time

from ticketing_app.devstack import children, supervisor, web
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.stack import Stack, read_env

_started_at = time.monotonic()


def main(arguments: list[str]) -> None:
    match arguments:
        case ["dev", *options] if set(options) <= {"--reset"}:
            _dev(reset="--reset" in options)
        case ["supervise"]:
            supervisor.run()
        case _:
            sys.exit("usage: bin/dev [--reset]")


def _dev(*, reset: bool) -> None:
    """Serve the site until Ctrl-C, or until a process ends."""
    # SIGTERM is handled like Ctrl-C, which a shell may have set to be ignored.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        _serve(_port(), reset=reset)
    except StackError as error:
        sys.exit(f"bin/dev: {error}")
    except KeyboardInterrupt:
        _say("stopped")
    finally:
        supervisor.release()


def _serve(port: int, *, reset: bool) -> None:
    web.require_free_port(port)
    if reset:
        _reset()
    supervisor.ensure(_say_step)
    folder = supervisor.data_dir()
    env = read_env(folder / "stack.env") | supervisor.own_settings()
    if not web.is_build_current():
        _say_step("building the frontend (the first time takes a minute)")
        web.build_frontend(env)
    _say_step("starting the site")
    log = folder / "logs" / "web.log"
    process = web.start_web(env, port, log)
    children.record(folder, f"web-{port}", process.pid)
    try:
        _say_step("started")
        if mailbox := env.get("MAILBOX_URL"):
            _say(f"mailbox {mailbox}")
        _say(f"ready http://localhost:{port}")
        while supervisor.is_running():
            time.sleep(0.5)
            if process.poll() is not None:
                raise StackError(f"The web process ended with {process.returncode}, see {log}.")
        raise StackError(f"The local stack ended, see {folder / 'logs' / 'supervisor.log'}.")
    finally:
        web.stop_web(process)


def _reset() -> None:
    if supervisor.is_running():
        raise StackError("The local stack is in use; stop it before --reset.")
    Stack(supervisor.data_dir()).destroy()
    _say("deleted the local data")


def _port() -> int:
    value = os.environ.get("PORT") or "3000"
    if not value.isdecimal() or not 0 < int(value) < 2**16:
        raise StackError(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def _say_step(line: str) -> None:
    _say(f"{time.monotonic() - _started_at:5.1f} s  {line}")


def _say(line: str) -> None:
    print(line, flush=True)


main(sys.argv[1:])
