"""The page of the API with everything unfolded, as a browser without scripts shows it."""

from __future__ import annotations

from tests.browser.conftest import Opener, until
from tests.browser.test_every_page import sideways


def test_everything_unfolds_without_a_script_and_fits(visit: Opener) -> None:
    page = visit("/donnees/api", java_script_enabled=False)
    entry = page.locator("#contributions_api_create")
    answer = entry.locator("details", has_text="201")
    assert not answer.locator("dl").is_visible()
    answer.locator("summary").click()
    assert "follow_url" in answer.locator("dl").inner_text()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    for width, height in ((320, 640), (390, 844), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        assert not sideways(page), width


def test_the_index_leads_to_each_operation_and_the_document(visit: Opener) -> None:
    page = visit("/donnees/api?lang=en", width=1280, height=800)
    links = [link.get_attribute("href") for link in page.locator(".api-index a").all()]
    assert len(links) == len(set(links)) == page.locator("article").count() > 15
    for link in links:
        assert page.locator(str(link)).count() == 1, link
    page.locator(".api-index a", has_text="/nearby").click()
    until(page, "document.getElementById('nearby_api_nearby').getBoundingClientRect().y < 400")
    answer = page.request.get(page.url.split("/donnees")[0] + str(page.locator(".api-links a").get_attribute("href")))
    assert answer.json()["openapi"] == "3.1.0"
    assert page.locator(".foot a", has_text="API").get_attribute("href").split("?")[0] == "/donnees/api"  # type: ignore[union-attr]
