"""The door: is this file a photo we keep? Decided from its content, in bounded memory, before anything is
stored."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path, PurePath

from PIL.JpegImagePlugin import JpegImageFile

from app.core.images.heif import read_heif
from app.core.images.jpeg import read_jpeg
from app.core.images.png import SIGNATURE, read_png
from app.core.images.stored import undressed
from app.core.images.types import (
    CONTENT_TYPES,
    MAX_BYTES,
    Container,
    PhotoFormat,
    PhotoInfo,
    PhotoRefused,
    corrupt,
)
from app.core.images.webp import read_webp
from geodata.exif import read_exif

MAX_DOOR_MEMORY = 64 * 1024 * 1024
"""Above this, a JPEG is not decoded at the door: its structure was checked and a worker will decode it
(bytes)."""

_READERS: dict[PhotoFormat, Callable[[bytes], Container]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "webp": read_webp,
    "heif": read_heif,
}

_EXTENSIONS: dict[str, PhotoFormat] = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "pjpeg"), "jpeg"),
    "png": "png",
    "webp": "webp",
    **dict.fromkeys(("heic", "heif", "hif"), "heif"),
}
# Names that promise something else than a photo. Any other ending ("IMG.1234", "photo.tmp") promises nothing.
_OTHER_EXTENSIONS = frozenset(
    (
        *(
            "apng",
            "avif",
            "bmp",
            "cr2",
            "css",
            "dng",
            "doc",
            "docx",
            "eps",
            "exe",
            "gif",
            "heics",
            "heifs",
            "htm",
        ),
        *(
            "html",
            "ico",
            "jp2",
            "js",
            "json",
            "jxl",
            "mov",
            "mp4",
            "mpo",
            "odt",
            "pdf",
            "php",
            "ps",
            "psd",
            "raw",
        ),
        *("svg", "svgz", "tga", "tif", "tiff", "txt", "webm", "xhtml", "xml", "zip"),
    )
)
_DECLARED: dict[str, PhotoFormat] = {
    **dict.fromkeys(("image/jpeg", "image/jpg", "image/pjpeg"), "jpeg"),
    **dict.fromkeys(("image/png", "image/x-png"), "png"),
    "image/webp": "webp",
    **dict.fromkeys(("image/heic", "image/heif"), "heif"),
}
_NO_DECLARATION = frozenset({"", "application/octet-stream", "binary/octet-stream", "image/*", "*/*"})

_NAMES: dict[PhotoFormat, str] = {"jpeg": "JPEG", "png": "PNG", "webp": "WebP", "heif": "HEIC"}

# Known non-photos, only to name them in the answer: whatever is not a photo is refused all the same.
_FOREIGN = (
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"\0\0\1\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"PK\3\4", "ZIP"),
)


def check_photo(source: bytes | Path, *, declared_type: str | None = None, filename: str | None = None) -> PhotoInfo:
    """Facts of a photo worth keeping; PhotoRefused with the reason in words for every other file, whatever
    its bytes.

    Reads at most 15 MB, decodes JPEG only, at an eighth of its size; PNG is inflated without being kept; WebP
    and HEIC are checked by structure, and decoded later by a worker. `declared_type` and `filename` are what
    the client said: when they promise another format than the content holds, the file is refused.
    """
    data = read_bounded(source)
    try:
        return _checked(data, declared_type, filename)
    except PhotoRefused:
        raise
    except Exception as error:
        # Fail closed: what a decoder trips over is not a photo, and never an error of the server.
        raise corrupt() from error


def without_metadata(source: bytes) -> bytes:
    """What is kept of a photo that `check_photo` accepts; raises PhotoRefused: what cannot be made so is not kept."""
    try:
        return undressed(open_container(read_bounded(source)))
    except PhotoRefused:
        raise
    except Exception as error:
        raise corrupt() from error


def open_container(data: bytes) -> Container:
    """The file taken apart by the reader of its own format. Raises PhotoRefused."""
    return _READERS[_detected(data)](data)


def read_bounded(source: bytes | Path) -> bytes:
    """The bytes of a file that is neither empty nor too large. Raises PhotoRefused; OSError when it cannot be
    read."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    if not source:
        raise PhotoRefused("empty", "This file is empty.")
    if len(source) > MAX_BYTES:
        raise PhotoRefused(
            "too_large", "This file is too large. The limit is %(limit)s MB.", limit=MAX_BYTES // 1024**2
        )
    return source


def _checked(data: bytes, declared_type: str | None, filename: str | None) -> PhotoInfo:
    kind = _detected(data)
    _require_same_promise(kind, declared_type, filename)
    container = _READERS[kind](data)
    if kind == "jpeg":
        _require_decodable(container)
    facts = read_exif(container.exif)
    # HEIF carries its own rotation, and says that EXIF's must be ignored.
    orientation = 1 if kind == "heif" else facts.orientation
    width, height = container.size
    if container.turned or orientation >= 5:
        width, height = height, width
    kept = undressed(container)
    return PhotoInfo(
        format=kind,
        content_type=CONTENT_TYPES[kind],
        width=width,
        height=height,
        size_bytes=len(kept),
        sha256=hashlib.sha256(kept).hexdigest(),
        orientation=orientation,
        position=facts.position,
        taken_at=facts.taken_at,
    )


def _detected(data: bytes) -> PhotoFormat:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(SIGNATURE):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[i : i + 4] for i in range(16, min(int.from_bytes(data[:4]), 256), 4))}
        if brands & {b"heic", b"heix", b"heim", b"heis", b"mif1"} and not brands & {b"avif", b"avis"}:
            return "heif"
        raise _unsupported("AVIF" if brands & {b"avif", b"avis"} else "MP4")
    for start, name in _FOREIGN:
        if data.startswith(start):
            raise _unsupported(name)
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").lower()
    if head.startswith(b"<"):
        raise _unsupported("SVG" if b"<svg" in head else "HTML")
    raise PhotoRefused("not_a_photo", "This file is not a photo. Send JPEG, PNG, WebP or HEIC.")


def _unsupported(name: str) -> PhotoRefused:
    return PhotoRefused(
        "unsupported_format", "%(format)s files are not accepted. Send JPEG, PNG, WebP or HEIC.", format=name
    )


def _require_same_promise(kind: PhotoFormat, declared_type: str | None, filename: str | None) -> None:
    extension = PurePath((filename or "").replace("\\", "/")).suffix.lstrip(".").lower()
    promised = _EXTENSIONS.get(extension)
    if extension in _OTHER_EXTENSIONS or promised not in (None, kind):
        raise PhotoRefused(
            "mismatch_name",
            "The file's name ends in .%(extension)s but it holds a %(format)s picture. Please rename it.",
            extension=extension,
            format=_NAMES[kind],
        )
    declared = (declared_type or "").split(";", 1)[0].strip().lower()
    if declared not in _NO_DECLARATION and _DECLARED.get(declared) != kind:
        raise PhotoRefused(
            "mismatch_type",
            "This file was announced as %(declared)s but holds a %(format)s picture.",
            declared=declared[:80],
            format=_NAMES[kind],
        )


def _require_decodable(container: Container) -> None:
    """Decodes a JPEG at an eighth of its size: the entropy data is read to its end for a fraction of the
    cost."""
    if container.decoder_bytes > MAX_DOOR_MEMORY:
        return
    with JpegImageFile(io.BytesIO(container.pixels)) as image:
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
