"""Known devices: browsers that signed in to an account before keep an allowance of their own.

The slow limit of an account counts guesses from everywhere. Without this it would lock the owner out
as long as someone guesses.
"""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import jwt
from starlette.requests import cookie_parser

from ticketing_app.accounts.models import User
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings

LIFETIME = timedelta(days=365)
ALGORITHM = "HS256"
# A token of a session has no audience, so that neither passes for the other.
AUDIENCE = "known-device"
PREFIX = "device-"
PATH = "/api/users"


def has_cookie(cookie_header: str | None) -> bool:
    """Whether the browser signed in here before, to whichever account."""
    return any(name.startswith(PREFIX) for name in cookie_parser(cookie_header or ""))


def limit_key(user: User, cookie_header: str | None) -> str | None:
    """Return what guesses from this device are counted by, if it signed in since the last password."""
    device_id = _read(cookie_parser(cookie_header or "").get(_name(user.id), ""), user)
    return f"{user.id} {device_id}" if device_id else None


def make_cookie(user: User, cookie_header: str | None) -> str:
    """Return the Set-Cookie header that makes this device known; a known one keeps its id."""
    cookies = cookie_parser(cookie_header or "")
    device_id = _read(cookies.get(_name(user.id), ""), user) or uuid4().hex
    claims = {
        "aud": AUDIENCE,
        "sub": str(user.id),
        "jti": device_id,
        "password": _fingerprint(user),
        "exp": utc_now() + LIFETIME,
    }
    settings = get_settings()
    token = jwt.encode(claims, settings.jwt_key, algorithm=ALGORITHM)
    secure = "; Secure" if settings.is_served_over_https else ""
    max_age = int(LIFETIME.total_seconds())
    return (
        f"{_name(user.id)}={token}; HttpOnly; SameSite=Strict; Path={PATH}; "
        f"Max-Age={max_age}{secure}"
    )


def _name(user_id: UUID) -> str:
    return f"{PREFIX}{user_id.hex[:12]}"


def _fingerprint(user: User) -> str:
    """Return what changes with the password: the hash has a salt, and this part reveals nothing of it."""
    return sha256(user.password_hash.encode()).hexdigest()[:16]


def _read(token: str, user: User) -> str | None:
    settings = get_settings()
    for key in filter(None, (settings.jwt_key, settings.jwt_key_previous)):
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                subject=str(user.id),
                options={"require": ["aud", "exp", "jti", "sub"]},
            )
        except jwt.PyJWTError:
            continue
        return claims["jti"] if claims.get("password") == _fingerprint(user) else None
    return None
