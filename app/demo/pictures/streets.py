"""Pictures of streets: rubbish, tags, works, a school, a wall, signs and lights."""

from __future__ import annotations

import math

from app.demo.pictures.backdrop import METAL, STONE, any_light, houses, pavement, road, sky, street, tree
from app.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Colour, mixed
from app.demo.pictures.scenes import Scene
from app.demo.pictures.vehicles import car


def _bag(canvas: Canvas, x: float, foot: float, size: float, colour: Colour) -> None:
    canvas.shadow(x, foot, size * 1.5, size * 0.4, 0.5)
    canvas.blob(x, foot - size * 0.62, size, size * 0.68, colour, 0.1)
    canvas.polygon(
        [
            (x - 9, foot - size * 1.2),
            (x - 22, foot - size * 1.55),
            (x + 20, foot - size * 1.5),
            (x + 9, foot - size * 1.2),
        ],
        colour,
    )
    canvas.line(
        [(x - size * 0.5, foot - size * 0.75), (x - size * 0.2, foot - size * 1.05)], mixed(colour, "#ffffff", 0.3), 6
    )


def _container(canvas: Canvas, x: float, foot: float, colour: Colour, lid: Colour, *, open_lid: bool = False) -> None:
    canvas.shadow(x, foot + 4, 150, 26, 0.5)
    for side in (-78, 78):
        canvas.ellipse(x + side, foot - 8, 17, 17, "#23292c")
    canvas.polygon([(x - 104, foot - 226), (x + 104, foot - 226), (x + 88, foot - 12), (x - 88, foot - 12)], colour)
    canvas.polygon(
        [(x + 64, foot - 226), (x + 104, foot - 226), (x + 88, foot - 12), (x + 58, foot - 12)],
        mixed(colour, "#000000", 0.14),
    )
    canvas.rectangle(x - 46, foot - 168, x + 34, foot - 100, mixed(colour, "#ffffff", 0.75), 6)
    canvas.arc(x - 6, foot - 134, 20, -60, 220, colour, 7)
    if open_lid:
        canvas.polygon(
            [(x - 112, foot - 226), (x - 90, foot - 330), (x + 112, foot - 330), (x + 110, foot - 226)],
            mixed(lid, "#000000", 0.15),
        )
        _bag(canvas, x - 34, foot - 206, 56, "#2b3236")
        _bag(canvas, x + 44, foot - 210, 46, "#e9e6df")
        canvas.rectangle(x - 106, foot - 232, x + 106, foot - 214, mixed(colour, "#000000", 0.2))
    else:
        canvas.polygon([(x - 112, foot - 226), (x - 96, foot - 262), (x + 96, foot - 262), (x + 112, foot - 226)], lid)
        canvas.rectangle(x - 114, foot - 232, x + 114, foot - 220, mixed(lid, "#000000", 0.18), 5)


def _box(canvas: Canvas, x: float, foot: float, w: float, h: float) -> None:
    canvas.shadow(x, foot, w * 0.8, 16, 0.45)
    canvas.polygon([(x - w / 2, foot - h), (x + w / 2, foot - h), (x + w / 2, foot), (x - w / 2, foot)], "#c39158")
    canvas.polygon(
        [
            (x - w / 2, foot - h),
            (x - w / 2 + 20, foot - h - 22),
            (x + w / 2 + 18, foot - h - 22),
            (x + w / 2, foot - h),
        ],
        "#a87840",
    )
    canvas.rectangle(x - 10, foot - h, x + 10, foot, "#d8ae78")


def containers(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light)
    for number, (colour, lid) in enumerate((("#2f6b52", "#3c8267"), ("#d2a52e", "#e3bd4d"), ("#3e6d94", "#5586ad"))):
        _container(canvas, 290 + number * 300, 740, colour, lid, open_lid=number == variant % 3)
    canvas.veil(light.veil, light.strength)


