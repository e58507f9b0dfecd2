"""A photo on a slow network: how far it is, who hears of it, and how one stops it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, expect

from tests.browser.conftest import until
from tests.browser.real_town import RealTown, real_town
from tests.browser.walking import Walker, received
from tests.support.wire import wired

SLOW = 40_000
"""Bytes a second."""
TEXT = "Un trou, sur un réseau lent."


def heavy_photo() -> dict[str, object]:
    """Nothing that a JPEG makes lighter: some hundreds of kilobytes."""
    out = io.BytesIO()
    Image.effect_noise((900, 700), 90).convert("RGB").save(out, "JPEG", quality=80)
    return {"name": "rue.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    with real_town(tmp_path_factory.mktemp("slow"), f"{worker_name}_slow") as founded:
        yield founded


def slowed(tools: CDPSession, bytes_a_second: int) -> None:
    """The network of the page from now on; -1 is as fast as it goes."""
    through = {"downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second}
    tools.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, **through})


def test_a_slow_sending_is_told_by_quarters_and_stopped_without_a_loss(browser: Browser, town: RealTown) -> None:
    with wired(town.port) as wire:
        walker = Walker.on(browser, town, wire)
        page = walker.page
        walker.writes(TEXT, photos=0)
        page.set_input_files("#photos-input", heavy_photo())  # type: ignore[arg-type]
        expect(page.locator("#photos figure")).to_have_count(1)
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        slowed(tools, SLOW)
        walker.presses_send()
        expect(page.locator("#send-status")).to_contain_text("%")
        expect(page.locator("#send-progress")).to_be_visible()
        page.get_by_role("button", name="Arrêter l’envoi").click()
        expect(page.locator("#toasts")).to_contain_text("L’envoi est arrêté. Tout est gardé ici.")
        expect(page.locator("#send")).to_be_focused()
        expect(page.locator("#send")).to_have_text("Envoyer le signalement")
        expect(page.locator("#send-progress")).to_be_hidden()
        expect(page.locator("#send-stop")).to_be_hidden()
        assert received(town, TEXT) == []
        slowed(tools, -1)
        until(page, "document.querySelectorAll('#photos figure').length === 1")
        page.fill("#text", TEXT + " Deux.")
        walker.presses_send()
        walker.reads_the_receipt()
        assert received(town, TEXT) == []
        ((_, photos),) = received(town, TEXT + " Deux.")
        assert photos == 1
        page.context.close()
