"""WebP taken apart: RIFF chunks and frame headers, without decoding a pixel (RFC 9649)."""

from __future__ import annotations

from app.core.images.types import Container, animated, bomb, corrupt, require_pixels, truncated

MAX_CHUNKS = 1_000
_ALPHA_FLAG = 0x10


def read_webp(data: bytes) -> Container:
    """Raises PhotoRefused: truncated, corrupt, animated, too_many_pixels, bomb."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise truncated()
    chunks = _chunks(data, end)
    if any(kind in (b"ANIM", b"ANMF") for kind, _ in chunks):
        raise animated()
    first_kind, first = chunks[0]
    found = dict(reversed(chunks))
    canvas = None
    if first_kind == b"VP8X":
        if len(first) < 10:
            raise corrupt()
        if first[0] & 0x02:
            raise animated()
        canvas = (1 + int.from_bytes(first[4:7], "little"), 1 + int.from_bytes(first[7:10], "little"))
        require_pixels(*canvas)
    size, picture = _frame(found)
    require_pixels(*size)
    if canvas is not None and canvas != size:
        raise corrupt()
    alpha = found.get(b"ALPH") if b"VP8 " in found and canvas else None
    return Container(
        format="webp",
        size=size,
        pixels=_rebuilt(size, picture, alpha),
        exif=found.get(b"EXIF"),
        icc=found.get(b"ICCP"),
        decoder_bytes=12 * size[0] * size[1],
    )


def _chunks(data: bytes, end: int) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 12
    while at + 8 <= end:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise truncated()
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        if len(chunks) > MAX_CHUNKS:
            raise bomb()
        at += 8 + length + (length & 1)
    if not chunks:
        raise truncated()
    return chunks


def _frame(found: dict[bytes, bytes]) -> tuple[tuple[int, int], tuple[bytes, bytes]]:
    """Size and bitstream chunk of the single picture."""
    lossy, lossless = found.get(b"VP8 "), found.get(b"VP8L")
    if lossy is not None and lossless is None:
        if len(lossy) < 10 or lossy[3:6] != b"\x9d\x01\x2a" or lossy[0] & 1:
            raise corrupt()
        if 10 + (int.from_bytes(lossy[:3], "little") >> 5) > len(lossy):
            raise truncated()
        width, height = int.from_bytes(lossy[6:8], "little"), int.from_bytes(lossy[8:10], "little")
        return (width & 0x3FFF, height & 0x3FFF), (b"VP8 ", lossy)
    if lossless is not None and lossy is None:
        if len(lossless) < 5 or lossless[0] != 0x2F or lossless[4] >> 5:
            raise corrupt()
        bits = int.from_bytes(lossless[1:5], "little")
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), (b"VP8L", lossless)
    raise corrupt()


def _rebuilt(size: tuple[int, int], picture: tuple[bytes, bytes], alpha: bytes | None) -> bytes:
    """The same picture in a file that holds nothing else."""
    parts = [picture]
    if alpha is not None:
        parts = [_header(_ALPHA_FLAG, size), (b"ALPH", alpha), picture]
    return _file(parts)


def dressed(container: Container, exif: bytes) -> bytes:
    """The picture that was taken apart, with its colour profile, and this EXIF (empty for none)."""
    shown = [part for part in _chunks(container.pixels, len(container.pixels)) if part[0] != b"VP8X"]
    flags = {b"ALPH": _ALPHA_FLAG, b"ICCP": 0x20, b"EXIF": 0x08}
    profile = [(b"ICCP", container.icc)] if container.icc else []
    parts = [*profile, *shown, *([(b"EXIF", exif)] if exif else [])]
    flag = sum(flags.get(kind, 0) for kind, _ in parts)
    if any(kind == b"VP8L" for kind, _ in shown) and shown[-1][1][4] & 0x10:
        flag |= _ALPHA_FLAG
    return _file([_header(flag, container.size), *parts] if profile or exif or flag else parts)


def _header(flags: int, size: tuple[int, int]) -> tuple[bytes, bytes]:
    return b"VP8X", bytes((flags, 0, 0, 0)) + b"".join((n - 1).to_bytes(3, "little") for n in size)


def _file(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + len(part).to_bytes(4, "little") + part + bytes(len(part) & 1) for kind, part in parts
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body
