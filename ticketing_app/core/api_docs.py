"""Swagger UI at /api/docs, served from our own host and without inline scripts."""

# A script from another host could act with the session cookie of the visitor.

import html
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from typing_extensions import override

DOCS = "/api/docs"
FILES = f"{DOCS}/files"
START = f"{DOCS}/start.js"
OPENAPI = "/api/openapi.json"
_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="{FILES}/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="{FILES}/swagger-ui-bundle.js"></script>
<script src="{START}"></script>
</body>
</html>
"""
# Swagger UI's default validator would receive the address of the document.
_START_SCRIPT = f"""SwaggerUIBundle({{
  url: "{OPENAPI}",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
}});
"""
_REVALIDATE = {"cache-control": "no-cache"}


def install(api: FastAPI) -> None:
    page = _PAGE.format(title=html.escape(api.title))

    async def show(_: Request) -> Response:
        return HTMLResponse(page, headers=_REVALIDATE)

    async def start(_: Request) -> Response:
        return Response(_START_SCRIPT, media_type="text/javascript", headers=_REVALIDATE)

    api.add_route(DOCS, show, include_in_schema=False)
    api.add_route(START, start, include_in_schema=False)
    api.mount(FILES, _Files(packages=[("fastapi_swagger", "resources")]))


class _Files(StaticFiles):
    @override
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(_REVALIDATE)
        return response
