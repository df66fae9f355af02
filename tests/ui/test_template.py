"""Templates of the build, and the pages that they are paired with."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ticketing_app import routes
from ticketing_app.documents import serve, template
from ticketing_app.ticketing_app import PAGES


class TestReadSite:
    @pytest.mark.parametrize("route", [routes.NOT_FOUND, routes.TICKET_DETAIL])
    def test_fails_when_a_page_is_missing(self, built: Path, route: str) -> None:
        templates = template.read_templates(built)
        template.write_templates(built, [each for each in templates if each.route != route])
        with pytest.raises(serve.BuildError, match=re.escape(route)):
            serve.read_site(built, PAGES)

    def test_fails_without_a_placeholder(self, built: Path) -> None:
        templates = [replace(each, placeholder="") for each in template.read_templates(built)]
        template.write_templates(built, templates)
        with pytest.raises(serve.BuildError, match="lacks /;"):
            serve.read_site(built, PAGES)


class TestMatch:
    @pytest.mark.parametrize(
        ("path", "parameters"),
        [
            ("/tickets/1/edit", {"ticket_id": "1"}),
            ("/tickets//edit", None),
            ("/tickets/1", None),
            ("/tickets/1/edit/2", None),
            ("/orders/1/edit", None),
        ],
    )
    def test_finds_parameters(
        self, built: Path, path: str, parameters: dict[str, str] | None
    ) -> None:
        [page] = [
            each for each in template.read_templates(built) if each.route == routes.TICKET_EDIT
        ]
        assert page.match(path) == parameters
