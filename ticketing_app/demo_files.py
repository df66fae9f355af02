"""Ticket files of invented organisers for demo data and tests: PDF documents, written by hand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp

TITLE_SIZE = 20
TEXT_SIZE = 12
LINE_HEIGHT = 26
MARGIN = 50
BAND_HEIGHT = 36
# Red, green and blue, of 1.
BAND_COLOR = "0.16 0.2 0.42"
_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_RECTANGLE = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z")


@dataclass(frozen=True)
class Code:
    """A barcode with its lower left corner at (x, y); in points, like `width`."""

    payload: str | bytes
    symbology: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.QRCode
    x: float = 390
    y: float = 600
    width: float = 130


@dataclass(frozen=True)
class Page:
    """Lines from the top, the first one larger, and barcodes; `organiser` is white on a coloured band."""

    lines: Sequence[str] = ()
    codes: Sequence[Code] = ()
    width: float = 595
    height: float = 842
    organiser: str = ""


def write_pdf(pages: Sequence[Page]) -> bytes:
    return join_objects(build_objects(pages))


def build_objects(pages: Sequence[Page]) -> list[bytes]:
    """Return the objects of a PDF in order: catalog, list of pages, font, then two of each page."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    kids = b" ".join(b"%d 0 R" % (4 + 2 * place) for place in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages)),
        font,
    ]
    for page in pages:
        content = _draw(page).encode("cp1252", "replace")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>"
            % (page.width, page.height, len(objects) + 2),
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        ]
    return objects


def join_objects(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return the document of these objects, which are numbered from 1; the first is the catalog."""
    document = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, body in enumerate(objects, start=1):
        places.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(document) + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, trailer, len(document))
    )


def _draw(page: Page) -> str:
    drawn: list[str] = []
    if page.organiser:
        bottom = page.height - BAND_HEIGHT
        drawn.append(f"{BAND_COLOR} rg 0 {bottom} {page.width} {BAND_HEIGHT} re f 1 g")
        drawn.append(_draw_text(page.organiser, TEXT_SIZE, bottom + 13))
        drawn.append("0 g")
    for number, line in enumerate(page.lines):
        size = TEXT_SIZE if number else TITLE_SIZE
        drawn.append(_draw_text(line, size, page.height - 70 - LINE_HEIGHT * number))
    return "\n".join([*drawn, *map(_draw_code, page.codes)])


def _draw_text(line: str, size: int, height: float) -> str:
    text = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F1 {size} Tf {MARGIN} {height} Td ({text}) Tj ET"


def _draw_code(code: Code) -> str:
    made = zxingcpp.create_barcode(code.payload, code.symbology)
    svg = zxingcpp.write_barcode_to_svg(made)
    size = _SIZE.search(svg)
    if size is None:
        raise ValueError(svg)
    scale = code.width / int(size[1])
    # SVG counts from the top, PDF from the bottom.
    matrix = f"{scale} 0 0 {-scale} {code.x} {code.y + scale * int(size[2])}"
    modules = " ".join(f"{x} {y} {w} {h} re" for x, y, w, h in _RECTANGLE.findall(svg))
    return f"q {matrix} cm 0 g {modules} f Q"
