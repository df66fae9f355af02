"""PDF documents against memory, time and readers."""

import random
import zlib
from collections.abc import Sequence

from tests.hostile.common import KILLED, MEBIBYTE, TAKEN, flipped, list_files, repeated
from tests.ticket_files import (
    build_objects,
    join_objects,
    one_ticket,
    pkpass,
    ticket_page,
    two_tickets,
    write_pdf,
)


def stream(body: bytes, entries: str = "") -> bytes:
    return packed_stream(zlib.compress(body), entries)


def packed_stream(packed: bytes, entries: str = "", *, times: int = 1) -> bytes:
    """Return a stream object with content that was compressed `times` times."""
    filters = "/FlateDecode " * times
    head = f"<< /Filter [{filters}] /Length {len(packed)} {entries} >>\nstream\n"
    return head.encode() + packed + b"\nendstream"


def one_page(
    content: bytes,
    resources: str = "",
    *,
    box: str = "0 0 595 842",
    more: Sequence[bytes] = (),
    page: str = "",
) -> bytes:
    """Return a document of one page; `content` is object 4, `more` begins at 5."""
    return join_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R"
            f" /Resources << {resources} >> {page} >>".encode(),
            content,
            *more,
        ]
    )


def acting(catalog: str = "", objects: Sequence[bytes] = (), page: str = "") -> bytes:
    """Return a ticket with entries added to catalog and page; `@` is the number of the first of `objects`."""
    parts = build_objects([ticket_page("A1B2C3D4E5F6")])
    added = f" {catalog.replace('@', str(len(parts) + 1))} >>".encode()
    parts[0] = parts[0].removesuffix(b" >>") + added
    parts[3] = parts[3].removesuffix(b" >>") + f" {page} >>".encode()
    return join_objects([*parts, *objects])


def encrypted(change: str) -> bytes:
    lock = (
        f"/Encrypt << /Filter /Standard {change} /Length 128 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >>"
        " /ID [<00><00>]"
    )
    return join_objects(build_objects([ticket_page("A1B2C3D4E5F6")]), lock.encode())


def picture_of(width: int, height: int, space: str, bits: int) -> bytes:
    size = width * height * (3 if space == "/DeviceRGB" else 1) * bits // 8 // MEBIBYTE
    head = (
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height}"
        f" /ColorSpace {space} /BitsPerComponent {bits}"
    )
    return packed_stream(repeated(size + 1), head)


def with_pictures(picture: bytes, count: int = 1) -> bytes:
    names = " ".join(f"/I{number} 5 0 R" for number in range(count))
    drawn = "".join(f"q 595 0 0 842 0 0 cm /I{number} Do Q " for number in range(count))
    return one_page(stream(drawn.encode()), f"/XObject << {names} >>", more=[picture])


FORM = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]"


def laughs() -> bytes:
    """Return forms that draw the next one ten times, nine deep."""
    forms = [
        stream(b"/F Do " * 10, f"{FORM} /Resources << /XObject << /F {6 + number} 0 R >> >>")
        for number in range(9)
    ]
    last = stream(b"0 0 100 100 re f ", FORM)
    return one_page(stream(b"/F Do"), "/XObject << /F 5 0 R >>", more=[*forms, last])


def form_in_itself() -> bytes:
    form = stream(b"/F Do /F Do", f"{FORM} /Resources << /XObject << /F 5 0 R >> >>")
    return one_page(stream(b"/F Do"), "/XObject << /F 5 0 R >>", more=[form])


def tiles() -> bytes:
    tile = (
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1]"
        " /XStep 0.0005 /YStep 0.0005 /Resources << >>"
    )
    return one_page(
        stream(b"/Pattern cs /P scn 0 0 595 842 re f"),
        "/Pattern << /P 5 0 R >>",
        more=[stream(b"0 0 1 1 re f", tile)],
    )


def computed_shading() -> bytes:
    shading = (
        b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1] /Matrix [595 0 0 842 0 0]"
        b" /Function 6 0 R >>"
    )
    program = b"{ " + b"dup mul 1 add sin " * 30_000 + b" pop pop 0 0 0 }"
    function = stream(program, "/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    return one_page(stream(b"/S sh"), "/Shading << /S 5 0 R >>", more=[shading, function])


def transparent_groups() -> bytes:
    group = f"{FORM} /Group << /S /Transparency >>"
    return one_page(
        stream(b"/G gs 0 0 595 842 re f /X Do " * 300),
        "/XObject << /X 5 0 R >> /ExtGState << /G << /ca 0.5 /BM /Luminosity >> >>",
        more=[stream(b"0 0 595 842 re f " * 50, group)],
    )


def many_letters() -> bytes:
    font = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    shown = b"(" + b"a" * 50 + b") Tj "
    return one_page(stream(b"BT /F1 1 Tf " + shown * 100_000 + b"ET"), font)


def many_lines() -> bytes:
    lines = b"".join(b"%d %d l " % (n % 595, n * 7 % 842) for n in range(3_000_000))
    return one_page(stream(b"0 0 m " + lines + b"S"))


def page_tree(kids: str, count: int) -> bytes:
    return join_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
        ]
    )


def table_in_a_ring() -> bytes:
    good = one_ticket()
    place = good[good.rindex(b"startxref") :].split()[1]
    return good.replace(b"/Root", b"/Prev " + place + b" /Root")


