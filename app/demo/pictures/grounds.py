"""Pictures taken looking down: holes, cracks, puddles, slabs, a manhole, a worn crossing, leaves and litter."""

from __future__ import annotations

import math

from app.demo.pictures.backdrop import (
    KERB,
    PAVING,
    PAVING_DARK,
    ROAD,
    ROAD_DARK,
    any_light,
    houses,
    pavement,
    road,
    sky,
    street,
)
from app.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Colour, mixed
from app.demo.pictures.scenes import Scene


def _asphalt(canvas: Canvas, variant: int) -> None:
    """Asphalt seen from above, a kerb and some pavement across a corner."""
    canvas.rectangle(0, 0, WIDTH, HEIGHT, PAVING)
    for x in range(-140, 1300, 180):
        canvas.line([(x, 0), (x + 60, 300)], PAVING_DARK, 2.5)
    canvas.flecks((0, 0, WIDTH, 260), (PAVING_DARK, "#e3dacb"), 120, 4)
    rise = canvas.rng.uniform(20, 70) * (1 if variant % 2 else -1)
    left, right = 175 + rise, 175 - rise
    canvas.polygon([(0, left - 20), (WIDTH, right - 20), (WIDTH, right + 60), (0, left + 60)], KERB)
    canvas.polygon([(0, left + 20), (WIDTH, right + 20), (WIDTH, right + 60), (0, left + 60)], "#a9a193")
    road_edge = [(0, left + 36), (WIDTH, right + 36), (WIDTH, HEIGHT), (0, HEIGHT)]
    canvas.polygon(road_edge, ROAD)
    canvas.flecks((0, 290, WIDTH, HEIGHT), (ROAD_DARK, "#707378", "#7b7e82", "#5a5d61"), 560, 3.4)


def _crack(canvas: Canvas, x: float, y: float, angle: float, reach: float, width: float, colour: Colour) -> None:
    points = [(x, y)]
    while reach > 0:
        step = canvas.rng.uniform(14, 32)
        angle += canvas.rng.gauss(0, 0.32)
        x, y = x + step * math.cos(angle), y + step * math.sin(angle)
        points.append((x, y))
        reach -= step
        if canvas.rng.random() < 0.1 and width > 3:
            _crack(canvas, x, y, angle + canvas.rng.choice((-0.8, 0.8)), reach * 0.4, width * 0.6, colour)
    canvas.line(points, colour, width)


def pothole(canvas: Canvas, variant: int) -> None:
    _asphalt(canvas, variant)
    x, y = canvas.rng.uniform(520, 680), canvas.rng.uniform(520, 600)
    rx, ry = canvas.rng.uniform(220, 290), canvas.rng.uniform(130, 170)
    for side in (0.1, math.pi - 0.1, 1.9):
        _crack(canvas, x + rx * 0.9 * math.cos(side), y + ry * 0.9 * math.sin(side), side, 330, 5, "#3e4144")
    canvas.blob(x, y - 6, rx * 1.12, ry * 1.13, "#7c7f83", 0.14)
    canvas.blob(x, y, rx, ry, "#45413e", 0.16)
    canvas.blob(x, y + 14, rx * 0.82, ry * 0.78, "#393431", 0.14)
    if variant % 3 != 2:
        canvas.blob(x + 10, y + 32, rx * 0.6, ry * 0.5, "#7898a4", 0.12)
        canvas.blob(x - 10, y + 22, rx * 0.34, ry * 0.2, "#a9c5cd", 0.2)
        canvas.line([(x - 70, y + 16), (x - 20, y + 10), (x + 20, y + 13)], "#e4f0f1", 5)
    for _ in range(46):
        angle, far = canvas.rng.uniform(0, math.tau), canvas.rng.uniform(0.85, 1.6)
        size = canvas.rng.uniform(4, 12)
        canvas.ellipse(
            x + rx * far * math.cos(angle), y + ry * far * math.sin(angle), size, size * 0.8,
            canvas.rng.choice(("#8a8d90", "#4a4c4f", "#9c968b")),
        )  # fmt: skip
    canvas.veil(any_light(canvas.rng).veil, 0.06)


