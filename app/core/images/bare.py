"""Proof that a picture carries nothing but a picture: its bytes are read again, one segment after the other.

Written apart from the readers at the door and from the encoders, so that a fault in one does not hide in the
other. The rule is a list of what may be there; anything else is a leak.
"""

from __future__ import annotations

import struct

from app.core.images.types import PhotoFailed

# Tables, one baseline or progressive frame, scans, restart interval. No APPn, no comment.
_PICTURE_ONLY = frozenset({0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD})


def require_bare_jpeg(data: bytes, size: tuple[int, int]) -> None:
    """Raises PhotoFailed unless `data` is one JPEG of that size (pixels) whose every byte serves the
    picture."""
    if data[:2] != b"\xff\xd8":
        raise _unclean("start")
    at, frames = 2, 0
    while data[at : at + 2] != b"\xff\xd9":
        if at + 4 > len(data) or data[at] != 0xFF:
            raise _unclean("structure")
        marker = data[at + 1]
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == 0xE0:
            _require_plain_jfif(body, at)
        elif marker not in _PICTURE_ONLY:
            raise _unclean(f"segment {marker:02x}")
        if marker in (0xC0, 0xC2):
            frames += 1
            if len(body) < 5 or struct.unpack_from(">HH", body, 1) != size[::-1]:
                raise _unclean("size")
        at += 2 + length
        if marker == 0xDA:
            at = _end_of_scan(data, at)
    if at + 2 != len(data) or frames != 1:
        raise _unclean("trailing bytes" if frames == 1 else "frames")


def require_bare_webp(data: bytes, size: tuple[int, int]) -> None:
    """Raises PhotoFailed unless `data` is one simple lossy WebP of that size (pixels) and nothing else."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:16] != b"WEBPVP8 ":
        raise _unclean("container")
    riff, chunk = struct.unpack_from("<I", data, 4)[0], struct.unpack_from("<I", data, 16)[0]
    if riff + 8 != len(data) or 20 + chunk + (chunk & 1) != len(data):
        raise _unclean("trailing bytes")
    if struct.unpack_from("<HH", data, 26) != size:
        raise _unclean("size")


def _require_plain_jfif(body: bytes, at: int) -> None:
    """The 14 bytes of JFIF, first in the file, without the thumbnail they may announce."""
    if at != 2 or len(body) != 14 or body[:5] != b"JFIF\0" or body[12:] != b"\0\0":
        raise _unclean("JFIF")


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the entropy data stops: at the first marker that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _unclean("scan")
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
            continue
        return at


def _unclean(what: str) -> PhotoFailed:
    failure = PhotoFailed("not_clean", "This photo could not be cleaned of its hidden data, so it is not shown.")
    failure.add_note(f"unexpected in the result: {what}")
    return failure
