"""`cities load` fills the table, repeatedly."""

import lzma
from pathlib import Path

import pytest

from tests import factories
from tests.integration.cli.command_line import run
from tests.integration.cli.test_doctor import examine
from tests.integration.messaging.samples import column
from ticketing_app.events.service import city_data

pytestmark = pytest.mark.usefixtures("database")

MUNICH = (
    "2867714\tMunich\tDE\t\tEurope/Berlin\t48.1374\t11.5755\t1505005\tMünchen|Monaco di Baviera\n"
)
CHICAGO = "4887398\tChicago\tUS\tIL\tAmerica/Chicago\t41.8500\t-87.6500\t2665039\t\n"


def write(path: Path, text: str) -> None:
    path.write_bytes(lzma.compress(text.encode()))


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of two cities."""
    path = tmp_path / "cities.tsv.xz"
    write(path, MUNICH + CHICAGO)
    monkeypatch.setattr(city_data, "SOURCE", path)
    return path


@pytest.mark.usefixtures("source")
class TestLoad:
    async def test_inserts_cities_with_all_their_names(self) -> None:
        code, out, err = await run("cities", "load")
        assert (code, out, err) == (0, "2 cities from GeoNames, CC BY 4.0\n", "")
        assert await column("SELECT name FROM cities ORDER BY id") == ["Munich", "Chicago"]
        assert await column("SELECT region FROM cities ORDER BY id") == [None, "IL"]
        assert await column("SELECT key FROM city_names ORDER BY key") == [
            "chicago",
            "monaco di baviera",
            "munchen",
            "munich",
        ]
        _, findings = await examine()
        assert findings["cities"] == "ok all there."

    async def test_completes_and_updates_what_is_there(self, source: Path) -> None:
        await factories.make_cities()
        await run("cities", "load")
        write(source, MUNICH.replace("1505005", "1600000"))
        await run("cities", "load")
        assert await column("SELECT population FROM cities WHERE name = 'Munich'") == [1_600_000]
        assert len(await column("SELECT id FROM cities")) == len(factories.CITIES)

    async def test_writes_nothing_twice(self) -> None:
        await run("cities", "load")
        before = await column("SELECT xmin::text FROM cities")
        assert (await run("cities", "load"))[0] == 0
        assert await column("SELECT xmin::text FROM cities") == before

    async def test_loads_only_missing_ones_on_request(self) -> None:
        assert "2 cities" in (await run("cities", "load", "--if-missing"))[1]
        assert (await run("cities", "load", "--if-missing"))[1] == "All cities are there already.\n"
