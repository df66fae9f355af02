"""Apple Wallet passes against memory and time."""

import json
import struct
import zipfile
import zlib

from tests.hostile.common import MEBIBYTE, TAKEN, flipped, list_files, repeated
from tests.ticket_files import pkpass, zipped


def raw_zip(files: dict[str, tuple[bytes, int]]) -> bytes:
    """Return a ZIP of zlib streams, each with the size that its directory says."""
    out = bytearray()
    directory = bytearray()
    for name, (packed, size) in files.items():
        body = packed[2:-4]
        place = len(out)
        said = min(size, 2**32 - 1)
        head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(body), said, len(name), 0)
        out += b"PK\x03\x04" + head + name.encode() + body
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + head
        directory += struct.pack("<HHHII", 0, 0, 0, 0, place) + name.encode()
    count = len(files)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory + b"PK\x05\x06" + end)


def nested_pass() -> bytes:
    inner = pkpass()
    for _ in range(5):
        inner = pkpass(files={"inner.pkpass": inner})
    return inner


def pass_with(description: str) -> bytes:
    return pkpass(files={"pass.json": description.encode()})


QUICK_PASSES = list_files(
    (
        "pass: entry of 4 GB",
        lambda: raw_zip({"strip.png": (repeated(4096), 4096 * MEBIBYTE)}),
        "broken_pass too_complex",
    ),
    (
        "pass: says 10 bytes, has 1 GB",
        lambda: raw_zip({"strip.png": (repeated(1024), 10)}),
        "broken_pass too_complex",
    ),
    (
        "pass: 300 files",
        lambda: pkpass(files={f"f{n}.png": b"" for n in range(300)}),
        "broken_pass",
    ),
    ("pass: path upwards", lambda: pkpass(files={"../../etc/cron.d/x": b"* id"}), "broken_pass"),
    ("pass: pass in a pass", nested_pass, "broken_pass"),
    (
        "pass: changed after signing",
        lambda: zipped({"pass.json": b"{}", "manifest.json": b'{"pass.json": "0"}'}),
        "pass_changed",
    ),
    ("pass: JSON 200,000 deep", lambda: pass_with("[" * 200_000 + "]" * 200_000), "broken_pass"),
    (
        "pass: number of a million digits",
        lambda: pass_with('{"a":' + "9" * 1_000_000 + "}"),
        "broken_pass",
    ),
    ("pass: no object", lambda: pass_with("[]"), "broken_pass"),
    ("pass: wrong types", lambda: pass_with(json.dumps({"barcodes": 7})), "broken_pass"),
    (
        "pass: wrong types of facts",
        lambda: pkpass(changes={"semantics": {"seats": 7, "eventName": ["x"]}}),
        TAKEN,
    ),
    (
        "pass: 20 MB by bzip2",
        lambda: zipped({"pass.json": b"\0" * 20 * MEBIBYTE}, zipfile.ZIP_BZIP2),
        "broken_pass",
    ),
    ("pass: empty archive", lambda: b"PK\x03\x04" + b"\0" * 50, "broken_pass"),
    (
        "zip: spreadsheet",
        lambda: raw_zip({"xl/workbook.xml": (zlib.compress(b"<x/>"), 4)}),
        "broken_pass",
    ),
    ("pass: flipped bytes", lambda: flipped(pkpass(), 6, 4), "broken_pass pass_changed taken"),
)
SLOW_PASSES = list_files(
    (
        "pass: 300 MB by LZMA",
        lambda: zipped({"pass.json": b"\0" * 300 * MEBIBYTE}, zipfile.ZIP_LZMA),
        "broken_pass",
    ),
    (
        "pass: 60,000 files",
        lambda: pkpass(files={f"f{n}.png": b"" for n in range(60_000)}),
        "broken_pass",
    ),
)
