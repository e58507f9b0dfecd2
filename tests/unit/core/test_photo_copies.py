"""`derive`: public copies are upright, in sRGB, of the right size, and carry nothing else."""

from __future__ import annotations

import base64
import io
import random
import resource
import struct
from pathlib import Path

import pytest
from photo_samples import CORNERS, REAL, animated_webp, encoded, exif, phone_jpeg, scene
from PIL import Image

from app.core.images import Derivatives, PhotoFailed, derive
from app.core.images.bare import require_bare_jpeg, require_bare_webp
from app.core.images.ceiling import memory_ceiling

SECRETS = (b"Secret", b"Exif", b"http:", b"ICC_PROFILE", b"8BIM", b"MPF\0", b"2026:05:12", b"xmp")


def pictures(copies: Derivatives) -> list[tuple[bytes, Image.Image]]:
    tiny = base64.b64decode(copies.placeholder.partition(",")[2])
    return [(data, Image.open(io.BytesIO(data))) for data in (copies.jpeg_1600, copies.jpeg_400, tiny)]


def require_clean(copies: Derivatives) -> None:
    """Every copy, judged by Pillow's own readers and by a search for what was planted."""
    for data, image in pictures(copies):
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
        assert not [secret for secret in SECRETS if secret in data]
        image.load()


def require_upright(image: Image.Image, tolerance: int = 40) -> None:
    width, height = image.size
    places = {
        "top left": (width // 4, height // 4),
        "top right": (3 * width // 4, height // 4),
        "bottom right": (3 * width // 4, 3 * height // 4),
        "bottom left": (width // 4, 3 * height // 4),
    }
    for name, place in places.items():
        seen = image.convert("RGB").getpixel(place)
        assert isinstance(seen, tuple)
        assert all(abs(a - b) <= tolerance for a, b in zip(seen, CORNERS[name], strict=True)), (name, seen)


# How a camera held that way stores the scene: the inverse of what a viewer must do.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    turn = STORED[orientation]
    stored = scene() if turn is None else scene().transpose(turn)
    copies = derive(encoded(stored, kind, exif=exif(orientation)))
    assert (copies.width, copies.height) == (320, 240)
    require_clean(copies)
    for _, image in pictures(copies):
        require_upright(image, tolerance=90 if image.width < 20 else 40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once_by_its_own_rotation(orientation: int) -> None:
    turn = STORED[orientation]
    stored = scene() if turn is None else scene().transpose(turn)
    stored.info["exif"] = exif(orientation).tobytes()
    copies = derive(encoded(stored, "HEIF", quality=90))
    assert (copies.width, copies.height) == (320, 240)
    require_clean(copies)
    require_upright(pictures(copies)[0][1])


def test_everything_a_phone_hides_in_a_photo_is_gone() -> None:
    original = phone_jpeg(2_400, 1_800, orientation=3)
    assert all(secret in original for secret in (b"Secret XMP", b"Secret IPTC", b"Secret trailer", b"Secret words"))
    copies = derive(original)
    require_clean(copies)
    assert [image.size for _, image in pictures(copies)] == [(1600, 1200), (400, 300), (16, 12)]
    assert len(copies.placeholder) <= 400


def test_a_photo_of_two_pictures_gives_its_first(tmp_path: Path) -> None:
    path = tmp_path / "mpo"
    scene(640, 480).save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480))], exif=exif())
    copies = derive(path)
    require_clean(copies)
    require_upright(pictures(copies)[0][1])


@pytest.mark.parametrize(
    ("size", "large"),
    [
        ((300, 200), (300, 200)),
        ((1, 1), (1, 1)),
        ((9_000, 3), (1600, 1)),
        ((3, 9_000), (1, 1600)),
        ((1601, 1), (1600, 1)),
    ],
)
def test_copies_are_never_larger_than_the_original_and_never_empty(
    size: tuple[int, int], large: tuple[int, int]
) -> None:
    for kind in ("JPEG", "PNG"):
        copies = derive(encoded(Image.new("RGB", size, "teal"), kind))
        assert (copies.width, copies.height) == large


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "RGBA"])
def test_every_mode_of_png_becomes_rgb(mode: str) -> None:
    image = Image.new("I;16", (64, 48), 0x8080) if mode == "I;16" else scene(64, 48, "L").convert(mode)
    large = pictures(derive(encoded(image, "PNG")))[0][1]
    assert large.mode == "RGB"
    if mode == "I;16":
        assert large.getpixel((10, 10)) == (128, 128, 128)


def test_what_is_transparent_becomes_white() -> None:
    for kind in ("PNG", "WEBP"):
        large = pictures(derive(encoded(Image.new("RGBA", (64, 48), (0, 0, 0, 0)), kind)))[0][1]
        assert large.getpixel((30, 20)) == (255, 255, 255)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    large = pictures(derive(encoded(scene(mode="CMYK"), "JPEG", quality=95)))[0][1]
    assert large.mode == "RGB"
    require_upright(large)


def test_colours_are_brought_to_srgb_before_their_profile_is_dropped() -> None:
    swapped = derive(encoded(scene(), "JPEG", icc_profile=_wide_profile(), quality=95))
    plain = derive(encoded(scene(), "JPEG", quality=95))
    seen = pictures(swapped)[0][1].getpixel((240, 60))
    untouched = pictures(plain)[0][1].getpixel((240, 60))
    assert isinstance(seen, tuple)
    assert isinstance(untouched, tuple)
    # A green of a wide space is a stronger green in sRGB: less red, or more green.
    assert seen[0] < untouched[0] - 15 or seen[1] > untouched[1] + 15
    require_clean(swapped)


