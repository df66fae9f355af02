"""Barcodes read from pictures and drawn anew."""

import base64
import io
import re
from dataclasses import dataclass
from typing import cast

import zxingcpp
from PIL import Image
from typing_extensions import Buffer

MAX_PER_PAGE = 40
_F = zxingcpp.BarcodeFormat
FORMATS = zxingcpp.BarcodeFormats(
    [_F.QRCode, _F.Aztec, _F.PDF417, _F.Code128, _F.DataMatrix, _F.Code39, _F.ITF, _F.EAN13]
)
# Modules of white around a drawing, and the part of a cut-out's width.
QUIET_MODULES = 4
QUIET_PART = 0.06
CUTOUT_PIXELS = 800
_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_SHAPES = re.compile(r'<path d="([^"]+)"')


@dataclass(frozen=True)
class Barcode:
    symbology: str
    identifier: str
    payload: bytes
    svg: str | None


def read(picture: Image.Image) -> list[Barcode]:
    """Return the barcodes with different payloads; the same one may be printed in two symbologies."""
    found: dict[bytes, Barcode] = {}
    for code in zxingcpp.read_barcodes(picture, formats=FORMATS)[:MAX_PER_PAGE]:
        if code.bytes and code.bytes not in found:
            svg = _draw(code) or _cut_out(picture, code.position)
            found[code.bytes] = Barcode(
                str(code.format), code.symbology_identifier, code.bytes, svg
            )
    return list(found.values())


def draw_text(symbology: zxingcpp.BarcodeFormat, text: str, payload: bytes) -> Barcode | None:
    """Draw a barcode that is described in words; None if it does not read back as `payload`."""
    try:
        made = zxingcpp.create_barcode(text, symbology)
    except (ValueError, RuntimeError):
        return None
    again = _read_back(made)
    if again is None or again.bytes != payload:
        return None
    return Barcode(str(again.format), again.symbology_identifier, payload, _to_svg(made))


def _draw(code: zxingcpp.Barcode) -> str | None:
    """Draw the same barcode; None if the drawing would not read like the original at a door."""
    is_text = code.content_type == zxingcpp.ContentType.Text
    try:
        copy = zxingcpp.create_barcode(code.text if is_text else code.bytes, code.format)
    except (ValueError, RuntimeError):
        return None
    again = _read_back(copy)
    is_same = again is not None and (again.bytes, again.symbology_identifier) == (
        code.bytes,
        # GS1 and FNC1 have an identifier of their own.
        code.symbology_identifier,
    )
    return _to_svg(copy) if is_same else None


def _read_back(code: zxingcpp.Barcode) -> zxingcpp.Barcode | None:
    drawn = zxingcpp.write_barcode_to_image(code, scale=3)
    height, width = drawn.shape[:2]
    picture = Image.frombytes("L", (width, height), bytes(memoryview(cast("Buffer", drawn))))
    return zxingcpp.read_barcode(picture, formats=FORMATS)


def _to_svg(code: zxingcpp.Barcode) -> str:
    drawn = zxingcpp.write_barcode_to_svg(code)
    size = _SIZE.search(drawn)
    shapes = _SHAPES.search(drawn)
    if size is None or shapes is None:
        raise RuntimeError(drawn)
    return _svg(int(size[1]), int(size[2]), QUIET_MODULES, f'<path d="{shapes[1]}"/>')


def _cut_out(picture: Image.Image, position: zxingcpp.Position) -> str:
    corners = [position.top_left, position.top_right, position.bottom_left, position.bottom_right]
    across = sorted(corner.x for corner in corners)
    down = sorted(corner.y for corner in corners)
    quiet = round(QUIET_PART * max(across[-1] - across[0], down[-1] - down[0])) + 4
    first = (max(across[0] - quiet, 0), max(down[0] - quiet, 0))
    last = (min(across[-1] + quiet, picture.width), min(down[-1] + quiet, picture.height))
    part = picture.crop((*first, *last)).convert("L")
    part.thumbnail((CUTOUT_PIXELS, CUTOUT_PIXELS))
    out = io.BytesIO()
    part.save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    image = (
        f'<image width="{part.width}" height="{part.height}" href="data:image/png;base64,{data}"/>'
    )
    return _svg(part.width, part.height, 0, image)


def _svg(width: int, height: int, quiet: int, content: str) -> str:
    full_width = width + 2 * quiet
    full_height = height + 2 * quiet
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-quiet} {-quiet} {full_width} {full_height}">'
        f'<path fill="#fff" d="M{-quiet} {-quiet}h{full_width}v{full_height}h-{full_width}z"/>'
        f"{content}</svg>"
    )
