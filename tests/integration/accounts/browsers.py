"""One HTTP client that plays several browsers of one user."""

from httpx import AsyncClient
from sqlalchemy import text

from ticketing_app.accounts import auth
from ticketing_app.core import db

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


def use(api: AsyncClient, token: str) -> None:
    """Switch to the browser with this cookie."""
    api.cookies.clear()
    api.cookies.set(auth.COOKIE, token, domain="testserver.local")


async def sign_in_elsewhere(api: AsyncClient, device: str = "laptop") -> str:
    """Sign in on another device and return its cookie; the client keeps its session."""
    mine = api.cookies[auth.COOKIE]
    await api.post("/api/users/signin", json=ANA, headers={"user-agent": device})
    token = api.cookies[auth.COOKIE]
    use(api, mine)
    return token


def header(token: str) -> dict[str, str]:
    """Return the Cookie header."""
    return {"cookie": f"{auth.COOKIE}={token}"}


async def is_live(token: str) -> bool:
    return await auth.authenticate(header(token)["cookie"]) is not None


async def age_proofs(minutes: int = 11) -> None:
    """Let this time pass since the last proofs of all sessions."""
    older = "UPDATE sessions SET proved_at = proved_at - make_interval(mins => :minutes)"
    async with db.autocommit() as connection:
        await connection.execute(text(older), {"minutes": minutes})
