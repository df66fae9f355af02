"""Pictures of tickets: screenshots and photos."""

import io

from PIL import Image, ImageOps

from ticketing_app.vault.inspection.child import barcodes
from ticketing_app.vault.inspection.child.refusal import RefusedError

# Phones take up to 48 megapixels; larger sides are read as if they had 4,000.
MAX_PIXELS = 50_000_000
READ_PIXELS = 4_000
PREVIEW_PIXELS = 1_600
# PDF417 on a photo is not read when it is turned by more than a few degrees.
SECOND_ANGLES = (-7, 7, -14, 14)
PNG = "image/png"
JPEG = "image/jpeg"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def inspect(data: bytes, media_type: str) -> tuple[list[barcodes.Barcode], bytes, bytes]:
    """Return the barcodes, the clean copy and the preview."""
    try:
        picture = _open(data)
    except (RefusedError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  # Pillow raises errors of any class for damaged files.
        raise RefusedError("broken_picture") from None
    gray = picture.convert("L")
    codes = barcodes.read(gray)
    for angle in SECOND_ANGLES:
        if codes:
            break
        codes = barcodes.read(
            gray.rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor=200)
        )
    # Encoding anew drops the position of the phone, thumbnails and bytes behind the end.
    clean = io.BytesIO()
    if media_type == PNG:
        picture.save(clean, "PNG", compress_level=3)
    else:
        picture.save(clean, "JPEG", quality=92)
    return codes, clean.getvalue(), preview(picture)


def preview(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def _open(data: bytes) -> Image.Image:
    try:
        # Also opens MPO: JPEG files of several pictures, which many phones write.
        picture: Image.Image = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
    except Image.DecompressionBombError:
        raise RefusedError("too_many_pixels") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedError("too_many_pixels")
    # A JPEG can be decoded at a half, a quarter or an eighth of its size.
    picture.draft("RGB", (READ_PIXELS, READ_PIXELS))
    picture.thumbnail((READ_PIXELS, READ_PIXELS))
    picture = ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        # A dark code on a transparent ground would become black on black.
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture.convert("RGBA"))
    return picture.convert("RGB")
