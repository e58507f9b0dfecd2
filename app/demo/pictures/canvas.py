"""A sheet to draw flat shapes on, in a 1200 × 900 grid, drawn twice as large and reduced: edges come out smooth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1200, 900
_SCALE = 2

Point = tuple[float, float]
Colour = str


class Canvas:
    """Shapes in grid units, the origin at the top left; later shapes cover earlier ones."""

    def __init__(self, rng: Random, ground: Colour) -> None:
        self.rng = rng
        self.image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), ground)
        self.pen = ImageDraw.Draw(self.image)
        self._veil: tuple[Colour, float] | None = None

    def polygon(self, points: Iterable[Point], fill: Colour) -> None:
        self.pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def rectangle(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        box = (left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE)
        if radius:
            self.pen.rounded_rectangle(box, radius * _SCALE, fill=fill)
        else:
            self.pen.rectangle(box, fill=fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self.pen.ellipse(((x - rx) * _SCALE, (y - ry) * _SCALE, (x + rx) * _SCALE, (y + ry) * _SCALE), fill=fill)

    def ring(self, x: float, y: float, rx: float, ry: float, colour: Colour, width: float) -> None:
        box = ((x - rx) * _SCALE, (y - ry) * _SCALE, (x + rx) * _SCALE, (y + ry) * _SCALE)
        self.pen.ellipse(box, outline=colour, width=round(width * _SCALE))

    def arc(self, x: float, y: float, r: float, start: float, end: float, colour: Colour, width: float) -> None:
        """Part of a circle; degrees, clockwise from three o'clock."""
        box = ((x - r) * _SCALE, (y - r) * _SCALE, (x + r) * _SCALE, (y + r) * _SCALE)
        self.pen.arc(box, start, end, fill=colour, width=round(width * _SCALE))

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line with round joints and ends."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.pen.line(scaled, fill=colour, width=max(1, round(width * _SCALE)), joint="curve")
        if width >= 4:
            for x, y in (points[0], points[-1]):
                self.ellipse(x, y, width / 2, width / 2, colour)

    def blob(self, x: float, y: float, rx: float, ry: float, fill: Colour, wobble: float = 0.12) -> list[Point]:
        """A rounded irregular shape; returns its outline."""
        waves = [(self.rng.uniform(-1, 1) / k, self.rng.uniform(0, math.tau), k) for k in (2, 3, 5, 8)]
        outline = []
        for step in range(72):
            angle = math.tau * step / 72
            reach = 1 + wobble * sum(size * math.sin(k * angle + turn) for size, turn, k in waves)
            outline.append((x + rx * reach * math.cos(angle), y + ry * reach * math.sin(angle)))
        self.polygon(outline, fill)
        return outline

    def flecks(
        self, box: tuple[float, float, float, float], colours: Sequence[Colour], count: int, size: float
    ) -> None:
        """Small spots strewn over a rectangle: gravel, leaves, wear."""
        left, top, right, bottom = box
        for _ in range(count):
            x, y = self.rng.uniform(left, right), self.rng.uniform(top, bottom)
            # What lies nearer to the eye (lower) looks larger.
            r = size * self.rng.uniform(0.4, 1) * (0.6 + 0.8 * y / HEIGHT)
            self.ellipse(x, y, r, r * 0.7, self.rng.choice(colours))

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.4) -> None:
        """A soft dark spot on the ground."""
        self._stain(x, y, rx, ry, "#1c2428", strength, _soft_disc())

    def glow(self, x: float, y: float, r: float, colour: Colour, strength: float = 0.8) -> None:
        """A light that fades from its middle."""
        self._stain(x, y, r, r, colour, strength, _glow_disc())

    def dim(self, colour: Colour, strength: float) -> None:
        """Put what is drawn so far into the dark; lights drawn later stay bright."""
        self.image.paste(Image.blend(self.image, Image.new("RGB", self.image.size, colour), strength))

    def veil(self, colour: Colour, strength: float) -> None:
        """The light of the hour over the whole picture, laid on when it is finished."""
        self._veil = (colour, strength)

    def finished(self) -> Image.Image:
        """The picture at 1200 × 900, a little darker in its corners."""
        small = self.image.reduce(_SCALE)
        if self._veil:
            colour, strength = self._veil
            small = Image.blend(small, Image.new("RGB", small.size, colour), strength)
        return ImageChops.multiply(small, _vignette())

    def _stain(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, strength: float, disc: Image.Image
    ) -> None:
        size = (max(2, round(2 * rx * _SCALE)), max(2, round(2 * ry * _SCALE)))
        mask = disc.resize(size, Image.Resampling.BILINEAR).point(lambda value: value * strength)
        self.image.paste(colour, (round((x - rx) * _SCALE), round((y - ry) * _SCALE)), mask)


@cache
def _soft_disc() -> Image.Image:
    disc = Image.new("L", (96, 96), 0)
    ImageDraw.Draw(disc).ellipse((16, 16, 80, 80), fill=255)
    return disc.filter(ImageFilter.GaussianBlur(9))


@cache
def _glow_disc() -> Image.Image:
    # The square makes the middle bright and the rim long.
    return ImageChops.invert(Image.radial_gradient("L")).point(lambda v: max(0, v - 75) ** 2 / 180**2 * 255)


@cache
def _vignette() -> Image.Image:
    gradient = Image.radial_gradient("L").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return Image.merge("RGB", [gradient.point(lambda v: 255 - max(0, v - 120) * 0.33)] * 3)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two, `share` (0 to 1) of the way to the other."""
    a, b = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (one, other))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))
