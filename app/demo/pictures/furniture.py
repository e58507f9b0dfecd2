"""Pictures of what stands in the street: lamps, benches, stops, signs, toilets, fountains, games."""

from __future__ import annotations

import math

from app.demo.pictures.backdrop import (
    METAL,
    NIGHT,
    WOOD,
    any_light,
    garden,
    houses,
    palm,
    pavement,
    road,
    seaside,
    sky,
    street,
    tree,
)
from app.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Colour, mixed
from app.demo.pictures.scenes import Scene


def _night_street(canvas: Canvas) -> None:
    foot = 560.0
    sky(canvas, NIGHT, foot)
    for _ in range(40):
        canvas.ellipse(canvas.rng.uniform(0, WIDTH), canvas.rng.uniform(0, 180), 1.6, 1.6, "#c9cbe0")
    houses(canvas, foot, night=True)
    pavement(canvas, foot)
    canvas.dim(NIGHT.veil, NIGHT.strength)


def _lamp(canvas: Canvas, x: float, foot: float, height: float, *, lit: bool, colour: Colour = "#171f26") -> None:
    top = foot - height
    side = 1 if x < WIDTH / 2 else -1
    canvas.rectangle(x - 17, foot - 96, x + 17, foot, colour, 5)
    canvas.line([(x, foot - 60), (x, top + 70)], colour, 17)
    reach = 120 * side
    curve = [
        (x + reach * (1 - math.cos(t)) * 0.6, top + 70 - 70 * math.sin(t))
        for t in [i * math.pi / 24 for i in range(13)]
    ]
    canvas.line([*curve, (x + reach, top)], colour, 15)
    head = x + reach + 34 * side
    if lit:
        canvas.glow(head, top + 30, 330, "#ffe2a0", 0.75)
    canvas.polygon([(head - 66, top + 26), (head - 46, top - 16), (head + 46, top - 16), (head + 66, top + 26)], colour)
    canvas.rectangle(head - 38, top + 26, head + 38, top + 38, "#fff3cf" if lit else "#3a4553", 4)


def lamp_night(canvas: Canvas, variant: int) -> None:
    """A lamp that gives no light, others far away that do."""
    _night_street(canvas)
    for x in ((120, 1010), (980, 210), (90, 1120), (1060, 300))[variant % 4]:
        canvas.glow(x, 420, 170, "#f6cf86", 0.75)
        canvas.glow(x, 620, 130, "#d9a95e", 0.3)
        canvas.line([(x, 430), (x, 580)], "#141b28", 8)
        canvas.ellipse(x, 420, 15, 15, "#fff3cf")
    _lamp(canvas, (560, 420, 640, 500)[variant % 4], HEIGHT - 60, 720, lit=False)


def lamp_lit(canvas: Canvas, variant: int) -> None:
    _night_street(canvas)
    canvas.glow(640, 780, 420, "#e9bd74", 0.45)
    _lamp(canvas, 500, HEIGHT - 80, 640, lit=True)
    _bench(canvas, 830, 780, 0.8, "#6b4a30")


def lamp_bent(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light)
    canvas.shadow(560, 806, 90, 20, 0.5)
    canvas.rectangle(522, 690, 596, 806, METAL, 6)
    canvas.rectangle(538, 716, 580, 788, "#171d20", 4)
    for number, colour in enumerate(("#b6402c", "#3e6d94", "#e0b23c")):
        canvas.line([(550 + number * 9, 740), (544 + number * 16, 770), (554 + number * 12, 812)], colour, 4)
    canvas.line([(558, 700), (590, 520), (700, 300), (860, 190)], METAL, 19)
    canvas.polygon([(840, 160), (900, 120), (960, 190), (880, 222)], METAL)
    canvas.polygon([(862, 214), (950, 186), (944, 212), (876, 234)], "#c9d3d6")
    canvas.flecks((780, 780, 960, 850), ("#dfe8ea", "#b8c6ca"), 36, 10)
    canvas.veil(light.veil, light.strength)


