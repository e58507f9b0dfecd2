"""`read_exif`: the facts of a phone's block, and silence for everything else."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.exif import ExifFacts, PhotoPosition, read_exif, valid_position

ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5
Value = tuple[int, int, bytes]


def text(words: str) -> Value:
    return ASCII, len(words) + 1, words.encode() + b"\0"


def rationals(order: str, *pairs: tuple[int, int]) -> Value:
    return RATIONAL, len(pairs), b"".join(struct.pack(order + "II", *pair) for pair in pairs)


def block(order: str, root: dict[int, Value], photo: dict[int, Value], gps: dict[int, Value]) -> bytes:
    """An EXIF block made by hand: three directories, their long values after all of them."""
    root = {**root, 0x8769: (LONG, 1, b""), 0x8825: (LONG, 1, b"")}
    starts, at = [], 8
    for entries in (root, photo, gps):
        starts.append(at)
        at += 2 + 12 * len(entries) + 4
    root[0x8769] = (LONG, 1, struct.pack(order + "I", starts[1]))
    root[0x8825] = (LONG, 1, struct.pack(order + "I", starts[2]))
    directories, values = b"", b""
    for entries in (root, photo, gps):
        directories += struct.pack(order + "H", len(entries))
        for tag, (kind, count, value) in entries.items():
            inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", at + len(values))
            values += value if len(value) > 4 else b""
            directories += struct.pack(order + "HHI", tag, kind, count) + inline
        directories += bytes(4)
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(order + "I", 8) + directories + values


def gps(order: str, **changes: Value | None) -> dict[int, Value]:
    """43° 29' 36" N, 1° 28' 30" W, with entries changed or removed by name."""
    entries: dict[str, Value | None] = {
        "lat_ref": text("N"),
        "lat": rationals(order, (43, 1), (29, 1), (3600, 100)),
        "lon_ref": text("W"),
        "lon": rationals(order, (1, 1), (28, 1), (30, 1)),
        **changes,
    }
    tags = {
        "lat_ref": 1,
        "lat": 2,
        "lon_ref": 3,
        "lon": 4,
        "time": 7,
        "status": 9,
        "datum": 18,
        "date": 29,
        "error": 31,
    }
    return {tags[name]: value for name, value in entries.items() if value is not None}