def dump(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light)
    _container(canvas, 250, 720, "#2f6b52", "#3c8267", open_lid=True)
    _container(canvas, 510, 720, "#d2a52e", "#e3bd4d", open_lid=variant % 2 == 0)
    if variant % 2:
        canvas.shadow(890, 742, 190, 26, 0.5)
        canvas.polygon([(770, 740), (812, 440), (1010, 462), (990, 744)], "#ece4d6")
        canvas.polygon([(788, 720), (824, 462), (994, 482), (974, 722)], "#dcd0ba")
        for row in range(4):
            canvas.line([(808 + row * -6, 530 + row * 52), (978 - row * 2, 544 + row * 52)], "#c9bba2", 5)
    else:
        canvas.shadow(900, 742, 190, 26, 0.5)
        canvas.rectangle(790, 420, 1000, 740, "#8d5b36", 5)
        canvas.rectangle(802, 434, 890, 726, "#a06a41")
        canvas.polygon([(900, 434), (988, 434), (1060, 470), (1060, 742), (988, 726)], "#b67c4e")
        canvas.ellipse(1048, 600, 7, 7, "#3d2a1c")
    for x, size, colour in (
        (430, 56, "#e9e6df"),
        (560, 72, "#262c30"),
        (680, 80, "#1f2528"),
        (800, 66, "#2b3236"),
        (350, 50, "#3e6d94"),
    ):
        _bag(canvas, x + canvas.rng.uniform(-20, 20), 800 + canvas.rng.uniform(-12, 20), size, colour)
    _box(canvas, 960 + canvas.rng.uniform(-30, 30), 830, 140, 92)
    canvas.veil(light.veil, light.strength)


def sofa(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light)
    colour = ("#8c4a3f", "#4a6b7c", "#7d7a4a")[variant % 3]
    dark, x, foot = mixed(colour, "#000000", 0.25), canvas.rng.uniform(480, 600), 770.0
    canvas.shadow(x, foot + 8, 390, 44, 0.55)
    for side in (-250, 250):
        canvas.rectangle(x + side - 12, foot - 30, x + side + 12, foot + 4, "#4a3527")
    canvas.rectangle(x - 290, foot - 260, x + 290, foot - 60, colour, 34)
    canvas.rectangle(x - 290, foot - 150, x + 290, foot - 20, dark, 20)
    for side in (-1, 1):
        left = x + (side * 137) - 132
        canvas.rectangle(left, foot - 160, left + 264, foot - 70, mixed(colour, "#ffffff", 0.12), 20)
        arm = x + side * 292
        canvas.rectangle(arm - 40, foot - 200, arm + 40, foot - 14, colour, 28)
    canvas.polygon([(x + 70, foot - 150), (x + 150, foot - 140), (x + 124, foot - 92), (x + 84, foot - 100)], "#e6d7b8")
    _box(canvas, x + 420, 800, 130, 100)
    _box(canvas, x + 400, 706, 100, 70)
    if variant % 2:
        canvas.shadow(x - 380, 790, 90, 18, 0.5)
        canvas.rectangle(x - 440, 560, x - 320, 790, "#f0ece3", 10)
        canvas.rectangle(x - 432, 568, x - 328, 640, "#e0dace", 6)
        canvas.line([(x - 340, 600), (x - 340, 630)], "#9aa3a6", 6)
        canvas.line([(x - 340, 660), (x - 340, 740)], "#9aa3a6", 6)
    canvas.veil(light.veil, light.strength)


def bin_full(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=500)
    x, foot = canvas.rng.uniform(520, 680), 790.0
    canvas.shadow(x, foot + 4, 210, 36, 0.5)
    colour = ("#2f5a48", "#3d4a52", "#6a4a35")[variant % 3]
    canvas.polygon([(x - 118, foot - 330), (x + 118, foot - 330), (x + 96, foot), (x - 96, foot)], colour)
    for bar in range(-4, 5):
        canvas.line([(x + bar * 25, foot - 318), (x + bar * 20.5, foot - 8)], mixed(colour, "#ffffff", 0.16), 5)
    for dx, dy, r, tint in ((-60, -352, 52, "#e9e6df"), (44, -364, 58, "#cfd8da"), (-6, -384, 50, "#f4efe2")):
        canvas.blob(x + dx, foot + dy, r, r * 0.8, tint, 0.2)
    canvas.polygon([(x - 100, foot - 392), (x + 20, foot - 440), (x + 66, foot - 392), (x - 60, foot - 350)], "#c9a064")
    canvas.line([(x - 70, foot - 388), (x + 30, foot - 424)], "#8e2f2a", 8)
    canvas.polygon(
        [(x + 66, foot - 440), (x + 116, foot - 432), (x + 104, foot - 350), (x + 74, foot - 354)], "#b6402c"
    )
    canvas.rectangle(x - 126, foot - 340, x + 126, foot - 318, mixed(colour, "#000000", 0.25), 8)
    _bag(canvas, x + 210, foot + 20, 74, "#2b3236")
    _bag(canvas, x - 200, foot + 34, 58, "#e9e6df")
    for dx, tint in ((-330, "#b6402c"), (330, "#f4efe2"), (300, "#2f6b8a"), (-120, "#e0b23c")):
        canvas.shadow(x + dx, foot + 66, 36, 10, 0.4)
        canvas.polygon(
            [(x + dx - 22, foot + 50), (x + dx + 20, foot + 44), (x + dx + 26, foot + 64), (x + dx - 18, foot + 70)],
            tint,
        )
    if variant % 2:
        _gull(canvas, x - 300, foot - 20)
    canvas.veil(light.veil, light.strength)