def test_a_broken_colour_profile_is_dropped_and_the_photo_kept() -> None:
    copies = derive(encoded(scene(), "JPEG", icc_profile=b"not a profile" * 20))
    require_clean(copies)
    require_upright(pictures(copies)[0][1])


def test_hidden_parts_are_covered_in_every_copy_of_the_upright_picture() -> None:
    copies = derive(encoded(scene().transpose(STORED[6]), "JPEG", exif=exif(6)), hidden=[(0, 0, 0.5, 0.5)])
    for _, image in pictures(copies):
        seen = image.convert("RGB").getpixel((image.width // 4, image.height // 4))
        assert isinstance(seen, tuple)
        assert all(abs(value - 96) < 40 for value in seen)
        right = image.convert("RGB").getpixel((3 * image.width // 4, image.height // 4))
        assert isinstance(right, tuple)
        assert right[1] > right[0]


@pytest.mark.parametrize("part", [(0.5, 0, 0.5, 1), (0, 0, 1.2, 1), (0.6, 0, 0.4, 1), (float("nan"), 0, 1, 1)])
def test_a_hidden_part_that_hides_nothing_fails(part: tuple[float, float, float, float]) -> None:
    with pytest.raises(PhotoFailed):
        derive(phone_jpeg(), hidden=[part])


def test_the_placeholder_stays_tiny_whatever_the_picture() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((16, 16), 250) for _ in range(3)])
    assert len(derive(encoded(noise, "PNG")).placeholder) <= 400


def test_the_same_original_gives_the_same_copies() -> None:
    assert derive(phone_jpeg()) == derive(phone_jpeg())


@pytest.mark.parametrize("data", [b"", b"words", phone_jpeg()[:1_500], animated_webp()])
def test_what_cannot_be_made_clean_fails_with_words(data: bytes) -> None:
    with pytest.raises(PhotoFailed) as caught:
        derive(data)
    assert str(caught.value).endswith(".")


def test_no_mutation_makes_anything_but_clean_copies_or_a_failure() -> None:
    dice = random.Random(12)
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        original = encoded(Image.effect_noise((64, 48), 60).convert("RGB"), kind)
        for _ in range(60):
            changed = bytearray(original)
            for _ in range(dice.choice((1, 3))):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
            try:
                require_clean(derive(bytes(changed)))
            except PhotoFailed:
                continue


def test_the_checker_sees_each_kind_of_leak() -> None:
    bare = derive(phone_jpeg()).jpeg_400
    require_bare_jpeg(bare, (320, 240))
    comment = b"\xff\xfe\0\x08Secret"
    app1 = b"\xff\xe1\0\x0aExif\0\0II"
    scan = bare.rindex(b"\xff\xda")
    leaks = {
        "trailing bytes": bare + b"x",
        "second picture": bare + bare,
        "comment": bare[:2] + comment + bare[2:],
        "EXIF": bare[:20] + app1 + bare[20:],
        "comment before the scan": bare[:scan] + comment + bare[scan:],
        "comment after the scan": bare[:-2] + comment + bare[-2:],
        "JFIF thumbnail": bare[:18] + b"\1\1" + bare[20:],
        "cut": bare[:-2],
        "empty": b"",
    }
    for leak in leaks.values():
        with pytest.raises(PhotoFailed):
            require_bare_jpeg(leak, (320, 240))
    with pytest.raises(PhotoFailed):
        require_bare_jpeg(bare, (240, 320))


def test_the_checker_of_placeholders_sees_leaks() -> None:
    bare = encoded(scene(16, 12), "WEBP", quality=20)
    require_bare_webp(bare, (16, 12))
    for leak in (bare + b"EXIF", encoded(scene(16, 12), "WEBP", exif=exif()), b"", bare[:20]):
        with pytest.raises(PhotoFailed):
            require_bare_webp(leak, (16, 12))


def test_the_memory_ceiling_stops_an_allocation_and_is_lifted() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), memory_ceiling(64 * 1024 * 1024):
        bytearray(512 * 1024 * 1024)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert len(bytearray(128 * 1024 * 1024)) > 0


@pytest.mark.skipif(not REAL.is_dir(), reason="no folder of real photos on this machine")
def test_real_photos_come_out_clean_and_upright() -> None:
    for path in sorted(REAL.iterdir()):
        copies = derive(path)
        require_clean(copies)
        # The names of the EXIF samples say how they must look.
        if "landscape" in path.name:
            assert copies.width > copies.height
        if "portrait" in path.name:
            assert copies.width < copies.height


def _wide_profile() -> bytes:
    """An ICC profile like Adobe RGB, put together here: gamma 2.2 and primaries wider than sRGB's (D50)."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"Wide\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78 + 3)
    tags = {
        b"desc": description,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.6097, 0.3111, 0.0195),
        b"gXYZ": xyz(0.2053, 0.6257, 0.0609),
        b"bXYZ": xyz(0.1492, 0.0632, 0.7446),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(body), len(content))
        body += padded
    total = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s", total, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return header.ljust(128, b"\0") + table + body
