"""Browsers that signed in before have a separate limit, so that guesses cannot lock the owner out."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import jwt
from starlette.requests import cookie_parser
from starlette.responses import Response

from ticketing_app.accounts.models import User
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings

LIFETIME = timedelta(days=365)
ALGORITHM = "HS256"
# Session tokens have no audience, so the two kinds of tokens cannot be exchanged.
AUDIENCE = "known-device"
PREFIX = "device-"
PATH = "/api/users"
# A plain form is sent to its page; a browser that does so gets a second cookie.
FORM_PATH = "/auth"


def has_cookie(cookie_header: str | None) -> bool:
    return any(name.startswith(PREFIX) for name in cookie_parser(cookie_header or ""))


def limit_key(user: User, cookie_header: str | None) -> str | None:
    """Return the limit key of a device that signed in since the password was last set."""
    device_id = _read(cookie_parser(cookie_header or "").get(_name(user.id), ""), user)
    return f"{user.id} {device_id}" if device_id else None


def set_cookie(
    response: Response, user: User, cookie_header: str | None, *, is_form: bool = False
) -> None:
    """Make this device known; a known device keeps its id."""
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
    token = jwt.encode(claims, settings.jwt_key.get_secret_value(), algorithm=ALGORITHM)
    for path in (PATH, FORM_PATH) if is_form else (PATH,):
        response.set_cookie(
            _name(user.id),
            token,
            max_age=int(LIFETIME.total_seconds()),
            path=path,
            secure=settings.is_served_over_https,
            httponly=True,
            samesite="strict",
        )


def _name(user_id: UUID) -> str:
    return f"{PREFIX}{user_id.hex[:12]}"


def _fingerprint(user: User) -> str:
    """Return a digest that changes with the password hash; the salt keeps it from revealing the password."""
    return sha256((user.password_hash or "").encode()).hexdigest()[:16]


def _read(token: str, user: User) -> str | None:
    for key in get_settings().jwt_verification_keys:
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
