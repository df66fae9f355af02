"""The import contracts cover packages that do not exist yet."""

from configparser import ConfigParser
from pathlib import Path

import grimp
import pytest

from tests.import_contracts import PrivateContract

CONFIG = Path(__file__).parents[2] / ".importlinter"
PRODUCT = CONFIG.with_name("ticketing_app")


def graph_of(*imports: tuple[str, str]) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    graph.add_module("ticketing_app")
    for package in ("events", "vault"):
        for name in ("", ".repository", ".repository.lists", ".service", ".api"):
            graph.add_module(f"ticketing_app.{package}{name}")
    for importer, imported in imports:
        graph.add_import(importer=f"ticketing_app.{importer}", imported=f"ticketing_app.{imported}")
    return graph


class TestPrivateContract:
    @pytest.mark.parametrize(
        ("importer", "imported", "is_kept"),
        [
            ("events.service", "events.repository", True),
            ("events.repository.lists", "events.repository", True),
            ("events.api", "events.repository", False),
            ("vault.service", "events.repository", False),
            ("vault.service", "events.repository.lists", False),
        ],
    )
    def test_covers_a_new_package(self, importer: str, imported: str, *, is_kept: bool) -> None:
        options = {"module": "repository", "importers": ["service"]}
        contract = PrivateContract("private", {}, options)
        assert contract.check(graph_of((importer, imported)), verbose=False).kept is is_kept


def test_every_feature_has_the_layers_of_a_feature() -> None:
    config = ConfigParser()
    config.read(CONFIG)
    rows = config["importlinter:contract:layers"]["layers"].split()
    features = [name for name in rows[: rows.index("work")] if name != "|"]
    # A module like demo_files has no layers.
    features = [
        name for name in features[features.index("demo") + 1 :] if (PRODUCT / name).is_dir()
    ]
    containers = config["importlinter:contract:feature-layers"]["containers"].split()
    assert sorted(containers) == sorted(f"ticketing_app.{name}" for name in features)
