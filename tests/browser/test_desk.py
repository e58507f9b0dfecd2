"""The desk at the keyboard, and without scripts."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Opener


def test_keys_walk_through_the_queue_without_reloading(visit: Opener) -> None:
    page = visit("/bureau?lang=fr", width=1280, height=800)
    page.evaluate("window.same = true")
    page.keyboard.press("j")
    page.wait_for_url("**/bureau/BAY-4790")
    expect(page.locator("#ticket")).to_have_attribute("data-reference", "BAY-4790")
    page.keyboard.press("j")
    page.wait_for_url("**/bureau/BAY-4817")
    expect(page.locator(".queue-row[aria-current=true]")).to_contain_text("BAY-4817")
    page.keyboard.press("k")
    page.wait_for_url("**/bureau/BAY-4790")
    assert page.evaluate("window.same")


def test_r_answers_and_what_is_half_written_is_kept(visit: Opener) -> None:
    page = visit("/bureau/BAY-4817?lang=fr", width=1280, height=800)
    page.keyboard.press("r")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Bonjour jkj")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_url("**/bureau/BAY-4822")
    expect(page.locator("#text")).to_have_value("")
    page.keyboard.press("k")
    page.wait_for_url("**/bureau/BAY-4817")
    expect(page.locator("#text")).to_have_value("Bonjour jkj")


def test_every_letter_is_printed_on_what_it_presses(visit: Opener) -> None:
    page = visit("/bureau/BAY-4817?lang=fr", width=1280, height=800)
    for button in page.locator("[data-key]").all():
        assert button.locator("kbd").inner_text() == button.get_attribute("data-key")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_a_key_sends_the_form_with_the_version(visit: Opener) -> None:
    page = visit("/bureau/BAY-4817?lang=fr", width=1280, height=800)
    page.fill("#text", "Réparé ce matin.")
    page.locator("#text").blur()
    # A browser that is closed while it still sends may never end.
    with page.expect_navigation(), page.expect_request(lambda r: r.method == "POST") as sent:
        page.keyboard.press("c")
    data = sent.value.post_data or ""
    assert "state=done" in data
    assert "version=7" in data
    assert "public=yes" in data


def test_without_scripts_lines_and_forms_work(visit: Opener) -> None:
    page = visit("/bureau?lang=fr", width=1280, height=800, java_script_enabled=False)
    page.locator(".queue-row").nth(1).click()
    page.wait_for_url("**/bureau/BAY-4817")
    page.fill("#text", "Réparé.")
    with page.expect_navigation(), page.expect_request(lambda r: r.method == "POST") as sent:
        page.get_by_role("button", name="Clore").click()
    assert "state=done" in (sent.value.post_data or "")


def test_the_pin_is_moved_on_a_map_and_the_fields_follow(visit: Opener) -> None:
    page = visit("/bureau/BAY-4817?lang=fr", width=1280, height=900)
    page.locator(".side-more > summary").click()
    button = page.get_by_role("button", name="Déplacer l’épingle sur la carte")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    canvas = page.locator("#pin-map .maplibregl-canvas")
    # The pin stands when the map is ready to be moved.
    page.locator("#pin-map .pointer").wait_for(state="attached")
    expect(page.locator("#lat")).to_have_value("")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lat")).not_to_have_value("")
    expect(page.locator("#pin-status")).to_contain_text("L’épingle est à")
    longitude = page.locator("#lon").input_value()
    place = page.evaluate("JSON.parse(document.getElementById('mini-config').textContent).place")
    assert float(longitude) > place[0]
    assert page.complaints == []
    with page.expect_navigation(), page.expect_request(lambda r: r.method == "POST") as sent:
        page.get_by_role("button", name="Corriger le lieu").click()
    assert sent.value.url.endswith("/bureau/BAY-4817/lieu")
    assert f"lon={longitude}" in (sent.value.post_data or "")
