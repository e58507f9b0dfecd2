"""Pictures that people of the demo took: street scenes drawn by code, no photograph of anybody or anything.

`draw("bench:2")` is variant 2 of the scene `bench`, as a JPEG of 1200 × 900; the same name gives the same bytes.
"""

from __future__ import annotations

import io
from functools import cache
from random import Random

from app.demo.pictures import furniture, gardens, grounds, streets, vehicles
from app.demo.pictures.canvas import Canvas
from app.demo.pictures.scenes import Scene

QUALITY = 84
MODULES = (streets, vehicles, grounds, furniture, gardens)


@cache
def scenes() -> dict[str, Scene]:
    """Every scene by its name."""
    return {scene.name: scene for module in MODULES for scene in module.SCENES}


def variants(name: str) -> int:
    """How many pictures a scene has; the more often it is seen, the more."""
    return scenes()[name].variants


def draw(name: str) -> bytes:
    """The JPEG of `scene:variant`. Raises KeyError for a scene that does not exist."""
    scene_name, _, variant = name.partition(":")
    scene = scenes()[scene_name]
    canvas = Canvas(Random(f"picture {scene_name} {variant}"), "#d2c8b6")
    scene.paint(canvas, int(variant or 0))
    image = canvas.finished()
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
