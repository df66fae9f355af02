"""Ticket files of the tests; none is committed as a binary."""

import hashlib
import io
import json
import random
import zipfile
from typing import Any, cast

import zxingcpp
from PIL import Image, ImageFilter
from typing_extensions import Buffer

from ticketing_app.demo_files import Code, Page, build_objects, join_objects, write_pdf

__all__ = [
    "Code",
    "Page",
    "build_objects",
    "draw_code",
    "join_objects",
    "one_ticket",
    "photo",
    "pkpass",
    "screenshot",
    "two_tickets",
    "write_pdf",
]

SHOW = ("The Paper Lanterns", "Sat 1 May 2027, 20:00", "Venue: Aurora Hall, Vienna")


def ticket_page(payload: str, *, seat: int = 12) -> Page:
    return Page((*SHOW, f"Section B  Row 7  Seat {seat}", "€45.00"), (Code(payload),))


def two_tickets(name: str = "ticket") -> bytes:
    """Return a PDF of two pages, each with a QR code; another name gives other codes."""
    return write_pdf(
        [ticket_page(f"{name}-1-A1B2C3D4", seat=12), ticket_page(f"{name}-2-E5F6A7B8", seat=13)]
    )


def one_ticket(name: str = "ticket") -> bytes:
    return write_pdf([ticket_page(f"{name}-A1B2C3D4")])


def draw_code(code: Code, scale: int = 4) -> Image.Image:
    drawn = zxingcpp.write_barcode_to_image(
        zxingcpp.create_barcode(code.payload, code.symbology), scale=scale
    )
    height, width = drawn.shape[:2]
    return Image.frombytes("L", (width, height), bytes(memoryview(cast("Buffer", drawn))))


def save(picture: Image.Image, file_format: str, *, quality: int = 80) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, quality=quality)
    return out.getvalue()


def screenshot(
    code: Code,
    *,
    size: tuple[int, int] = (1170, 2532),
    file_format: str = "PNG",
    ground: str = "white",
) -> bytes:
    """Return the screen of a phone that shows a ticket."""
    page = Image.new("RGB", size, ground)
    side = min(size) * 3 // 5
    drawn = draw_code(code, scale=12)
    drawn = drawn.resize((side, side * drawn.height // drawn.width), Image.Resampling.NEAREST)
    page.paste(drawn, ((size[0] - side) // 2, size[1] // 3))
    return save(page, file_format)


def photo(code: Code, *, angle: float = 7, side: int = 2_000) -> bytes:
    """Return a JPEG of a printed code, turned and a little blurred."""
    paper = Image.new("L", (side, side), 235)
    drawn = draw_code(code, scale=8)
    width = side // 2
    drawn = drawn.resize((width, width * drawn.height // drawn.width))
    paper.paste(drawn, (side // 4, side // 3))
    turned = paper.rotate(angle, Image.Resampling.BICUBIC, fillcolor=180)
    blurred = turned.filter(ImageFilter.GaussianBlur(0.6))
    dice = random.Random(1)
    grain = Image.frombytes("L", (side, side), dice.randbytes(side * side))
    return save(Image.blend(blurred, grain, 0.03).convert("RGB"), "JPEG")


def pkpass(
    message: str = "A1B2C3D4E5F6",
    *,
    changes: dict[str, Any] | None = None,
    files: dict[str, bytes] | None = None,
) -> bytes:
    """Return an Apple pass without a signature."""
    described = {
        "formatVersion": 1,
        "passTypeIdentifier": "pass.example.tickets",
        "serialNumber": message,
        "teamIdentifier": "EXAMPLE123",
        "organizationName": "Aurora Hall",
        "description": "Ticket for The Paper Lanterns",
        "relevantDate": "2027-05-01T20:00+02:00",
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": message,
                "messageEncoding": "iso-8859-1",
            }
        ],
        "semantics": {
            "eventName": "The Paper Lanterns",
            "venueName": "Aurora Hall",
            "eventStartDate": "2027-05-01T20:00+02:00",
            "seats": [{"seatSection": "B", "seatRow": "7", "seatNumber": "12"}],
        },
    }
    content = {
        "pass.json": json.dumps(described | (changes or {})).encode(),
        "icon.png": save(Image.new("RGB", (29, 29), "navy"), "PNG"),
        **(files or {}),
    }
    digests = {
        name: hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for name, data in content.items()
    }
    return zipped({**content, "manifest.json": json.dumps(digests).encode()})


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