def _bench(canvas: Canvas, x: float, foot: float, size: float, wood: Colour = WOOD, *, broken: bool = False) -> None:
    canvas.shadow(x, foot + 6, 380 * size, 40 * size, 0.5)
    for side in (-250, 250):
        cx = x + side * size
        canvas.polygon(
            [
                (cx - 14 * size, foot - 300 * size),
                (cx + 10 * size, foot - 300 * size),
                (cx + 22 * size, foot),
                (cx - 6 * size, foot),
            ],
            METAL,
        )
        canvas.rectangle(cx - 36 * size, foot - 12 * size, cx + 54 * size, foot + 3, METAL, 4)
    for row in range(3):
        y = foot + (-290 + row * 52) * size
        tint = mixed(wood, "#ffffff", 0.05 * row)
        if broken and row == 1:
            canvas.polygon(
                [
                    (x - 300 * size, y),
                    (x + 10 * size, y),
                    (x + 40 * size, y + 18 * size),
                    (x - 300 * size, y + 32 * size),
                ],
                tint,
            )
            canvas.polygon(
                [
                    (x + 120 * size, y + 64 * size),
                    (x + 300 * size, y - 2 * size),
                    (x + 300 * size, y + 28 * size),
                    (x + 128 * size, y + 96 * size),
                ],
                tint,
            )
        else:
            canvas.rectangle(x - 300 * size, y, x + 300 * size, y + 33 * size, tint, 5)
    for row in range(2):
        y = foot + (-126 + row * 44) * size
        canvas.rectangle(
            x - (318 + row * 8) * size, y, x + (318 + row * 8) * size, y + 36 * size, mixed(wood, "#ffffff", 0.1), 5
        )
        canvas.rectangle(
            x - (318 + row * 8) * size,
            y + 27 * size,
            x + (318 + row * 8) * size,
            y + 36 * size,
            mixed(wood, "#000000", 0.18),
            4,
        )


