"""axe finds no violations in the scenes; test_axe_states.py has the states that take more to set up."""

from collections.abc import Callable

import pytest
from _pytest.mark.structures import ParameterSet

from tests_e2e.axe import violations
from tests_e2e.scenes import SCENES, Fixtures, Scene, Viewer
from tests_e2e.steps import Visitor

pytestmark = pytest.mark.axe


def ways() -> list[ParameterSet]:
    """The main scenes for their first viewer, quickly; all of them, thoroughly, with bin/test --all."""
    quick = [
        pytest.param(scene, scene.viewers[0], True, id=f"{scene.name}, quickly")
        for scene in SCENES
        if scene.is_main
    ]
    thorough = [
        pytest.param(scene, viewer, False, id=f"{scene.name}, {viewer}", marks=pytest.mark.slow)
        for scene in SCENES
        for viewer in scene.viewers
    ]
    return quick + thorough


@pytest.mark.parametrize(("scene", "viewer", "is_quick"), ways())
def test_has_no_violations(
    fixtures: Fixtures, scene: Scene, viewer: Viewer, *, is_quick: bool
) -> None:
    with fixtures.show(scene, viewer) as page:
        found = violations(page, is_quick=is_quick)
    assert not found, "\n".join(found)


def test_violations_name_rule_element_and_help(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor(signed_in=False).page
    page.set_content("""<!doctype html><html lang=en><title>Wrong</title><main><h1>Wrong</h1>
      <script>const dark = matchMedia("(prefers-color-scheme: dark)");
      dark.onchange = () => document.documentElement.classList.toggle("dark", dark.matches);</script>
      <img src="data:,"><p style="color:#999">Faint</p>
      <button style="width:9px">1</button><button style="width:9px">2</button></main></html>""")
    found = "\n".join(violations(page))
    for line in (
        '1280 px, light, image-alt, <img src="data:,">: Images must have alternative text.',
        "360 px, light, color-contrast, <p",
        "360 px, dark, color-contrast, <p",
        "360 px, light, target-size, <button",
    ):
        assert line in found
