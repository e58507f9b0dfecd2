"""What a scene is: a name, how many variants, and the function that paints one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.demo.pictures.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Scene:
    """`paint(canvas, variant)` draws it; what varies comes from the canvas's own chance and from the variant."""

    name: str
    variants: int
    paint: Callable[[Canvas, int], None]
