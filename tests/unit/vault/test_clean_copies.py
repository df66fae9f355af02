"""Clean copies: the same to the eye, without anything that acts or names its owner."""

import io
import json
import re
import zlib

import pypdfium2 as pdfium
import pytest
from PIL import Image
from zxingcpp import BarcodeFormat

from tests import ticket_files
from tests.hostile import documents
from tests.hostile.common import HostileFile
from tests.ticket_files import Code, Page, ticket_page
from ticketing_app.vault.inspection.child import barcodes, passes, pdf, pictures
from ticketing_app.vault.inspection.child.refusal import RefusedError

ACTIVE = (
    b"JavaScript /JS Launch EmbeddedFile /URI Annots /AA OpenAction XFA AcroForm Filespec /Names"
)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def unpacked(document: bytes) -> bytes:
    """Return the document with its streams decompressed."""
    content = document
    for match in STREAM.finditer(document):
        try:
            content += zlib.decompress(match[1])
        except zlib.error:
            continue
    return content


def words_in(document: bytes) -> set[bytes]:
    content = unpacked(document)
    return {word for word in ACTIVE.split() if word in content}


def tickets_of(data: bytes) -> list[pdf.Ticket]:
    return pdf.inspect(data)[0]


class TestPdf:
    @pytest.mark.parametrize(
        ("file", "removed"),
        list(
            zip(
                documents.ACTING,
                [["javascript"], [], ["attachments"], [], ["form"]],
                strict=True,
            )
        ),
        ids=[file.name for file in documents.ACTING],
    )
    def test_drops_everything_that_acts(self, file: HostileFile, removed: list[str]) -> None:
        data = file.make()
        (ticket,), named = pdf.inspect(data)

        assert words_in(data)
        assert words_in(ticket.clean) == set()
        assert b"evil.example" not in unpacked(ticket.clean)
        assert named == removed

    @pytest.mark.parametrize(
        "entries",
        ["/Rotate 90", "/CropBox [300 500 595 842] /Rotate 270"],
    )
    def test_keeps_text_and_codes_of_turned_and_cut_pages(self, entries: str) -> None:
        (ticket,) = tickets_of(documents.acting(page=entries))
        copy = pdfium.PdfDocument(ticket.clean)[0]

        assert [code.payload for _, code in ticket.codes] == [b"A1B2C3D4E5F6"]
        found = barcodes.read(copy.render(scale=3).to_pil().convert("L"))
        assert [code.payload for code in found] == [b"A1B2C3D4E5F6"]
        if "Crop" not in entries:
            assert "The Paper Lanterns" in copy.get_textpage().get_text_range()

    def test_gives_each_ticket_its_pages_alone(self) -> None:
        terms = Page(("Terms", "No refunds"), width=200, height=200)
        data = ticket_files.write_pdf(
            [ticket_page("A1B2C3D4E5F6"), terms, ticket_page("F6E5D4C3B2A1")]
        )
        first, second = tickets_of(data)

        assert (len(first.pages), len(second.pages)) == (2, 1)
        assert [page for page, _ in second.codes] == [1]
        assert len(pdfium.PdfDocument(first.clean)) == 2
        text = pdfium.PdfDocument(second.clean)[0].get_textpage().get_text_range()
        assert "The Paper Lanterns" in text
        assert b"A1B2C3D4E5F6" not in unpacked(second.clean)

    def test_takes_a_document_without_codes_and_text(self) -> None:
        (ticket,) = tickets_of(ticket_files.write_pdf([Page(width=200, height=200)]))

        assert ticket.codes == []

    def test_refuses_a_copy_that_looks_different(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "MAX_DIFFERENCE", 0)

        with pytest.raises(RefusedError, match="broken_pdf"):
            pdf.inspect(ticket_files.one_ticket())


