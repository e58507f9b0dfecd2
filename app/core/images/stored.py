"""What is kept of a photo as it was sent: the same picture, bit by bit, in a file that tells nothing else.

Who stores an original must not store where its author lives, when they slept, nor the number of their telephone. Two
things stay, because the picture is not the same without them: its colour profile, and how to turn it.
"""

from __future__ import annotations

import zlib

from app.core.images.heif import blanked
from app.core.images.types import Container
from app.core.images.webp import dressed
from geodata.exif import read_exif

_PNG_HEAD = 33
"""Bytes of a PNG's signature and header, before which nothing may stand."""
_PROFILE_PART = 65_519
"""Bytes of a colour profile that one segment of a JPEG takes."""


def undressed(container: Container) -> bytes:
    """The stored form of a photo that was taken apart; without loss, and the same each time."""
    if container.format == "heif":
        return blanked(container.pixels)
    turn = read_exif(container.exif).orientation
    exif = _orientation(turn) if turn != 1 else b""
    match container.format:
        case "jpeg":
            head = _segment(0xE1, b"Exif\0\0" + exif) if exif else b""
            return b"\xff\xd8" + head + _jpeg_profile(container.icc or b"") + container.pixels[2:]
        case "png":
            profile = _chunk(b"iCCP", b"icc\0\0" + zlib.compress(container.icc)) if container.icc else b""
            turned = _chunk(b"eXIf", exif) if exif else b""
            return container.pixels[:_PNG_HEAD] + profile + turned + container.pixels[_PNG_HEAD:]
        case _:
            return dressed(container, exif)


def _orientation(value: int) -> bytes:
    """A TIFF directory with the one tag that says how to turn the picture (EXIF 2.32, tag 0x0112)."""
    return b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + value.to_bytes(4, "little") + bytes(4)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def _jpeg_profile(icc: bytes) -> bytes:
    parts = [icc[at : at + _PROFILE_PART] for at in range(0, len(icc), _PROFILE_PART)]
    if len(parts) > 255:
        return b""
    return b"".join(
        _segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part) for number, part in enumerate(parts, 1)
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
