"""The browser that the other tests in this folder drive can draw a map."""

from __future__ import annotations

from playwright.sync_api import Browser


def test_the_browser_opens_a_page_and_draws_with_webgl(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content("<h1>Auzolan</h1><canvas></canvas>")
    assert page.inner_text("h1") == "Auzolan"
    assert page.evaluate("() => document.querySelector('canvas').getContext('webgl2') !== null")
    page.close()
