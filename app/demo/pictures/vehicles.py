"""Pictures of cars, scooters and bicycles where they should not be, or where they should."""

from __future__ import annotations

import math

from app.demo.pictures.backdrop import METAL, any_light, houses, pavement, road, sky, street
from app.demo.pictures.canvas import WIDTH, Canvas, Colour, mixed
from app.demo.pictures.scenes import Scene


def car(canvas: Canvas, x: float, foot: float, colour: Colour, *, flat: bool = False) -> None:
    """A car seen from its side, its wheels on `foot`; `flat`: a tyre has no air."""
    canvas.shadow(x, foot + 6, 400, 34, 0.6)
    body = mixed(colour, "#000000", 0.16)
    canvas.polygon([(x - 190, foot - 150), (x - 120, foot - 250), (x + 100, foot - 250), (x + 200, foot - 150)], colour)
    canvas.polygon(
        [(x - 168, foot - 152), (x - 110, foot - 234), (x - 16, foot - 234), (x - 16, foot - 152)], "#4a6373"
    )
    canvas.polygon([(x + 4, foot - 152), (x + 4, foot - 234), (x + 92, foot - 234), (x + 172, foot - 152)], "#4a6373")
    canvas.polygon(
        [(x - 150, foot - 160), (x - 104, foot - 226), (x - 74, foot - 226), (x - 116, foot - 160)], "#8fb0bb"
    )
    canvas.rectangle(x - 320, foot - 156, x + 320, foot - 38, colour, 46)
    canvas.rectangle(x - 320, foot - 84, x + 320, foot - 36, body, 22)
    canvas.line([(x - 6, foot - 150), (x - 6, foot - 50)], body, 4)
    canvas.rectangle(x + 20, foot - 128, x + 62, foot - 118, body, 4)
    canvas.rectangle(x + 284, foot - 130, x + 322, foot - 98, "#f6e3ad", 10)
    canvas.rectangle(x - 322, foot - 130, x - 296, foot - 100, "#b0322a", 8)
    for side in (-196, 196):
        drop = 12 if flat and side < 0 else 0
        canvas.ellipse(x + side, foot - 44 + drop, 66, 66 - drop, "#262b2e")
        canvas.ellipse(x + side, foot - 44 + drop, 34, 34 - drop / 2, "#aab2b5")
        canvas.ellipse(x + side, foot - 44 + drop, 14, 14, "#6b7478")


def parked_car(canvas: Canvas, variant: int) -> None:
    """A car with two wheels on the pavement."""
    light = any_light(canvas.rng)
    foot = 470.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 740)
    road(canvas, 756)
    car(canvas, canvas.rng.uniform(560, 660), 756, ("#8fa3ad", "#b6402c", "#e9e4d8", "#3e5a6e")[variant % 4])
    canvas.veil(light.veil, light.strength)


def old_car(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 470.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 600)
    road(canvas, 616)
    car(canvas, 590, 770, ("#9a9278", "#6f8189")[variant % 2], flat=True)
    canvas.flecks((290, 600, 900, 690), ("#8a6a3c", "#a9803f", "#6f7f45"), 46, 9)
    canvas.blob(560, 800, 120, 18, "#3c3e41", 0.2)
    canvas.rectangle(640, 540, 690, 580, "#f3e9c9", 2)
    canvas.veil(light.veil, light.strength)


def scooter(canvas: Canvas, variant: int) -> None:
    """A shared scooter lying across the pavement."""
    light = any_light(canvas.rng)
    street(canvas, light, foot=480)
    colour = ("#2f8f6b", "#e08a3c", "#3e6d94")[variant % 3]
    canvas.shadow(620, 800, 420, 40, 0.5)
    canvas.line([(330, 770), (760, 792)], mixed(colour, "#000000", 0.35), 30)
    canvas.line([(330, 764), (760, 786)], colour, 18)
    canvas.line([(760, 786), (950, 640)], METAL, 20)
    canvas.line([(950, 640), (930, 560)], METAL, 16)
    canvas.line([(950, 640), (1030, 690)], METAL, 16)
    for x, y in ((300, 776), (800, 806)):
        canvas.ellipse(x, y, 46, 40, "#23292c")
        canvas.ellipse(x, y, 20, 17, "#8c9499")
    if variant % 2:
        canvas.shadow(300, 690, 190, 20, 0.4)
        canvas.line([(180, 676), (420, 690)], "#e08a3c", 14)
        canvas.line([(180, 676), (120, 540)], METAL, 12)
        canvas.line([(92, 546), (150, 532)], METAL, 11)
        for x in (166, 430):
            canvas.ellipse(x, 690, 26, 24, "#23292c")
    canvas.veil(light.veil, light.strength)


def cycle(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 470.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 560)
    road(canvas, 576)
    canvas.polygon([(0, 610), (WIDTH, 610), (WIDTH, 800), (0, 800)], ("#7fa38a", "#a8685a", "#6f8fa3")[variant % 3])
    canvas.line([(0, 610), (WIDTH, 610)], "#f4f1e8", 8)
    for x in range(-20, 1250, 150):
        canvas.line([(x, 800), (x + 90, 800)], "#f4f1e8", 9)
    _bicycle(canvas, canvas.rng.uniform(380, 520), 760, "#8e2f2a" if variant % 2 else "#1f5a45", 1.0)
    _bicycle(canvas, 930, 690, "#f4f1e8", 0.62, painted=True)
    canvas.veil(light.veil, light.strength)


def _bicycle(canvas: Canvas, x: float, foot: float, colour: Colour, size: float, *, painted: bool = False) -> None:
    tyre = colour if painted else "#23292c"
    if not painted:
        canvas.shadow(x, foot + 4, 240 * size, 18, 0.45)
    for side in (-120, 120):
        canvas.ring(x + side * size, foot - 78 * size, 78 * size, 78 * size, tyre, 9 * size)
        if not painted:
            for spoke in range(6):
                dx, dy = 70 * math.cos(math.pi * spoke / 6) * size, 70 * math.sin(math.pi * spoke / 6) * size
                canvas.line(
                    [(x + side * size - dx, foot - 78 * size - dy), (x + side * size + dx, foot - 78 * size + dy)],
                    "#9aa3a6",
                    1.5,
                )
    frame = [(-120, -78), (-50, -190), (80, -190), (-10, -78), (-120, -78)]
    canvas.line([(x + px * size, foot + py * size) for px, py in frame], colour, 11 * size)
    canvas.line([(x - 10 * size, foot - 78 * size), (x - 62 * size, foot - 214 * size)], colour, 11 * size)
    canvas.line(
        [(x + 120 * size, foot - 78 * size), (x + 72 * size, foot - 226 * size), (x + 108 * size, foot - 246 * size)],
        colour,
        11 * size,
    )
    canvas.line([(x - 92 * size, foot - 216 * size), (x - 36 * size, foot - 216 * size)], tyre, 15 * size)


SCENES = (
    Scene("parked-car", 3, parked_car),
    Scene("old-car", 2, old_car),
    Scene("scooter", 3, scooter),
    Scene("cycle", 3, cycle),
)
