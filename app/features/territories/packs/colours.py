"""A town's own colours, checked against the surfaces they meet. WCAG 2.2 relative luminance and contrast."""

from __future__ import annotations

import re

HEX = re.compile(r"#[0-9a-f]{6}\Z")
NEEDED = 4.5
"""WCAG 2.2 AA for text."""

LIGHT = {
    "brand": "#1f5a45",
    "brand-strong": "#154334",
    "on-brand": "#ffffff",
    "brand-tint": "#e0ebe2",
    "brand-tint-ink": "#184a39",
    "link": "#17563f",
}
DARK = {
    "brand": "#86cba9",
    "brand-strong": "#a6dcc1",
    "on-brand": "#0d2219",
    "brand-tint": "#1f3a30",
    "brand-tint-ink": "#b5e2cb",
    "link": "#93d3b3",
}
SURFACES = {
    "light": ("#f6f2ea", "#fdfbf6", "#ffffff"),
    "dark": ("#11181a", "#182124", "#212c2f"),
}
"""The page, the panel and the floating control of each theme (design tokens canvas, surface, raised)."""


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), of a `#rrggbb` colour."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[start : start + 2], 16)) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def weak_pairs(theme: str, chosen: dict[str, str]) -> list[tuple[str, str, float]]:
    """`(role, what it meets, ratio)` for each pair under 4.5 once `chosen` replaces the theme's own."""
    palette = {**(LIGHT if theme == "light" else DARK), **chosen}
    pairs = [("on-brand", "brand"), ("on-brand", "brand-strong"), ("brand-tint-ink", "brand-tint")]
    weak = []
    for text, ground in pairs:
        ratio = contrast(palette[text], palette[ground])
        if ratio < NEEDED:
            weak.append((text, ground, ratio))
    for text in ("brand", "link"):
        ratio, surface = min((contrast(palette[text], ground), ground) for ground in SURFACES[theme])
        if ratio < NEEDED:
            weak.append((text, surface, ratio))
    return weak
