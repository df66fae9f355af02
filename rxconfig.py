"""Configuration of Reflex."""

import inspect
import sys

import reflex as rx
from reflex_base.constants import StateManagerMode
from reflex_base.environment import environment as reflex_environment

from ticketing_app.core import redis
from ticketing_app.core.settings import InvalidSettingsError, get_settings, read_environment
from ticketing_app.documents.plugins import (
    BuildStampPlugin,
    DevelopmentProxyPlugin,
    DoorPlugin,
    PagesPlugin,
    PaintGatePlugin,
    PlainElementsPlugin,
    PrerenderPlugin,
    SameOriginPlugin,
    SystemThemePlugin,
    ThemePlugin,
    bun_path,
)
from ticketing_app.ui.theme import tokens

# rx.asset inspects the whole stack, and for each frame of an unknown file all loaded modules. Most frames
# of an import are of these, and made 40 % of the start of a process.
for name in ("importlib._bootstrap", "importlib._bootstrap_external", "runpy"):
    inspect.modulesbyfile[f"<frozen {name}>"] = name

try:
    environment = read_environment()
except InvalidSettingsError as error:
    sys.exit(str(error))
if environment.ticketing_devstack and not environment.is_production:
    # Imported here, as production has neither the stand-ins nor their tools.
    from ticketing_app.devstack import supervisor

    supervisor.ensure()

settings = get_settings()
# Reflex's client has no timeouts: in a network partition the handlers of all pages would hang.
state_url = (
    redis.with_time_limits(settings.page_state_url.get_secret_value())
    if settings.has_page_state_in_redis
    else None
)

# Set here, because every way to start the site reads this file before engine.io is created. The largest
# message of a page is a full form; Reflex's default of 1 MB would let clients fill the memory.
if not reflex_environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.is_set():
    reflex_environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.set(64 * 1024)

config = rx.Config(
    app_name="ticketing_app",
    frontend_port=settings.port,
    # In `reflex run` only Vite's proxy needs to reach the backend.
    backend_host="127.0.0.1",
    # The frontend's own address: the plugins below proxy the backend's paths.
    api_url=f"http://localhost:{settings.port}",
    deploy_url=settings.public_url,
    # Allows no foreign origin; the origin check of the websocket accepts only our own.
    cors_allowed_origins=[],
    trusted_proxy_hops=settings.trusted_proxy_hops,
    state_manager_mode=StateManagerMode.MEMORY,
    redis_url=state_url,
    # Applies to states in memory as well. A tab's state is a cache: after it expires, the next call reloads
    # the page.
    redis_token_expiration=15 * 60,
    plugins=[
        rx.plugins.TailwindV4Plugin(tokens.TAILWIND),
        ThemePlugin(),
        PlainElementsPlugin(),
        SystemThemePlugin(),
        SameOriginPlugin(),
        BuildStampPlugin(),
        DoorPlugin(),
        DevelopmentProxyPlugin(),
        PrerenderPlugin(),
        PaintGatePlugin(),
        # Last, because it cuts the finished pages.
        PagesPlugin(),
    ],
    # Reflex's sitemap would contain the address of the build machine.
    disable_plugins=[rx.plugins.SitemapPlugin],
    frontend_compression_formats=["brotli", "gzip"],
    show_built_with_reflex=False,
    telemetry_enabled=False,
    bun_path=bun_path(),
)

# Set after construction: REFLEX_REDIS_URL would override the argument, without timeouts and unknown to `doctor`.
config.redis_url = state_url
