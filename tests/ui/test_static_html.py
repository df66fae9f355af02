"""Components as HTML, with values instead of variables."""

import pytest
import reflex as rx
from reflex_components_core.core.foreach import Foreach

from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.live.components import LiveText, LiveTicket, OnLive
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import NotStaticError, cond, each, render

HOSTILE = """</script><script>alert("1")</script> '&\n🎸"""


class TestRender:
    def test_renames_attributes(self) -> None:
        label = rx.el.label("Title", html_for="title", class_name="font-medium", tab_index=-1)
        assert render(label) == '<label class="font-medium" for="title" tabindex="-1">Title</label>'

    def test_renders_boolean_attributes(self) -> None:
        assert render(rx.el.button("Go", disabled=True)) == '<button disabled="">Go</button>'
        assert render(rx.el.button("Go", disabled=False)) == "<button>Go</button>"

    def test_omits_handlers(self) -> None:
        assert render(rx.el.button("Go", on_click=SessionState.load)) == "<button>Go</button>"

    def test_escapes_texts_and_attributes(self) -> None:
        written = render(rx.el.p(HOSTILE, title=HOSTILE))
        assert "<script>" not in written
        assert '"1"' not in written.partition(">")[0]
        assert "🎸" in written

    def test_renders_links_and_void_elements(self) -> None:
        parts = rx.fragment(link("Tickets", href="/"), rx.el.br(), rx.el.p(None))
        assert render(parts) == '<a href="/">Tickets</a><br><p></p>'

    def test_renders_static_components(self) -> None:
        row = LiveTicket.create(
            LiveText.create(field="price", text="$40", class_name="font-bold"),
            ticket_id="1",
            version=2,
            status="available",
            class_name="stub",
        )
        assert render(row) == (
            '<article class="stub" data-status="available" data-ticket="1">'
            '<span class="font-bold">$40</span></article>'
        )
        clock = Countdown.create(deadline="2027-01-01T00:00:00Z", now="", class_name="x")
        assert render(clock) == (
            '<time class="x" datetime="2027-01-01T00:00:00Z" role="timer">-:--</time>'
        )

    @pytest.mark.parametrize("part", [rx.el.p(SessionState.email), OnLive.create()])
    def test_refuses_client_side_parts(self, part: rx.Component) -> None:
        with pytest.raises(NotStaticError, match="cannot be written as HTML"):
            render(part)


class TestCond:
    def test_decides_known_conditions(self) -> None:
        assert cond(True, "yes", "no") == "yes"  # noqa: FBT003  # what is tested.
        assert cond(False, "yes") is None  # noqa: FBT003  # as above.

    def test_leaves_variables_to_the_browser(self) -> None:
        assert isinstance(cond(SessionState.is_known, "yes", "no"), rx.Var)


class TestEach:
    def test_renders_equal_items_once(self) -> None:
        drawn: list[str] = []

        def draw(word: str) -> rx.Component:
            drawn.append(word)
            return rx.el.li(word)

        rows = [rx.el.ul(each((HOSTILE, "Kites"), draw)) for _ in range(2)]
        assert render(rows[0]) == render(rows[1])
        assert render(rows[0]).endswith("<li>Kites</li></ul>")
        assert "<script>" not in render(rows[0])
        assert drawn == [HOSTILE, "Kites"]

    def test_leaves_variables_to_the_browser(self) -> None:
        assert isinstance(each(HomeState.wrong_lines, rx.el.p), Foreach)
