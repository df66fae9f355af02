"""Web push: messages to the push services of browsers, encrypted for one subscription."""

import json
from functools import lru_cache
from http import HTTPStatus
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid
from py_vapid.utils import b64urlencode
from pywebpush import WebPusher

from ticketing_app.core.settings import get_settings
from ticketing_app.notices.schemas import PushMessage, PushTarget

TIMEOUT_SECONDS = 10
# A device that is off gets the message when it is on again within this time.
TTL_SECONDS = 12 * 3600
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class SubscriptionGoneError(Exception):
    """The push service does not know the subscription any more, or its keys are unusable."""


class PushRefusedError(Exception):
    """The push service refused the message; the reply has no details that concern its reader."""


async def send(target: PushTarget, message: PushMessage) -> None:
    """Raises SubscriptionGoneError, PushRefusedError, and httpx.HTTPError if there is no reply."""
    body = _encrypt(target, message)
    headers = {
        **_sign(target.endpoint),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(TTL_SECONDS),
        "urgency": message.urgency,
        # Replaces an undelivered message of the same notice.
        "topic": message.tag,
    }
    # No redirects: only the host of the endpoint has been checked.
    async with httpx.AsyncClient(
        verify=_tls(), timeout=TIMEOUT_SECONDS, follow_redirects=False
    ) as client:
        reply = await client.post(target.endpoint, content=body, headers=headers)
    if reply.status_code in _GONE:
        raise SubscriptionGoneError
    if not reply.is_success:
        raise PushRefusedError(reply.status_code)


def public_key() -> str:
    """Return the key that browsers subscribe with; empty if push is not configured."""
    key = get_settings().vapid_private_key.get_secret_value()
    return _public_key(key) if key else ""


@lru_cache(maxsize=1)
def _public_key(private_key: str) -> str:
    public = Vapid.from_string(private_key).private_key.public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b64urlencode(point)


def _encrypt(target: PushTarget, message: PushMessage) -> bytes:
    data = message.model_dump(include={"title", "path", "tag"})
    keys = {"p256dh": target.p256dh, "auth": target.auth}
    try:
        pusher = WebPusher({"endpoint": target.endpoint, "keys": keys})
        return pusher.encode(json.dumps(data).encode())["body"]
    except ValueError as error:  # not a point of the curve
        raise SubscriptionGoneError from error


def _sign(endpoint: str) -> dict[str, str]:
    settings = get_settings()
    address = urlsplit(endpoint)
    vapid = Vapid.from_string(settings.vapid_private_key.get_secret_value())
    # The contact must be an https address without a port, or a mail address.
    contact = f"https://{urlsplit(settings.public_url).hostname}"
    return vapid.sign({"aud": f"{address.scheme}://{address.netloc}", "sub": contact})


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    # Reading the certificates takes longer than a request.
    return httpx.create_ssl_context()