SCRIPTS = (
    "/AA << /O << /S /JavaScript /JS (x) >> >> /Annots ["
    "<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI (https://evil.example/) >> >>"
    " << /Type /Annot /Subtype /Widget /FT /Btn /Rect [0 0 50 50] /A << /S /JavaScript /JS (y) >> >>"
    " << /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /F (b.exe) >> >>]"
)
ACTING = list_files(
    (
        "pdf: opens with JavaScript",
        lambda: acting(
            "/OpenAction @ 0 R /Names << /JavaScript << /Names [(a) @ 0 R] >> >>",
            [b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"],
        ),
        TAKEN,
    ),
    (
        "pdf: starts a program",
        lambda: acting("/OpenAction @ 0 R", [b"<< /S /Launch /F (calc.exe) /NewWindow true >>"]),
        TAKEN,
    ),
    (
        "pdf: carries a file",
        lambda: acting(
            "/Names << /EmbeddedFiles << /Names [(a.exe) @ 0 R] >> >>",
            [
                b"<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>",
                stream(b"MZ" * 500, "/Type /EmbeddedFile"),
            ],
        ),
        TAKEN,
    ),
    ("pdf: link, script and file on the page", lambda: acting(page=SCRIPTS), TAKEN),
    (
        "pdf: XFA form",
        lambda: acting("/AcroForm << /Fields [] /XFA @ 0 R >>", [stream(b"<xdp:xdp/>")]),
        TAKEN,
    ),
)
QUICK_PDF = list_files(
    ("pdf: header alone", lambda: b"%PDF-1.7\n", "broken_pdf"),
    ("pdf: cut in half", lambda: one_ticket()[:1500], "broken_pdf taken"),
    ("pdf: noise", lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(200_000), "broken_pdf"),
    ("pdf: 21 pages", lambda: write_pdf([ticket_page("A1B2C3D4E5F6")] * 21), "too_many_pages"),
    (
        "pdf: 200,000 pages, one object",
        lambda: page_tree("3 0 R " * 200_000, 200_000),
        "too_many_pages",
    ),
    (
        "pdf: count of 2,000,000,000",
        lambda: one_ticket().replace(b"/Count 1", b"/Count 2000000000"),
        "broken_pdf too_many_pages taken",
    ),
    ("pdf: page tree in a ring", lambda: page_tree("2 0 R 2 0 R", 4), "broken_pdf"),
    ("pdf: table in a ring", table_in_a_ring, "broken_pdf taken"),
    (
        "pdf: table of 900,000,000",
        lambda: one_ticket().replace(b"xref\n0 ", b"xref\n0 900000000 %"),
        "broken_pdf taken",
    ),
    (
        "pdf: size of 2,000,000,000",
        lambda: one_ticket().replace(b"/Size", b"/Size 2000000000 %"),
        "broken_pdf taken",
    ),
    (
        "pdf: 200,000 arrays deep",
        lambda: one_page(b"[" * 200_000 + b"]" * 200_000),
        "broken_pdf taken",
    ),
    (
        "pdf: content 200,000 arrays deep",
        lambda: one_page(stream(b"[" * 200_000 + b"]" * 200_000 + b" TJ")),
        "broken_pdf taken",
    ),
    (
        "pdf: page of a thousand million points",
        lambda: one_page(stream(b"q Q"), box="0 0 1000000000 1000000000"),
        "page_size",
    ),
    ("pdf: page of nothing", lambda: one_page(stream(b"q Q"), box="0 0 0 0"), "page_size taken"),
    ("pdf: password", lambda: encrypted("/V 2 /R 3"), "password"),
    ("pdf: unknown cipher", lambda: encrypted("/V 9 /R 9"), "broken_pdf password"),
    (
        "pdf: HTML and a ZIP as well",
        lambda: b"<script>alert(1)</script>\n" + one_ticket() + pkpass(),
        "unknown_kind",
    ),
    ("pdf: flipped bytes", lambda: flipped(two_tickets(), 3, 9), "broken_pdf taken"),
)
KILLERS = list_files(
    ("pdf: form in itself", form_in_itself, KILLED),
    (
        "pdf: content of 4 GB of spaces",
        lambda: one_page(packed_stream(repeated(4096, b" "))),
        f"broken_pdf taken {KILLED}",
    ),
    (
        "pdf: content packed twice, 800 GB",
        lambda: one_page(packed_stream(zlib.compress(repeated(4096) * 200, 9), times=2)),
        f"broken_pdf taken {KILLED}",
    ),
    ("pdf: content of 20 million q", lambda: one_page(stream(b"q " * 20_000_000)), KILLED),
    ("pdf: 3 million lines", many_lines, KILLED),
    (
        "pdf: curves a million points wide",
        lambda: one_page(stream(b"1000000 w " + b"0 0 m 1 1 2 2 3 3 c S " * 200_000)),
        KILLED,
    ),
    (
        "pdf: 2,000 pictures of 25 megapixels",
        lambda: with_pictures(picture_of(5_000, 5_000, "/DeviceRGB", 8), 2_000),
        KILLED,
    ),
    ("pdf: a thousand million laughs", laughs, KILLED),
    ("pdf: tiles of a 2,000th", tiles, KILLED),
    ("pdf: shading that computes", computed_shading, KILLED),
    ("pdf: 300 transparent groups", transparent_groups, KILLED),
    ("pdf: 5 million letters", many_letters, KILLED),
    (
        "pdf: picture of 3,600 megapixels, 1 bit",
        lambda: with_pictures(picture_of(60_000, 60_000, "/DeviceGray", 1)),
        f"taken {KILLED}",
    ),
    (
        "pdf: picture of 900 megapixels, RGB",
        lambda: with_pictures(picture_of(30_000, 30_000, "/DeviceRGB", 8)),
        f"taken {KILLED}",
    ),
    (
        "pdf: dashes of a millionth",
        lambda: one_page(stream(b"[0.000001] 0 d 1 w 0 0 m 595 842 l S " * 50)),
        f"taken {KILLED}",
    ),
    (
        "pdf: 9 MB of noise",
        lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(9_000_000),
        "broken_pdf",
    ),
)
