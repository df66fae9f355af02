"""Barcodes read from pictures and drawn anew; in this process, as the files are our own."""

import base64
import io
from typing import cast

import pytest
import zxingcpp
from PIL import Image
from typing_extensions import Buffer
from zxingcpp import BarcodeFormat

from tests import ticket_files
from tests.ticket_files import Code
from ticketing_app.vault.inspection.child import barcodes


def draw_gs1(symbology: BarcodeFormat) -> Image.Image:
    code = zxingcpp.create_barcode("(01)04012345123456(21)ABC123", symbology, gs1=True)
    drawn = zxingcpp.write_barcode_to_image(code, scale=4)
    height, width = drawn.shape[:2]
    return Image.frombytes("L", (width, height), bytes(memoryview(cast("Buffer", drawn))))


@pytest.mark.parametrize(
    "symbology",
    [BarcodeFormat.QRCode, BarcodeFormat.Aztec, BarcodeFormat.PDF417, BarcodeFormat.Code128],
    ids=str,
)
@pytest.mark.parametrize("payload", ["A1B2C3D4E5F6", b"\x00\x01\xff\xfe1234567"], ids=["text", "binary"])  # fmt: skip
def test_draws_the_same_bytes(symbology: BarcodeFormat, payload: str | bytes) -> None:
    (code,) = barcodes.read(ticket_files.draw_code(Code(payload, symbology)))

    assert code.payload == (payload.encode() if isinstance(payload, str) else payload)
    assert code.svg
    assert '<path d="M' in code.svg


@pytest.mark.parametrize("symbology", [BarcodeFormat.Code128, BarcodeFormat.DataMatrix], ids=str)
def test_cuts_out_a_code_that_a_drawing_would_change(symbology: BarcodeFormat) -> None:
    (code,) = barcodes.read(draw_gs1(symbology))

    assert code.svg
    data = code.svg.partition("base64,")[2].partition('"')[0]
    (again,) = barcodes.read(Image.open(io.BytesIO(base64.b64decode(data))))
    assert (again.payload, again.identifier) == (code.payload, code.identifier)


def test_names_each_payload_once() -> None:
    page = Image.new("L", (800, 400), 255)
    page.paste(ticket_files.draw_code(Code("A1B2C3D4E5F6")), (20, 20))
    page.paste(ticket_files.draw_code(Code("A1B2C3D4E5F6", BarcodeFormat.Aztec)), (400, 20))

    assert len(barcodes.read(page)) == 1


class TestDrawText:
    def test_draws_a_code_of_a_pass(self) -> None:
        code = barcodes.draw_text(BarcodeFormat.Aztec, "Grüße 1", "Grüße 1".encode("latin-1"))

        assert code is not None
        assert code.identifier.startswith("]z")

    @pytest.mark.parametrize("text", ["x" * 10_000, "日本"])
    def test_is_none_if_it_cannot_be_drawn(self, text: str) -> None:
        assert barcodes.draw_text(BarcodeFormat.QRCode, text, b"other") is None
