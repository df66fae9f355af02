"""The files of the build, sent from memory: uvicorn would read each of them in threads, block by block."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ticketing_app.documents import cache_control, template

# By content encoding, the preferred one first; the build compresses (rxconfig.py).
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_OTHERS = {".html", *_SUFFIXES.values()}


@dataclass(frozen=True)
class File:
    """Content by encoding, always with `identity`, and the headers of every answer."""

    media_type: str
    headers: Mapping[str, str]
    bodies: Mapping[str, bytes]

    def respond(self, request: Request) -> Response:
        """Return the whole file, or that it has not changed."""
        if self.headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=self.headers)
        # An encoding with a weight (`br;q=0.5`) counts as unwanted: no browser sends one.
        accepted = {name.strip() for name in request.headers.get("accept-encoding", "").split(",")}
        wanted = next((name for name in self.bodies if name in accepted), "identity")
        response = Response(self.bodies[wanted], headers=self.headers, media_type=self.media_type)
        if wanted != "identity":
            response.headers["content-encoding"] = wanted
        return response


def read(folder: Path) -> dict[str, File]:
    """Return the files of the build in `folder` by their path, without its pages."""
    return {
        f"/{file.relative_to(folder)}": _read(file, f"/{file.relative_to(folder)}")
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in _OTHERS and file != folder / template.FILE
    }


def _read(file: Path, path: str) -> File:
    compressed = {name: file.with_name(file.name + end) for name, end in _SUFFIXES.items()}
    bodies = {name: each.read_bytes() for name, each in compressed.items() if each.is_file()}
    bodies["identity"] = file.read_bytes()
    headers = {
        "cache-control": cache_control.for_file(path),
        # Weak, as the same content is sent compressed.
        "etag": f'W/"{sha256(bodies["identity"]).hexdigest()[:32]}"',
        "vary": "Accept-Encoding",
    }
    # Before Python 3.12 scripts have another type.
    media_type = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(path)[0]
    return File(media_type or "application/octet-stream", headers, bodies)
