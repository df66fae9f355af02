"""HTTP for the REST API: request bodies, client addresses, errors as problem+json."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import addresses, limits, origin, outages
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import (
    AppError,
    InvalidInputError,
    TooManyRequestsError,
    UnavailableError,
)
from ticketing_app.core.logging import get_logger, start_context
from ticketing_app.core.settings import get_settings
from ticketing_app.core.validation import ApiModel, Model, describe_error, parse

log = get_logger()

ID = TypeAdapter(UUID)

PROBLEM_JSON = "application/problem+json"
MAX_BODY_BYTES = 65_536
# Limit for receiving a body, against clients that send slowly to keep connections open.
BODY_SECONDS = 10
RETRY_AFTER = {"description": "Seconds to wait, where known.", "schema": {"type": "integer"}}
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class BodyTimeoutError(AppError):
    status = HTTPStatus.REQUEST_TIMEOUT
    message = "Your request did not arrive in time. Please send it again."


class ErrorItem(ApiModel):
    """One error; `field` names the wrong input, if there is one."""

    message: str
    field: str | None = None


class Problem(ApiModel):
    """The body of every error: `errors` with sentences for users, the other fields as in RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    errors: list[ErrorItem]


# ---- reading ---------------------------------------------------------------------------------


async def read_bytes(request: Request) -> bytes:
    """Read the raw body; raises InvalidInputError if it is too large, BodyTimeoutError if it is too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise InvalidInputError([(None, "The body is too large (at most 64 KiB).")])
    except TimeoutError:
        raise BodyTimeoutError from None
    return bytes(body)


async def read_body(request: Request, model: type[Model]) -> Model:
    """Read and validate the JSON body; raises the errors of `read_bytes` and `validation.parse`."""
    # Handlers call it after authorisation: 401, 403 and 404 take precedence over 400.
    body = await read_bytes(request)
    try:
        # Decimal keeps prices exact. PostgreSQL cannot store lone surrogates and NUL.
        data = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except (ValueError, ArithmeticError, RecursionError):
        raise InvalidInputError([(None, "Send valid JSON in UTF-8.")]) from None
    if "\\u0000" in json.dumps(data, default=str):
        raise InvalidInputError([(None, "Text cannot contain the character U+0000.")])
    return parse(model, data)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return `openapi_extra` that describes a body read by `read_body`."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": model.model_json_schema(ref_template="#/components/schemas/{model}")
                }
            },
        }
    }


# `openapi_extra` of a route with a body that another party defines (webhooks).
ANY_JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for these error statuses, and 503."""
    responses: dict[int | str, dict[str, Any]] = {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (*statuses, HTTPStatus.SERVICE_UNAVAILABLE)
    }
    for status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        if status in responses:
            responses[status]["headers"] = {"Retry-After": RETRY_AFTER}
    return responses


def parse_id(text: str, not_found: Callable[[], AppError]) -> UUID:
    """Read an id of the path; a malformed one raises `not_found`, as no such row can exist."""
    try:
        return ID.validate_strings(text)
    except ValidationError:
        raise not_found() from None


def client_address(request: HTTPConnection) -> str:
    """Return the address of the client as seen by the outermost trusted proxy."""
    hops = get_settings().trusted_proxy_hops
    # A proxy may append a second header line to a forged one: join all lines before counting hops.
    parts = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    forwarded = [part for part in parts if part.strip()]
    if hops and len(forwarded) >= hops:
        return addresses.canonical(forwarded[-hops])
    return addresses.canonical(request.client.host if request.client else "")


# ---- responses -------------------------------------------------------------------------------


def problem(
    status: int, errors: list[ErrorItem], extra: Mapping[str, str | int] | None = None
) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "errors": [item.model_dump(exclude_none=True) for item in errors],
        **(extra or {}),
    }
    return JSONResponse(body, status, media_type=PROBLEM_JSON)


async def _on_app_error(_: Request, error: Exception) -> Response:
    app_error = cast("AppError", error)
    problems = (
        app_error.problems
        if isinstance(app_error, InvalidInputError)
        else [(app_error.field, app_error.message)]
    )
    response = problem(
        app_error.status,
        [ErrorItem(message=text, field=field) for field, text in problems],
        app_error.extra,
    )
    if isinstance(app_error, TooManyRequestsError | UnavailableError) and app_error.retry_after:
        response.headers["retry-after"] = str(app_error.retry_after)
    return response


async def _on_http_error(request: Request, error: Exception) -> Response:
    http_error = cast("HTTPException", error)
    text = (
        "There is nothing at this address."
        if http_error.status_code == HTTPStatus.NOT_FOUND
        else http_error.detail
    )
    response = problem(http_error.status_code, [ErrorItem(message=text)])
    response.headers.update(http_error.headers or {})
    is_other_method = http_error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    if is_other_method and (methods := _allowed_methods(request)):
        response.headers["allow"] = ", ".join(methods)
    return response


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes of this path; Starlette lists only those of the first one."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    return [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in routes)
    ]


async def _on_invalid_parameters(_: Request, error: Exception) -> Response:
    problems = [
        describe_error(cast("ErrorDetails", {**item, "loc": item["loc"][1:]}))
        for item in cast("RequestValidationError", error).errors()
    ]
    return problem(
        HTTPStatus.BAD_REQUEST, [ErrorItem(message=text, field=field) for field, text in problems]
    )


async def _on_crash(request: Request, error: Exception) -> Response:
    if outages.is_unavailable(error):
        log.warning("http.dependency_unavailable", path=request.url.path, error=repr(error))
        return await _on_app_error(request, outages.unavailable_error(error))
    log.error("http.crash", path=request.url.path, method=request.method, exc_info=error)
    text = "Something went wrong on our side. Nothing is lost; please try again."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, [ErrorItem(message=text)])


class ErrorBoundary:
    """Outermost middleware: correlation id, origin check, cache headers, responses for all exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        start_context(request.headers.get("x-request-id", "")[:64] or str(new_id()))
        address = client_address(request)
        limits.bind_address(address)
        send = _uncached(send)
        if origin.is_from_elsewhere(request):
            refusal = problem(
                HTTPStatus.FORBIDDEN, [ErrorItem(message="This request came from another site.")]
            )
            origin.log_refusal(request, address)
            await refusal(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            log.info("http.disconnected", path=request.url.path, method=request.method)
            # The client has disconnected, but the server logs an error for a request without a response.
            gone = problem(HTTPStatus.BAD_REQUEST, [ErrorItem(message="The request broke off.")])
            await gone(scope, receive, send)
        # Starlette's own handler would re-raise it, and the server would log a second stack trace.
        except Exception as error:  # noqa: BLE001  # every exception becomes a response.
            await (await _on_crash(request, error))(scope, receive, send)


def _uncached(send: Send) -> Send:
    """Set `no-store` where the route sets no other Cache-Control: most responses are personal."""

    async def send_uncached(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("cache-control", "no-store")
        await send(message)

    return send_uncached


def install_error_handling(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        AppError: _on_app_error,
        HTTPException: _on_http_error,
        RequestValidationError: _on_invalid_parameters,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(ErrorBoundary)
