"""JPEG taken apart: segments, scans and limits, without decoding a pixel (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.core.images.types import Container, bomb, corrupt, require_pixels, truncated

MAX_SEGMENTS = 2_000
MAX_SCANS = 64
MAX_SCAN_PIXELS = 1_000_000_000
"""Scans × pixels: each scan of a progressive file walks the whole picture, however few bytes it holds."""

# Inside a scan, FF00 is a stuffed byte and FFD0-FFD7 are restart marks; any other FFxx starts a segment.
_NEXT_MARKER = re.compile(rb"\xff([^\x00\xff])")
_END_OF_SCAN = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")

_SOF = {0xC0, 0xC1, 0xC2}
_OTHER_SOF = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xDE}
_NEEDED = {0xDB, 0xC4, 0xDD}


@dataclass(slots=True)
class _Walk:
    kept: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    size: tuple[int, int] = (0, 0)
    coefficients: int = 0
    components: int = 0
    progressive: bool = False
    scans: int = 0
    split: bool = False
    exif: bytes | None = None
    icc: dict[int, bytes] = field(default_factory=dict)
    icc_total: int = 0


def read_jpeg(data: bytes) -> Container:
    """Raises PhotoRefused: truncated, corrupt, too_many_pixels, bomb."""
    walk = _Walk()
    at, segments = 2, 0
    while True:
        found = _NEXT_MARKER.search(data, at)
        if not found:
            raise truncated()
        marker, at = found[1][0], found.end()
        if marker == 0xD9:
            break
        if marker == 0xD8 or marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        segments += 1
        if segments > MAX_SEGMENTS:
            raise bomb()
        at = _segment(walk, data, marker, at)
    if not walk.scans:
        raise corrupt()
    walk.kept.append(b"\xff\xd9")
    buffered = walk.progressive or walk.split
    return Container(
        format="jpeg",
        size=walk.size,
        pixels=b"".join(walk.kept),
        exif=walk.exif,
        icc=_profile(walk),
        decoder_bytes=walk.coefficients if buffered else 0,
    )


def _segment(walk: _Walk, data: bytes, marker: int, at: int) -> int:
    """Reads one segment; returns where the next one may start."""
    length = int.from_bytes(data[at : at + 2])
    end = at + length
    if end > len(data) or at + 2 > len(data):
        raise truncated()
    if length < 2:
        raise corrupt()
    body = data[at + 2 : end]
    whole = bytes((0xFF, marker)) + data[at:end]
    if marker in _SOF:
        _frame(walk, marker, body)
        walk.kept.append(whole)
    elif marker in _OTHER_SOF:
        raise corrupt()
    elif marker == 0xDA:
        return _scan(walk, data, body, whole, end)
    elif marker in _NEEDED or (marker == 0xEE and body[:5] == b"Adobe"):
        walk.kept.append(whole)
    elif marker == 0xE1 and body[:6] == b"Exif\0\0" and walk.exif is None:
        walk.exif = body
    elif marker == 0xE2 and body[:12] == b"ICC_PROFILE\0" and len(body) > 14:
        walk.icc[body[12]], walk.icc_total = body[14:], body[13]
    return end


def _frame(walk: _Walk, marker: int, body: bytes) -> None:
    if walk.size != (0, 0) or len(body) < 6 or body[0] != 8 or body[5] not in (1, 3, 4):
        raise corrupt()
    height, width, components = int.from_bytes(body[1:3]), int.from_bytes(body[3:5]), body[5]
    require_pixels(width, height)
    factors = [(body[7 + 3 * i] >> 4, body[7 + 3 * i] & 15) for i in range(components) if 7 + 3 * i < len(body)]
    if len(factors) != components or any(not 1 <= f <= 4 for pair in factors for f in pair):
        raise corrupt()
    widest, tallest = max(h for h, _ in factors), max(v for _, v in factors)
    walk.size, walk.components, walk.progressive = (width, height), components, marker == 0xC2
    # Two bytes a coefficient: what libjpeg keeps for every component when the picture comes in several scans.
    walk.coefficients = sum(2 * width * h // widest * height * v // tallest for h, v in factors)


def _scan(walk: _Walk, data: bytes, body: bytes, whole: bytes, start: int) -> int:
    if walk.size == (0, 0) or not body:
        raise corrupt()
    walk.scans += 1
    walk.split |= body[0] != walk.components
    if walk.scans > MAX_SCANS or walk.scans * walk.size[0] * walk.size[1] > MAX_SCAN_PIXELS:
        raise bomb()
    found = _END_OF_SCAN.search(data, start)
    if not found:
        raise truncated()
    walk.kept += (whole, data[start : found.start()])
    return found.start()


def _profile(walk: _Walk) -> bytes | None:
    """The colour profile put together again; None when a part is missing."""
    numbers = range(1, walk.icc_total + 1)
    if not walk.icc or set(numbers) != set(walk.icc):
        return None
    return b"".join(walk.icc[number] for number in numbers)
