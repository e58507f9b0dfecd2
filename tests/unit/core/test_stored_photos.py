"""R14: what is stored of a photo tells nothing but the picture, its colours and how to turn it; without loss."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from app.core.images import PhotoRefused, check_photo, derive, without_metadata
from app.core.images.check import open_container
from geodata.exif import read_exif
from tests.unit.core import photo_samples as samples

TELLING = (b"Secret", b"Exif\0\0MM", b"GPS", b"2026:05:12", b"+02:00", b"xmpmeta", b"Photoshop")
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def heic(orientation: int = 1) -> bytes:
    block = samples.exif(orientation)
    block[0x010F] = "SecretPhoneMaker"
    return samples.encoded(
        samples.scene(), "HEIF", exif=block.tobytes(), xmp=b"<x:xmpmeta>Secret XMP</x:xmpmeta>", quality=60
    )


def photos() -> dict[str, bytes]:
    block = samples.exif(6)
    block[0x010F] = "SecretPhoneMaker"
    scene, deep = samples.scene(), samples.scene(mode="RGBA")
    full = {"exif": block, "icc_profile": PROFILE}
    text = samples.png_chunk(b"tEXt", b"Comment\0Secret words")
    plain = samples.encoded(scene, "PNG", **full)
    return {
        "jpeg": samples.phone_jpeg(orientation=6, icc_profile=PROFILE),
        "progressive": samples.phone_jpeg(orientation=3, progressive=True),
        "cmyk": samples.encoded(samples.scene(mode="CMYK"), "JPEG", exif=block),
        "png": plain[:33] + text + plain[33:],
        "webp": samples.encoded(scene, "WEBP", **full, xmp=b"<x:xmpmeta>Secret XMP</x:xmpmeta>"),
        "webp, lossless": samples.encoded(deep, "WEBP", lossless=True, **full),
        "webp, transparent": samples.encoded(deep, "WEBP", quality=70, **full),
        "heic": heic(),
    }


@pytest.mark.parametrize("name", photos())
def test_it_tells_nothing_and_shows_the_same(name: str) -> None:
    sent = photos()[name]
    assert b"Secret" in sent
    kept = without_metadata(sent)
    assert not [word for word in TELLING if word in kept and word in sent]
    assert b"Secret" not in kept and b"GPS" not in kept
    before, after = open_container(sent), open_container(kept)
    told = read_exif(after.exif)
    assert (told.position, told.taken_at) == (None, None)
    assert after.icc == before.icc and after.size == before.size
    if before.format != "heif":
        assert told.orientation == read_exif(before.exif).orientation
    # Bit by bit: every public copy made of the one is that made of the other.
    assert derive(kept) == derive(sent)
    assert without_metadata(kept) == kept
    # Other programs read it too.
    with Image.open(io.BytesIO(kept)) as image, Image.open(io.BytesIO(sent)) as original:
        assert image.convert("RGB").tobytes() == original.convert("RGB").tobytes()


def test_what_is_named_and_measured_is_what_is_kept() -> None:
    sent = samples.phone_jpeg(orientation=6)
    info, kept = check_photo(sent), without_metadata(sent)
    assert info.size_bytes == len(kept) < len(sent)
    assert info.sha256 == check_photo(kept).sha256
    # The position is proposed to the author, and kept by nobody.
    assert info.position is not None and check_photo(kept).position is None


def test_a_phone_s_heic_is_blanked_in_its_place(tmp_path: Path) -> None:
    sent = heic()
    kept = without_metadata(sent)
    assert len(kept) == len(sent) and kept != sent
    assert kept[:12] == sent[:12]


@pytest.mark.parametrize("bad", [b"", b"not a photo", samples.phone_jpeg()[:2000]])
def test_what_cannot_be_made_so_is_not_kept(bad: bytes) -> None:
    with pytest.raises(PhotoRefused):
        without_metadata(bad)
