from itertools import pairwise

import pytest

from benchmarks import capacity, capacity_model, results
from benchmarks.capacity_model import Assumptions, Costs, Model
from benchmarks.results import Figure, Outcome, Result, Results
from ticketing_app.core.settings import Settings
from ticketing_app.processes import ROLES

COMPONENTS = ("web", "PostgreSQL", "Redis", *ROLES)


def make_points(series: str, **values: float) -> list[Figure]:
    return [
        Figure(
            name=name.replace("__", ", ").replace("_", " "),
            measured=value,
            unit="",
            series=series,
            x=x,
        )
        for x in (2, 1000)
        for name, value in values.items()
    ]


@pytest.fixture
def found() -> Results:
    """Costs of 10 ms of web process and 2 of PostgreSQL a document, 1 ms of each component for an order."""
    orders = [
        Figure(name=f"{step}, {component}", measured=1, unit="ms", series="order", x=2)
        for step in ("hold", "completion")
        for component in COMPONENTS
    ]
    figures = [
        *orders,
        *make_points("tickets", event_page=12, event_page__PostgreSQL=2),
        *make_points("tickets", search=12, search__PostgreSQL=2),
        *make_points("pages", delivery=50, web_process=200, state_in_Redis=20),
        Figure(name="stored by an order", measured=10, unit="KiB"),
        Figure(name="domain events of an order", measured=4, unit="events"),
    ]
    result = Result(outcome=Outcome.OK, date="", commit="", figures=figures)
    return Results(date="", machine="", benchmarks={"growth": result})


@pytest.fixture
def model(found: Results) -> Model:
    return Model(Costs(found, 2), Assumptions())


def find(model: Model, name: str) -> capacity_model.Limit:
    return next(limit for limit in model.limits() if limit.name == name)


class TestModel:
    def test_calculates_the_busiest_second(self) -> None:
        load = capacity_model.calculate_load(1_000_000, Assumptions())
        assert load.visits == pytest.approx(1_000_000 * 0.2 / 86_400 * 8)
        assert load.holds == pytest.approx(load.visits * 0.03 + 20_000 * 0.25 / 60)
        assert load.open_pages == pytest.approx(load.visits * 360 + 20_000)

    def test_needs_never_shrink_with_users(self, model: Model) -> None:
        for limit in model.limits():
            needs = [limit.need(10**power) for power in range(1, 9)]
            assert all(small <= large for small, large in pairwise(needs)), limit.name

    def test_counts_pods_for_memory_of_open_pages(self, model: Model) -> None:
        have = capacity_model.read_deployment()
        pages = capacity_model.calculate_load(1_000_000, Assumptions()).open_pages
        free = have.web_megabytes * 0.6 - 180
        pods = find(model, "web pods for memory").need(1_000_000)
        assert pods == pytest.approx(pages * 200 / 1024 / free, abs=1)

    def test_finds_where_a_limit_is_reached(self, model: Model) -> None:
        limit = find(model, "relay")
        reached = capacity.reached_at(model, limit)
        assert limit.need(reached) == pytest.approx(model.usable(limit), rel=0.02)


def test_reads_the_manifests_and_settings() -> None:
    have = capacity_model.read_deployment()
    assert have.web_pods >= 2
    assert have.web_megabytes >= 512
    assert have.pool_size == Settings.model_fields["database_pool_size"].default


class TestParts:
    def test_sorts_needs_by_the_users_that_reach_them(self, found: Results) -> None:
        rows = capacity.parts(found)["limits"].splitlines()[2:]
        reached = [row.split(" | ")[-1].strip(" |").replace(",", "") for row in rows]
        numbers = [0 if each == "the start" else float(each) for each in reached if each != "never"]
        assert len(rows) == 12
        assert numbers == sorted(numbers)
        assert numbers

    def test_says_which_cost_is_missing(self, found: Results) -> None:
        figures = found.benchmarks["growth"].figures
        figures[:] = [each for each in figures if not each.name.startswith("delivery")]
        assert capacity.parts(found)["limits"] == "Not measured yet: 'delivery'."


def test_document_has_what_the_script_prints() -> None:
    text = capacity.DOCUMENT.read_text()
    for name, part in capacity.parts(results.newest()).items():
        assert part in text, f"python -m benchmarks.capacity --write, for {name}"
