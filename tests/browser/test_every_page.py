"""What holds for every page: no barrier that axe can find, no sideways scroll, nothing against strict headers.

A page is opened once and turned through its sizes and themes: opening it and drawing a map in software is what costs,
and every failure of a page is told at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, Visit, keeps, settled
from tests.browser.test_form import file, two_colours

AXE = Path(__file__).parents[1] / "support/vendor/axe.min.js"
PAGES = [
    "/",
    "/?empty=1",
    "/liste",
    "/liste?empty=1",
    "/integration",
    "/legal/notice",
    "/legal/privacy?tiles=https://tiles.example/{z}/{x}/{y}.png",
    "/legal/accessibility",
    "/contribuer",
    "/contribuer/problem",
    "/contribuer/praise",
    "/contribuer/proposal",
    "/brouillons",
    "/recu",
    "/recu?kind=praise",
    "/c/BAY-4817",
    "/c/BAY-4805?suivi",
    "/c/BAY-4768?changed=1&suivi=1",
    "/c/BAY-4768?vote=for_against&etat=neuf",
    "/c/BAY-4768?vote=support&etat=masque&vide=1",
    "/c/BAY-4768?etat=clos",
    "/c/BAY-4768?etat=uni",
    "/c/BAY-4768/commentaires",
    "/c/BAY-4768/commentaires?refused=1",
    "/c/BAY-4768/commentaires?vide=1&clos=1",
    "/c/BAY-4768/versions",
    "/idees",
    "/idees?vide=1&masque=1",
    "/idees/synthese",
    "/idees/synthese?masque=1",
    "/idee-modifier",
    "/idee-modifier?clos=1",
    "/idee-muet",
    "/idee-muet?fait=1",
    "/bureau/idees/reunir",
    "/moderation/commentaires",
    "/moderation/commentaires?vide=1",
    "/c/BAY-4805?suivi&withdrawn",
    "/c/BAY-4817/suivre",
    "/c/BAY-4817/suivre?error=1&supported=1",
    "/c/BAY-4817/suivre?signed=1",
    "/suivi/asked",
    "/suivi/following",
    "/suivi/stopped",
    "/suivi/area",
    "/suivre",
    "/suivre?error=1&sent=1",
    "/moi",
    "/moi?claim=1",
    "/moi?browser=1",
    "/moi?empty=1",
    "/moi/entrer",
    "/moi/entrer?error=1&sent=1",
    "/moi/entrer/x",
    "/moi/entrer/spent",
    "/moi/donnees",
    "/moi/effacer?unsure=1",
    "/bureau",
    "/bureau/BAY-4817",
    "/bureau/BAY-4822",
    "/moderation",
    "/moderation?refused=1",
    "/moderation?empty=1",
    "/moderation/journal",
    "/moderation/BAY-4901/modifier",
    "/moderation/BAY-4901/modifier?refused=1",
    "/moderation/BAY-4901/modifier?empty=1",
    "/moderation/photos/1/couvrir",
    "/moderation/photos/1/couvrir?refused=1",
    "/moderation/blocage",
    "/moderation/blocage?refused=1",
    "/moderation/blocage?empty=1",
    "/moderation-report",
    "/moderation-decision",
    "/moderation-decision?type=edited",
    "/moderation-decision?type=photo_hidden&comment",
    "/connexion?error=1&email=a@b.example",
    "/donnees/api?few=1",
    "/error/404",
    "/error/400?typed=1",
    "/error/403",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


SIDEWAYS = """() => [...document.querySelectorAll('body *')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.right > innerWidth + 1 && box.width && !e.closest('.filter-row, .mapw, .maplibregl-map, .sr, svg');
}).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
COVERED = """() => [...document.querySelectorAll('h1:not(.sr), form.filters .chip--kind')].filter((e) => {
    const box = e.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + Math.min(20, box.width / 2), box.top + box.height / 2);
    return top && !e.contains(top) && !top.contains(e);
}).map((e) => e.outerHTML.slice(0, 100))"""
# A map draws itself with styles of its own, which scripts may set; our pages have none.
STYLED = """() => [...document.querySelectorAll('[style]')]
    .filter((e) => !e.closest('.mapshell, .maplibregl-map')).map((e) => e.outerHTML.slice(0, 120))"""
# 44 px for what a thumb meets, counted with the space around; links inside sentences are exempt.
SMALL = """() => [...document.querySelectorAll(
    'button, summary, input:not([type=hidden]), select, a.btn, a.chip, .bar a')]
    .filter((e) => e.checkVisibility() && !e.closest('.sr, .keys-bar, dialog') && !e.matches('.photos-input'))
    .map((e) => [e, (e.closest('label, .search, .chip') || e).getBoundingClientRect()])
    .filter(([e, box]) => box.width)
    .filter(([e, box]) => box.height + (e.closest('.chip') ? 8 : 0) < (e.closest('.grab') ? 24 : 40))
    .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 100)}`)"""