def crack(canvas: Canvas, variant: int) -> None:
    """Slabs that roots have broken and lifted."""
    canvas.rectangle(0, 0, WIDTH, HEIGHT, PAVING_DARK)
    size = 300
    for row in range(4):
        for column in range(-1, 5):
            left, top = column * size + (row % 2) * 150, row * size - 90
            shade = mixed(PAVING, canvas.rng.choice(("#c6b9a2", "#e0d8c8", "#bfb5a6")), canvas.rng.uniform(0, 0.6))
            canvas.rectangle(left + 4, top + 4, left + size - 4, top + size - 4, shade, 5)
    canvas.flecks((0, 0, WIDTH, HEIGHT), (PAVING_DARK, "#e6decf"), 300, 3)
    # The slab of the second row that stands up along the break.
    _broken_slab(canvas, 450.0, 210.0, size, grassy=variant % 2 == 1)
    canvas.veil(any_light(canvas.rng).veil, 0.08)


def _broken_slab(canvas: Canvas, west: float, north: float, size: float, *, grassy: bool) -> None:
    x, y = west + canvas.rng.uniform(120, 180), north + canvas.rng.uniform(120, 170)
    canvas.shadow(x + 8, y + 60, 250, 190, 0.6)
    canvas.rectangle(west + 4, north + 4, west + size - 4, north + size - 4, "#4f463b", 5)
    corners = [(west, north), (west + size, north), (west + size, north + size), (west, north + size)]
    lifts = [(-6, -26), (14, -34), (8, 4), (-4, 6)]
    raised = [(cx + dx, cy + dy) for (cx, cy), (dx, dy) in zip(corners, lifts, strict=True)]
    shades = ("#e2d9c9", "#d3c8b4", "#c9bda7", "#dbd1bf")
    breaks = [(west + size * f, north - 20) for f in (0.42,)] + [(west + size + 6, north + size * 0.46)]
    breaks += [(west + size * 0.55, north + size + 4), (west - 4, north + size * 0.6)]
    for side in range(4):
        piece = [(x, y), breaks[side - 1], raised[side], breaks[side]]
        pull = 9
        middle = (sum(px for px, _ in piece) / 4, sum(py for _, py in piece) / 4)
        piece = [(px + (middle[0] - px) * pull / 150, py + (middle[1] - py) * pull / 150) for px, py in piece]
        canvas.polygon([(px + 3, py + 13) for px, py in piece], "#8d826f")
        canvas.polygon(piece, shades[side])
    if grassy:
        for tuft in range(8):
            share = tuft / 8
            gx, gy = x + (breaks[3][0] - x) * share, y + (breaks[3][1] - y) * share + 6
            for blade in (-12, -5, 3, 11):
                green = canvas.rng.choice(("#5f9152", "#3f6f47"))
                canvas.line([(gx, gy), (gx + blade, gy - canvas.rng.uniform(18, 40))], green, 4)
    _crack(canvas, west + size, north + size * 0.5, 0.35, 330, 6, "#6b6154")
    _crack(canvas, west, north + size * 0.62, 2.9, 300, 5, "#6b6154")


def manhole(canvas: Canvas, variant: int) -> None:
    _asphalt(canvas, variant)
    x, y, r = canvas.rng.uniform(540, 660), 560.0, 235.0
    canvas.blob(x, y, r * 1.22, r * 0.98, "#55585c", 0.04)
    canvas.ellipse(x, y, r, r * 0.78, "#2a2d30")
    dx, dy = (26, -20) if variant % 2 else (0, 0)
    canvas.shadow(x + dx, y + dy + 10, r, r * 0.8, 0.5)
    canvas.ellipse(x + dx, y + dy, r * 0.93, r * 0.72, "#7a6a5c")
    canvas.ellipse(x + dx, y + dy, r * 0.86, r * 0.66, "#6a5c50")
    for ring in range(1, 5):
        canvas.ring(x + dx, y + dy, r * 0.17 * ring, r * 0.13 * ring, "#86766a", 7)
    for spoke in range(12):
        angle = math.tau * spoke / 12
        canvas.line(
            [(x + dx + 40 * math.cos(angle), y + dy + 30 * math.sin(angle)),
             (x + dx + r * 0.8 * math.cos(angle), y + dy + r * 0.62 * math.sin(angle))], "#86766a", 6,
        )  # fmt: skip
    canvas.ellipse(x + dx, y + dy, 34, 26, "#5a4d43")
    _crack(canvas, x + r, y + 60, 0.4, 300, 4, "#3e4144")
    _crack(canvas, x - r, y + 30, 2.9, 280, 4, "#3e4144")


