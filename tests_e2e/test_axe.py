"""axe finds nothing that shuts people out, in any state of any page."""

from collections.abc import Callable

import pytest
from _pytest.mark.structures import ParameterSet
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests_e2e.scenes import SCENES, Cast, Colours, Scene, Viewer
from tests_e2e.steps import Visitor

pytestmark = pytest.mark.axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
WIDTHS = (1280, 360)
HEIGHT = 800


def violations(page: Page) -> list[str]:
    """Return a line for each element that breaks a rule, at every width."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for rule in page.evaluate("options => axe.run(options)", OPTIONS)["violations"]:
            found += [
                f"{width} px, {rule['id']}, {node['html']}: {rule['help']}. {node['failureSummary']}"
                for node in rule["nodes"]
            ]
    return found


def ways() -> list[ParameterSet]:
    """The main scenes as their first viewer sees them in light; all else with bin/test --all."""
    return [
        pytest.param(
            scene,
            viewer,
            colours,
            id=f"{scene.name}, {viewer}, {colours}",
            marks=[]
            if (scene.is_main, viewer, colours) == (True, scene.viewers[0], "light")
            else [pytest.mark.slow],
        )
        for scene in SCENES
        for viewer in scene.viewers
        for colours in ("light", "dark")
    ]


@pytest.mark.parametrize(("scene", "viewer", "colours"), ways())
def test_nobody_is_shut_out(cast: Cast, scene: Scene, viewer: Viewer, colours: Colours) -> None:
    with cast.show(scene, viewer, colours=colours) as page:
        found = violations(page)
    assert not found, "\n".join(found)


def test_what_is_wrong_is_told_with_rule_element_and_help(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor(signed_in=False).page
    page.set_content("""<!doctype html><html lang=en><title>Wrong</title><main><h1>Wrong</h1>
      <img src="data:,"><p style="color:#999">Faint</p>
      <button style="width:9px">1</button><button style="width:9px">2</button></main></html>""")
    found = "\n".join(violations(page))
    for told in (
        '1280 px, image-alt, <img src="data:,">: Images must have alternative text.',
        "360 px, color-contrast, <p",
        "360 px, target-size, <button",
    ):
        assert told in found
