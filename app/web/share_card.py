"""The picture that a link shows where it is shared: 1200 × 630 pixels, drawn by a worker with our own letters.

A photo beside the words when there is one that everybody may see, else the silhouette of the kind on its tint. Pillow
reads the letters that the pages use (their files hold Latin scripts; what they cannot draw is left out).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from app.web.assets import STATIC
from app.web.drawing import CANVAS, GREEN, PRAISE, PROBLEM, PROPOSAL, mark, silhouette

WIDTH, HEIGHT = 1200, 630
VERSION = 1
"""Raised when the drawing changes: pictures made before are then made again."""
QUALITY = 85

INK, INK_2, LINE = "#1c272b", "#4d5b5f", "#ded6c8"
COLOURS = {"problem": PROBLEM, "praise": PRAISE, "proposal": PROPOSAL}
PANEL = 660
"""Width of the words beside a picture, in pixels."""
MARGIN = 64
_FILES = ("latin", "latin-ext")


@dataclass(frozen=True, slots=True)
class ShareCard:
    """What the picture says. `kind` is empty for a town's own picture."""

    kind: str
    over: str
    """Above the title: the category."""
    title: str
    place: str


def draw_card(card: ShareCard, photo: bytes | None = None) -> bytes:
    """A JPEG. `photo` is a public derivative, the only picture of a person's that ever comes here."""
    colour = COLOURS.get(card.kind, GREEN)
    image = Image.new("RGB", (WIDTH, HEIGHT), CANVAS)
    beside = _cropped(photo) if photo else _tinted(card.kind, colour)
    image.paste(beside, (PANEL, 0))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 12), colour)
    top = MARGIN + 8
    if card.over:
        _stamp(image, silhouette(card.kind, 60) if card.kind else mark(60, None, 1), (MARGIN, top))
        _lines(pen, (MARGIN + 76, top + 8), card.over, size=32, weight=650, colour=colour, width=PANEL - 180, most=1)
        top += 92
    _lines(pen, (MARGIN, top), card.title, size=58, weight=750, colour=INK, width=PANEL - 2 * MARGIN + 20, most=4)
    base = HEIGHT - MARGIN - 40
    pen.line((MARGIN, base - 26, PANEL - MARGIN, base - 26), LINE, 2)
    _stamp(image, mark(44, None, 1), (MARGIN, base - 2))
    _lines(pen, (MARGIN + 62, base), card.place, size=30, weight=500, colour=INK_2, width=PANEL - 190, most=1)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _cropped(photo: bytes) -> Image.Image:
    with Image.open(io.BytesIO(photo)) as opened:
        return ImageOps.fit(opened.convert("RGB"), (WIDTH - PANEL, HEIGHT), Image.Resampling.LANCZOS)


def _tinted(kind: str, colour: str) -> Image.Image:
    tint = Image.blend(Image.new("RGB", (1, 1), CANVAS), Image.new("RGB", (1, 1), colour), 0.16)
    ground = tint.resize((WIDTH - PANEL, HEIGHT))
    shape = silhouette(kind, 300) if kind else mark(300, None, 0.9)
    _stamp(ground, shape, ((WIDTH - PANEL - 300) // 2, (HEIGHT - 300) // 2))
    return ground


def _stamp(image: Image.Image, drawing: Image.Image, at: tuple[int, int]) -> None:
    image.paste(drawing, at, drawing)


def _lines(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    *,
    size: int,
    weight: int,
    colour: str,
    width: int,
    most: int,
) -> None:
    """Words in at most `most` lines of `width` pixels, cut between two words; an ellipsis says that there was more."""
    x, y = at
    for line in _broken(_drawable(words, size, weight), size, weight, width, most):
        left = float(x)
        for font, run in _runs(line, size, weight):
            pen.text((left, y), run, ImageColor.getrgb(colour), font)
            left += font.getlength(run)
        y += round(size * 1.16)


def _broken(words: str, size: int, weight: int, width: int, most: int) -> list[str]:
    lines: list[str] = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if _length(longer, size, weight) <= width:
            lines[-1] = longer
        elif not lines[-1]:
            lines[-1] = _cut(word, size, weight, width)
        elif len(lines) == most:
            lines[-1] = _cut(lines[-1] + "…", size, weight, width)
            return lines
        else:
            lines.append(_cut(word, size, weight, width))
    return lines


def _cut(words: str, size: int, weight: int, width: int) -> str:
    """The words within `width`; what one line cannot hold ends with an ellipsis."""
    if _length(words, size, weight) <= width:
        return words
    while words and _length(words.rstrip(" ,;:.…") + "…", size, weight) > width:
        words = words[:-1]
    return words.rstrip(" ,;:.…") + "…"


def _length(words: str, size: int, weight: int) -> float:
    return sum(font.getlength(run) for font, run in _runs(words, size, weight))


def _drawable(words: str, size: int, weight: int) -> str:
    return "".join(letter for letter in words if letter.isspace() or _file_with(letter, size, weight) is not None)


def _runs(words: str, size: int, weight: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    """The words in pieces, each with the file that has all its letters."""
    pieces = groupby(words, key=lambda letter: _file_with(letter, size, weight) or 0)
    return [(_font(_FILES[number], size, weight), "".join(letters)) for number, letters in pieces]


@cache
def _file_with(letter: str, size: int, weight: int) -> int | None:
    for number, name in enumerate(_FILES):
        font = _font(name, size, weight)
        if letter == " " or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff")):
            return number
    return None


@cache
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(STATIC / f"fonts/atkinson-next-5.3.0-{name}.woff2", size)
    font.set_variation_by_axes([weight])
    return font
