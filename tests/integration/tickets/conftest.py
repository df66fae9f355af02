import pytest
from httpx import AsyncClient

SELLER = {"email": "seller@gittix.test", "password": "correct horse"}


@pytest.fixture
async def seller(api: AsyncClient) -> AsyncClient:
    """A client that is signed in as a new seller."""
    await api.post("/api/users/signup", json=SELLER)
    return api
