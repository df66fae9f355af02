import pytest

from benchmarks import report, results
from benchmarks.results import Figure, Outcome, Result, Results


def make_results(*figures: Figure) -> Results:
    result = Result(
        outcome=Outcome.OK,
        date="2026-01-01",
        commit="abc",
        machine="2 cores",
        seconds=12,
        figures=list(figures),
    )
    return Results(date="2026-01-02", machine="2 cores", benchmarks={"growth": result})


class TestResultsPart:
    def test_shows_each_figure_with_its_limit(self) -> None:
        part = report.results_part(
            make_results(
                Figure(name="p95", measured=90, unit="ms", limit=100, is_kept=True),
                Figure(name="rate", measured=0.1, unit="", least=0.2, is_kept=False),
                Figure(name="CPU of the load generator", measured=0.43, unit="of a core"),
            )
        )
        assert part.startswith("2026-01-02, 2 cores.")
        assert part.splitlines()[4:] == [
            "| **growth** (12 s, abc, 2026-01-01, load generator 43% of a core) | | | | ok |",
            "| p95 | 90.0 ms | at most 100 | 0.90 | ok |",
            "| rate | 0.100 | at least 0.2 | 0.50 | **missed** |",
        ]

    def test_names_another_machine(self) -> None:
        found = make_results()
        found.benchmarks["growth"].machine = "4 cores"
        assert "(12 s, abc, 2026-01-01, on 4 cores)" in report.results_part(found)

    def test_shows_how_fast_the_machine_was(self) -> None:
        found = make_results()
        found.benchmarks["growth"].loop_ms = [96, 180]
        assert "(12 s, abc, 2026-01-01, loop 96 and 180 ms)" in report.results_part(found)


class TestGrowthPart:
    def test_draws_each_series(self) -> None:
        figures = [
            Figure(name=name, measured=value * size, unit="ms of CPU", series="tickets", x=size)
            for name, value in (("hold", 0.001), ("hold, web", 0.003), ("search", 0.002))
            for size in (1000, 1_000_000)
        ]
        part = report.growth_part(make_results(*figures))
        assert "| tickets, ms of CPU | 1k | 1M |" in part
        assert "| hold | 1.00 | 1000.00 |" in part
        assert 'x-axis ["1k", "1M"]' in part
        assert "| hold, web | 3.00 | 3000.00 |" in part
        assert part.count("    line [") == 2
        assert "line [2.00, 2000.00]" in part
        assert part.endswith("Lines, from the top at the right end: search, hold.")

    def test_names_what_breaks_first(self) -> None:
        rates = {"web": 8, "relay": 50, "PostgreSQL": 20}
        figures = [
            Figure(name=f"orders by one core of {name}", measured=rate, unit="orders/s")
            for name, rate in rates.items()
        ]
        part = report.growth_part(make_results(*figures))
        assert "in a second: web 8, PostgreSQL 20, relay 50." in part
        # PostgreSQL has several cores.
        assert "**relay breaks first, at 50 orders a second**" in part

    def test_says_that_nothing_was_measured(self) -> None:
        assert report.growth_part(make_results()) == "Not measured yet."


class TestReplacePart:
    def test_replaces_between_the_markers(self) -> None:
        text = "before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n"
        replaced = report.replace_part(text, "x", "new")
        assert replaced == "before\n<!-- x -->\n\nnew\n\n<!-- end of x -->\nafter\n"
        assert report.replace_part(replaced, "x", "new") == replaced

    def test_refuses_a_document_without_markers(self) -> None:
        with pytest.raises(ValueError, match="x"):
            report.replace_part("text", "x", "new")


def test_document_has_the_newest_results() -> None:
    newest = results.newest()
    text = report.DOCUMENT.read_text()
    assert report.results_part(newest) in text
    assert report.growth_part(newest) in text
