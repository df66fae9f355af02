"""The description of the API at /api/docs."""

import re

from httpx import AsyncClient


class TestApiDocs:
    async def test_loads_only_files_of_this_host(self, api: AsyncClient) -> None:
        page = await api.get("/api/docs")
        assert page.status_code == 200
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        scripts = [address for address in addresses if address.endswith(".js")]
        assert len(scripts) == 2
        assert all(re.match(r"/[^/]", address) for address in addresses)
        for address in (address for address in addresses if address.startswith("/api/")):
            answer = await api.get(address)
            assert (answer.status_code, bool(answer.content)) == (200, True), address

    async def test_has_no_inline_script_or_style(self, api: AsyncClient) -> None:
        page = (await api.get("/api/docs")).text
        assert re.findall(r"<script(?![^>]*src)[^>]*>|<style|style=| on\w+=", page) == []

    async def test_refers_to_existing_addresses(self, api: AsyncClient) -> None:
        start = (await api.get("/api/docs/start.js")).text
        assert "oauth2" not in start
        (openapi,) = re.findall(r'url: "([^"]+)"', start)
        assert (await api.get(openapi)).json()["info"]["title"] == "GitTix API"

    async def test_uses_no_external_validator(self, api: AsyncClient) -> None:
        assert "validatorUrl: null" in (await api.get("/api/docs/start.js")).text

    async def test_a_file_that_is_not_there_is_404(self, api: AsyncClient) -> None:
        answer = await api.get("/api/docs/files/../secret")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