class TestPicture:
    def test_drops_the_position_of_the_phone(self) -> None:
        picture = Image.open(io.BytesIO(ticket_files.screenshot(Code("A1B2C3D4E5F6"))))
        exif = Image.Exif()
        exif[0x010F] = "Phone of Sam"
        out = io.BytesIO()
        picture.save(out, "JPEG", exif=exif)
        data = out.getvalue() + b"something behind the end"
        codes, clean, preview = pictures.inspect(data, pictures.JPEG)

        assert [code.payload for code in codes] == [b"A1B2C3D4E5F6"]
        assert b"Sam" in data
        assert b"Sam" not in clean
        assert b"something" not in clean
        assert preview.startswith(b"RIFF")

    def test_turns_a_photo_by_its_orientation(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        out = io.BytesIO()
        Image.new("RGB", (300, 200)).save(out, "JPEG", exif=exif)
        _, clean, _ = pictures.inspect(out.getvalue(), pictures.JPEG)

        assert Image.open(io.BytesIO(clean)).size == (200, 300)

    def test_reads_a_jpeg_of_several_pictures(self) -> None:
        one = Image.open(io.BytesIO(ticket_files.screenshot(Code("A1B2C3D4E5F6"))))
        out = io.BytesIO()
        one.save(out, "MPO", save_all=True, append_images=[one])
        codes, clean, _ = pictures.inspect(out.getvalue(), pictures.JPEG)

        assert [code.payload for code in codes] == [b"A1B2C3D4E5F6"]
        assert Image.open(io.BytesIO(clean)).format == "JPEG"

    def test_puts_transparent_pictures_on_white(self) -> None:
        drawn = ticket_files.draw_code(Code("A1B2C3D4E5F6"), scale=12)
        picture = Image.new("RGBA", drawn.size)
        picture.putalpha(drawn.point([255 - value for value in range(256)]))
        out = io.BytesIO()
        picture.save(out, "PNG")
        codes, _, _ = pictures.inspect(out.getvalue(), pictures.PNG)

        assert [code.payload for code in codes] == [b"A1B2C3D4E5F6"]

    def test_reads_a_turned_photo(self) -> None:
        photo = ticket_files.photo(Code("A1B2C3D4E5F6", BarcodeFormat.PDF417), angle=12)
        codes, _, _ = pictures.inspect(photo, pictures.JPEG)

        assert [code.symbology for code in codes] == ["PDF417"]


class TestPass:
    def test_reads_all_codes(self) -> None:
        codes = [
            {"format": "PKBarcodeFormatAztec", "message": "A1B2", "messageEncoding": "utf-8"},
            {"format": "PKBarcodeFormatPDF417", "message": "C3D4"},
        ]
        found = passes.inspect(ticket_files.pkpass(changes={"barcodes": codes}))

        assert [(code.symbology, code.payload) for code in found.codes] == [
            ("Aztec", b"A1B2"),
            ("PDF417", b"C3D4"),
        ]

    def test_reads_the_single_code_of_an_old_pass(self) -> None:
        code = {"format": "PKBarcodeFormatQR", "message": "A1B2"}
        data = ticket_files.pkpass(changes={"barcodes": None, "barcode": code})

        assert [code.payload for code in passes.inspect(data).codes] == [b"A1B2"]

    def test_refuses_a_pass_that_was_changed(self) -> None:
        digests = {"pass.json": "0" * 40}
        files = {"pass.json": b"{}", "manifest.json": json.dumps(digests).encode()}

        with pytest.raises(RefusedError, match="pass_changed"):
            passes.inspect(ticket_files.zipped(files))

    @pytest.mark.parametrize(
        "code",
        [
            {"format": "PKBarcodeFormatOther", "message": "A1B2"},
            {"format": "PKBarcodeFormatQR", "message": "A1B2", "messageEncoding": "utf-7"},
            {"format": "PKBarcodeFormatQR", "message": ""},
            {"format": "PKBarcodeFormatQR"},
        ],
    )
    def test_refuses_codes_that_are_none(self, code: dict[str, str]) -> None:
        with pytest.raises(RefusedError, match="broken_pass"):
            passes.inspect(ticket_files.pkpass(changes={"barcodes": [code]}))
