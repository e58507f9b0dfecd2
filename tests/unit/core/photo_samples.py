"""Photos drawn for the tests, good and bad, and the folder of real ones when this machine has it."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()

REAL = (
    Path(os.environ.get("AUZOLAN_TEST_DATA", str(Path(__file__).resolve().parents[3].parent / "shared" / "data")))
    / "photos"
)

# What each corner of `scene` shows when upright: red, green, blue, yellow from the top left, clockwise.
CORNERS = {
    "top left": (220, 30, 30),
    "top right": (30, 180, 30),
    "bottom right": (30, 30, 220),
    "bottom left": (220, 220, 30),
}


def scene(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Four coloured quarters, so that a turn or a mirror shows."""
    image = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    image.paste(CORNERS["top left"], (0, 0, *half))
    image.paste(CORNERS["top right"], (half[0], 0, width, half[1]))
    image.paste(CORNERS["bottom right"], (*half, width, height))
    image.paste(CORNERS["bottom left"], (0, half[1], half[0], height))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1, *, gps: bool = True) -> Image.Exif:
    """EXIF as a phone in Bayonne would write it: 43.4933 N, 1.4750 W, 12 May 2026 at 14:30:05, +02:00."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = "SecretPhoneMaker"
    block[0x013B] = "Secret Author"
    inner = block.get_ifd(0x8769)
    inner[0x9003] = "2026:05:12 14:30:05"
    inner[0x9011] = "+02:00"
    if gps:
        place = block.get_ifd(0x8825)
        place[1], place[2] = "N", (43.0, 29.0, 36.0)
        place[3], place[4] = "W", (1.0, 28.0, 30.0)
        place[5], place[6] = 0, 12.0
    return block


def phone_jpeg(width: int = 320, height: int = 240, *, orientation: int = 1, **options: Any) -> bytes:
    """A JPEG with all a phone may leave in it: EXIF, GPS, XMP, IPTC, comment, second picture, trailer."""
    image = scene(width, height)
    data = encoded(
        image,
        "JPEG",
        quality=90,
        exif=exif(orientation),
        xmp=b"<x:xmpmeta>Secret XMP</x:xmpmeta>",
        comment=b"Secret words",
        **options,
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0cSecret IPTC!"
    segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return data[:2] + segment + data[2:] + encoded(scene(64, 48), "JPEG") + b"Secret trailer"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, image_data: bytes, *extra: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG made by hand, so that its header may lie."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = b"".join(extra) + png_chunk(b"IDAT", zlib.compress(image_data, 1)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def animated_webp() -> bytes:
    frames = [scene(64, 48), scene(64, 48).transpose(Image.Transpose.ROTATE_180)]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)


def many_scans(data: bytes, scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: tiny to send, long to decode."""
    start = data.rfind(b"\xff\xda")
    return data[:-2] + data[start:-2] * scans + b"\xff\xd9"
