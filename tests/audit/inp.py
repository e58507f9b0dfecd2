"""How long a phone's map takes to answer a hand (INP), with a processor four times slower.

Five thousand contributions are in sight (`crowd`). Without a graphics card the processor draws the map and the page
as well, four times slower too: what passes before and during our scripts is told apart from the time to the next frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.audit.crowd import LAT, LON, ZOOM
from tests.support import chromium

SLOWER = 4
# As browsers measure it: an interaction lasts as long as the longest of its events, until the next frame.
_WATCH = """
window.felt = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.interactionId) felt.push({
    id: one.interactionId, name: one.name, lasted: one.duration,
    waited: one.processingStart - one.startTime, scripts: one.processingEnd - one.processingStart,
  });
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
_USABLE = "window.auzolanMap?.known.reduce((sum, { n }) => sum + n, 0) > 4500 && auzolanMap.map.loaded()"


def measure(address: str) -> list[dict[str, Any]]:
    """What somebody does on the map, in order: `name`, and milliseconds: it `lasted` until the next frame, of which it
    `waited` for its turn, and our `scripts` took. The longest is the page's INP.
    """
    browser = chromium.find()
    assert browser is not None
    with sync_playwright() as play:
        opened = play.chromium.launch(**browser.launch_options())
        phone: Any = {
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "is_mobile": True,
            "locale": "fr-FR",
        }
        # Playwright waits by evaluating words, which our policy refuses.
        context = opened.new_context(**phone, service_workers="block", bypass_csp=True)
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto(f"{address}/#map={ZOOM}/{LAT}/{LON}")
        page.wait_for_function(_USABLE, timeout=60_000)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        found = [_felt(page, name, act) for name, act in ACTS.items()]
        opened.close()
    return found


def _felt(page: Page, name: str, act: Callable[[Page], None]) -> dict[str, Any]:
    page.evaluate("felt.length = 0")
    act(page)
    page.wait_for_timeout(3_000)
    events = page.evaluate("felt")
    worst = max(events, key=lambda one: float(one["lasted"]), default={"lasted": 0, "waited": 0, "scripts": 0})
    return {"name": name, **{part: round(worst[part]) for part in ("lasted", "waited", "scripts")}}


def _tap(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.tap()


def _tap_mark(kind: str) -> Callable[[Page], None]:
    """On the mark of that kind that is nearest to the middle of what is seen."""

    def act(page: Page) -> None:
        x, y = page.evaluate(
            """(kind) => [...document.querySelectorAll(`.mk--${kind}`)].map((mark) => {
              const box = (mark.querySelector("svg") || mark).getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }).filter(([x, y]) => x > 20 && x < 330 && y > 140 && y < 400)
              .sort((a, b) => Math.hypot(a[0] - 195, a[1] - 270) - Math.hypot(b[0] - 195, b[1] - 270))[0]""",
            kind,
        )
        page.touchscreen.tap(x, y)

    return act


def _drag_the_sheet(page: Page) -> None:
    box = page.locator("#sheet .grab").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tools = page.context.new_cdp_session(page)
    tools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        tools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 30 * step}]})
    tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def _type(page: Page) -> None:
    page.locator("[name=q]").tap()
    page.keyboard.type("lamp", delay=150)


ACTS: dict[str, Callable[[Page], None]] = {
    "open the filters": _tap(".filter-more"),
    "close them": _tap(".filter-more"),
    "take a kind away": _tap("[data-kind=praise]"),
    "bring it back": _tap("[data-kind=praise]"),
    "tap a pin": _tap_mark("pin"),
    "drag the sheet up": _drag_the_sheet,
    "lower it by its handle": _tap("#sheet .grab"),
    "type four letters": _type,
    "tap a disc": _tap_mark("cl"),
}