def puddle(canvas: Canvas, variant: int) -> None:
    """Water along the kerb, with the houses upside down in it."""
    light = any_light(canvas.rng)
    foot = 400.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 540)
    road(canvas, 556)
    x, y = canvas.rng.uniform(480, 720), 700.0
    canvas.blob(x, y, 470, 96, "#565a5f", 0.1)
    outline = canvas.blob(x, y, 450, 84, "#93b1be", 0.1)
    west, east = min(p[0] for p in outline), max(p[0] for p in outline)
    for _ in range(7):
        px, width = canvas.rng.uniform(west + 110, east - 190), canvas.rng.uniform(40, 80)
        colour = canvas.rng.choice(("#c9b89b", "#d4bfa0", "#c79f86", "#b7c4c4"))
        canvas.rectangle(px, y - 44, px + width, y + canvas.rng.uniform(-6, 34), mixed(colour, "#93b1be", 0.45))
    for _ in range(8):
        px, py = canvas.rng.uniform(west + 120, east - 200), canvas.rng.uniform(y - 42, y + 50)
        canvas.line([(px, py), (px + canvas.rng.uniform(30, 110), py)], "#dfecef", 4)
    canvas.rectangle(150, 600, 330, 640, "#3b3f43", 6)
    for bar in range(8):
        canvas.rectangle(160 + bar * 21, 604, 170 + bar * 21, 636, "#5d6266", 3)
    canvas.flecks((120, 590, 380, 670), ("#8a6a3c", "#a9803f", "#6f7f45"), 60 if variant % 2 else 24, 11)
    canvas.veil(light.veil, light.strength)


def litter(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=430)
    for _ in range(26):
        x, y = canvas.rng.uniform(60, 1140), canvas.rng.uniform(560, 860)
        size = 10 + (y - 520) * 0.07
        kind = canvas.rng.randrange(4)
        canvas.shadow(x, y + size * 0.4, size * 1.8, size * 0.8, 0.35)
        if kind == 0:
            canvas.polygon(
                [
                    (x - size, y),
                    (x - size * 0.3, y - size),
                    (x + size, y - size * 0.5),
                    (x + size * 0.5, y + size * 0.6),
                ],
                "#fbf8f1",
            )
            canvas.line([(x - size * 0.4, y - size * 0.2), (x + size * 0.5, y)], "#d8d2c6", 2)
        elif kind == 1:
            colour = canvas.rng.choice(("#c2452f", "#2f6b8a", "#e0b23c"))
            canvas.polygon(
                [
                    (x - size, y - size * 0.6),
                    (x + size, y - size * 0.4),
                    (x + size * 0.8, y + size * 0.5),
                    (x - size * 0.9, y + size * 0.3),
                ],
                colour,
            )
            canvas.line([(x - size * 0.5, y - size * 0.1), (x + size * 0.5, y)], "#fbf8f1", 3)
        elif kind == 2:
            canvas.polygon(
                [
                    (x - size * 0.5, y - size),
                    (x + size * 0.6, y - size * 0.8),
                    (x + size * 0.3, y + size),
                    (x - size * 0.4, y + size),
                ],
                "#f1e6d2",
            )
            canvas.line([(x - size * 0.45, y - size * 0.6), (x + size * 0.5, y - size * 0.4)], "#8e2f2a", 4)
        else:
            canvas.line([(x, y), (x + size * 1.1, y + size * 0.3)], "#f3e9d6", 6)
            canvas.line([(x, y), (x + size * 0.3, y + size * 0.1)], "#c98a4a", 6)
    canvas.veil(light.veil, light.strength)


