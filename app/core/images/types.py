"""What a photo is to the rest of the application: limits, facts, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from geodata.exif import PhotoPosition

PhotoFormat = Literal["jpeg", "png", "webp", "heif"]

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000

CONTENT_TYPES: dict[PhotoFormat, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heif": "image/heic",
}


class PhotoRefused(Exception):
    """A file that is not kept, with the reason in words.

    `code` is stable, for machines and tests; `message` is an English msgid with named `%(name)s` places
    filled from `params`, so that the edge can translate it. `str()` gives the English sentence.
    """

    def __init__(self, code: str, message: str, **params: object) -> None:
        self.code = code
        self.message = message
        self.params = params
        super().__init__(message % params if params else message)


class PhotoFailed(PhotoRefused):
    """A photo accepted at the door that could not be turned into clean public pictures: it must not be
    shown."""


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """A checked photo. Sizes in pixels, as a person sees it (upright); `sha256` in hex and `size_bytes`, of what is
    kept of it (`without_metadata`).

    `position` is WGS84 and may only be *proposed* as the pin. `taken_at` is naive when the file does not say
    its time zone. `content_type` comes from the content, never from what the client declared.
    """

    format: PhotoFormat
    content_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    orientation: int
    position: PhotoPosition | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Container:
    """A photo file taken apart without decoding it.

    `pixels` is the same picture with only what a decoder needs (no EXIF, XMP, comments, extra frames,
    trailing bytes), or the file itself for HEIF. `size` is as stored, before `orientation`. `decoder_bytes`
    estimates what a decoder must hold besides its output (bytes).
    """

    format: PhotoFormat
    size: tuple[int, int]
    pixels: bytes = field(repr=False)
    exif: bytes | None = field(default=None, repr=False)
    icc: bytes | None = field(default=None, repr=False)
    turned: bool = False
    """True when the container itself rotates by a quarter turn (HEIF), whatever EXIF says."""
    decoder_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Derivatives:
    """What may be public of a photo: two upright sRGB JPEGs without metadata and a tiny data URI.

    `width`, `height` are those of `jpeg_1600`, in pixels.
    """

    jpeg_1600: bytes = field(repr=False)
    jpeg_400: bytes = field(repr=False)
    placeholder: str = field(repr=False)
    width: int = 0
    height: int = 0


def truncated() -> PhotoRefused:
    return PhotoRefused("truncated", "This photo is incomplete: the file stops before its end. Send it again.")


def corrupt() -> PhotoRefused:
    return PhotoRefused("corrupt", "This photo is damaged and cannot be read. Try another one.")


def animated() -> PhotoRefused:
    return PhotoRefused("animated", "Animated pictures are not accepted. Send a still photo.")


def bomb() -> PhotoRefused:
    return PhotoRefused("bomb", "This file would take too much memory or time to open. Send another photo.")


def require_pixels(width: int, height: int) -> None:
    """Refuses a picture of no surface, or of more than 50 megapixels. Call it before anything is decoded."""
    if width <= 0 or height <= 0:
        raise corrupt()
    if width * height > MAX_PIXELS:
        raise PhotoRefused(
            "too_many_pixels",
            "This picture is too large: %(width)s × %(height)s pixels. The limit is %(limit)s megapixels.",
            width=width,
            height=height,
            limit=MAX_PIXELS // 1_000_000,
        )
