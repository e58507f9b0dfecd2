"""Clean public copies of a photo: upright, sRGB, two sizes and a placeholder, with nothing left of the file
itself.

Runs in a worker's child, under a ceiling of memory. Everything is rebuilt from pixels, then read again byte
by byte by a checker that shares no code with the encoder: what cannot be proven clean is not returned.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path

import pillow_heif.options
from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from app.core.images.bare import require_bare_jpeg, require_bare_webp
from app.core.images.ceiling import memory_ceiling
from app.core.images.check import open_container, read_bounded
from app.core.images.faces import FacesUnchecked, blur_faces
from app.core.images.types import (
    Container,
    Derivatives,
    PhotoFailed,
    PhotoRefused,
    bomb,
    corrupt,
    require_pixels,
)
from geodata.exif import read_exif

LARGE, SMALL, TINY = 1600, 400, 16
"""Longest side of each copy, in pixels. A smaller original is never enlarged."""

QUALITY_LARGE, QUALITY_SMALL, QUALITY_TINY = 75, 75, 20
MAX_PLACEHOLDER = 400

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of the upright picture, as fractions of its width and height (0 to 1)."""

HIDDEN_COLOUR = (96, 96, 96)

MEMORY_CEILING = 1536 * 1024 * 1024
"""Address space one photo may add to the process (bytes): a 50-megapixel WebP needs about 1.1 GB of it."""

# Pillow loads its encoders at the first use: before the fork once, not in every worker's child.
Image.preinit()

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Thumbnails, depth maps and gain maps inside a HEIC are never asked for: less native code meets the file.
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False


def derive(original: bytes | Path, *, hidden: Sequence[Rectangle] = (), faces: bool = False) -> Derivatives:
    """The public copies of an original that `check_photo` accepted. Idempotent; touches no file but the original.

    `hidden` are the parts a moderator covered (a face, a plate): painted over in every copy, not blurred, because a
    blur can be undone. `faces`: those that are found are blurred in every copy.

    Raises PhotoFailed: the photo must then stay private and its author be told `message`. With `faces`, also
    FacesUnchecked: the photo must stay private until they can be looked for.
    """
    try:
        with memory_ceiling(MEMORY_CEILING):
            return _derived(read_bounded(original), hidden, faces=faces)
    except FacesUnchecked:
        raise
    except PhotoRefused as refusal:
        raise PhotoFailed(refusal.code, refusal.message, **refusal.params) from refusal
    except MemoryError as error:
        reason = bomb()
        raise PhotoFailed(reason.code, reason.message) from error
    except Exception as error:
        # Fail closed: whatever the decoder or the encoder tripped over, nothing of this photo becomes public.
        reason = corrupt()
        raise PhotoFailed(reason.code, reason.message) from error


def _derived(data: bytes, hidden: Sequence[Rectangle], *, faces: bool) -> Derivatives:
    container = open_container(data)
    orientation = 1 if container.format == "heif" else read_exif(container.exif).orientation
    large = _upright_srgb(container, orientation)
    for rectangle in hidden:
        _cover(large, rectangle)
    if faces:
        blur_faces(large)
    small = large.resize(_fit(large.size, SMALL), Image.Resampling.LANCZOS, reducing_gap=2.0)
    tiny = small.resize(_fit(small.size, TINY), Image.Resampling.BOX)
    return Derivatives(
        jpeg_1600=_jpeg(large, QUALITY_LARGE),
        jpeg_400=_jpeg(small, QUALITY_SMALL),
        placeholder=_placeholder(tiny),
        width=large.width,
        height=large.height,
    )


def _upright_srgb(container: Container, orientation: int) -> Image.Image:
    """The picture at its large size, as RGB without a trace of `info`."""
    with _opened(container) as image:
        # A quarter of the work of a full decode: libjpeg scales by powers of two while it reads.
        image.draft(None, _fit(image.size, LARGE))
        image.load()
        require_pixels(*image.size)
        icc = container.icc or image.info.get("icc_profile")
        plain = _simple_mode(image)
        # The costliest step. Hamming is half of Lanczos, and what it loses is far below what JPEG then takes.
        reduced = plain.resize(_fit(plain.size, LARGE), Image.Resampling.HAMMING, reducing_gap=2.0)
        del plain
    result = _flat(_to_srgb(reduced, icc))
    if orientation in _TURNS:
        result = result.transpose(_TURNS[orientation])
    result.info = {}
    return result


def _cover(image: Image.Image, rectangle: Rectangle) -> None:
    """Paints a rectangle, widened to whole pixels. ValueError when it is not one: hiding nothing would be a leak."""
    left, top, right, bottom = rectangle
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError("a hidden part must lie in the picture")
    width, height = image.size
    box = (math.floor(left * width), math.floor(top * height), math.ceil(right * width), math.ceil(bottom * height))
    image.paste(HIDDEN_COLOUR, box)


def _opened(container: Container) -> ImageFile.ImageFile:
    """The decoder of that very format: no guessing, and none of Pillow's other fifty formats."""
    stream = io.BytesIO(container.pixels)
    match container.format:
        case "jpeg":
            # Not Image.open: its factory would look for extra pictures (MPO) in the file.
            return JpegImageFile(stream)
        case "png":
            return PngImageFile(stream)
        case "webp":
            return WebPImageFile(stream)
        case "heif":
            heif: ImageFile.ImageFile = HeifImageFile(stream)
            return heif


def _simple_mode(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be resized without harm: L, RGB, RGBA or CMYK."""
    if image.mode in ("P", "PA", "LA") or "transparency" in image.info:
        opaque = image.mode == "P" and "transparency" not in image.info
        return image.convert("RGB" if opaque else "RGBA")
    if image.mode.startswith("I"):
        # Sixteen bits of grey: Pillow's own conversion would clip them to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Colours in sRGB, the one space every browser assumes when no profile is attached."""
    if not icc:
        return image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if "srgb" in ImageCms.getProfileDescription(profile).lower():
            return image
        colours = image.convert("RGB") if alpha else image
        converted = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a profile that is broken or of another colour model says nothing
    if converted is None:
        return image
    if alpha:
        converted.putalpha(alpha)
    return converted


def _flat(image: Image.Image) -> Image.Image:
    """RGB; what was transparent is white, as on paper."""
    if image.mode != "RGBA":
        return image if image.mode == "RGB" else image.convert("RGB")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _fit(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """`size` shrunk so that its longest side is at most `longest`; never enlarged, never zero."""
    width, height = size
    factor = min(1.0, longest / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
    data = out.getvalue()
    require_bare_jpeg(data, image.size)
    return data


def _placeholder(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY_TINY, method=4)
    data = out.getvalue()
    require_bare_webp(data, image.size)
    uri = "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
    if len(uri) > MAX_PLACEHOLDER:
        raise corrupt()
    return uri
