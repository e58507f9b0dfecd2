"""What a screen reader is told of the form: names that say what a thing is for, and keep saying it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener


def test_a_name_says_what_it_is_for_without_what_stands_around(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr", has_touch=True, is_mobile=True)
    expect(page.locator("#photos-input")).to_have_accessible_name("Choisir des photos")
    expect(page.locator(".add--camera input")).to_have_accessible_name("Prendre une photo")
    expect(page.locator("summary", has_text="Propreté")).to_have_text(re.compile(r"Propreté\s*\d+ choix"))


def test_the_counter_is_for_the_eye_and_the_limit_is_told_once(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    text, status = page.locator("#text"), page.locator("#text-status")
    most = int(text.get_attribute("maxlength") or 0)
    text.fill("Un trou")
    expect(page.locator("label[for=text]")).to_contain_text(f"7 / {most}")
    expect(text).to_have_accessible_name("Décrivez en une phrase")
    expect(status).to_have_text("")
    page.evaluate(
        """() => {
          window.told = [];
          new MutationObserver(() => told.push(document.getElementById("text-status").textContent))
            .observe(document.getElementById("text-status"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    text.fill("a" * (most - 99))
    page.keyboard.type("bcd")
    expect(status).to_have_text(f"Bientôt {most} caractères\xa0: c’est la limite.")
    text.fill("Un trou")
    expect(status).to_have_text("")
    assert page.evaluate("told.filter(Boolean).length") == 1
