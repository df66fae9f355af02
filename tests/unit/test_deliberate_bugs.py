"""Deliberate bugs match the source: the slow run of tests/mutants.py would fail only at its end."""

from pathlib import Path

import pytest

from tests.deliberate_bugs import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.bug for mutant in MUTANTS])
class TestMutants:
    def test_edits_text_that_occurs_once(self, mutant: Mutant) -> None:
        for name, before, _ in mutant.edits:
            assert (ROOT / name).read_text().count(before) == 1, name

    def test_leaves_valid_python(self, mutant: Mutant) -> None:
        sources: dict[str, str] = {}
        for name, before, after in mutant.edits:
            source = sources.get(name) or (ROOT / name).read_text()
            sources[name] = source.replace(before, after)
        for name, source in sources.items():
            if name.endswith(".py"):
                compile(source, name, "exec")

    def test_names_existing_tests(self, mutant: Mutant) -> None:
        name, _, class_name = mutant.caught_by.partition("::")
        path = ROOT / name
        assert path.exists()
        assert not class_name or f"class {class_name}" in path.read_text()
