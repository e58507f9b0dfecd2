"""What stands behind the thing that was photographed: sky, sea, hills, houses of the Riviera, pavements and roads."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from app.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Colour, mixed

WALLS = ("#f4e8cf", "#efcf9c", "#e9b892", "#dfa08a", "#f3dcc0", "#e7c7a6", "#f6efe2", "#d98f73")
SHUTTERS = ("#2f6b52", "#4a6373", "#8e2f2a", "#4f86a3", "#5b7f5e", "#2f5a6b")
ROOFS = ("#b4573c", "#a64b36", "#c26a48")
LEAVES = ("#5f9152", "#79ab62", "#3f6f47")
TRUNK, METAL, WOOD, STONE = "#7a5a41", "#39434a", "#a4683f", "#b9ad98"
ROAD, ROAD_DARK, PAVING, PAVING_DARK, KERB = "#63666a", "#505357", "#d2c8b6", "#bdb19c", "#e6dfd1"
GLASS = "#3c5262"


@dataclass(frozen=True, slots=True)
class Light:
    """The hour and the weather: sky from top to horizon, a veil over everything, how dark the ground is."""

    name: str
    top: Colour
    horizon: Colour
    veil: Colour
    strength: float
    clouds: int


LIGHTS = (
    Light("noon", "#7fbbdc", "#dcecee", "#fff6df", 0.04, 2),
    Light("morning", "#9cc9df", "#f7e6cd", "#ffe2b0", 0.10, 1),
    Light("evening", "#8aa6c9", "#f4c9a8", "#f2a878", 0.12, 2),
    Light("grey", "#b3bec4", "#dde1df", "#8c9aa3", 0.14, 5),
)
NIGHT = Light("night", "#1d2544", "#4d4a70", "#141b38", 0.42, 0)


def any_light(rng: Random) -> Light:
    """Mostly fine weather."""
    return rng.choices(LIGHTS, (5, 3, 2, 2))[0]


def sky(canvas: Canvas, light: Light, bottom: float) -> None:
    """From the top down to `bottom`, with clouds."""
    bands = 40
    for band in range(bands):
        top = bottom * band / bands
        canvas.rectangle(0, top, WIDTH, top + bottom / bands + 1, mixed(light.top, light.horizon, band / bands))
    for _ in range(light.clouds):
        x, y = canvas.rng.uniform(0, WIDTH), canvas.rng.uniform(30, bottom * 0.5)
        colour = mixed(light.horizon, "#ffffff", 0.55)
        for _ in range(5):
            canvas.ellipse(x + canvas.rng.uniform(-90, 90), y + canvas.rng.uniform(-8, 8), 70, 16, colour)


def sea(canvas: Canvas, top: float, bottom: float) -> None:
    """Water with light on it, and sometimes a sail."""
    canvas.rectangle(0, top, WIDTH, bottom, "#5b9fb2")
    canvas.rectangle(0, top, WIDTH, top + (bottom - top) * 0.3, "#6eacbd")
    for _ in range(16):
        y = canvas.rng.uniform(top + 8, bottom - 6)
        x, reach = canvas.rng.uniform(-40, WIDTH), canvas.rng.uniform(30, 140)
        canvas.line([(x, y), (x + reach, y)], "#d5ebee", 3)
    for _ in range(canvas.rng.randrange(3)):
        x, size = canvas.rng.uniform(80, 1120), canvas.rng.uniform(22, 40)
        canvas.polygon([(x, top + 4), (x, top - size * 1.6), (x + size * 0.8, top)], "#fbf8f1")
        canvas.polygon([(x - size * 0.6, top + 3), (x + size, top + 3), (x + size * 0.6, top + 12)], "#8e2f2a")


def headland(canvas: Canvas, y: float, colour: Colour = "#7d9a86") -> None:
    """The hill that closes the bay."""
    left = canvas.rng.random() < 0.5
    points = [(0, 0), (120, -70), (250, -130), (330, -150), (400, -110), (480, -40), (560, 0)]
    outline = [((x if left else WIDTH - x), y + up) for x, up in points]
    canvas.polygon(outline, colour)
    canvas.polygon([(x, y + (py - y) * 0.55) for x, py in outline], mixed(colour, "#3f6f47", 0.35))


def houses(canvas: Canvas, foot: float, *, tallest: float = 480, night: bool = False, shops: bool = True) -> None:
    """A row of houses standing on `foot`."""
    rng, x = canvas.rng, -canvas.rng.uniform(0, 120)
    while x < WIDTH:
        width = rng.choice((150, 170, 190, 215))
        floors = rng.randint(3, 5)
        height = min(tallest, floors * 92 + (80 if shops else 20))
        _house(canvas, x, foot, width, height, night=night, shops=shops)
        x += width


def _house(canvas: Canvas, x: float, foot: float, width: float, height: float, *, night: bool, shops: bool) -> None:
    rng = canvas.rng
    wall, shutter, top = rng.choice(WALLS), rng.choice(SHUTTERS), foot - height
    if night:
        wall = mixed(wall, "#39406a", 0.45)
    canvas.rectangle(x, top, x + width, foot, wall)
    canvas.rectangle(x + width - 10, top, x + width, foot, mixed(wall, "#5b4a3a", 0.13))
    canvas.polygon(
        [(x - 5, top), (x + 8, top - 22), (x + width - 8, top - 22), (x + width + 5, top)], rng.choice(ROOFS)
    )
    canvas.rectangle(x - 5, top, x + width + 5, top + 7, mixed(wall, "#ffffff", 0.45))
    ground = foot - (86 if shops else 0)
    columns = 2 if width < 185 else 3
    step = width / columns
    y = top + 26
    while y + 66 < ground:
        for column in range(columns):
            _window(canvas, x + step * (column + 0.5), y, shutter, wall, night=night)
        y += 92
    if shops:
        _shop(canvas, x, ground, width, foot, shutter, wall, night=night)


def _window(canvas: Canvas, x: float, y: float, shutter: Colour, wall: Colour, *, night: bool) -> None:
    lit = night and canvas.rng.random() < 0.4
    canvas.rectangle(x - 17, y - 4, x + 17, y + 62, mixed(wall, "#ffffff", 0.5))
    canvas.rectangle(x - 13, y, x + 13, y + 58, "#f3cf86" if lit else GLASS)
    canvas.line([(x, y), (x, y + 58)], mixed(wall, "#ffffff", 0.5), 2)
    if not lit:
        canvas.polygon([(x - 13, y), (x + 1, y), (x - 13, y + 26)], mixed(GLASS, "#9fc1cf", 0.4))
    colour = mixed(shutter, "#39406a", 0.35) if night else shutter
    for side in (-1, 1):
        near, far = x + side * 15, x + side * 30
        canvas.rectangle(min(near, far), y - 2, max(near, far), y + 60, colour)
        canvas.line([(near, y + 29), (far, y + 29)], mixed(colour, "#000000", 0.22), 2)
    if canvas.rng.random() < 0.18:
        canvas.rectangle(x - 22, y + 56, x + 22, y + 64, "#9a6240")
        for dot in range(6):
            canvas.ellipse(x - 18 + dot * 7, y + 54, 5, 5, canvas.rng.choice(("#c94f5a", "#e08a3c", "#5f9152")))


def _shop(
    canvas: Canvas, x: float, top: float, width: float, foot: float, shutter: Colour, wall: Colour, *, night: bool
) -> None:
    base = mixed(wall, "#6b5a48", 0.2)
    canvas.rectangle(x, top, x + width, foot, base)
    glass = "#e9c98a" if night and canvas.rng.random() < 0.3 else "#34454f"
    door = x + width * canvas.rng.choice((0.12, 0.62))
    canvas.rectangle(x + 14, top + 26, x + width - 14, foot - 12, glass)
    canvas.rectangle(door, top + 22, door + 44, foot, shutter)
    canvas.rectangle(door + 7, top + 32, door + 37, foot - 34, mixed(shutter, GLASS, 0.6))
    if canvas.rng.random() < 0.65:
        stripe, left = width / 8, x + 4
        for number in range(8):
            colour = shutter if number % 2 else "#f7efe0"
            a, b = left + number * (stripe - 1), left + (number + 1) * (stripe - 1)
            canvas.polygon([(a, top + 4), (b, top + 4), (b, top + 36), (a, top + 36)], colour)
            canvas.ellipse((a + b) / 2, top + 36, stripe / 2, 7, colour)


def pavement(canvas: Canvas, top: float, bottom: float = HEIGHT, *, slabs: bool = True) -> None:
    """A pavement that comes towards the eye."""
    canvas.rectangle(0, top, WIDTH, bottom, PAVING)
    if slabs:
        y, step = top, 16.0
        while y < bottom:
            canvas.line([(0, y), (WIDTH, y)], PAVING_DARK, 1.5)
            y += step
            step *= 1.32
        middle = WIDTH / 2
        for number in range(-14, 15):
            canvas.line(
                [(middle + number * 70, top), (middle + number * (70 + (bottom - top) * 0.26), bottom)],
                PAVING_DARK,
                1.5,
            )
    canvas.flecks((0, top, WIDTH, bottom), (PAVING_DARK, "#c7bca8", "#ded5c4"), 130, 3)


def road(canvas: Canvas, top: float, bottom: float = HEIGHT, *, kerb: bool = True) -> None:
    """Asphalt, with its kerb on the far side."""
    if kerb:
        canvas.rectangle(0, top - 16, WIDTH, top, KERB)
        canvas.rectangle(0, top - 5, WIDTH, top, "#b8b0a2")
    canvas.rectangle(0, top, WIDTH, bottom, ROAD)
    canvas.flecks((0, top, WIDTH, bottom), (ROAD_DARK, "#74777b", "#5a5d61"), 260, 3)


def tree(canvas: Canvas, x: float, foot: float, size: float = 1.0, leaves: tuple[Colour, ...] = LEAVES) -> None:
    """A round tree in its square of earth."""
    canvas.shadow(x, foot + 4, 120 * size, 22 * size, 0.35)
    canvas.polygon(
        [
            (x - 13 * size, foot),
            (x - 8 * size, foot - 200 * size),
            (x + 8 * size, foot - 200 * size),
            (x + 13 * size, foot),
        ],
        TRUNK,
    )
    for dx, dy, r, colour in (
        (-60, -230, 84, leaves[2]),
        (62, -225, 82, leaves[2]),
        (0, -270, 112, leaves[0]),
        (-30, -296, 70, leaves[1]),
        (40, -252, 44, leaves[1]),
    ):
        canvas.blob(x + dx * size, foot + dy * size, r * size, r * 0.86 * size, colour, 0.16)


def palm(canvas: Canvas, x: float, foot: float, size: float = 1.0) -> None:
    """A palm tree, as along the sea."""
    canvas.shadow(x, foot + 3, 70 * size, 14 * size, 0.3)
    lean = canvas.rng.uniform(-16, 16)
    top = (x + lean, foot - 330 * size)
    canvas.polygon(
        [(x - 13 * size, foot), (top[0] - 7, top[1]), (top[0] + 7, top[1]), (x + 13 * size, foot)], "#8d6f50"
    )
    for ring in range(9):
        share = ring / 9
        y = foot - 320 * size * share
        canvas.line([(x + lean * share - 11 * size, y), (x + lean * share + 11 * size, y - 4)], "#75593f", 2)
    for side, drop, reach in ((-1, 60, 130), (1, 60, 130), (-1, 5, 150), (1, 5, 150), (-1, -45, 110), (1, -45, 110)):
        tip = (top[0] + side * reach * size, top[1] + drop * size)
        middle = (top[0] + side * reach * 0.5 * size, top[1] + (drop * 0.4 - 46) * size)
        under = (middle[0], middle[1] + 34 * size)
        canvas.polygon([top, middle, tip, under], canvas.rng.choice(("#4f8450", "#5f9152", "#3f6f47")))
    canvas.ellipse(top[0], top[1], 13 * size, 11 * size, "#6b5335")


def street(canvas: Canvas, light: Light, *, foot: float = 560) -> None:
    """The usual street: houses behind a pavement, now and then palms or trees before them, or the sea instead."""
    view = canvas.rng.random()
    if view < 0.2:
        seaside(canvas, light, horizon=foot - 150, quay=foot)
        for x in (canvas.rng.uniform(60, 260), canvas.rng.uniform(880, 1140)):
            palm(canvas, x, foot + 30, canvas.rng.uniform(0.9, 1.25))
        return
    sky(canvas, light, foot)
    houses(canvas, foot)
    pavement(canvas, foot)
    if view < 0.45:
        for x in (canvas.rng.uniform(40, 240), canvas.rng.uniform(500, 700), canvas.rng.uniform(940, 1160)):
            palm(canvas, x, foot + 22, canvas.rng.uniform(0.8, 1.1))
    elif view < 0.65:
        for x in (canvas.rng.uniform(20, 200), canvas.rng.uniform(1000, 1180)):
            tree(canvas, x, foot + 26, canvas.rng.uniform(0.8, 1.05))


def seaside(canvas: Canvas, light: Light, *, horizon: float = 400, quay: float = 560) -> None:
    """Sky, hill, sea, a low wall and a promenade."""
    sky(canvas, light, horizon)
    headland(canvas, horizon)
    sea(canvas, horizon, quay)
    canvas.rectangle(0, quay - 20, WIDTH, quay + 6, "#e9dfca")
    canvas.rectangle(0, quay - 26, WIDTH, quay - 14, "#f6efe2")
    pavement(canvas, quay + 6)


def garden(canvas: Canvas, light: Light, *, lawn: float = 520) -> None:
    """Sky, distant houses, trees and a lawn."""
    sky(canvas, light, lawn)
    houses(canvas, lawn - 40, tallest=300, shops=False)
    for x in range(-40, 1280, 130):
        canvas.blob(x + canvas.rng.uniform(-30, 30), lawn - 70, 105, 90, canvas.rng.choice(LEAVES), 0.16)
    canvas.rectangle(0, lawn - 30, WIDTH, HEIGHT, "#86b268")
    canvas.flecks((0, lawn - 20, WIDTH, HEIGHT), ("#77a35b", "#95bf75"), 240, 5)
