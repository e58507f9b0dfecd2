"""The browser that the other tests in this folder drive can draw a map."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from tests.support import chromium


def test_the_browser_opens_a_page_and_draws_with_webgl() -> None:
    found = chromium.find()
    if found is None:
        pytest.fail("no Chromium on this machine: python -m tests.support.machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**found.launch_options())
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_content("<h1>Auzolan</h1><canvas></canvas>")
        assert page.inner_text("h1") == "Auzolan"
        assert page.evaluate("() => document.querySelector('canvas').getContext('webgl2') !== null")
        browser.close()
