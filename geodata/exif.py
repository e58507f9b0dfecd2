"""Where, when and which way up a photo was taken, from its EXIF block.

A phone writes EXIF as a small TIFF file: a header, then directories of 12-byte entries. We read the handful
of entries we need with bounds on everything, because the bytes come from strangers: nothing here raises,
whatever the input; what cannot be read is simply absent. Altitude, device names, comments and thumbnails are
never looked at.

Source of tag numbers: Exif 2.32 (CIPA DC-008), sections 4.6.5 and 4.6.6.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["ExifFacts", "PhotoPosition", "read_exif", "valid_position"]

MAX_ENTRIES = 512
"""Entries read per directory: real ones hold fewer than 100."""

MAX_VALUE_BYTES = 256
"""Longest value kept: a date is 20 bytes, a coordinate 24."""

_ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x0112, 0x8769, 0x8825
_DATE_ORIGINAL, _DATE_DIGITIZED, _OFFSET, _OFFSET_ORIGINAL, _OFFSET_DIGITIZED = (
    0x9003,
    0x9004,
    0x9010,
    0x9011,
    0x9012,
)
_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _GPS_STATUS, _DATUM, _GPS_DATE, _H_ERROR = (
    1,
    2,
    3,
    4,
    7,
    9,
    18,
    29,
    31,
)

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8}
_DATE = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)$")

_Entries = Mapping[int, tuple[int, bytes]]
"""Tag → (TIFF type, raw value bytes)."""


@dataclass(frozen=True, slots=True)
class PhotoPosition:
    """A WGS84 position (SRID 4326) in degrees; `accuracy_m` in metres when the device said it."""

    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What we keep of an EXIF block.

    `taken_at` is aware when the device wrote an offset or a GPS time, else it is naive: the wall clock of a
    place whose time zone the file does not say. `orientation` is 1 to 8 (1 is upright).
    """

    position: PhotoPosition | None = None
    taken_at: datetime | None = None
    orientation: int = 1


def read_exif(block: bytes | None) -> ExifFacts:
    """Facts of an EXIF block (with or without its `Exif\\0\\0` prefix). Never raises: unreadable means
    absent."""
    if not block:
        return ExifFacts()
    tiff = block[6:] if block[:6] == b"Exif\0\0" else block
    try:
        order = {b"II*\0": "<", b"MM\0*": ">"}[tiff[:4]]
        root = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    except (KeyError, struct.error):
        return ExifFacts()
    gps = _sub_directory(tiff, order, root, _GPS_IFD)
    photo = _sub_directory(tiff, order, root, _EXIF_IFD)
    return ExifFacts(
        position=_position(order, gps),
        taken_at=_taken_at(order, photo, gps),
        orientation=_orientation(order, root),
    )


def valid_position(lon: float, lat: float) -> bool:
    """True for a finite WGS84 position on Earth that is not (0, 0), the place of devices without a fix.

    Comparisons with NaN are false, so NaN is refused too.
    """
    on_earth = -180 <= lon <= 180 and -90 <= lat <= 90
    return on_earth and not (abs(lon) < 1e-4 and abs(lat) < 1e-4)


def _directory(tiff: bytes, order: str, offset: int) -> dict[int, tuple[int, bytes]]:
    """Entries of the directory at `offset`; broken or oversized entries are left out."""
    if not 8 <= offset <= len(tiff) - 2:
        return {}
    (count,) = struct.unpack_from(order + "H", tiff, offset)
    entries: dict[int, tuple[int, bytes]] = {}
    for index in range(min(count, MAX_ENTRIES)):
        at = offset + 2 + 12 * index
        if at + 12 > len(tiff):
            break
        tag, kind, items = struct.unpack_from(order + "HHI", tiff, at)
        size = _WIDTHS.get(kind, 0) * items
        if not 0 < size <= MAX_VALUE_BYTES:
            continue
        start = at + 8 if size <= 4 else struct.unpack_from(order + "I", tiff, at + 8)[0]
        value = tiff[start : start + size]
        if len(value) == size:
            entries.setdefault(tag, (kind, value))
    return entries


