"""Links in mails that switch a kind of mail off, without signing in (RFC 8058)."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app import routes
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.notices import repository, rules
from ticketing_app.notices.rules import Channel

_ID_BYTES = 16
_MAC_BYTES = 16


class StopLinkInvalidError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "This link is not complete. Use the one at the end of our mail."


class Stopped(NamedTuple):
    user_id: UUID
    kind: str


def make_url(user_id: UUID, kind: str) -> str:
    """Return the link, which never expires; empty for a kind that cannot be switched off."""
    if not rules.can_choose(rules.KINDS[kind], Channel.MAIL):
        return ""
    key = get_settings().jwt_key.get_secret_value()
    token = user_id.bytes + _sign(key, user_id, kind) + kind.encode()
    path = routes.notice_stop(urlsafe_b64encode(token).rstrip(b"=").decode())
    return f"{get_settings().public_url.rstrip('/')}{path}"


def read_token(token: str) -> Stopped:
    """Raises StopLinkInvalidError unless we made the token."""
    try:
        content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        user_id = UUID(bytes=content[:_ID_BYTES])
        kind = content[_ID_BYTES + _MAC_BYTES :].decode()
    except ValueError:
        raise StopLinkInvalidError from None
    mac = content[_ID_BYTES : _ID_BYTES + _MAC_BYTES]
    keys = get_settings().jwt_verification_keys
    is_ours = any(hmac.compare_digest(mac, _sign(key, user_id, kind)) for key in keys)
    if not is_ours or kind not in rules.KINDS:
        raise StopLinkInvalidError
    return Stopped(user_id, kind)


async def stop_mails(session: AsyncSession, *, token: str) -> Stopped:
    """Switch the mails of the link off; repeating it is harmless."""
    stopped = read_token(token)
    await repository.set_choice(
        session, user_id=stopped.user_id, kind=stopped.kind, channel=Channel.MAIL, is_wanted=False
    )
    return stopped


def _sign(key: str, user_id: UUID, kind: str) -> bytes:
    # The prefix separates these from everything else that is signed with the key.
    content = b"notices.stop" + user_id.bytes + kind.encode()
    return hmac.digest(key.encode(), content, sha256)[:_MAC_BYTES]