def barriers(page: Visit) -> list[str]:
    """What axe finds, with the element and the reason."""
    return [
        f"axe {v['id']}: {v['help']} · {node['target']} · {node.get('failureSummary', '')}"
        for v in page.evaluate(RUN_AXE, TAGS)["violations"]
        for node in v["nodes"]
    ]


def seen(page: Visit, theme: Literal["light", "dark"] = "light") -> list[str]:
    """What is wrong on the page as it stands, by day or by night."""
    page.emulate_media(color_scheme=theme)
    settled(page)
    return barriers(page) + [f"covered: {each}" for each in page.evaluate(COVERED)]


def sideways(page: Visit) -> list[str]:
    """What sticks out at the right of the page."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"sticks out: {who}" for who in page.evaluate(SIDEWAYS)] or [f"scrolls by {wide} px"] * (wide > 0)


def turned(page: Visit, width: int, height: int) -> Visit:
    """The same page at another size, once it has settled."""
    page.set_viewport_size({"width": width, "height": height})
    settled(page)
    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_order_at_every_size_by_day_and_by_night(visit: Opener, path: str) -> None:
    page = visit(path)
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
    wrong += [f"styled by hand: {each}" for each in page.evaluate(STYLED)]
    # The status of an error page is itself reported by the console.
    wrong += [c for c in page.complaints if "Failed to load resource" not in c or "/error/" not in path]
    assert not wrong, "\n".join(wrong)


# What a reader may ask for: WCAG 1.4.4 (a computer zoomed to 200 % is 640 px wide) and 1.4.12.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
DRESS = "(rules) => { const own = new CSSStyleSheet(); own.replaceSync(rules); document.adoptedStyleSheets = [own] }"
MOVING = """() => document.getAnimations()
    .filter((a) => a.playState === 'running' && a.effect.getTiming().duration > 20)
    .map((a) => a.effect.target.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_bends_to_its_reader(visit: Opener, path: str) -> None:
    page = visit(path, reduced_motion="reduce", forced_colors="active")
    settled(page)
    page.evaluate(AXE.read_text("utf-8"))
    wrong = [f"moves: {each}" for each in page.evaluate(MOVING)]
    # There, colours are the reader's own.
    wrong += [f"forced colours: {each}" for each in barriers(page) if "axe color-contrast" not in each]
    wrong += [f"zoomed: {each}" for each in sideways(turned(page, 640, 400))]
    page.evaluate(DRESS, SPACED)
    for width in (390, 1280):
        wrong += [f"text spaced, {width} px: {each}" for each in sideways(turned(page, width, 800))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_device_keeps_and_a_photo_that_is_changed_are_in_order(visit: Opener, theme: str) -> None:
    page = visit("/contribuer/problem?lang=fr", theme=theme)
    page.set_input_files("#photos-input", file("a.jpg", two_colours()))  # type: ignore[arg-type]
    page.fill("#text", "Un brouillon d’une phrase assez longue pour prendre deux lignes sur un téléphone étroit.")
    page.get_by_role("button", name="Modifier la photo 1").click()
    page.get_by_role("button", name="Masquer une zone").click()
    page.evaluate(AXE.read_text("utf-8"))
    wrong = [f"editor: {each}" for each in barriers(page)]
    for width in (320, 390):
        wrong += [f"editor, {width} px: {each}" for each in sideways(turned(page, width, 640))]
    page.get_by_role("button", name="Garder").click()
    page.locator("#send").click()
    expect(page.locator("#place-errors .error")).to_be_visible()
    wrong += [f"problems: {each}" for each in barriers(page)]
    keeps(page, ("Un brouillon d’une phrase assez longue pour prendre deux lignes sur un téléphone étroit.", 1))
    page.goto(page.url.partition("/contribuer")[0] + "/brouillons")
    expect(page.locator(".kept-item")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.locator(".kept-item summary").click()
    page.evaluate(AXE.read_text("utf-8"))
    wrong += [f"drafts: {each}" for each in barriers(page)] + [f"small: {each}" for each in page.evaluate(SMALL)]
    for width in (320, 390, 1280):
        wrong += [f"drafts, {width} px: {each}" for each in sideways(turned(page, width, 640))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", [p for p in PAGES if "/error/" not in p])
def test_pages_speak_other_languages_without_overflowing(visit: Opener, path: str) -> None:
    page = visit(f"{path}{'&' if '?' in path else '?'}lang=en", width=320, height=640)
    for language in ("en", "eu"):
        if language != "en":
            page.goto(page.url.replace("lang=en", f"lang={language}"))
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