def facts(
    order: str = "<",
    *,
    root: dict[int, Value] | None = None,
    photo: dict[int, Value] | None = None,
    **changes: Value | None,
) -> ExifFacts:
    return read_exif(b"Exif\0\0" + block(order, root or {}, photo or {}, gps(order, **changes)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_position_orientation_and_time_are_read_in_both_byte_orders(order: str) -> None:
    found = facts(
        order,
        root={0x0112: (SHORT, 1, struct.pack(order + "H", 8))},
        photo={0x9003: text("2026:05:12 14:30:05"), 0x9011: text("+02:00")},
        error=rationals(order, (65, 10)),
    )
    assert found.position == PhotoPosition(lon=-1.475, lat=pytest.approx(43.493333, abs=1e-6), accuracy_m=6.5)
    assert found.orientation == 8
    assert found.taken_at == datetime(2026, 5, 12, 14, 30, 5, tzinfo=timezone(timedelta(hours=2)))


def test_decimal_degrees_alone_are_a_position() -> None:
    found = facts(lat=rationals("<", (43_493_333, 1_000_000)), lon=rationals("<", (1_475, 1_000)))
    assert found.position == PhotoPosition(lon=-1.475, lat=43.493333)


@pytest.mark.parametrize(
    "changes",
    [
        {"lat_ref": None},
        {"lon_ref": text("N")},
        {"lon": None},
        {"lat": rationals("<", (91, 1))},
        {"lon": rationals("<", (181, 1))},
        {"lat": rationals("<", (43, 0))},
        {"lat": rationals("<", (43, 1), (99, 1), (0, 1))},
        {"lat": (SHORT, 3, struct.pack("<HHH", 43, 29, 36))},
        {"lat": text("43.49333")},
        {"lat": rationals("<", (0, 1)), "lon": rationals("<", (0, 1))},
        {"lat": rationals("<", *[(1, 1)] * 4)},
        {"status": text("V")},
        {"datum": text("TOKYO")},
    ],
)
def test_a_doubtful_position_is_no_position(changes: dict[str, Value | None]) -> None:
    assert facts(**changes).position is None


def test_a_usual_datum_and_status_are_fine() -> None:
    assert facts(status=text("A"), datum=text("WGS-84")).position is not None


@pytest.mark.parametrize(
    ("lon", "lat", "valid"),
    [
        (-1.475, 43.49, True),
        (180.0, -90.0, True),
        (0.0, 51.48, True),
        (9.4, 0.0, True),
        (0.0, 0.0, False),
        (0.00001, -0.00001, False),
        (180.1, 0.0, False),
        (2.0, 90.1, False),
        (float("nan"), 43.0, False),
        (2.0, float("inf"), False),
    ],
)
def test_a_valid_position_is_on_earth_and_not_at_zero(lon: float, lat: float, valid: bool) -> None:
    assert valid_position(lon, lat) is valid


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ({0x9003: text("2026:05:12 14:30:05")}, datetime(2026, 5, 12, 14, 30, 5)),
        (
            {0x9004: text("2026-05-12 14:30:05"), 0x9012: text("Z")},
            datetime(2026, 5, 12, 14, 30, 5, tzinfo=UTC),
        ),
        ({0x9003: text("2026:05:12 14:30:60")}, datetime(2026, 5, 12, 14, 30, 59)),
        ({0x9003: text("0000:00:00 00:00:00")}, None),
        ({0x9003: text("1970:01:01 00:00:00")}, None),
        ({0x9003: text("2026:02:30 10:00:00")}, None),
        ({0x9003: text("yesterday, I think!")}, None),
        ({0x9003: text("2026:05:12 14:30:05"), 0x9011: text("+99:00")}, datetime(2026, 5, 12, 14, 30, 5)),
    ],
)
def test_times_that_make_sense_are_kept(photo: dict[int, Value], expected: datetime | None) -> None:
    assert facts(photo=photo).taken_at == expected


def test_the_satellites_time_is_used_when_the_camera_has_none() -> None:
    found = facts(date=text("2026:05:12"), time=rationals("<", (12, 1), (30, 1), (595, 100)))
    assert found.taken_at == datetime(2026, 5, 12, 12, 30, 5, tzinfo=UTC)
    assert facts(date=text("2026:05:12"), time=rationals("<", (99, 1), (30, 1), (5, 1))).taken_at is None


@pytest.mark.parametrize("number", [0, 9, 65_535])
def test_an_impossible_orientation_is_upright(number: int) -> None:
    assert facts(root={0x0112: (SHORT, 1, struct.pack("<H", number))}).orientation == 1


def test_a_directory_that_points_to_itself_or_nowhere_ends() -> None:
    loop = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8825, LONG, 1, 8) + bytes(4)
    assert read_exif(loop) == ExifFacts()
    nowhere = b"II*\0" + struct.pack("<I", 0xFFFFFFF0)
    assert read_exif(nowhere) == ExifFacts()
    assert read_exif(b"") == read_exif(None) == ExifFacts()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"Exif\0\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_no_bytes_raise(rest: bytes, start: bytes) -> None:
    assert isinstance(read_exif(start + rest), ExifFacts)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_raises_and_what_is_found_is_on_earth(data: st.DataObject) -> None:
    whole = bytearray(block("<", {0x0112: (SHORT, 1, b"\6\0")}, {0x9003: text("2026:05:12 14:30:05")}, gps("<")))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = read_exif(bytes(whole))
    assert 1 <= found.orientation <= 8
    assert found.position is None or valid_position(found.position.lon, found.position.lat)