def bench(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    if variant % 2:
        garden(canvas, light)
        canvas.polygon([(0, 760), (WIDTH, 690), (WIDTH, HEIGHT), (0, HEIGHT)], "#dccfb2")
    else:
        seaside(canvas, light)
    _bench(canvas, canvas.rng.uniform(540, 660), 800, 1.05, ("#a4683f", "#8d7a5c")[variant // 2 % 2], broken=True)
    canvas.veil(light.veil, light.strength)


def bench_sea(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    seaside(canvas, light)
    palm(canvas, 170 if variant % 2 else 1030, 620, 1.5)
    _bench(canvas, 660 if variant % 2 else 520, 790, 0.95)
    canvas.veil(light.veil, light.strength)


def bollard(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=470)
    road(canvas, 800)
    for x in (170, 410, 890, 1110):
        canvas.shadow(x, 772, 60, 14, 0.45)
        canvas.rectangle(x - 20, 520, x + 20, 772, "#2f3a40", 18)
        canvas.rectangle(x - 20, 566, x + 20, 592, "#f4f1e8")
    canvas.blob(650, 772, 44, 16, "#5d5140", 0.2)
    canvas.line([(650, 770), (790, 716)], "#2f3a40", 38)
    canvas.line([(744, 734), (762, 727)], "#f4f1e8", 38)
    canvas.veil(light.veil, light.strength)


def bus_stop(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 520.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 800)
    road(canvas, 816)
    canvas.shadow(600, 742, 420, 30, 0.4)
    for x in (270, 640, 930):
        canvas.rectangle(x - 8, 300, x + 8, 736, METAL)
    canvas.rectangle(286, 350, 632, 650, mixed("#a9c9d0", light.horizon, 0.4))
    if variant % 2:
        canvas.rectangle(656, 350, 914, 650, mixed("#a9c9d0", light.horizon, 0.4))
    else:
        canvas.flecks((640, 690, 960, 790), ("#dfeef0", "#b5d0d5"), 80, 9)
        for points in (
            ((656, 350), (760, 350), (690, 430)),
            ((914, 650), (914, 520), (850, 650)),
            ((656, 650), (656, 560), (720, 650)),
        ):
            canvas.polygon(points, "#b9d6db")
    canvas.polygon([(300, 640), (470, 360), (520, 360), (350, 640)], "#d5e7ea")
    canvas.rectangle(330, 600, 600, 626, WOOD, 4)
    canvas.rectangle(230, 270, 980, 306, "#1f5a45", 8)
    canvas.rectangle(230, 298, 980, 308, "#154334")
    canvas.rectangle(1050, 300, 1062, 736, METAL)
    canvas.rectangle(1004, 240, 1108, 330, "#1e5fa3", 10)
    canvas.rectangle(1026, 262, 1086, 300, "#fbf8f1", 6)
    for x in (1038, 1074):
        canvas.ellipse(x, 304, 8, 8, "#fbf8f1")
    canvas.rectangle(1020, 380, 1094, 500, "#fbf8f1", 4)
    for row in range(6):
        canvas.line([(1030, 398 + row * 16), (1084, 398 + row * 16)], "#9aa3a6", 3)
    canvas.veil(light.veil, light.strength)


def sign(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=600)
    lean = (-150, 120)[variant % 2]
    canvas.shadow(600, 836, 90, 18, 0.5)
    canvas.line([(600, 836), (600 + lean, 330)], "#8c9499", 18)
    x, y = 600 + lean * 1.12, 260
    if variant % 2:
        canvas.ellipse(x, y, 140, 132, "#f4f1e8")
        canvas.ellipse(x, y, 130, 122, "#c2302a")
        canvas.polygon([(x - 92, y - 26), (x + 92, y - 8), (x + 90, y + 28), (x - 94, y + 10)], "#f4f1e8")
    else:
        canvas.polygon([(x - 150, y + 96), (x + 146, y + 128), (x + 24, y - 150)], "#c2302a")
        canvas.polygon([(x - 100, y + 72), (x + 102, y + 94), (x + 20, y - 96)], "#f4f1e8")
        canvas.line([(x + 10, y - 30), (x + 4, y + 40)], "#1c272b", 16)
        canvas.ellipse(x + 1, y + 66, 10, 10, "#1c272b")
    canvas.veil(light.veil, light.strength)


def traffic_light(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    foot = 560.0
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot, 660)
    road(canvas, 676)
    canvas.shadow(560, 880, 70, 14, 0.5)
    canvas.rectangle(548, 420, 572, 880, "#2f3a40")
    canvas.rectangle(474, 90, 646, 520, "#20282c", 30)
    for number, colour in enumerate(("#5a2a27", "#f0b13c" if variant % 2 else "#5c4a22", "#274a38")):
        if number == 1 and variant % 2:
            canvas.glow(560, 178 + number * 126, 150, "#ffd98a", 0.5)
        canvas.ellipse(560, 178 + number * 126, 50, 50, colour)
        canvas.arc(560, 178 + number * 126, 58, 180, 360, "#0f1416", 12)
    canvas.veil(light.veil, light.strength)


def toilets(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    garden(canvas, light)
    canvas.polygon([(0, 770), (WIDTH, 700), (WIDTH, HEIGHT), (0, HEIGHT)], "#dccfb2")
    canvas.shadow(600, 768, 380, 40, 0.5)
    canvas.rectangle(280, 330, 920, 760, "#e9dfca", 6)
    canvas.rectangle(250, 290, 950, 346, "#1f5a45", 8)
    canvas.rectangle(280, 660, 920, 760, "#c9bea9")
    for x, colour in ((440, "#4a6373"), (760, "#4a6373")):
        canvas.rectangle(x - 90, 420, x + 90, 760, colour, 4)
        canvas.rectangle(x - 76, 436, x + 76, 744, mixed(colour, "#ffffff", 0.12), 4)
        canvas.ellipse(x + 60, 600, 9, 9, "#dfe6e3")
    for x, wide in ((440, False), (760, True)):
        canvas.ellipse(x, 476, 15, 15, "#fbf8f1")
        body = (
            [(x - 30, 570), (x - 14, 498), (x + 14, 498), (x + 30, 570)]
            if wide
            else [(x - 20, 570), (x - 20, 498), (x + 20, 498), (x + 20, 570)]
        )
        canvas.polygon(body, "#fbf8f1")
    canvas.rectangle(678, 590, 842, 650, "#fbf8f1", 4)
    canvas.line([(700, 608), (820, 608)], "#96231a", 7)
    canvas.line([(700, 630), (790, 630)], "#96231a", 7)
    tree(canvas, 110, 800, 1.3)
    canvas.veil(light.veil, light.strength)


def fountain(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    street(canvas, light, foot=540)
    x, foot = 600.0, 800.0
    canvas.shadow(x, foot + 10, 380, 44, 0.5)
    canvas.ellipse(x, foot - 40, 330, 76, "#b0a48e")
    canvas.ellipse(x, foot - 66, 330, 74, "#dcd1bd")
    wet = variant % 2 == 1
    canvas.ellipse(x, foot - 66, 296, 58, "#7fb3bf" if wet else "#a89b84")
    canvas.polygon([(x - 40, foot - 60), (x - 24, foot - 330), (x + 24, foot - 330), (x + 40, foot - 60)], "#cdc1ab")
    canvas.ellipse(x, foot - 330, 150, 34, "#b0a48e")
    canvas.ellipse(x, foot - 342, 150, 32, "#dcd1bd")
    canvas.ellipse(x, foot - 400, 34, 62, "#cdc1ab")
    if wet:
        canvas.ellipse(x, foot - 344, 128, 22, "#8fc1cb")
        for side in (-1, 1):
            for reach in (90, 140, 178):
                arch = [
                    (x + side * (130 + reach * t * 0.7), foot - 344 + 280 * t * t) for t in [i / 12 for i in range(13)]
                ]
                canvas.line(arch, "#d9edf0", 6)
        for _ in range(18):
            canvas.line(
                [
                    (px := x + canvas.rng.uniform(-230, 200), py := foot - 66 + canvas.rng.uniform(-34, 34)),
                    (px + 40, py),
                ],
                "#cfe6ea",
                4,
            )
    else:
        canvas.flecks((x - 240, foot - 96, x + 240, foot - 40), ("#8a6a3c", "#a9803f", "#6f7f45"), 40, 10)
        canvas.rectangle(x + 90, foot - 104, x + 120, foot - 58, "#b6402c", 5)
    canvas.veil(light.veil, light.strength)


def playground(canvas: Canvas, variant: int) -> None:
    light = any_light(canvas.rng)
    garden(canvas, light)
    canvas.polygon(
        [(0, 690), (WIDTH, 650), (WIDTH, HEIGHT), (0, HEIGHT)], ("#c98f63", "#6f9fae", "#cfa94f")[variant % 3]
    )
    canvas.blob(860, 790, 240, 70, mixed(("#c98f63", "#6f9fae", "#cfa94f")[variant % 3], "#ffffff", 0.25), 0.1)
    canvas.shadow(330, 800, 300, 30, 0.45)
    for x in (90, 570):
        canvas.line([(x, 360), (x - 60, 800)], "#8e2f2a", 20)
        canvas.line([(x, 360), (x + 60, 800)], "#8e2f2a", 20)
    canvas.line([(70, 366), (590, 366)], "#8e2f2a", 20)
    for x, broken in ((230, False), (420, variant % 2 == 0)):
        canvas.line([(x - 40, 370), (x - 40, 690)], "#6b7478", 4)
        if broken:
            canvas.line([(x + 40, 370), (x + 40, 470)], "#6b7478", 4)
            canvas.line([(x - 44, 690), (x - 4, 772)], "#1f5a45", 20)
        else:
            canvas.line([(x + 40, 370), (x + 40, 690)], "#6b7478", 4)
            canvas.line([(x - 46, 694), (x + 46, 694)], "#1f5a45", 20)
    canvas.shadow(900, 790, 250, 30, 0.45)
    canvas.rectangle(960, 430, 976, 780, "#4f86a3")
    canvas.rectangle(1070, 430, 1086, 780, "#4f86a3")
    canvas.polygon([(930, 440), (1023, 340), (1116, 440)], "#b4573c")
    canvas.rectangle(950, 540, 1096, 566, "#a4683f")
    canvas.polygon([(960, 556), (960, 500), (740, 740), (690, 780), (720, 792), (790, 760)], "#e0b23c")
    canvas.polygon([(960, 556), (960, 540), (760, 762), (720, 792), (790, 760)], "#c2962b")
    for row in range(5):
        canvas.line([(1086, 600 + row * 40), (1130, 600 + row * 40)], "#4f86a3", 9)
    canvas.line([(1130, 560), (1130, 790)], "#4f86a3", 9)
    canvas.veil(light.veil, light.strength)


SCENES = (
    Scene("lamp-night", 4, lamp_night),
    Scene("lamp-lit", 1, lamp_lit),
    Scene("lamp-bent", 1, lamp_bent),
    Scene("bench", 3, bench),
    Scene("bench-sea", 3, bench_sea),
    Scene("bollard", 1, bollard),
    Scene("bus-stop", 2, bus_stop),
    Scene("sign", 2, sign),
    Scene("traffic-light", 2, traffic_light),
    Scene("toilets", 1, toilets),
    Scene("fountain", 2, fountain),
    Scene("playground", 2, playground),
)
