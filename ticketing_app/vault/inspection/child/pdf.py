"""PDF documents: their pages are read, and drawn into a new document for each ticket."""

import io
from dataclasses import dataclass
from typing import cast

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageStat
from pypdfium2 import raw

from ticketing_app.vault.inspection.child import barcodes, pictures, tickets
from ticketing_app.vault.inspection.child.refusal import RefusedError

MAX_PAGES = 20
# In points. A0 has 2,384 x 3,370: no ticket is a poster.
MIN_SIDE = 36
MAX_SIDE = 2_000
MAX_LETTERS = 20_000
POINTS_PER_INCH = 72
READ_DPI = 200
SECOND_DPI = 300
COMPARE_DPI = 60
# Mean difference of a copy, of 255; rounding of positions causes less.
MAX_DIFFERENCE = 1
LINE_FEED = 10


@dataclass(frozen=True)
class Line:
    text: str
    # Size of its largest letters.
    size: float


@dataclass(frozen=True)
class Page:
    codes: list[barcodes.Barcode]
    lines: list[Line]
    preview: bytes


@dataclass(frozen=True)
class Ticket:
    pages: list[Page]
    codes: list[tuple[int, barcodes.Barcode]]
    clean: bytes


def inspect(data: bytes) -> tuple[list[Ticket], list[str]]:
    """Return the tickets, and the names of the active content that their copies lack."""
    try:
        source = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        is_locked = "password" in str(error).lower()
        raise RefusedError("password" if is_locked else "broken_pdf") from None
    if len(source) > MAX_PAGES:
        raise RefusedError("too_many_pages")
    if len(source) == 0:
        raise RefusedError("broken_pdf")
    try:
        removed = _find_active(source)
        pages = [_read_page(_flatten(source, number)) for number in range(len(source))]
        return _split(source, pages), removed
    except pdfium.PdfiumError:
        raise RefusedError("broken_pdf") from None


def _find_active(source: pdfium.PdfDocument) -> list[str]:
    active = {
        "javascript": raw.FPDFDoc_GetJavaScriptActionCount(source) > 0,
        "attachments": source.count_attachments() > 0,
        "form": source.get_formtype() != raw.FORMTYPE_NONE,
    }
    return [name for name, is_there in active.items() if is_there]


def _flatten(source: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    """Make stamps and filled fields part of the drawing, as they are printed."""
    raw.FPDFPage_Flatten(source[number], raw.FLAT_PRINT)
    return source[number]


def _read_page(page: pdfium.PdfPage) -> Page:
    sides = page.get_size()
    if max(sides) > MAX_SIDE or min(sides) < MIN_SIDE:
        raise RefusedError("page_size")
    picture = _render(page, READ_DPI)
    codes = barcodes.read(picture.convert("L"))
    if not codes:
        codes = barcodes.read(_render(page, SECOND_DPI).convert("L"))
    return Page(codes, _read_lines(page.get_textpage()), pictures.preview(picture))


def _read_lines(text: pdfium.PdfTextPage) -> list[Line]:
    count = min(text.count_chars(), MAX_LETTERS)
    sizes = [0.0]
    for place in range(count):
        # PDFium ends a line by two letters.
        if raw.FPDFText_GetUnicode(text, place) == LINE_FEED:
            sizes.append(0.0)
        else:
            sizes[-1] = max(sizes[-1], raw.FPDFText_GetFontSize(text, place))
    lines = text.get_text_range(0, count).replace("\r", "").split("\n") if count else []
    return [Line(line.strip(), size) for line, size in zip(lines, sizes, strict=False)]


def _render(page: pdfium.PdfPage, dpi: float) -> Image.Image:
    return page.render(scale=cast("int", dpi / POINTS_PER_INCH), may_draw_forms=False).to_pil()


def _split(source: pdfium.PdfDocument, pages: list[Page]) -> list[Ticket]:
    own = tickets.find_own([[code.payload for code in page.codes] for page in pages])
    found: list[Ticket] = []
    for numbers in tickets.group(own):
        codes = [
            (place, next(code for code in pages[number].codes if code.payload == payload))
            for place, number in enumerate(numbers, start=1)
            for payload in own[number]
        ]
        parts = [pages[number] for number in numbers]
        found.append(Ticket(parts, codes, _redraw(source, numbers)))
    return found


def _redraw(source: pdfium.PdfDocument, numbers: list[int]) -> bytes:
    """Draw the pages into a new document, which drops everything that acts.

    PDFium's import of pages would copy their dictionaries, with scripts and links.
    """
    clean = pdfium.PdfDocument.new()
    for place, number in enumerate(numbers):
        page = source[number]
        copy = clean.new_page(*page.get_size())
        copy.insert_obj(source.page_as_xobject(number, clean).as_pageobject())
        copy.gen_content()
        if not _looks_same(page, clean[place]):
            raise RefusedError("broken_pdf")
    out = io.BytesIO()
    clean.save(out)
    return out.getvalue()


def _looks_same(page: pdfium.PdfPage, copy: pdfium.PdfPage) -> bool:
    before = _render(page, COMPARE_DPI).convert("L")
    after = _render(copy, COMPARE_DPI).convert("L")
    if before.size != after.size:
        return False
    return ImageStat.Stat(ImageChops.difference(before, after)).mean[0] < MAX_DIFFERENCE
