"""HEIC/HEIF taken apart: boxes, items and the sizes they claim, in plain Python (ISO/IEC 14496-12, 23008-12).

The HEVC decoder is large native code with a history of memory faults, so the web process never hands it a
stranger's bytes: this reader checks at the door, and only a worker's child decodes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.core.images.hevc import coded_size
from app.core.images.types import Container, PhotoRefused, bomb, corrupt, require_pixels, truncated

MAX_BOXES = 4_000
MAX_ITEMS = 1_000
MAX_EXIF_BYTES = 1024 * 1024
_CODED = {b"hvc1", b"hev1"}
_DERIVED = {b"grid", b"iden", b"iovl"}


@dataclass(slots=True)
class _Meta:
    primary: int = -1
    types: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    """Item → (construction method, offset, length)."""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    """Item → 1-based places in `properties`."""
    inline: bytes = b""


def read_heif(data: bytes) -> Container:
    """Raises PhotoRefused: truncated, corrupt, unsupported_format, too_many_pixels, bomb."""
    body = next((body for kind, body in _boxes(data, 0, len(data), outer=True) if kind == b"meta"), None)
    if body is None:
        raise corrupt()
    try:
        meta = _meta(body)
    except (struct.error, IndexError):
        raise corrupt() from None
    _require_whole(meta, data)
    if meta.types.get(meta.primary) not in _CODED | _DERIVED:
        raise PhotoRefused("unsupported_format", "This kind of picture is not accepted. Send JPEG, PNG, WebP or HEIC.")
    size, turned = _primary_face(meta)
    _require_sane_sizes(meta)
    # The decoder works on planes of 4:2:0 and then on RGB, beside the picture Pillow holds.
    return Container(
        format="heif",
        size=size,
        pixels=data,
        exif=_exif(meta, data),
        turned=turned,
        decoder_bytes=8 * size[0] * size[1],
    )


_TELLS = {b"Exif", b"mime", b"uri "}
"""Items that tell about the picture."""


def blanked(data: bytes) -> bytes:
    """The same file, byte for byte as long, where only the pictures are left: all that tells about them is zeros.

    Raises PhotoRefused like `read_heif`.
    """
    out, meta = bytearray(data), _Meta()
    shown: list[tuple[int, int]] = []
    for kind, _, start, end in _top(data):
        if kind == b"meta":
            meta = _meta(data[start:end])
            shown = _shown(meta)
            _blank_inline(meta, out, data.index(meta.inline, start, end) if meta.inline else 0)
    for kind, at, start, end in _top(data):
        if kind not in (b"ftyp", b"meta"):
            _blank(out, start, end, shown)
        if kind not in (b"ftyp", b"meta", b"mdat"):
            out[at + 4 : at + 8] = b"free"
    return bytes(out)


def _top(data: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """(type, place, start of the body, end) of the boxes of a file that `read_heif` accepted. It looked no further than
    the box that says what there is: one after it whose length is a lie reaches to the end.
    """
    at = 0
    while at + 8 <= len(data):
        length, header = int.from_bytes(data[at : at + 4]), 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16]), 16
        if length < header or at + length > len(data):
            length = len(data) - at
        yield data[at + 4 : at + 8], at, at + header, at + length
        at += length


def _shown(meta: _Meta) -> list[tuple[int, int]]:
    places = (place for item, kind in meta.types.items() if kind not in _TELLS for place in meta.extents.get(item, []))
    return sorted((offset, offset + length) for method, offset, length in places if method == 0)


def _blank(out: bytearray, start: int, end: int, shown: list[tuple[int, int]]) -> None:
    at = start
    for first, last in [*shown, (end, end)]:
        first, last = min(max(first, start), end), min(max(last, start), end)
        if first > at:
            out[at:first] = bytes(first - at)
        at = max(at, last)


def _blank_inline(meta: _Meta, out: bytearray, base: int) -> None:
    for item, kind in meta.types.items():
        for method, offset, length in meta.extents.get(item, []) if kind in _TELLS else []:
            if method == 1:
                out[base + offset : base + offset + length] = bytes(length)


def _boxes(data: bytes, start: int, end: int, *, outer: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of the boxes between two places; a box that goes past the end is a cut file."""
    at = start
    for _ in range(MAX_BOXES):
        if at + 8 > end:
            if at < end and outer:
                raise truncated()
            return
        length, kind, header = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16]), 16
        elif length == 0:
            length = end - at
        if length < header:
            raise corrupt()
        if at + length > end:
            raise truncated() if outer else corrupt()
        # The media box holds the bulk of the file and is only ever read through item extents.
        yield kind, b"" if kind == b"mdat" else data[at + header : at + length]
        at += length
    raise bomb()


