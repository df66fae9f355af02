"""How Reflex builds and runs the site."""

import sys

import reflex as rx
from reflex_base.constants import StateManagerMode
from reflex_base.environment import environment as reflex_environment

from ticketing_app.core import redis
from ticketing_app.core.settings import InvalidSettingsError, get_settings, read_environment
from ticketing_app.documents.plugins import (
    BuildStampPlugin,
    DevelopmentProxyPlugin,
    PagesPlugin,
    PaintGatePlugin,
    PrerenderPlugin,
    SameOriginPlugin,
    ThemePlugin,
    bun_path,
)
from ticketing_app.ui.theme import tokens

try:
    environment = read_environment()
except InvalidSettingsError as error:
    sys.exit(str(error))
if environment.ticketing_devstack and not environment.is_production:
    # Only here: the stand-ins and their tools are not installed in production.
    from ticketing_app.devstack import supervisor

    supervisor.ensure()

settings = get_settings()
# Reflex's client has no limits, so that in a partition the handlers of all pages would hang for ever.
state_url = (
    redis.with_time_limits(settings.page_state_url.get_secret_value())
    if settings.has_page_state_in_redis
    else None
)

# Every way to start the site reads this file before engine.io is made. The largest message of a page is
# a form with all of its text; Reflex's own limit of 1 MB lets strangers fill the states of tabs.
if not reflex_environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.is_set():
    reflex_environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.set(64 * 1024)

config = rx.Config(
    app_name="ticketing_app",
    frontend_port=settings.port,
    # Vite's server passes requests on; nobody else needs to reach the backend of `reflex run`.
    backend_host="127.0.0.1",
    # The frontend's own address: the plugins below pass the backend's paths on.
    api_url=f"http://localhost:{settings.port}",
    deploy_url=settings.public_url,
    # No foreign origin at all; the guard of the websocket refuses what is not our own.
    cors_allowed_origins=[],
    trusted_proxy_hops=settings.trusted_proxy_hops,
    state_manager_mode=StateManagerMode.MEMORY,
    redis_url=state_url,
    # In memory as well. A tab's state is a cache: its next call after that loads the page anew.
    redis_token_expiration=15 * 60,
    plugins=[
        rx.plugins.TailwindV4Plugin(tokens.TAILWIND),
        ThemePlugin(),
        SameOriginPlugin(),
        BuildStampPlugin(),
        DevelopmentProxyPlugin(),
        PrerenderPlugin(),
        PaintGatePlugin(),
        # Last: it cuts the finished pages.
        PagesPlugin(),
    ],
    # It would name the address of the machine that built it.
    disable_plugins=[rx.plugins.SitemapPlugin],
    frontend_compression_formats=["brotli", "gzip"],
    show_built_with_reflex=False,
    telemetry_enabled=False,
    bun_path=bun_path(),
)

# REFLEX_REDIS_URL wins over the argument, and neither the time limits nor the checks of `doctor` know it.
config.redis_url = state_url
