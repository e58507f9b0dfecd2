"""Looking at a page as everybody does: what axe finds, what sticks out, what is too small, at each size and theme."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.browser.conftest import settled

AXE = Path(__file__).parents[1] / "support/vendor/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


SIDEWAYS = """() => [...document.querySelectorAll('body *')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.right > innerWidth + 1 && box.width
        && !e.closest('.filter-row, .mapw, .maplibregl-map, .leaflet-container, .sr, svg');
}).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
COVERED = """() => [...document.querySelectorAll('h1:not(.sr), form.filters .chip--kind')].filter((e) => {
    const box = e.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + Math.min(20, box.width / 2), box.top + box.height / 2);
    return top && !e.contains(top) && !top.contains(e);
}).map((e) => e.outerHTML.slice(0, 100))"""
# A map draws itself with styles of its own, which scripts may set; our pages have none.
STYLED = """() => [...document.querySelectorAll('[style]')]
    .filter((e) => !e.closest('.mapshell, .maplibregl-map, .leaflet-container'))
    .map((e) => e.outerHTML.slice(0, 120))"""
# 44 px for what a thumb meets, counted with the space around; links inside sentences are exempt.
SMALL = """() => [...document.querySelectorAll(
    'button, summary, input:not([type=hidden]), select, a.btn, a.chip, .bar a')]
    .filter((e) => e.checkVisibility() && !e.closest('.sr, .keys-bar, dialog') && !e.matches('.photos-input'))
    .map((e) => [e, (e.closest('label, .search, .chip') || e).getBoundingClientRect()])
    .filter(([e, box]) => box.width)
    .filter(([e, box]) => box.height + (e.closest('.chip') ? 8 : 0) < (e.closest('.grab') ? 24 : 40))
    .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 100)}`)"""


def barriers(page: Page) -> list[str]:
    """What axe finds, with the element and the reason."""
    return [
        f"axe {v['id']}: {v['help']} · {node['target']} · {node.get('failureSummary', '')}"
        for v in page.evaluate(RUN_AXE, TAGS)["violations"]
        for node in v["nodes"]
    ]


def seen(page: Page, theme: Literal["light", "dark"] = "light") -> list[str]:
    """What is wrong on the page as it stands, by day or by night."""
    page.emulate_media(color_scheme=theme)
    settled(page)
    return barriers(page) + [f"covered: {each}" for each in page.evaluate(COVERED)]


def sideways(page: Page) -> list[str]:
    """What sticks out at the right of the page."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"sticks out: {who}" for who in page.evaluate(SIDEWAYS)] or [f"scrolls by {wide} px"] * (wide > 0)


def turned(page: Page, width: int, height: int) -> Page:
    """The same page at another size, once it has settled."""
    page.set_viewport_size({"width": width, "height": height})
    settled(page)
    return page


# What a reader may ask for: WCAG 1.4.4 (a computer zoomed to 200 % is 640 px wide) and 1.4.12.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
DRESS = "(rules) => { const own = new CSSStyleSheet(); own.replaceSync(rules); document.adoptedStyleSheets = [own] }"
MOVING = """() => document.getAnimations()
    .filter((a) => a.playState === 'running' && a.effect.getTiming().duration > 20)
    .map((a) => a.effect.target.outerHTML.slice(0, 120))"""
READER = {"reduced_motion": "reduce", "forced_colors": "active"}
"""How the browser of a reader who asks for much is opened."""


def in_order(page: Page) -> list[str]:
    """What is wrong with a page from 320 to 1280 px, by day and by night."""
    settled(page)
    page.evaluate(AXE.read_text("utf-8"))
    wrong = [f"390 px: {each}" for each in seen(page)]
    wrong += [f"390 px: small: {each}" for each in page.evaluate(SMALL)]
    wrong += [f"390 px, dark: {each}" for each in seen(page, theme="dark")]
    for width in (360, 320):
        wrong += [f"{width} px: {each}" for each in sideways(turned(page, width, 640))]
    # A page as tall as what it says: what scrolls under the fixed bar is not small for that.
    turned(page, 320, page.evaluate("Math.max(640, document.documentElement.scrollHeight)"))
    wrong += [f"320 px, dark: {each}" for each in seen(page, theme="dark")]
    wrong += [f"320 px: {each}" for each in seen(page)]
    turned(page, 1280, 800)
    wrong += [f"1280 px, dark: {each}" for each in seen(page, theme="dark")]
    wrong += [f"1280 px: {each}" for each in seen(page)]
    return wrong + [f"styled by hand: {each}" for each in page.evaluate(STYLED)]


def bends(page: Page) -> list[str]:
    """What a reader asks for and does not get. The page was opened in forced colours and with motion reduced."""
    settled(page)
    page.evaluate(AXE.read_text("utf-8"))
    wrong = [f"moves: {each}" for each in page.evaluate(MOVING)]
    # There, colours are the reader's own.
    wrong += [f"forced colours: {each}" for each in barriers(page) if "axe color-contrast" not in each]
    wrong += [f"zoomed: {each}" for each in sideways(turned(page, 640, 400))]
    page.evaluate(DRESS, SPACED)
    for width in (390, 1280):
        wrong += [f"text spaced, {width} px: {each}" for each in sideways(turned(page, width, 800))]
    return wrong
