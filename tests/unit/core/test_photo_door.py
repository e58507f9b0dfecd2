"""`check_photo`: what is accepted, what is refused, and with which words."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_samples import (
    REAL,
    animated_webp,
    encoded,
    exif,
    many_scans,
    phone_jpeg,
    png,
    png_chunk,
    scene,
)
from PIL import Image

from app.core.images import MAX_BYTES, PhotoRefused, check_photo


def refusal(data: bytes | Path, **said: str) -> str:
    with pytest.raises(PhotoRefused) as caught:
        check_photo(data, **said)
    assert "%(" not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "name", "content_type"),
    [
        ("JPEG", "a.jpg", "image/jpeg"),
        ("JPEG", "A.JPEG", "image/jpeg"),
        ("PNG", "a.png", "image/png"),
        ("WEBP", "a.webp", "image/webp"),
        ("HEIF", "IMG_1.HEIC", "image/heic"),
    ],
)
def test_each_format_is_accepted_by_its_content(kind: str, name: str, content_type: str) -> None:
    info = check_photo(encoded(scene(), kind), filename=name, declared_type=content_type)
    assert (info.content_type, info.width, info.height) == (content_type, 320, 240)
    assert info.position is None


@pytest.mark.parametrize("name", [None, "", "blob", "IMG.1234", "photo.tmp", "../../etc/passwd"])
def test_a_name_that_promises_nothing_is_no_reason_to_refuse(name: str | None) -> None:
    assert check_photo(phone_jpeg(), filename=name, declared_type="application/octet-stream").format == "jpeg"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_position_time_and_upright_size_come_from_exif(kind: str) -> None:
    info = check_photo(encoded(scene(), kind, exif=exif(6)))
    assert info.position is not None
    assert (round(info.position.lat, 4), round(info.position.lon, 4)) == (43.4933, -1.475)
    assert info.taken_at == datetime(2026, 5, 12, 14, 30, 5, tzinfo=timezone(timedelta(hours=2)))
    assert (info.width, info.height, info.orientation) == (240, 320, 6)


def test_a_heic_says_its_position_and_its_own_rotation() -> None:
    image = scene()
    image.info["exif"] = exif(6).tobytes()
    info = check_photo(encoded(image, "HEIF"))
    assert info.position is not None
    assert (info.width, info.height, info.orientation) == (240, 320, 1)


def test_a_path_is_as_good_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(phone_jpeg())
    assert check_photo(tmp_path / "p") == check_photo(phone_jpeg())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff" + bytes(MAX_BYTES), "too_large"),
        (b"<!doctype html><script>alert(1)</script>", "unsupported_format"),
        (b"\xef\xbb\xbf <svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (b"<?xml version='1.0'?><svg/>", "unsupported_format"),
        (b"%PDF-1.7 ...", "unsupported_format"),
        (b"II*\0 tiff", "unsupported_format"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "unsupported_format"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp42isom", "unsupported_format"),
        (b"just words", "not_a_photo"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\xff\xd8\xff\xd9", "corrupt"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"RIFF\x04\0\0\0WEBP", "truncated"),
        (encoded(scene(), "GIF"), "unsupported_format"),
        (encoded(scene(), "BMP"), "unsupported_format"),
        (animated_webp(), "animated"),
        (
            encoded(scene(32, 24), "PNG", save_all=True, append_images=[scene(32, 24, "RGB").rotate(180)]),
            "animated",
        ),
    ],
)
def test_what_is_not_a_still_photo_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal(data, filename="photo.jpg" if data[:1] == b"<" else "") == code


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("PNG", {"filename": "a.jpg"}, "mismatch_name"),
        ("JPEG", {"filename": "a.heic"}, "mismatch_name"),
        ("JPEG", {"filename": "page.html"}, "mismatch_name"),
        ("JPEG", {"filename": "x.jpg.svg"}, "mismatch_name"),
        ("WEBP", {"filename": "a.webp", "declared_type": "image/png"}, "mismatch_type"),
        ("JPEG", {"declared_type": "text/html; charset=utf-8"}, "mismatch_type"),
        ("JPEG", {"declared_type": "image/svg+xml"}, "mismatch_type"),
    ],
)
def test_a_content_that_differs_from_its_promise_is_refused(kind: str, said: dict[str, str], code: str) -> None:
    assert refusal(encoded(scene(), kind), **said) == code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_cut_file_is_refused(kind: str, part: float) -> None:
    noisy = Image.effect_noise((320, 240), 80).convert("RGB")
    data = encoded(noisy, kind)
    assert refusal(data[: int(len(data) * part)]) == "truncated"


def test_a_cut_jpeg_with_a_whole_thumbnail_inside_is_still_cut() -> None:
    block = exif().tobytes() + encoded(scene(80, 60), "JPEG")
    data = encoded(Image.effect_noise((320, 240), 80).convert("RGB"), "JPEG", exif=block)
    assert refusal(data[:-200]) == "truncated"


def test_too_many_pixels_are_refused_from_the_header_alone() -> None:
    tracemalloc.start()
    try:
        assert refusal(png(30_000, 30_000, b"")) == "too_many_pixels"
        jpeg = bytearray(phone_jpeg())
        at = jpeg.index(b"\xff\xc0") + 5
        jpeg[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
        assert refusal(bytes(jpeg)) == "too_many_pixels"
        webp = bytearray(encoded(scene(), "WEBP", exif=exif()))
        webp[24:30] = b"\xff\xff\0\xff\xff\0"
        assert refusal(bytes(webp)) == "too_many_pixels"
        heif = encoded(scene(), "HEIF").replace(struct.pack(">II", 320, 240), struct.pack(">II", 30_000, 30_000))
        assert refusal(heif) == "too_many_pixels"
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_heic_that_hides_a_large_frame_behind_a_small_box_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Encoding 50 megapixels takes 20 seconds, so the limit comes down to the picture instead.
    monkeypatch.setattr("app.core.images.types.MAX_PIXELS", 50_000)
    honest = encoded(scene(160, 120), "HEIF")
    assert check_photo(honest).width == 160
    large = encoded(scene(320, 240), "HEIF")
    lying = large.replace(struct.pack(">II", 320, 240), struct.pack(">II", 160, 120))
    assert lying != large
    assert refusal(lying) == "too_many_pixels"


@pytest.mark.parametrize(
    "chunk",
    [
        b"iCCP" + b"icc\0\0",
        b"zTXt" + b"Comment\0\0",
        b"iTXt" + b"Comment\0\x01\0en\0\0",
    ],
)
def test_a_png_with_a_bomb_in_a_side_chunk_is_refused(chunk: bytes) -> None:
    bomb = png_chunk(chunk[:4], chunk[4:] + zlib.compress(bytes(64 * 1024 * 1024), 9))
    tracemalloc.start()
    try:
        assert refusal(png(2, 1, b"\0" + bytes(6), bomb)) == "bomb"
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_png_that_inflates_to_more_or_less_than_its_size_is_refused() -> None:
    assert check_photo(png(2, 1, b"\0" + bytes(6))).width == 2
    assert refusal(png(2, 1, bytes(50 * 1024 * 1024))) == "corrupt"
    assert refusal(png(2, 2, b"\0" + bytes(6))) == "corrupt"


def test_a_jpeg_of_thousands_of_scans_is_refused() -> None:
    data = encoded(scene(64, 48), "JPEG", progressive=True)
    assert check_photo(many_scans(data, 3)).width == 64
    assert refusal(many_scans(data, 3_000)) == "bomb"


def test_a_jpeg_of_endless_segments_is_refused() -> None:
    data = encoded(scene(64, 48), "JPEG")
    assert refusal(data[:2] + b"\xff\xfe\0\2" * 100_000 + data[2:]) == "bomb"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_no_mutation_of_a_photo_ever_raises_anything_but_a_refusal(kind: str) -> None:
    dice = random.Random(20260512)
    original = encoded(Image.effect_noise((96, 64), 60).convert("RGB"), kind)
    refused = 0
    for _ in range(700):
        refused += not _survives(_mutated(original, dice))
    assert 0 < refused < 700


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\x40\0\0\0WEBP",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        ]
    ),
    rest=st.binary(max_size=400),
)
def test_no_bytes_at_all_raise_anything_but_a_refusal(start: bytes, rest: bytes) -> None:
    _survives(start + rest)


@pytest.mark.skipif(not REAL.is_dir(), reason="no folder of real photos on this machine")
def test_real_photos_are_accepted_and_their_mutations_never_break_the_door() -> None:
    dice = random.Random(7)
    places = 0
    for path in sorted(REAL.iterdir()):
        info = check_photo(path, filename=path.name)
        places += info.position is not None
        data = path.read_bytes()
        assert refusal(data[: len(data) * 2 // 3]) in ("truncated", "corrupt")
        for _ in range(20):
            _survives(_mutated(data, dice))
    assert places >= 6


def _survives(data: bytes) -> bool:
    """True when accepted, False when refused; anything else escapes and fails the test."""
    try:
        check_photo(data)
    except PhotoRefused:
        return False
    return True


def _mutated(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        at = dice.randrange(len(changed))
        match dice.randrange(5):
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                # Headers are where trouble lies, and they are a small part of the file.
                changed[dice.randrange(min(200, len(changed)))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del changed[at : at + dice.randrange(1, 64)]
            case 3:
                changed[at:at] = dice.randbytes(dice.randrange(1, 64))
            case _:
                changed[at : at + 4] = dice.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"))
        if not changed:
            break
    return bytes(changed)
