"""Command line of the emulator, for development and tests only."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from ticketing_app.devstack.stripe.refunds import ask_banks
from ticketing_app.devstack.stripe.server import Emulator


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ticketing_app.devstack.stripe")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, help="folder for the state between runs")
    parser.add_argument("--webhook-url", help="signed with STRIPE_WEBHOOK_SECRET")
    arguments = parser.parse_args()
    if os.environ.get("TICKETING_ENV") == "production":
        parser.error("this is no payment service: it refuses to run with TICKETING_ENV=production.")
    # Every user of the machine can read a command line, but not the environment.
    arguments.webhook_secret = os.environ.get("STRIPE_WEBHOOK_SECRET")
    if arguments.webhook_url and not arguments.webhook_secret:
        parser.error("--webhook-url needs STRIPE_WEBHOOK_SECRET in the environment.")
    try:
        if arguments.data:
            arguments.data.mkdir(parents=True, exist_ok=True)
        # The server sets SO_REUSEPORT, with which two emulators could share a port.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((arguments.host, arguments.port))
    except OSError as error:
        resource = error.filename or f"{arguments.host}:{arguments.port}"
        sys.exit(f"The Stripe emulator cannot use {resource}: {error.strerror}.")
    return arguments


async def _announce(host: str, port: int) -> None:
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            (await asyncio.open_connection(host, port))[1].close()
            print(f"Stripe emulator ready at http://{host}:{port}", flush=True)
            return
        await asyncio.sleep(0.02)


async def _run(arguments: argparse.Namespace) -> None:
    emulator = Emulator(arguments.data)
    if arguments.webhook_url:
        emulator.webhooks.register(arguments.webhook_url, arguments.webhook_secret)
    emulator.webhooks.resume()
    ask_banks(emulator.store)
    server = Server(
        emulator.application(), arguments.host, arguments.port,
        interface=Interfaces.ASGINL, websockets=False, log_level=LogLevels.error,
    )  # fmt: skip
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    announcement = asyncio.create_task(_announce(arguments.host, arguments.port))
    await server.serve()
    announcement.cancel()
    await emulator.webhooks.close()
    emulator.store.save()
    # The server's threads may still be closing connections, and abort the process if the interpreter
    # shuts down under them. Everything is saved, so skip the shutdown.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