def _meta(body: bytes) -> _Meta:
    meta = _Meta()
    for kind, inner in _boxes(body, 4, len(body)):
        if kind == b"pitm":
            meta.primary = int.from_bytes(inner[4:8] if inner[0] else inner[4:6])
        elif kind == b"iinf":
            _read_items(meta, inner)
        elif kind == b"iloc":
            _read_locations(meta, inner)
        elif kind == b"idat":
            meta.inline = inner
        elif kind == b"iprp":
            for part, content in _boxes(inner, 0, len(inner)):
                if part == b"ipco":
                    meta.properties = list(_boxes(content, 0, len(content)))
                elif part == b"ipma":
                    _read_associations(meta, content)
    return meta


def _read_items(meta: _Meta, body: bytes) -> None:
    for kind, entry in _boxes(body, 8 if body[0] else 6, len(body)):
        version = entry[0]
        if kind != b"infe" or version < 2:
            continue
        wide = 4 if version > 2 else 2
        meta.types[int.from_bytes(entry[4 : 4 + wide])] = entry[6 + wide : 10 + wide]
        if len(meta.types) > MAX_ITEMS:
            raise bomb()


def _read_locations(meta: _Meta, body: bytes) -> None:
    version, sizes = body[0], body[4:6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    reader = _Reader(body, 6)
    wide = 4 if version > 1 else 2
    for _ in range(min(reader.number(wide), MAX_ITEMS)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_size)
        places = meta.extents.setdefault(item, [])
        for _ in range(reader.number(2)):
            reader.number(index_size)
            offset, length = reader.number(offset_size), reader.number(length_size)
            places.append((method, base + offset, length))


def _read_associations(meta: _Meta, body: bytes) -> None:
    version, wide_index = body[0], body[3] & 1
    reader = _Reader(body, 4)
    for _ in range(min(reader.number(4), MAX_ITEMS)):
        item = reader.number(4 if version else 2)
        owned = meta.owned.setdefault(item, [])
        for _ in range(reader.number(1)):
            owned.append(reader.number(2) & 0x7FFF if wide_index else reader.number(1) & 0x7F)


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int

    def number(self, size: int) -> int:
        """The next big-endian number of `size` bytes; IndexError past the end, so that no loop outlives the
        box."""
        if self.at + size > len(self.data):
            raise IndexError
        value = int.from_bytes(self.data[self.at : self.at + size])
        self.at += size
        return value


def _require_whole(meta: _Meta, data: bytes) -> None:
    """Every item's bytes must be in the file: this is how a cut photo shows itself."""
    if meta.primary not in meta.extents or not meta.extents[meta.primary]:
        raise corrupt()
    for places in meta.extents.values():
        for method, offset, length in places:
            limit = len(meta.inline) if method == 1 else len(data)
            if method in (0, 1) and offset + length > limit:
                raise truncated()


def _properties(meta: _Meta, item: int) -> Iterator[tuple[bytes, bytes]]:
    for place in meta.owned.get(item, []):
        if 0 < place <= len(meta.properties):
            yield meta.properties[place - 1]


def _primary_face(meta: _Meta) -> tuple[tuple[int, int], bool]:
    """Size of the primary picture in pixels, and whether it is turned by a quarter."""
    size, turned = None, False
    for kind, body in _properties(meta, meta.primary):
        if kind == b"ispe" and len(body) >= 12:
            size = (int.from_bytes(body[4:8]), int.from_bytes(body[8:12]))
        elif kind == b"irot" and body:
            turned ^= bool(body[0] & 1)
    if size is None:
        raise corrupt()
    require_pixels(*size)
    return size, turned


def _require_sane_sizes(meta: _Meta) -> None:
    """No picture of the file, and no coded frame whatever its box claims, may exceed the limit."""
    for kind, body in meta.properties:
        if kind == b"ispe" and len(body) >= 12:
            require_pixels(int.from_bytes(body[4:8]), int.from_bytes(body[8:12]))
        elif kind == b"hvcC":
            size = coded_size(body)
            if size is None:
                raise corrupt()
            require_pixels(*size)


def _exif(meta: _Meta, data: bytes) -> bytes | None:
    """The first EXIF item, after the offset that says where its TIFF header starts."""
    item = next((number for number, kind in meta.types.items() if kind == b"Exif"), None)
    places = meta.extents.get(item, []) if item is not None else []
    if sum(length for _, _, length in places) > MAX_EXIF_BYTES:
        return None
    whole = b"".join(
        (meta.inline if method == 1 else data)[offset : offset + length] for method, offset, length in places
    )
    skip = int.from_bytes(whole[:4])
    return whole[4 + skip :] or None
