"""Addresses of servers and files: validation, and protection of connections to other machines."""

from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    UrlConstraints,
    ValidationError,
)
from pydantic_core import MultiHostUrl, Url

STRIPE_API = "https://api.stripe.com"
STRIPE_JS_HOST = "js.stripe.com"
# Values of asyncpg's `ssl`; its default `prefer` falls back to plain text.
POSTGRESQL_TLS_MODES = frozenset({"require", "verify-ca", "verify-full"})


def _check_url(kind: Any, allowed: str) -> AfterValidator:  # noqa: ANN401  # any type that pydantic validates.
    adapter = TypeAdapter(kind)

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        try:
            adapter.validate_python(text)
        except ValidationError:
            # Hides pydantic's own error, which quotes the value with its password.
            raise ValueError(allowed) from None
        return value

    return AfterValidator(check)


# The drivers take these addresses as text; empty means "not set".
HttpAddress = Annotated[
    str, _check_url(AnyHttpUrl, "an http or https address, like https://example.com")
]
PostgresAddress = Annotated[
    SecretStr,
    _check_url(
        Annotated[
            MultiHostUrl,
            UrlConstraints(allowed_schemes=["postgresql+asyncpg"], host_required=True),
        ]
        | Annotated[
            str, StringConstraints(pattern=r"^postgresql\+asyncpg://([^/]*@)?/.*[?&]host=/")
        ]
        | Literal[""],
        "an address like postgresql+asyncpg://user:password@host/database",
    ),
]
RedisAddress = Annotated[
    SecretStr,
    _check_url(
        Annotated[Url, UrlConstraints(allowed_schemes=["redis", "rediss"], host_required=True)]
        | Annotated[Url, UrlConstraints(allowed_schemes=["unix"])]
        | Literal[""],
        "an address like rediss://:password@host:6379/0",
    ),
]

MailServerAddress = Annotated[
    SecretStr,
    _check_url(
        Annotated[
            Url,
            UrlConstraints(allowed_schemes=["smtp", "smtp+starttls", "smtps"], host_required=True),
        ]
        | Literal[""],
        "an address like smtps://user:password@host:465",
    ),
]
Mailbox = Annotated[
    str,
    _check_url(
        # Without `email-validator`, which refuses names like localhost.
        Annotated[
            str,
            StringConstraints(pattern=r"^([^<>@\r\n]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$"),
        ]
        | Literal[""],
        "a mailbox, like GitTix <hello@ticketing.dev>",
    ),
]
MailAddress = Annotated[
    str,
    _check_url(
        Annotated[str, StringConstraints(pattern=r"^[^<>@\s]+@[^<>@\s]+$")] | Literal[""],
        "an address like help@ticketing.dev",
    ),
]
FilesAddress = Annotated[
    str,
    _check_url(
        Annotated[
            str,
            StringConstraints(
                pattern=r"^(s3://[a-z0-9][a-z0-9.-]+(/[\w./-]*)?|file:///[^?#\n]*|memory://)?$"
            ),
        ],
        "the place of files of tickets, like s3://bucket/prefix or file:///var/lib/files",
    ),
]


def find_redis_gaps(url: str) -> list[str]:
    """Return the missing protections; loopback and local sockets need none."""
    parts = urlsplit(url)
    if parts.scheme == "unix" or _is_loopback(parts.hostname or "localhost"):
        return []
    has_password = bool(parts.password or parse_qs(parts.query).get("password"))
    return _name_gaps(has_password, parts.scheme == "rediss", "TLS (rediss://)")


def find_postgresql_gaps(url: str) -> list[str]:
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    hosts = [parts.hostname] if parts.hostname else options.get("host", ["localhost"])
    if all(host.startswith("/") or _is_loopback(host) for host in hosts):
        return []
    has_password = bool(parts.password or options.get("password"))
    has_tls = options.get("ssl", [""])[-1] in POSTGRESQL_TLS_MODES
    return _name_gaps(has_password, has_tls, "TLS (?ssl=require or ?ssl=verify-full)")


def is_plain_http(url: str) -> bool:
    """Whether requests would travel to another machine without TLS."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not _is_loopback(parts.hostname or "")


def is_plain_mail(url: str) -> bool:
    """Whether mails would travel to another machine without TLS."""
    parts = urlsplit(url)
    return parts.scheme == "smtp" and not _is_loopback(parts.hostname or "")


def _name_gaps(has_password: bool, has_tls: bool, tls: str) -> list[str]:  # noqa: FBT001  # the call sites name both.
    gaps = {"a password": not has_password, tls: not has_tls}
    return [gap for gap, is_missing in gaps.items() if is_missing]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
