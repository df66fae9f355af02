"""The mailbox of development: accepts every mail by SMTP, shows it on a page, and lets tests wait for it.

The local part of an address chooses the reply of the server:

- `bounce@` 550, no such mailbox; `busy@` 451, later; `throttle@` 421, the limit of the provider;
- `refused@` 554 after the content; `cut@` accepts the mail, and closes the connection without a reply;
- `slow@` replies after 5 seconds, `slow+30@` after 30.

`GET /mails?to=&subject=&after=&wait=10` returns the mails that match, newest first, as JSON: to exactly this
address, with this part of a subject, with a higher id than `after`. It waits up to `wait` seconds for the
first one. `DELETE /mails` empties the mailbox.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Template
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

KEPT = 1000
LONGEST_WAIT = 30
SLOW_SECONDS = 5
# The mail can run nothing and load nothing, but its links can be followed.
SANDBOX = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LINK = re.compile(r"https?://[^\s<>\"]+")
_RECIPIENT_REPLIES = {
    "bounce": "550 5.1.1 No such mailbox",
    "busy": "451 4.2.1 Try again later",
    "throttle": "421 4.7.0 Too many mails",
}
_PAGE = Template(Path(__file__).with_name("inbox.html").read_text(), autoescape=True)

Mail = dict[str, Any]


class Mailbox:
    """Keeps the mails in memory; its methods `handle_` are called by the SMTP server."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._ids = count(1)
        self._arrival = asyncio.Condition()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name.
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        kind, _, detail = address.partition("@")[0].partition("+")
        if reply := _RECIPIENT_REPLIES.get(kind):
            return reply
        if kind == "slow":
            await asyncio.sleep(int(detail or SLOW_SECONDS))
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # As above.
        kinds = {address.partition("@")[0] for address in envelope.rcpt_tos}
        if "refused" in kinds:
            return "554 5.6.0 Content refused"
        self._mails.append(_read(envelope) | {"id": next(self._ids)})
        async with self._arrival:
            self._arrival.notify_all()
        if "cut" in kinds:
            cast("asyncio.Transport", server.transport).abort()
        return "250 OK"

    def application(self) -> Starlette:
        clear = Route("/mails", self._clear, methods=["DELETE"])
        one = Route("/mails/{id:int}/{form}", self._show_one)
        return Starlette(routes=[Route("/", self._show), Route("/mails", self._list), clear, one])

    async def _show(self, _request: Request) -> Response:
        return HTMLResponse(_PAGE.render(mails=list(reversed(self._mails))))

    async def _list(self, request: Request) -> Response:
        wait = min(float(request.query_params.get("wait", 0)), LONGEST_WAIT)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait), self._arrival:
                await self._arrival.wait_for(lambda: self._find(request.query_params))
        return JSONResponse(self._find(request.query_params))

    def _find(self, wanted: Mapping[str, str]) -> list[Mail]:
        to = wanted.get("to")
        after = int(wanted.get("after", 0))
        found = [mail for mail in reversed(self._mails) if mail["id"] > after]
        found = [mail for mail in found if wanted.get("subject", "") in mail["subject"]]
        return [mail for mail in found if to is None or to in mail["to"]]

    async def _clear(self, _request: Request) -> Response:
        self._mails.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _show_one(self, request: Request) -> Response:
        form = request.path_params["form"]
        mail = next((mail for mail in self._mails if mail["id"] == request.path_params["id"]), {})
        if form not in {"html", "text", "source"} or form not in mail:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        kind = HTMLResponse if form == "html" else PlainTextResponse
        return kind(mail[form], headers={"Content-Security-Policy": SANDBOX})


def _read(envelope: Envelope) -> Mail:
    source = envelope.original_content or b""
    mail = message_from_bytes(source, policy=policy.default)
    text = _body(mail, "plain")
    return {
        "at": time.strftime("%H:%M:%S"),
        "messageId": str(mail["Message-ID"]).strip("<>"),
        "returnPath": envelope.mail_from,
        "from": str(mail["From"]),
        "to": envelope.rcpt_tos,
        "subject": str(mail["Subject"]),
        "headers": {name: str(value) for name, value in mail.items()},
        "text": text,
        "html": _body(mail, "html"),
        "links": _LINK.findall(text),
        "source": source.decode(errors="replace"),
    }


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return body.get_content() if body else ""
