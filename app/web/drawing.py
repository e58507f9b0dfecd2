"""Our mark and the silhouettes of the three kinds, for the icons of the application and the pictures of links.

Drawn with Pillow, four times too large, then reduced.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

GREEN, CANVAS, WHITE = "#1f5a45", "#f6f2ea", "#ffffff"
PROBLEM, PRAISE, PROPOSAL = "#cc4720", "#5f1d57", "#1e5fa3"
FINE = 4
Pen = ImageDraw.ImageDraw
Point = tuple[float, float]


def mark(size: int, ground: str | None, share: float) -> Image.Image:
    """The timbered house on a `size` px square, `share` of its width; without `ground`, on nothing."""
    image = Image.new("RGBA", (size * FINE, size * FINE), ground or (0, 0, 0, 0))
    pen, scale = ImageDraw.Draw(image), size * FINE * share / 34
    shift = size * FINE * (1 - share) / 2

    def at(x: float, y: float) -> Point:
        return shift + x * scale, shift + y * scale

    pen.polygon([at(2, 17.5), at(19, 5), at(32, 14.5), at(32, 29.5), at(2, 29.5)], GREEN)
    pen.rounded_rectangle((*at(2, 20), *at(32, 31.5)), 2 * scale, GREEN)
    beams = [((x, 18.5), (x, 30.4)) for x in (8, 14.5, 19.5, 26)]
    beams += [((6, 18.5), (28, 18.5)), ((8, 25), (14.5, 25)), ((19.5, 25), (26, 25))]
    for one, other in beams:
        _beam(pen, at(*one), at(*other), 1.1 * scale)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _beam(pen: Pen, one: Point, other: Point, half: float) -> None:
    pen.rectangle((one[0] - half, one[1] - half, other[0] + half, other[1] + half), WHITE)


def silhouette(kind: str, size: int) -> Image.Image:
    """A kind on a white disc."""
    image = Image.new("RGBA", (size * FINE, size * FINE), (0, 0, 0, 0))
    pen, unit = ImageDraw.Draw(image), size * FINE / 48
    pen.ellipse((0, 0, size * FINE - 1, size * FINE - 1), WHITE)
    {"problem": _triangle, "praise": _heart, "proposal": _bulb}[kind](pen, unit)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _triangle(pen: Pen, u: float) -> None:
    points = [(24 * u, 13 * u), (35 * u, 32 * u), (13 * u, 32 * u)]
    pen.polygon(points, PROBLEM)
    for (x, y), (a, b) in zip(points, [*points[1:], points[0]], strict=True):
        pen.line((x, y, a, b), PROBLEM, round(5 * u))
        pen.ellipse((x - 2.5 * u, y - 2.5 * u, x + 2.5 * u, y + 2.5 * u), PROBLEM)
    pen.rounded_rectangle((22.6 * u, 17 * u, 25.4 * u, 25.5 * u), 1.4 * u, WHITE)
    pen.ellipse((22.4 * u, 28 * u, 25.6 * u, 31.2 * u), WHITE)


def _heart(pen: Pen, u: float) -> None:
    for x in (18.4, 29.6):
        pen.ellipse(((x - 6.6) * u, 12.4 * u, (x + 6.6) * u, 25.6 * u), PRAISE)
    pen.polygon([(12.6 * u, 22.2 * u), (24 * u, 15.5 * u), (35.4 * u, 22.2 * u), (24 * u, 36 * u)], PRAISE)


def _bulb(pen: Pen, u: float) -> None:
    pen.ellipse((14.5 * u, 9.5 * u, 33.5 * u, 28.5 * u), PROPOSAL)
    pen.polygon([(17 * u, 25 * u), (31 * u, 25 * u), (28.2 * u, 31.5 * u), (19.8 * u, 31.5 * u)], PROPOSAL)
    for top, half in ((33.2, 3.8), (36.2, 2.4)):
        pen.rounded_rectangle(((24 - half) * u, top * u, (24 + half) * u, (top + 1.9) * u), 0.9 * u, PROPOSAL)
