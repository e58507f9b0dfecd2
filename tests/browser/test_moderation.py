"""The moderators' queue at the keyboard."""

from __future__ import annotations

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
