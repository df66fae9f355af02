"""Program that inspects one uploaded file: bytes on stdin, one JSON line and the derived files on stdout.

It runs in a process of its own, with an empty environment, and imports nothing else of the product: no
key and no address is in its memory. A file may have taken it over, so its parent checks the answer.
"""

import codecs
import importlib
import json
import sys
from typing import Any

from PIL import Image

from ticketing_app.vault.inspection.child import confine, facts, passes, pdf, pictures, tickets
from ticketing_app.vault.inspection.child.barcodes import Barcode
from ticketing_app.vault.inspection.child.refusal import RefusedError

MAX_BYTES = 10 * 2**20
WITHOUT_FILTER = "--without-filter"
EXIT_WITHOUT_FILTER = 3
PASS = "application/vnd.apple.pkpass"  # noqa: S105  # a media type.
# Pillow would import its plugins, and Python its codecs, when they are needed: from files.
PLUGINS = ("Jpeg", "Mpo", "Png", "Tiff", "WebP")
# PDFium's text, names in ZIP archives and messages of passes have these.
CODECS = "utf-16-le utf-16-be utf-16 utf-32 cp437 cp1252 iso-8859-1 utf-8-sig".split()  # noqa: SIM905  # shorter.
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

Answer = tuple[dict[str, Any], list[bytes]]


def main() -> None:
    prepare()
    found, files = answer(sys.stdin.buffer.read(MAX_BYTES + 1))
    sys.stdout.buffer.write(json.dumps(found, default=str).encode() + b"\n" + b"".join(files))
    sys.stdout.buffer.flush()


def prepare() -> None:
    """Load every file that may be needed, and confine this process."""
    confine.limit()
    facts.warm_up()
    Image.preinit()
    for plugin in PLUGINS:
        importlib.import_module(f"PIL.{plugin}ImagePlugin")
    for codec in CODECS:
        codecs.lookup(codec)
    if not confine.install_filter() and WITHOUT_FILTER not in sys.argv:
        sys.exit(EXIT_WITHOUT_FILTER)


def answer(data: bytes) -> Answer:
    try:
        return inspect(data)
    except RefusedError as error:
        return {"refused": error.code}, []
    except MemoryError:
        return {"refused": "too_complex"}, []


def inspect(data: bytes) -> Answer:
    """Return the answer, and the files in the order in which it gives their sizes.

    Raises:
        RefusedError: the file has none of the accepted kinds, or is beyond a limit.
    """
    if len(data) > MAX_BYTES:
        raise RefusedError("too_large")
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return _inspect_pdf(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _inspect_picture(data, pictures.PNG)
    if data.startswith(b"\xff\xd8\xff"):
        return _inspect_picture(data, pictures.JPEG)
    if data.startswith(b"PK\x03\x04"):
        return _inspect_pass(data)
    is_heic = data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS
    raise RefusedError("heic" if is_heic else "unknown_kind")


def _inspect_pdf(data: bytes) -> Answer:
    found, removed = pdf.inspect(data)
    parts: list[dict[str, Any]] = []
    files: list[bytes] = []
    for ticket in found:
        previews = [page.preview for page in ticket.pages]
        lines = [line for page in ticket.pages for line in page.lines]
        payloads = [code.payload for _, code in ticket.codes]
        suggested = facts.read(lines, payloads, facts.today())
        parts.append(_ticket(ticket.codes, suggested, ticket.clean, previews))
        files += [ticket.clean, *previews]
    return {"kind": "application/pdf", "tickets": parts, "removed": removed}, files


def _inspect_picture(data: bytes, media_type: str) -> Answer:
    codes, clean, preview = pictures.inspect(data, media_type)
    own = [(1, code) for code in codes if not tickets.is_advert(code.payload)]
    ticket = _ticket(own, {}, clean, [preview])
    return {"kind": media_type, "tickets": [ticket], "removed": []}, [clean, preview]


def _inspect_pass(data: bytes) -> Answer:
    found = passes.inspect(data)
    try:
        suggested = facts.read_pass(found.description)
    except passes.MALFORMED:
        suggested = {}
    ticket = _ticket([(1, code) for code in found.codes], suggested, data, [])
    # As it came: only its issuer can sign a pass.
    return {"kind": PASS, "tickets": [ticket], "removed": []}, [data]


def _ticket(
    codes: list[tuple[int, Barcode]], suggested: dict[str, Any], clean: bytes, previews: list[bytes]
) -> dict[str, Any]:
    return {
        "codes": [
            {
                "symbology": code.symbology,
                "identifier": code.identifier,
                "payload": code.payload.hex(),
                "page": page,
                "svg": code.svg,
            }
            for page, code in codes
        ],
        "facts": suggested,
        "clean": len(clean),
        "previews": [len(preview) for preview in previews],
    }
