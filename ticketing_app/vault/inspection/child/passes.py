"""Apple Wallet passes: ZIP archives with a manifest of digests, signed by their issuer."""

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import zxingcpp

from ticketing_app.vault.inspection.child import barcodes
from ticketing_app.vault.inspection.child.refusal import RefusedError

MAX_ENTRIES = 200
MAX_UNPACKED_BYTES = 4 * 2**20
# `read(n)` of bzip2 and LZMA may unpack far more than n bytes.
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_NAME = re.compile(
    r"(?:[A-Za-z-]{2,20}\.lproj/)?[A-Za-z0-9@._-]{1,64}\.(?:png|strings|json)|signature"
)
SYMBOLOGIES = {
    "PKBarcodeFormatQR": zxingcpp.BarcodeFormat.QRCode,
    "PKBarcodeFormatAztec": zxingcpp.BarcodeFormat.Aztec,
    "PKBarcodeFormatPDF417": zxingcpp.BarcodeFormat.PDF417,
    "PKBarcodeFormatCode128": zxingcpp.BarcodeFormat.Code128,
}
ENCODINGS = {"iso-8859-1", "utf-8"}
MALFORMED = (
    KeyError, ValueError, TypeError, AttributeError, LookupError, OSError, zipfile.BadZipFile,
    NotImplementedError, RuntimeError, EOFError, zlib.error, RecursionError,
)  # fmt: skip


@dataclass(frozen=True)
class Pass:
    codes: list[barcodes.Barcode]
    # Content of pass.json.
    description: dict[str, Any]


def inspect(data: bytes) -> Pass:
    try:
        return _read(_unpack(zipfile.ZipFile(io.BytesIO(data))))
    except MALFORMED:
        raise RefusedError("broken_pass") from None


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    if len(entries) > MAX_ENTRIES or len(names) != len(entries):
        raise RefusedError("broken_pass")
    content: dict[str, bytes] = {}
    left = MAX_UNPACKED_BYTES
    for entry in entries:
        if not _NAME.fullmatch(entry.filename) or entry.compress_type not in METHODS:
            raise RefusedError("broken_pass")
        with archive.open(entry) as file:
            # The directory may lie about sizes.
            content[entry.filename] = file.read(left + 1)
        left -= len(content[entry.filename])
        if left < 0:
            raise RefusedError("too_complex")
    return content


def _read(content: dict[str, bytes]) -> Pass:
    manifest = json.loads(content["manifest.json"])
    described = set(content) - {"manifest.json", "signature"}
    is_unchanged = set(manifest) == described and all(
        # The format prescribes SHA-1.
        hashlib.sha1(content[name], usedforsecurity=False).hexdigest() == digest
        for name, digest in manifest.items()
    )
    if not is_unchanged:
        raise RefusedError("pass_changed")
    description = json.loads(content["pass.json"])
    codes = description.get("barcodes") or [code for code in (description.get("barcode"),) if code]
    return Pass([_read_code(code) for code in codes[: barcodes.MAX_PER_PAGE]], description)


def _read_code(code: dict[str, str]) -> barcodes.Barcode:
    encoding = code.get("messageEncoding", "iso-8859-1").lower()
    if encoding not in ENCODINGS:
        raise RefusedError("broken_pass")
    payload = code["message"].encode(encoding)
    if not payload:
        raise RefusedError("broken_pass")
    symbology = SYMBOLOGIES[code["format"]]
    drawn = barcodes.draw_text(symbology, code["message"], payload)
    return drawn or barcodes.Barcode(str(symbology), "", payload, None)