def _gull(canvas: Canvas, x: float, foot: float) -> None:
    canvas.shadow(x, foot + 4, 60, 10, 0.4)
    for leg in (-8, 10):
        canvas.line([(x + leg, foot), (x + leg, foot - 34)], "#d8923c", 5)
    canvas.polygon([(x - 74, foot - 52), (x + 10, foot - 96), (x + 54, foot - 66), (x + 10, foot - 32)], "#fbf8f1")
    canvas.polygon([(x - 86, foot - 58), (x + 20, foot - 88), (x + 20, foot - 56)], "#aeb7bb")
    canvas.ellipse(x + 46, foot - 96, 25, 22, "#fbf8f1")
    canvas.polygon([(x + 66, foot - 98), (x + 98, foot - 88), (x + 66, foot - 84)], "#e0a23c")
    canvas.ellipse(x + 54, foot - 102, 4, 4, "#1c272b")


def clean_street(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=520)
    for number in range(4):
        x = 130 + number * 310 + canvas.rng.uniform(-20, 20)
        canvas.shadow(x, 652, 100, 18, 0.4)
        canvas.polygon(
            [(x - 62, 590), (x + 62, 590), (x + 48, 652), (x - 48, 652)], ("#b5653f", "#e9e0cf")[variant % 2]
        )
        for _ in range(9):
            dx, dy = canvas.rng.uniform(-52, 52), canvas.rng.uniform(-64, -4)
            canvas.ellipse(x + dx, 590 + dy, 26, 22, canvas.rng.choice(("#5f9152", "#3f6f47", "#79ab62")))
        for _ in range(9):
            dx, dy = canvas.rng.uniform(-58, 58), canvas.rng.uniform(-72, 0)
            canvas.ellipse(x + dx, 590 + dy, 9, 9, canvas.rng.choice(("#c94f7a", "#fbf8f1", "#e08a3c")))
    # The low sun between two houses, on the stones.
    canvas.polygon([(0, 742), (620, 690), (900, 700), (160, HEIGHT), (0, HEIGHT)], "#e3dac8")
    for _ in range(26):
        x, y = canvas.rng.uniform(60, 700), canvas.rng.uniform(730, 880)
        canvas.line([(x, y), (x + canvas.rng.uniform(20, 70), y)], "#ece5d6", 3)
    canvas.veil(light.veil, light.strength)


_LETTERS = (
    ((0, 90), (10, 10), (40, 0), (60, 30), (20, 60), (70, 100)),
    ((70, 10), (20, 4), (0, 40), (50, 56), (64, 90), (4, 104)),
    ((0, 100), (14, 4), (36, 70), (60, 0), (80, 100)),
    ((60, 20), (24, 2), (0, 50), (26, 100), (64, 84), (60, 52), (34, 54)),
    ((0, 0), (30, 96), (60, 4), (84, 96)),
)


