"""The moderators' queue at the keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Opener

FOCUS = "document.activeElement.closest('.mod')?.id"


def test_a_moderator_decides_without_a_mouse(visit: Opener) -> None:
    page = visit("/moderation", width=1280)
    page.keyboard.press("j")
    assert page.evaluate(FOCUS) == "BAY-4901"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate(FOCUS) == "BAY-4902"
    # Nothing to publish there: the key does nothing, and H opens the reasons of that card.
    page.keyboard.press("a")
    page.keyboard.press("h")
    assert page.evaluate("document.activeElement.id") == "reason-BAY-4902"
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("a")
    assert page.url.endswith("/moderation/BAY-4901/publier?vue=all")


def test_a_plate_is_covered_with_the_keyboard_alone(visit: Opener) -> None:
    page = visit("/moderation/photos/1/couvrir?lang=fr", width=1280)
    page.get_by_label("Ce qu’il faut couvrir").fill("40 50 12 6\nune plaque")
    page.get_by_role("button", name="Dessiner sur la photo").press("Enter")
    # What was typed stands there, to be moved; no photo is turned here.
    expect(page.locator(".editor rect")).to_have_count(1)
    expect(page.get_by_role("button", name="Tourner à droite")).to_have_count(0)
    page.get_by_role("button", name="Masquer une zone").press("Enter")
    expect(page.get_by_role("button", name="Rectangle 2")).to_be_focused()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Garder").press("Enter")
    # The browser gives the focus back before it says that the dialog is closed: the field is written with what follows.
    expect(page.locator(".editor")).to_have_count(0)
    expect(page.get_by_role("button", name="Dessiner sur la photo")).to_be_focused()
    first, second = page.get_by_label("Ce qu’il faut couvrir").input_value().split("\n")
    assert first == "40 50 12 6"
    assert second.split()[0] == "0" and all(0 <= float(share) <= 100 for share in second.split())


def test_a_moderator_on_a_phone_finds_the_way_to_the_other_pages(visit: Opener) -> None:
    page = visit("/moderation?lang=fr", width=390)
    for name in ("File", "Liste de blocage", "Carte"):
        expect(page.locator(".top").get_by_role("link", name=name, exact=True)).to_be_in_viewport()
