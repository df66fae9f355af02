"""A mail as data; HTML and plain text are both drawn from it, so that they say the same."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ticketing_app.core import brand
from ticketing_app.core.settings import get_settings
from ticketing_app.core.validation import printable

# Longer subjects are cut by most mail programs (RFC 5322: 78 characters per line).
SUBJECT_MAX_LENGTH = 78
_TEXT_WIDTH = 72
# With the default of 78, a long List-Unsubscribe becomes an RFC 2047 word, and one-click unsubscribing
# stops working. On the message itself the limit would also lengthen the lines of the bodies.
_WIRE_POLICY = SMTP.clone(max_line_length=998)


class Stub(NamedTuple):
    """The tickets, drawn as on the site; without a date, `month`, `day` and `weekday` are empty."""

    category: str
    month: str
    day: str
    weekday: str
    title: str
    lines: tuple[str, ...] = ()
    price: str = ""


class Action(NamedTuple):
    label: str
    url: str


@dataclass(frozen=True)
class Letter:
    """All sentences are final and in the reader's language."""

    subject: str
    preheader: str
    heading: str
    paragraphs: tuple[str, ...]
    stub: Stub | None = None
    facts: tuple[tuple[str, str], ...] = ()
    action: Action | None = None
    after: tuple[str, ...] = ()
    why: str = ""
    # Empty for mails that cannot be switched off.
    unsubscribe_url: str = ""
    language: str = "en"


def html(letter: Letter) -> str:
    settings = get_settings()
    return _template().render(
        letter=letter,
        subject=_subject(letter),
        brand=settings.brand_name,
        site=settings.public_url,
        imprint=_imprint(),
        light=brand.LIGHT,
        dark=brand.DARK,
        categories=brand.CATEGORIES,
    )


def text(letter: Letter) -> str:
    parts = [letter.heading.upper(), *map(_wrap, letter.paragraphs)]
    if letter.stub:
        parts.append(_draw_stub(letter.stub))
    if letter.facts:
        width = max(len(label) for label, _ in letter.facts)
        parts.append("\n".join(f"{label:<{width}}  {value}" for label, value in letter.facts))
    if letter.action:
        parts.append(f"{letter.action.label}:\n{letter.action.url}")
    parts += map(_wrap, letter.after)
    parts.append("\n".join(_signature(letter)))
    return "\n\n".join(parts) + "\n"


def message(
    letter: Letter,
    *,
    sender: str,
    to: str,
    message_id: str,
    reply_to: str = "",
) -> EmailMessage:
    """Return the MIME message; `to_bytes` writes it as it must be sent."""
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["From"] = sender
    mail["To"] = to
    # EmailMessage refuses line breaks in a header; the mail could never be sent.
    mail["Subject"] = _subject(letter)
    if reply_to:
        mail["Reply-To"] = reply_to
    # No automatic replies (RFC 3834, and its counterpart for Exchange).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if letter.unsubscribe_url:
        # RFC 8058 requires both.
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text(letter), cte="quoted-printable")
    mail.add_alternative(html(letter), subtype="html", cte="quoted-printable")
    # After the content, because set_content deletes all headers called Content-*.
    mail["Content-Language"] = letter.language
    return mail


def to_bytes(mail: EmailMessage) -> bytes:
    """Return the message as it must be sent; SMTPUTF8 only if the address needs it."""
    is_ascii = str(mail["To"]).isascii()
    return mail.as_bytes(policy=_WIRE_POLICY.clone(utf8=not is_ascii))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")


def _subject(letter: Letter) -> str:
    subject = printable(letter.subject)
    if len(subject) <= SUBJECT_MAX_LENGTH:
        return subject
    return f"{subject[: SUBJECT_MAX_LENGTH - 1].rstrip()}…"


def _draw_stub(stub: Stub) -> str:
    day = " ".join(filter(None, (stub.weekday, stub.day, stub.month)))
    lines = (stub.title, day, *stub.lines, stub.price)
    return "\n".join(f"  {line}" for line in lines if line)


def _signature(letter: Letter) -> list[str]:
    settings = get_settings()
    # The usual separator, with its space, lets mail programs fold the signature.
    lines = ["-- "]
    if letter.why:
        lines.append(_wrap(letter.why))
    if letter.unsubscribe_url:
        lines += ["Stop these mails:", letter.unsubscribe_url]
    return [*lines, f"{settings.brand_name} · {settings.public_url}", _wrap(_imprint())]


def _imprint() -> str:
    settings = get_settings()
    return printable(f"{settings.operator_name}, {settings.operator_address}")


def _wrap(paragraph: str) -> str:
    return fill(paragraph, _TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
