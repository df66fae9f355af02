"""One HTTP client in the place of several browsers of one person."""

from httpx import AsyncClient

from ticketing_app.accounts import auth

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


def use(api: AsyncClient, token: str) -> None:
    """Go on in the browser that has this cookie."""
    api.cookies.clear()
    api.cookies.set(auth.COOKIE, token, domain="testserver.local")


async def sign_in_elsewhere(api: AsyncClient, device: str = "laptop") -> str:
    """Sign in on another device; returns its cookie, the client goes on where it was."""
    mine = api.cookies[auth.COOKIE]
    await api.post("/api/users/signin", json=ANA, headers={"user-agent": device})
    token = api.cookies[auth.COOKIE]
    use(api, mine)
    return token


def header(token: str) -> dict[str, str]:
    """The cookie as a browser sends it."""
    return {"cookie": f"{auth.COOKIE}={token}"}


async def is_live(token: str) -> bool:
    """Whether this cookie still stands for somebody."""
    return await auth.authenticate(header(token)["cookie"]) is not None
