"""Pictures of gardens: flowers, trees, hedges, paths, ponds."""

from __future__ import annotations

import math

from app.demo.pictures.backdrop import (
    LEAVES,
    TRUNK,
    any_light,
    garden,
    houses,
    palm,
    pavement,
    road,
    sky,
    street,
    tree,
)
from app.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, mixed
from app.demo.pictures.scenes import Scene

_BLOOMS = (
    ("#c94f7a", "#fbf8f1", "#e08a3c", "#8a4f9e", "#efcf6c"),
    ("#b6402c", "#e9a0a0", "#fbf8f1", "#c94f5a", "#f3c9b8"),
    ("#8a4f9e", "#b58fc9", "#fbf8f1", "#5b6fb5", "#d9c3e6"),
    ("#efcf6c", "#e08a3c", "#fbf8f1", "#d9622b", "#f6e3ad"),
)


def flowers(canvas: Canvas, variant: int) -> None:
    """A bed in flower, from the ground."""
    light = any_light(canvas.rng)
    garden(canvas, light, lawn=470)
    (palm if variant % 2 else tree)(canvas, 180 if variant < 2 else 1010, 600, 1.35)
    canvas.polygon([(0, 600), (WIDTH, 570), (WIDTH, 660), (0, 680)], "#dccfb2")
    canvas.polygon([(0, 672), (WIDTH, 650), (WIDTH, HEIGHT), (0, HEIGHT)], "#3f6f47")
    colours = _BLOOMS[variant % len(_BLOOMS)]
    spots = sorted((660 + 250 * canvas.rng.random() ** 0.8, canvas.rng.uniform(-20, 1220)) for _ in range(520))
    for y, x in spots:
        near = (y - 640) / 260
        r = 6 + 17 * near
        if canvas.rng.random() < 0.34:
            canvas.ellipse(x, y, r * 1.2, r * 0.9, canvas.rng.choice(LEAVES))
            continue
        colour = canvas.rng.choice(colours)
        if near > 0.55:
            for petal in range(5):
                angle = math.tau * petal / 5 + x
                canvas.ellipse(
                    x + r * 0.62 * math.cos(angle), y + r * 0.55 * math.sin(angle), r * 0.55, r * 0.5, colour
                )
            canvas.ellipse(x, y, r * 0.32, r * 0.28, mixed(colour, "#7a4a1f", 0.55))
        else:
            canvas.ellipse(x, y, r, r * 0.85, colour)
    canvas.veil(light.veil, light.strength)


def pond(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    garden(canvas, light, lawn=440)
    tree(canvas, 1040, 600, 1.3, ("#5f9152", "#79ab62", "#3f6f47"))
    canvas.blob(600, 700, 560, 180, "#c9bea3", 0.08)
    canvas.blob(600, 704, 520, 158, "#6fa3a6", 0.08)
    for _ in range(20):
        x, y = canvas.rng.uniform(230, 920), canvas.rng.uniform(600, 800)
        canvas.line([(x, y), (x + canvas.rng.uniform(40, 130), y)], "#9cc6c6", 4)
    for number in range(5):
        x, y, turn = canvas.rng.uniform(300, 880), canvas.rng.uniform(640, 790), 1 if number % 2 else -1
        colour = canvas.rng.choice(("#d9622b", "#fbf8f1", "#e0a23c"))
        canvas.ellipse(x, y, 46, 15, colour)
        canvas.polygon([(x - 40 * turn, y), (x - 74 * turn, y - 17), (x - 74 * turn, y + 17)], colour)
        canvas.ellipse(x + 10 * turn, y - 3, 13, 7, "#b6402c")
    for _ in range(8):
        x, y = canvas.rng.uniform(180, 420), canvas.rng.uniform(640, 780)
        canvas.ellipse(x, y, 42, 15, "#5f9152")
        canvas.polygon([(x, y), (x + 42, y - 9), (x + 42, y + 9)], "#6fa3a6")
    canvas.ellipse(330, 690, 15, 12, "#f3c9d4")
    canvas.arc(640, 800, 400, 205, 335, "#8e2f2a", 26)
    canvas.arc(640, 730, 400, 208, 332, "#a94840", 10)
    for step in range(7):
        angle = math.radians(212 + step * 19.3)
        x, y = 640 + 400 * math.cos(angle), 800 + 400 * math.sin(angle)
        canvas.line([(x, y), (x, y - 72)], "#8e2f2a", 9)
    canvas.veil(light.veil, light.strength)


def park_path(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    garden(canvas, light, lawn=450)
    tree(canvas, 200, 640, 1.3)
    palm(canvas, 1010, 620, 1.2)
    canvas.polygon([(520, 470), (640, 470), (1010, HEIGHT), (210, HEIGHT)], "#dccfb2")
    canvas.flecks((330, 560, 900, HEIGHT), ("#c9b994", "#e9dfc8"), 140, 4)
    gully = [(590, 500), (570, 580), (640, 660), (560, 760), (620, HEIGHT)]
    canvas.line([(x + 6, y) for x, y in gully], "#8d7a58", 54)
    canvas.line(gully, "#6e5d42", 40)
    canvas.flecks((540, 600, 690, 880), ("#a5967a", "#574a36"), 50, 9)
    canvas.veil(light.veil, light.strength)


def tree_street(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 560.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot)
    violet = ("#8f79b8", "#a993cc", "#6f5b9c")
    for x, size in ((250, 1.25), (640, 1.4), (1020, 1.25)):
        tree(canvas, x, 690, size, violet if variant % 2 else LEAVES)
    if variant % 2:
        canvas.flecks((60, 680, 1160, 860), violet, 160, 8)
    canvas.veil(light.veil, light.strength)


def tree_broken(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=540)
    tree(canvas, 420, 720, 1.6)
    canvas.shadow(840, 812, 330, 34, 0.5)
    canvas.line([(470, 470), (600, 560), (700, 700), (980, 800)], TRUNK, 26)
    canvas.line([(700, 700), (860, 690)], TRUNK, 16)
    canvas.polygon([(452, 440), (500, 470), (480, 500), (448, 488)], "#e0c49a")
    for x, y, r in ((960, 760, 110), (1080, 800, 84), (850, 700, 84), (860, 800, 80)):
        canvas.blob(x, y, r, r * 0.62, canvas.rng.choice(LEAVES), 0.24)
    canvas.flecks((520, 760, 1180, 880), LEAVES, 70, 10)
    canvas.veil(light.veil, light.strength)


def hedge(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 430.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 780)
    road(canvas, 796)
    canvas.rectangle(0, 400, 780, 470, "#cbbfa9")
    for _ in range(70):
        x, y = canvas.rng.uniform(-40, 800), canvas.rng.uniform(300, 640)
        canvas.blob(x, y, 84, 66, canvas.rng.choice(LEAVES), 0.3)
    for _ in range(26):
        x = canvas.rng.uniform(20, 840)
        y = canvas.rng.uniform(560, 690)
        canvas.line([(x, y), (x + canvas.rng.uniform(-50, 60), y + canvas.rng.uniform(-90, 40))], "#4f7f47", 6)
    if variant % 2:
        canvas.flecks((0, 320, 800, 620), ("#c94f7a", "#d97a9c"), 90, 10)
    canvas.shadow(400, 720, 470, 30, 0.4)
    canvas.veil(light.veil, light.strength)


SCENES = (
    Scene("flowers", 4, flowers),
    Scene("pond", 2, pond),
    Scene("park-path", 2, park_path),
    Scene("tree", 2, tree_street),
    Scene("tree-broken", 2, tree_broken),
    Scene("hedge", 2, hedge),
)
