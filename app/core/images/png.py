"""PNG taken apart: chunks, checksums and the true amount of pixels, in bounded memory (W3C PNG, third
edition)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from app.core.images.types import Container, animated, bomb, corrupt, require_pixels, truncated

MAX_CHUNKS = 50_000
MAX_INFLATED = 1024 * 1024
"""Largest text or colour profile, once inflated (bytes). Real profiles are under 600 KB."""
MAX_TEXTS = 64

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE = 64 * 1024
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_png(data: bytes) -> Container:
    """Raises PhotoRefused: truncated, corrupt, animated, too_many_pixels, bomb."""
    kept, image_data = [SIGNATURE], []
    size, expected, exif, icc, texts = (0, 0), 0, None, None, 0
    for kind, body, whole in _chunks(data):
        if size == (0, 0):
            if kind != b"IHDR":
                raise corrupt()
            size, expected = _header(body)
        if kind in (b"acTL", b"fcTL", b"fdAT"):
            raise animated()
        if kind == b"IDAT":
            image_data.append(body)
        elif kind == b"eXIf":
            exif = exif or body
        elif kind in (b"iCCP", b"zTXt", b"iTXt"):
            texts += 1
            if texts > MAX_TEXTS:
                raise bomb()
            inflated = _inflated(kind, body)
            icc = inflated if kind == b"iCCP" else icc
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(whole)
        elif not kind[0] & 0x20:
            raise corrupt()  # an unknown chunk that says a decoder cannot do without it
    _require_image_data(image_data, expected)
    return Container(format="png", size=size, pixels=b"".join(kept), exif=exif, icc=icc)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(type, body, whole chunk) up to IEND; what follows IEND is never looked at."""
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        length = int.from_bytes(data[at : at + 4])
        end = at + 12 + length
        if at + 8 > len(data) or end > len(data):
            raise truncated()
        kind, body = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise corrupt()
        yield kind, body, data[at:end]
        if kind == b"IEND":
            return
        at = end
    raise bomb()


def _header(body: bytes) -> tuple[tuple[int, int], int]:
    """The size in pixels, and how many bytes the picture must inflate to."""
    if len(body) != 13:
        raise corrupt()
    width, height = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
    depth, colour, compression, filtering, interlace = body[8:]
    require_pixels(width, height)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise corrupt()
    bits = depth * _CHANNELS[colour]
    if not interlace:
        return (width, height), _rows(width, height, bits)
    passes = (((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in _ADAM7)
    return (width, height), sum(_rows(w, h, bits) for w, h in passes)


def _rows(width: int, height: int, bits: int) -> int:
    return height * ((width * bits + 7) // 8 + 1) if width > 0 and height > 0 else 0


def _require_image_data(bodies: Iterable[bytes], expected: int) -> None:
    """Inflates the picture piece by piece, keeping nothing: its length and checksum must be right."""
    inflater, total = zlib.decompressobj(), 0
    for body in bodies:
        for start in range(0, len(body), _PIECE):
            piece = body[start : start + _PIECE]
            while piece and not inflater.eof:
                try:
                    total += len(inflater.decompress(piece, _PIECE * 4))
                except zlib.error:
                    raise corrupt() from None
                if total > expected:
                    raise corrupt()
                piece = inflater.unconsumed_tail
    if not inflater.eof:
        total += _drained(inflater)
    if not inflater.eof:
        raise truncated()
    if total != expected:
        raise corrupt()


def _drained(inflater: zlib._Decompress) -> int:
    """What the inflater still holds once its input is used up (at most one window)."""
    try:
        return len(inflater.decompress(b"", _PIECE * 4))
    except zlib.error:
        raise corrupt() from None


def _inflated(kind: bytes, body: bytes) -> bytes | None:
    """The bounded content of a compressed text or profile; None when it is not compressed or unreadable."""
    keyword, _, rest = body.partition(b"\0")
    if len(keyword) > 79:
        return None
    if kind == b"iTXt":
        if rest[:1] != b"\x01":
            return None
        rest = rest[2:].split(b"\0", 2)[-1]
    else:
        rest = rest[1:]
    try:
        content = zlib.decompressobj().decompress(rest, MAX_INFLATED + 1)
    except zlib.error:
        return None
    if len(content) > MAX_INFLATED:
        raise bomb()
    return content
