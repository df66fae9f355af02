"""Unknown paths: JSON below /api, a page everywhere else."""

import httpx
import pytest

from tests.outside.api_client import ApiClient
from tests.site import Site


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/nonsense", 404),
        ("POST", "/api/nonsense", 404),
        ("PATCH", "/api/tickets", 405),
        ("DELETE", "/api/health/live", 405),
    ],
)
async def test_unknown_api_path_is_a_problem_document(
    site: Site, method: str, path: str, status: int
) -> None:
    async with ApiClient(site.url) as stranger:
        answer = await stranger.request(method, path)
    assert (answer.status_code, is_problem(answer)) == (status, True)
    assert answer.json()["errors"][0]["message"]


async def test_any_other_address_is_answered_by_a_page(site: Site) -> None:
    async with ApiClient(site.url) as stranger:
        answer = await stranger.get("/apiary")
    assert (answer.status_code, is_problem(answer)) == (404, False)
    assert answer.headers["content-type"].startswith("text/html")


def is_problem(answer: httpx.Response) -> bool:
    return answer.headers["content-type"] == "application/problem+json"
