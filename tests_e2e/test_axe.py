"""axe finds nothing that shuts people out; what takes more to bring about is in test_axe_states.py."""

from collections.abc import Callable

import pytest
from _pytest.mark.structures import ParameterSet

from tests_e2e.axe import violations
from tests_e2e.scenes import SCENES, Colours, Fixtures, Scene, Viewer
from tests_e2e.steps import Visitor

pytestmark = pytest.mark.axe


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
def test_nobody_is_shut_out(
    fixtures: Fixtures, scene: Scene, viewer: Viewer, colours: Colours
) -> None:
    with fixtures.show(scene, viewer, colours=colours) as page:
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
