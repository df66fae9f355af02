"""Pictures against memory and time."""

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from tests.hostile.common import KILLED, MEBIBYTE, TAKEN, flipped, list_files, repeated
from tests.ticket_files import Code, save, screenshot


def png(
    width: int,
    height: int,
    *,
    rows: bytes = zlib.compress(b"\0" * 1000),
    chunks: Sequence[tuple[bytes, bytes]] = (),
    bits: int = 8,
) -> bytes:
    """Return a PNG; its sizes and content need not agree."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0))
    content = b"".join(chunk(kind, body) for kind, body in chunks)
    return b"\x89PNG\r\n\x1a\n" + head + content + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def resized_jpeg(side: int) -> bytes:
    """Return a JPEG that has another size in its header."""
    data = screenshot(Code("A1B2C3D4E5F6"), size=(400, 800), file_format="JPEG")
    place = data.index(b"\xff\xc0")
    return data[: place + 5] + struct.pack(">HH", side, side) + data[place + 9 :]


def many_scans() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (6_500, 6_500), "red").save(out, "JPEG", progressive=True, quality=30)
    data = out.getvalue()
    last = data[data.rindex(b"\xff\xda") : -2]
    count = (9 * MEBIBYTE - len(data)) // len(last)
    return data[:-2] + last * min(2_000, count) + b"\xff\xd9"


def small_screenshot(file_format: str) -> bytes:
    return screenshot(Code("A1B2C3D4E5F6"), size=(400, 800), file_format=file_format)


QUICK_PICTURES = list_files(
    ("png: 100,000 x 100,000", lambda: png(100_000, 100_000), "too_many_pixels broken_picture"),
    (
        "png: text of 2 GB",
        lambda: png(100, 100, chunks=[(b"zTXt", b"Comment\0\0" + repeated(2048))]),
        "broken_picture taken",
    ),
    (
        "png: colour profile of 2 GB",
        lambda: png(100, 100, chunks=[(b"iCCP", b"p\0\0" + repeated(2048))]),
        "broken_picture taken",
    ),
    ("png: data of 4 GB", lambda: png(1_000, 1_000, rows=repeated(4096)), "broken_picture taken"),
    (
        "png: 100,000 chunks",
        lambda: png(10, 10, chunks=[(b"tEXt", b"a\0b")] * 100_000),
        "broken_picture taken",
    ),
    ("png: cut", lambda: small_screenshot("PNG")[:1000], "broken_picture"),
    ("png: flipped bytes", lambda: flipped(small_screenshot("PNG"), 4, 10), "broken_picture taken"),
    ("jpeg: cut", lambda: small_screenshot("JPEG")[:3000], "broken_picture"),
    ("jpeg: 65,000 x 65,000", lambda: resized_jpeg(65_000), "too_many_pixels broken_picture"),
    (
        "jpeg: flipped bytes",
        lambda: flipped(small_screenshot("JPEG"), 5, 10),
        "broken_picture taken",
    ),
    ("gif", lambda: b"GIF89a" + b"\0" * 100, "unknown_kind"),
    ("svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "unknown_kind"),
    ("heic", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, "heic"),
    ("nothing", lambda: b"", "unknown_kind"),
)
SLOW_PICTURES = list_files(
    ("jpeg: 7,000 x 7,000", lambda: resized_jpeg(7_000), f"broken_picture taken {KILLED}"),
    ("png: 50 megapixels", lambda: png(7_071, 7_071, rows=repeated(144)), f"taken {KILLED}"),
    (
        "png: 49 megapixels of 16 bits",
        lambda: png(7_000, 7_000, rows=repeated(281), bits=16),
        f"taken {KILLED}",
    ),
    ("jpeg: 2,000 scans of 42 megapixels", many_scans, KILLED),
    (
        "jpeg: CMYK",
        lambda: save(Image.new("CMYK", (4_000, 4_000)), "JPEG"),
        TAKEN,
    ),
)
