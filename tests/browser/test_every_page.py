"""What holds for every page: no barrier that axe can find, no sideways scroll, nothing against strict headers.

A page is opened once and turned through its sizes and themes: opening it and drawing a map in software is what costs,
and every failure of a page is told at once.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, keeps
from tests.browser.looking import AXE, READER, SMALL, barriers, bends, in_order, sideways, turned
from tests.browser.test_form import file, two_colours

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


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_order_at_every_size_by_day_and_by_night(visit: Opener, path: str) -> None:
    page = visit(path)
    wrong = in_order(page)
    # The status of an error page is itself reported by the console.
    wrong += [c for c in page.complaints if "Failed to load resource" not in c or "/error/" not in path]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_bends_to_its_reader(visit: Opener, path: str) -> None:
    wrong = bends(visit(path, **READER))
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
