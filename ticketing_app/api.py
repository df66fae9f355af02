"""The REST API: routes of all features under /api, health checks and OpenAPI."""

import asyncio
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from ticketing_app.accounts import auth
from ticketing_app.accounts.api.passkeys import router as passkeys_router
from ticketing_app.accounts.api.proof import router as proof_router
from ticketing_app.accounts.api.recovery import router as recovery_router
from ticketing_app.accounts.api.users import router as users_router
from ticketing_app.cases.api import router as cases_router
from ticketing_app.core import api_docs, db, http, redis, uploads
from ticketing_app.core.http import ErrorItem, Problem
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.api.deliveries import router as deliveries_router
from ticketing_app.deliveries.api.door import router as door_router
from ticketing_app.deliveries.api.sending import address_router
from ticketing_app.deliveries.api.sending import router as sending_router
from ticketing_app.events.api import places_router
from ticketing_app.events.api import router as events_router
from ticketing_app.notices.api import mail_router
from ticketing_app.notices.api import router as notices_router
from ticketing_app.orders.api import file_router as gift_files_router
from ticketing_app.orders.api import gift_router, selling_router
from ticketing_app.orders.api import listing_router as selling_listings_router
from ticketing_app.orders.api import router as orders_router
from ticketing_app.payments.api import router as payments_router
from ticketing_app.privacy.api import router as privacy_router
from ticketing_app.tickets.api import listing_router, offer_router
from ticketing_app.tickets.api import router as tickets_router
from ticketing_app.vault.api import PATH as UPLOAD_PATH
from ticketing_app.vault.api import router as files_router

SESSION = "session"
READINESS_TIMEOUT_SECONDS = 2


def serve(app: ASGIApp) -> ASGIApp:
    """Route all paths under /api to the API, also unknown ones, and the others to `app`."""
    api = create_api()

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and f"{scope['path']}/".startswith("/api/")
        await (api if is_ours else app)(scope, receive, send)

    return choose


# The most frequent ones first, as a request is compared with one path after the other.
ROUTERS = (
    orders_router,
    tickets_router,
    listing_router,
    offer_router,
    selling_router,
    selling_listings_router,
    events_router,
    places_router,
    users_router,
    passkeys_router,
    proof_router,
    recovery_router,
    files_router,
    deliveries_router,
    door_router,
    gift_files_router,
    gift_router,
    sending_router,
    address_router,
    payments_router,
    mail_router,
    cases_router,
    notices_router,
    privacy_router,
)


def create_api() -> FastAPI:
    api = FastAPI(
        title=f"{get_settings().brand_name} API",
        version="1",
        docs_url=None,
        openapi_url=api_docs.OPENAPI,
        redoc_url=None,
        # A redirect would contain the Host header of the request.
        redirect_slashes=False,
    )
    # The routes themselves: `include_router` would match the path of each request twice.
    for router in ROUTERS:
        api.router.routes += router.routes
    api.add_api_route("/api/health/live", live, tags=["health"])
    api.add_api_route(
        "/api/health/ready",
        ready,
        tags=["health"],
        response_model=dict[str, str],
        responses=http.problem_responses(),
    )
    api_docs.install(api)
    http.install_error_handling(api)
    # Outside of the error handling: refusals of any kind come after the drained body.
    api.add_middleware(uploads.DrainRefusedUploads, path=UPLOAD_PATH)
    api.openapi = lambda: _openapi(api)  # pyright: ignore[reportAttributeAccessIssue]  # FastAPI's documented way
    return api


async def live() -> dict[str, str]:
    """Respond while the process runs."""
    return {"status": "ok"}


async def ready() -> Response | dict[str, str]:
    """Report whether PostgreSQL and Redis are usable, and which of them is not."""
    probes = {
        "PostgreSQL": _ask_database(),
        "Redis": redis.check_writable(redis.client()),
    }
    settings = get_settings()
    if settings.has_page_state_in_redis and settings.page_state_url != settings.redis_url:
        probes["Redis of the pages"] = redis.check_writable(redis.page_state_client())
    results = await asyncio.gather(*probes.values(), return_exceptions=True)
    problems = [
        f"{name} refuses to write."
        if isinstance(result, redis.ResponseError)
        else f"{name} does not answer."
        for name, result in zip(probes, results, strict=True)
        if isinstance(result, BaseException)
    ]
    if problems:
        return http.problem(503, [ErrorItem(message=problem) for problem in problems])
    return {"status": "ok"}


async def _ask_database() -> None:
    async with asyncio.timeout(READINESS_TIMEOUT_SECONDS), db.autocommit() as connection:
        await connection.execute(text("SELECT 1"))


def _complete(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if "requestBody" in operation:
        responses |= {str(key): value for key, value in http.problem_responses(408).items()}
    if "401" in responses:
        operation["security"] = [{SESSION: []}]


def _take_definitions(operation: dict[str, Any]) -> dict[str, Any]:
    """Remove and return the models inside the body of the request, which refers to them as components."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    # A copy: the routes of all applications share the schema.
    content["schema"] = {**content.get("schema", {})}
    return content["schema"].pop("$defs", {})


def _openapi(api: FastAPI) -> dict[str, Any]:
    """Replace FastAPI's 422 responses, which never occur, by the API's own errors."""
    if api.openapi_schema is None:
        schema = get_openapi(title=api.title, version=api.version, routes=api.routes)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        for operations in schema["paths"].values():
            for operation in operations.values():
                _complete(operation)
                components |= _take_definitions(operation)
        schema["components"]["securitySchemes"] = {
            SESSION: {"type": "apiKey", "in": "cookie", "name": auth.cookie_name()}
        }
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components |= problem.pop("$defs")
        components["Problem"] = problem
        api.openapi_schema = schema
    return api.openapi_schema