def leaves(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=430)
    colours = ("#b9782f", "#cf9a3c", "#94552a", "#d8b04c", "#7d6a34")
    for _ in range(330):
        x, y = canvas.rng.uniform(-10, 1210), 900 - 420 * canvas.rng.betavariate(1.2, 2.2)
        size = 6 + (y - 440) * 0.04
        turn = canvas.rng.uniform(0, math.pi)
        dx, dy = size * math.cos(turn), size * 0.6 * math.sin(turn)
        canvas.polygon(
            [
                (x - dx * 1.4, y - dy * 1.4),
                (x - dy, y + dx * 0.5),
                (x + dx * 1.4, y + dy * 1.4),
                (x + dy, y - dx * 0.5),
            ],
            canvas.rng.choice(colours),
        )
    canvas.veil(light.veil, light.strength)


def paving(canvas: Canvas, variant: int) -> None:
    """Cobbles, some of them out."""
    canvas.rectangle(0, 0, WIDTH, HEIGHT, "#6e675e")
    gone = {(canvas.rng.randint(3, 5), canvas.rng.randint(4, 8)) for _ in range(6)}
    for row in range(9):
        for column in range(-1, 12):
            x, y = column * 110 + (row % 2) * 52, row * 104
            if (row, column) in gone:
                canvas.rectangle(x + 5, y + 5, x + 105, y + 99, "#4e463c", 16)
                canvas.flecks((x + 14, y + 20, x + 96, y + 90), ("#7d7263", "#3d362f", "#96897a"), 16, 7)
                continue
            shade = canvas.rng.choice(("#b5aa9a", "#a89d8d", "#c0b5a5", "#9f978b", "#b0a08c"))
            canvas.rectangle(x + 5, y + 7, x + 105, y + 101, mixed(shade, "#3d362f", 0.4), 18)
            canvas.rectangle(x + 5, y + 3, x + 105, y + 95, shade, 18)
            canvas.ellipse(x + 45, y + 30, 26, 12, mixed(shade, "#ffffff", 0.18))
    for _ in range(3):
        loose, low = canvas.rng.uniform(300, 900), canvas.rng.uniform(620, 820)
        canvas.shadow(loose, low + 22, 86, 50, 0.5)
        canvas.blob(loose, low, 58, 46, "#bdb1a0", 0.1)
    canvas.veil(any_light(canvas.rng).veil, 0.08)


def crossing(canvas: Canvas, variant: int) -> None:
    _crossing(canvas, worn=False)


def crossing_worn(canvas: Canvas, variant: int) -> None:
    _crossing(canvas, worn=True)


def _crossing(canvas: Canvas, *, worn: bool) -> None:
    light = any_light(canvas.rng)
    foot = 400.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 474)
    road(canvas, 490)
    paint = mixed("#f4f1e8", ROAD, 0.5) if worn else "#f4f1e8"
    for number in range(-4, 5):
        top, bottom = 600 + number * 56, 600 + number * 118
        canvas.polygon([(top - 14, 508), (top + 16, 508), (bottom + 34, HEIGHT), (bottom - 30, HEIGHT)], paint)
    if worn:
        canvas.flecks((0, 508, WIDTH, HEIGHT), (ROAD, ROAD_DARK, "#6b6e72"), 420, 13)
    for x in (150, 1050):
        canvas.shadow(x, 474, 30, 8, 0.4)
        canvas.rectangle(x - 5, 190, x + 5, 474, "#4a5358")
        canvas.polygon([(x - 42, 150), (x + 42, 150), (x + 42, 234), (x - 42, 234)], "#2d5f9a")
        canvas.polygon([(x, 160), (x + 32, 222), (x - 32, 222)], "#fbf8f1")
        canvas.ellipse(x, 184, 5, 5, "#1c272b")
        canvas.line([(x, 190), (x - 3, 204), (x - 11, 218)], "#1c272b", 4)
        canvas.line([(x - 3, 204), (x + 9, 217)], "#1c272b", 4)
        canvas.line([(x - 12, 198), (x + 11, 200)], "#1c272b", 3)
    canvas.veil(light.veil, light.strength)


SCENES = (
    Scene("pothole", 4, pothole),
    Scene("crack", 3, crack),
    Scene("manhole", 2, manhole),
    Scene("puddle", 4, puddle),
    Scene("litter", 3, litter),
    Scene("leaves", 2, leaves),
    Scene("paving", 2, paving),
    Scene("crossing", 2, crossing),
    Scene("crossing-worn", 2, crossing_worn),
)
