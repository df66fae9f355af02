"""The page of the door and its files, as phones receive and keep them."""

from collections.abc import Callable
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse

from ticketing_app.devstack.stack import ROOT
from ticketing_app.documents import door
from ticketing_app.documents.plugins import DoorPlugin

ASSETS = ROOT / "assets"


def build(folder: Path) -> str:
    """Build the files of the door; returns the worker."""
    for name in (*door.SHELL, door.WORKER):
        (folder / name).write_text((ASSETS / name).read_text())
    DoorPlugin().post_build(static_dir=folder)
    return (folder / door.WORKER).read_text()


class TestPage:
    async def test_runs_only_own_scripts(self, site: AsyncClient) -> None:
        answer = await site.get("/door")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-cache"
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert '<meta name="robots" content="noindex">' in answer.text

    async def test_escapes_the_name_of_the_site(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(brand_name="Ticket <Barn>")
        assert "| Ticket &lt;Barn&gt;</title>" in (await site.get("/door")).text

    async def test_starts_as_an_app_of_its_own(self, site: AsyncClient) -> None:
        manifest = (await site.get("/door.webmanifest")).json()
        assert manifest["id"] == manifest["start_url"] == "/door"
        # Signing in is outside of the worker's scope, not of the app's.
        assert manifest["scope"] == "/"

    async def test_is_served_without_the_other_documents(self) -> None:
        app = door.serve_alone(PlainTextResponse("from the app"))
        async with AsyncClient(transport=ASGITransport(app), base_url="http://testserver") as site:
            assert 'src="/door.js"' in (await site.get("/door")).text
            assert (await site.get("/")).text == "from the app"


class TestWorker:
    def test_names_its_cache_after_the_files(self, tmp_path: Path) -> None:
        first = build(tmp_path)
        assert door.CACHE_NAME not in first
        assert build(tmp_path) == first
        (tmp_path / door.WORKER).write_text((ASSETS / door.WORKER).read_text())
        (tmp_path / "door.css").write_text("main {}")
        DoorPlugin().post_build(static_dir=tmp_path)
        assert (tmp_path / door.WORKER).read_text() != first

    def test_precaches_the_files_of_the_digest(self) -> None:
        worker = (ASSETS / door.WORKER).read_text()
        paths = ", ".join(f'"{path}"' for path in ("/door", *(f"/{name}" for name in door.SHELL)))
        assert f"const SHELL = [{paths}];" in worker