def _sub_directory(tiff: bytes, order: str, root: _Entries, tag: int) -> _Entries:
    kind, value = root.get(tag, (0, b""))
    if kind not in (4, 9) or len(value) != 4:
        return {}
    return _directory(tiff, order, struct.unpack(order + "I", value)[0])


def _orientation(order: str, root: _Entries) -> int:
    kind, value = root.get(_ORIENTATION, (0, b""))
    if kind != 3 or len(value) < 2:
        return 1
    (number,) = struct.unpack_from(order + "H", value)
    return int(number) if 1 <= number <= 8 else 1


def _text(entries: _Entries, tag: int) -> str:
    kind, value = entries.get(tag, (0, b""))
    return value.split(b"\0", 1)[0].decode("ascii", "replace").strip() if kind in (2, 7) else ""


def _rationals(order: str, entries: _Entries, tag: int) -> list[float]:
    """Unsigned rationals of a tag; empty when the type is wrong or a denominator is zero."""
    kind, value = entries.get(tag, (0, b""))
    if kind != 5:
        return []
    numbers = struct.unpack(f"{order}{len(value) // 4}I", value)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [] if any(below == 0 for _, below in pairs) else [above / below for above, below in pairs]


def _position(order: str, gps: _Entries) -> PhotoPosition | None:
    lat = _coordinate(_rationals(order, gps, _LAT), _text(gps, _LAT_REF), "N", "S")
    lon = _coordinate(_rationals(order, gps, _LON), _text(gps, _LON_REF), "E", "W")
    if lat is None or lon is None or not valid_position(lon, lat):
        return None
    # "V" is the device's own word for a fix it does not trust; another datum would be off by hundreds of
    # metres.
    datum = re.sub(r"[^A-Z0-9]", "", _text(gps, _DATUM).upper())
    if _text(gps, _GPS_STATUS).upper() == "V" or datum not in ("", "WGS84", "WGS1984"):
        return None
    error = _rationals(order, gps, _H_ERROR)
    accuracy = error[0] if len(error) == 1 and 0 < error[0] <= 100_000 else None
    return PhotoPosition(lon=lon, lat=lat, accuracy_m=accuracy)


def _coordinate(parts: list[float], ref: str, positive: str, negative: str) -> float | None:
    """Decimal degrees of degrees[, minutes[, seconds]]; None without a hemisphere, which would be a guess."""
    letter = ref[:1].upper()
    if not 1 <= len(parts) <= 3 or letter not in (positive, negative):
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    if minutes > 60 or seconds > 60:
        return None
    value = degrees + minutes / 60 + seconds / 3600
    return -value if letter == negative else value


def _taken_at(order: str, photo: _Entries, gps: _Entries) -> datetime | None:
    for date_tag, offset_tag in ((_DATE_ORIGINAL, _OFFSET_ORIGINAL), (_DATE_DIGITIZED, _OFFSET_DIGITIZED)):
        moment = _moment(_text(photo, date_tag))
        if moment is not None:
            zone = _zone(_text(photo, offset_tag) or _text(photo, _OFFSET))
            return moment if zone is None else moment.replace(tzinfo=zone)
    clock = _rationals(order, gps, _GPS_TIME)
    if len(clock) == 3 and clock[0] < 24 and clock[1] < 60 and clock[2] < 60:
        spoken = f"{_text(gps, _GPS_DATE)} {int(clock[0]):02}:{int(clock[1]):02}:{int(clock[2]):02}"
        moment = _moment(spoken)
        return None if moment is None else moment.replace(tzinfo=UTC)
    return None


def _moment(text: str) -> datetime | None:
    """A naive date and time; None when it is not one, or when it is a reset clock (before 1990)."""
    found = _DATE.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        # Aware for the check, naive in the result: the caller adds the zone when the file says it.
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).replace(tzinfo=None)
    except ValueError:
        return None
    return moment if 1990 <= year <= 2200 else None


def _zone(text: str) -> timezone | None:
    found = _ZONE.match(text)
    if not found:
        return UTC if text.upper() == "Z" else None
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if shift > timedelta(hours=14):
        return None
    return timezone(shift if found[1] == "+" else -shift)