def graffiti(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    sky(canvas, light, 190)
    houses(canvas, 200, tallest=200, shops=False)
    _stone_wall(canvas, 150, 700, ("#cbbfa9", "#d9d2c4", "#b9ad98", "#c7b9a6")[variant % 4])
    pavement(canvas, 700)
    tint = ("#5f1d57", "#1e5fa3", "#2b3236", "#2f6b52")[variant % 4]
    x = canvas.rng.uniform(160, 260)
    for number in canvas.rng.sample(range(len(_LETTERS)), 4):
        scale, lift = canvas.rng.uniform(1.9, 2.4), canvas.rng.uniform(-24, 24)
        stroke = [(x + px * scale, 340 + lift + py * scale) for px, py in _LETTERS[number]]
        canvas.line([(px + 7, py + 8) for px, py in stroke], mixed(tint, "#ffffff", 0.6), 30)
        canvas.line(stroke, tint, 26)
        canvas.line([(px - 4, py - 6) for px, py in stroke], mixed(tint, "#ffffff", 0.35), 4)
        for px, py in stroke[1::2]:
            canvas.line([(px, py), (px, py + canvas.rng.uniform(30, 90))], tint, 6)
        x += 190
    canvas.line([(200, 620), (760, 600), (980, 640)], mixed(tint, "#ffffff", 0.3), 9)
    canvas.veil(light.veil, light.strength)


def _stone_wall(canvas: Canvas, top: float, foot: float, colour: Colour) -> None:
    canvas.rectangle(0, top, WIDTH, foot, mixed(colour, "#6b5f4e", 0.3))
    y, row = top, 0
    while y < foot - 20:
        x = -80.0 + (row % 2) * 60
        while x < WIDTH:
            width = canvas.rng.uniform(90, 170)
            shade = mixed(colour, canvas.rng.choice(("#ffffff", "#8a7c66", "#a99a84")), canvas.rng.uniform(0.05, 0.3))
            canvas.rectangle(x + 3, y + 3, x + width - 3, min(y + 61, foot) - 3, shade, 9)
            x += width
        y, row = y + 62, row + 1
    canvas.rectangle(0, top - 22, WIDTH, top + 6, mixed(colour, "#ffffff", 0.4))


def mural(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    sky(canvas, light, 160)
    canvas.rectangle(0, 120, WIDTH, 720, "#e9e0cf")
    canvas.rectangle(90, 170, 1110, 690, "#5b9fb2")
    canvas.ellipse(820, 320, 110, 110, "#efcf6c")
    canvas.blob(330, 640, 300, 120, "#2f6b52", 0.1)
    canvas.blob(760, 680, 360, 110, "#79ab62", 0.1)
    canvas.rectangle(0, 690, WIDTH, 722, "#d9cfbc")
    for x, lift in ((260, 60), (430, 0), (560, 90), (700, 30)):
        canvas.line([(x, 640), (x, 470 + lift)], "#1f4636", 12)
        for step in range(6):
            angle = math.tau * step / 6
            canvas.ellipse(
                x + 46 * math.cos(angle),
                460 + lift + 46 * math.sin(angle),
                34,
                34,
                canvas.rng.choice(("#c94f5a", "#f4efe4", "#e08a3c", "#8a4f9e")),
            )
        canvas.ellipse(x, 460 + lift, 26, 26, "#efcf6c")
    pavement(canvas, 722)
    canvas.veil(light.veil, light.strength)


def works(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 470.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 560)
    road(canvas, 576)
    canvas.blob(620, 740, 330, 66, "#4a3f33", 0.1)
    canvas.blob(620, 752, 300, 50, "#352d25", 0.1)
    canvas.blob(250, 720, 150, 92, "#a58b66", 0.2)
    canvas.blob(235, 700, 110, 60, "#b89d76", 0.2)
    for x in (330, 620, 910):
        _barrier(canvas, x, 830 if variant % 2 == 0 or x != 910 else 870, fallen=variant % 2 == 1 and x == 910)
    for x in (150, 1080):
        canvas.shadow(x, 840, 60, 14, 0.5)
        canvas.polygon([(x - 44, 838), (x + 44, 838), (x + 12, 700), (x - 12, 700)], "#d9622b")
        canvas.polygon([(x - 32, 792), (x + 32, 792), (x + 24, 754), (x - 24, 754)], "#fbf8f1")
        canvas.rectangle(x - 56, 832, x + 56, 846, "#b54d1e", 5)
    canvas.polygon([(960, 390), (1090, 390), (1025, 270)], "#c2302a")
    canvas.polygon([(982, 380), (1068, 380), (1025, 298)], "#f3d34f")
    canvas.line([(1025, 324), (1025, 352)], "#1c272b", 8)
    canvas.ellipse(1025, 368, 5, 5, "#1c272b")
    canvas.rectangle(1020, 390, 1030, 560, METAL)
    canvas.veil(light.veil, light.strength)


def _barrier(canvas: Canvas, x: float, foot: float, *, fallen: bool = False) -> None:
    canvas.shadow(x, foot + 4, 150, 16, 0.45)
    height = 40 if fallen else 150
    for side in (-110, 110):
        canvas.rectangle(x + side - 7, foot - height, x + side + 7, foot, "#8c9499")
    for row in range(1 if fallen else 2):
        top = foot - height + row * 62
        canvas.rectangle(x - 130, top, x + 130, top + 34, "#fbf8f1", 4)
        for stripe in range(5):
            left = x - 126 + stripe * 54
            canvas.polygon([(left, top + 34), (left + 18, top), (left + 42, top), (left + 24, top + 34)], "#c2302a")


def school(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    sky(canvas, light, 560)
    canvas.rectangle(0, 300, WIDTH, 600, "#e7d8bd")
    canvas.rectangle(120, 200, 900, 600, "#f6efe2")
    canvas.polygon([(80, 206), (510, 70), (940, 206)], "#b4573c")
    canvas.rectangle(120, 560, 900, 600, "#cdbfa6")
    canvas.ellipse(510, 150, 34, 34, "#fbf8f1")
    canvas.ring(510, 150, 34, 34, "#8e2f2a", 5)
    canvas.line([(510, 150), (510, 130)], "#1c272b", 4)
    canvas.line([(510, 150), (526, 158)], "#1c272b", 4)
    shutter = ("#2f6b52", "#8e2f2a", "#4a6373")[variant % 3]
    for x in (190, 330, 690, 830):
        for y in (240, 400):
            canvas.rectangle(x - 34, y, x + 34, y + 104, "#3c5262")
            canvas.line([(x, y), (x, y + 104)], "#f6efe2", 5)
            canvas.line([(x - 34, y + 50), (x + 34, y + 50)], "#f6efe2", 5)
            for side in (-52, 52):
                canvas.rectangle(x + side - 16, y - 4, x + side + 16, y + 108, shutter)
    canvas.ellipse(510, 420, 84, 84, shutter)
    canvas.rectangle(426, 420, 594, 600, shutter)
    canvas.line([(510, 340), (510, 600)], mixed(shutter, "#000000", 0.3), 4)
    for number, colour in enumerate(("#c94f5a", "#efcf6c", "#5b9fb2", "#79ab62", "#e08a3c", "#8a4f9e", "#c94f5a")):
        x = 400 + number * 36
        canvas.polygon([(x, 290), (x + 30, 290), (x + 15, 322)], colour)
    canvas.line([(392, 290), (648, 290)], "#6b5f4e", 3)
    pavement(canvas, 600, 760)
    road(canvas, 776)
    tree(canvas, 1040, 650, 1.15)
    for x in (200, 310, 680, 790):
        canvas.arc(x, 680, 30, 180, 360, METAL, 9)
        canvas.line([(x - 26, 680), (x - 26, 740)], METAL, 9)
        canvas.line([(x + 26, 680), (x + 26, 740)], METAL, 9)
    if variant % 2:
        car(canvas, 520, 870, "#8fa3ad")
    else:
        for number in range(7):
            left = 240 + number * 110
            canvas.polygon([(left, 786), (left + 50, 786), (left + 30, HEIGHT), (left - 30, HEIGHT)], "#f4f1e8")
    canvas.veil(light.veil, light.strength)


def wall(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    sky(canvas, light, 160)
    houses(canvas, 190, tallest=190, shops=False)
    _stone_wall(canvas, 140, 660, STONE)
    pavement(canvas, 660)
    canvas.blob(640, 380, 150, 120, "#5d5140", 0.25)
    canvas.blob(636, 392, 120, 92, "#473c2f", 0.25)
    for _ in range(17):
        x, y = canvas.rng.uniform(480, 830), canvas.rng.uniform(690, 800)
        size = canvas.rng.uniform(16, 46)
        canvas.shadow(x, y + size * 0.6, size * 1.4, size * 0.5, 0.45)
        canvas.blob(x, y, size, size * 0.75, canvas.rng.choice(("#c3b7a1", "#a99d87", "#d2c7b2")), 0.25)
    canvas.veil(light.veil, light.strength)


SCENES = (
    Scene("dump", 4, dump),
    Scene("sofa", 3, sofa),
    Scene("containers", 2, containers),
    Scene("bin", 4, bin_full),
    Scene("clean-street", 3, clean_street),
    Scene("graffiti", 4, graffiti),
    Scene("mural", 1, mural),
    Scene("works", 3, works),
    Scene("school", 2, school),
    Scene("wall", 1, wall),
)
