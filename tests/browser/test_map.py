"""The map: discs and pins, filters, keyboard, the list beside it, and the page without scripts."""

from __future__ import annotations

import math
import re
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, Visit, settled, until
from tests.support.gallery_samples import BOUNDS, CENTER
from tests.support.gallery_tiles import FINEST, Town

MARKS = "document.querySelectorAll('.mk').length"


def ready(page: Visit) -> None:
    """Wait until the map has drawn its marks; software rendering on a busy machine takes its time."""
    until(page, f"{MARKS} > 3")


def test_discs_say_how_many_and_pins_never_do(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    assert (page.locator(".mk--cl text").first.text_content() or "").strip().isdigit()
    assert page.locator(".mk--pin text").count() == 0
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 375, 390, 412, 430])
def test_a_filter_that_has_the_focus_is_seen_whole_on_a_phone(visit: Opener, width: int) -> None:
    page = visit("/", width=width, height=844)
    ready(page)
    page.locator(".chip--kind").last.focus()
    page.keyboard.press("Tab")
    expect(page.locator("#period")).to_be_focused()
    until(page, "document.activeElement.getBoundingClientRect().right <= innerWidth - 10")


OVERLAPS = """() => {
    const discs = [...document.querySelectorAll('.mk--cl .mk-in')]
        .map((e) => e.getBoundingClientRect());
    const middle = (r) => [r.x + r.width / 2, r.y + r.height / 2];
    const far = (a, b) => Math.hypot(middle(a)[0] - middle(b)[0], middle(a)[1] - middle(b)[1]);
    const touch = (a, b) => far(a, b) < (a.width + b.width) / 2;
    return discs.flatMap((a, i) => discs.slice(i + 1).filter((b) => touch(a, b))).length;
}"""


def test_no_mark_covers_another(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    # Tiles of a far zoom may come first: what leaves still covers what comes, for the time of a movement.
    until(page, "auzolanMap.map.loaded()")
    until(page, f"({OVERLAPS})() === 0")
    assert page.locator(".mk--cl").count() > 3


def test_a_crowd_is_a_disc_until_one_is_near_enough_to_tell_its_parts(visit: Opener) -> None:
    cells = Counter((int(t.x * FINEST), int(t.y * FINEST)) for t in Town(CENTER, BOUNDS).things)
    ((column, row), crowd) = cells.most_common(1)[0]
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + 0.5) / FINEST))))
    page = visit(f"/#map=16/{lat}/{(column + 0.5) / FINEST * 360 - 180}")
    until(page, f"window.auzolanMap?.known.some((mark) => mark.n === {crowd})")
    until(page, "document.querySelectorAll('.mk--cl').length > 0")
    page.evaluate("auzolanMap.map.jumpTo({zoom: 18})")
    until(page, f"auzolanMap.known.length >= {crowd} && auzolanMap.known.every((mark) => mark.n === 1)")


def test_a_filter_changes_the_map_the_list_and_the_address(visit: Opener) -> None:
    page = visit("/?lang=fr", width=1280, height=800)
    ready(page)
    page.locator("[data-kind=problem]").click()
    page.locator("[data-kind=proposal]").click()
    page.wait_for_url("**kind=praise**")
    until(
        page,
        "[...document.querySelectorAll('.mk--pin')].every((e) => e.classList.contains('k-praise'))"
        " && document.querySelectorAll('.mk path.k-problem').length === 0 && document.querySelector('.mk')",
    )
    expect(page.locator("#list .item")).to_have_count(1)
    assert page.locator("#list .kindname").first.get_attribute("class") == "kindname k-praise"


LINES = "[...document.querySelectorAll('#list li')].map((li) => li.querySelector('[data-ref]').dataset.ref)"
STAYED = LINES.replace(".map(", ".filter((li) => li.stays).map(")


def test_lines_that_stay_in_the_list_are_left_alone_with_what_has_the_focus(visit: Opener) -> None:
    page = visit("/?lang=fr", width=1280, height=800)
    ready(page)
    before = page.evaluate(LINES)
    page.evaluate("document.querySelectorAll('#list li').forEach((li) => { li.stays = true; })")
    page.locator("#list .item:has(.k-proposal)").first.focus()
    chosen = page.evaluate("document.activeElement.dataset.ref")
    without = page.locator("#list li:not(:has(.k-praise)) [data-ref]").evaluate_all(
        "(all) => all.map((a) => a.dataset.ref)"
    )
    assert 0 < len(without) < len(before)
    # The filter changes as if by another hand: a click would take the focus.
    page.evaluate("document.querySelector('[data-kind=praise]').click()")
    until(page, f"{LINES}.length === {len(without)}")
    assert page.evaluate(LINES) == page.evaluate(STAYED) == without
    assert page.evaluate("document.activeElement.dataset.ref") == chosen
    page.evaluate("document.querySelector('[data-kind=praise]').click()")
    until(page, f"{LINES}.length === {len(before)}")
    assert page.evaluate(LINES) == before, "a line that comes back stands at its place"
    assert page.evaluate(STAYED) == without
    # A line of which the town says something new is another line.
    fragment = page.locator("#list").evaluate("(list) => list.innerHTML").replace('class="t">', 'class="t">Now: ')
    page.route("**/list-fragment?*", lambda route: route.fulfill(body=fragment, content_type="text/html"))
    page.locator("#state").select_option("done")
    until(page, f"{STAYED}.length === 0")
    assert page.evaluate(LINES) == before


def test_the_chips_count_what_the_other_filters_let_through(visit: Opener) -> None:
    page = visit("/?lang=fr", width=1280, height=800)
    counts = "{&#34;problem&#34;: 1234, &#34;praise&#34;: 0, &#34;proposal&#34;: 7}"
    empty = f'<div class="items" data-total="0" data-where="" data-counts="{counts}"></div>'
    page.route("**/list-fragment?*", lambda route: route.fulfill(body=empty, content_type="text/html"))
    expect(page.locator(".in-use")).to_be_hidden()
    page.locator("#state").select_option("done")
    for kind, told in (("problem", "1\u202f234"), ("praise", "0"), ("proposal", "7")):
        expect(page.locator(f"[data-count={kind}]")).to_have_text(told)
    expect(page.locator(".in-use")).not_to_have_attribute("hidden", "")


def test_the_order_stands_in_the_header_of_the_list_and_goes_into_the_address(visit: Opener) -> None:
    for width, target in ((1280, 24), (390, 44)):
        page = visit("/?lang=fr", width=width, height=800)
        ready(page)
        order = page.locator(".list-head").get_by_label("Ordre de la liste")
        box = order.locator("..").bounding_box()
        assert box is not None
        assert box["height"] >= target
        order.select_option("oldest")
        page.wait_for_url("**sort=oldest**")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_nearest_are_counted_from_the_middle_of_the_map(visit: Opener) -> None:
    page = visit("/?lang=fr", width=1280, height=800)
    ready(page)
    order = page.get_by_label("Ordre de la liste")
    with page.expect_request("**/list-fragment?**sort=nearest**") as asked:
        order.select_option("nearest")
    before = _near(asked.value.url)
    middle = page.evaluate("auzolanMap.map.getCenter().toArray()")
    assert before == pytest.approx(middle, abs=0.001)
    with page.expect_request("**/list-fragment?**sort=nearest**") as asked:
        page.evaluate("auzolanMap.map.panBy([0, -200], {duration: 0})")
    assert _near(asked.value.url)[1] > before[1]
    # Whoever is sent this view is asked nothing: the list follows their own map.
    with page.expect_request("**/list-fragment?**near=**"):
        page.reload()
    ready(page)
    expect(order).to_have_value("nearest")


def _near(address: str) -> list[float]:
    return [float(part) for part in parse_qs(urlsplit(address).query)["near"][0].split(",")]


def test_the_keyboard_moves_zooms_and_opens(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    page.locator("#map .maplibregl-canvas").focus()
    before = page.evaluate("auzolanMap.map.getZoom()")
    page.keyboard.press("+")
    until(page, f"auzolanMap.map.getZoom() > {before} + .5")
    center = page.evaluate("auzolanMap.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    until(page, f"auzolanMap.map.getCenter().lng > {center}")
    # Come near enough for single pins, bring one under the centre, as somebody would with the arrows, then open it.
    page.evaluate("auzolanMap.map.jumpTo({zoom: 16})")
    until(page, "auzolanMap.known.some((mark) => mark.ref)")
    page.evaluate(
        """async () => {
            const one = auzolanMap.known.find((mark) => mark.ref);
            auzolanMap.map.jumpTo({center: [one.lng, one.lat], zoom: 19});
        }"""
    )
    until(page, "auzolanMap.marks.central()?.ref")
    page.locator("#map .maplibregl-canvas").press("Enter")
    expect(page.locator(".mk--on")).to_have_count(1)
    expect(page.locator("#card .item--on, #list .item--on").first).to_be_visible()


COUNT_DURING_ZOOM = """async () => {
    const seen = [];
    const watch = setInterval(() => seen.push(document.querySelectorAll('.mk').length), 16);
    for (const by of [1, 1, -2]) {
        auzolanMap.map.easeTo({zoom: auzolanMap.map.getZoom() + by, duration: 320});
        await new Promise((done) => setTimeout(done, 1500));
    }
    clearInterval(watch);
    return Math.min(...seen);
}"""


def test_zooming_never_blinks(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    assert page.evaluate(COUNT_DURING_ZOOM) > 0


def test_tab_meets_the_map_once(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    stops = page.evaluate(
        "[...document.querySelectorAll('#map *')].filter((e) => e.tabIndex >= 0).map((e) => e.tagName)"
    )
    assert stops == ["CANVAS"]


def test_the_theme_changes_the_map_too(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    land = "auzolanMap.map.getPaintProperty('land', 'background-color')"
    light = page.evaluate(land)
    page.locator("[data-theme-choice=dark]").click()
    until(page, f"{land} !== {light!r}")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_sheet_has_three_heights_by_button_and_keyboard(visit: Opener) -> None:
    page = visit("/")
    sheet, grab = page.locator("#sheet"), page.locator(".grab")
    expect(sheet).to_have_attribute("data-height", "half")
    grab.click()
    expect(sheet).to_have_attribute("data-height", "full")
    grab.press("Escape")
    expect(sheet).to_have_attribute("data-height", "peek")
    grab.press("ArrowUp")
    expect(sheet).to_have_attribute("data-height", "half")


def test_the_sheet_is_dragged(visit: Opener) -> None:
    page = visit("/")
    expect(page.locator("#sheet")).to_have_attribute("data-height", "half")
    settled(page)
    box = page.locator(".grab").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, 780, steps=8)
    page.mouse.up()
    expect(page.locator("#sheet")).to_have_attribute("data-height", "peek")


def test_without_scripts_the_list_says_the_same(visit: Opener) -> None:
    page = visit("/?lang=fr", java_script_enabled=False)
    expect(page.locator("#list .item")).to_have_count(8)
    expect(page.get_by_text("La carte a besoin de JavaScript")).to_be_visible()
    page.locator("[data-kind=problem]").click()
    page.wait_for_url("**kind=praise%2Cproposal**")
    page.select_option("#period", "30")
    page.get_by_role("button", name="Filtrer").click()
    page.wait_for_url("**period=30**")
    assert "kind=praise%2Cproposal" in page.url


def test_a_search_for_a_number_opens_it(visit: Opener) -> None:
    page = visit("/?lang=fr")
    page.fill("#q", "bay4817")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/BAY-4817")


def test_words_filter_the_map_and_its_list(visit: Opener) -> None:
    page = visit("/?lang=fr")
    until(page, "Boolean(window.auzolanMap)")
    page.fill("#q", "banc")
    with page.expect_response(lambda answer: "/tiles/" in answer.url and "q=banc" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_url("**q=banc**")
    with page.expect_response(lambda answer: "/list-fragment" in answer.url and "q=banc" not in answer.url):
        page.fill("#q", "")
    page.wait_for_url(lambda address: "q=" not in address)


PLACES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-1.4748, 43.4929]},
            "properties": {"label": "Rue du Banc", "kind": "street", "distance_m": None, "score": 1},
        }
    ],
}


def test_whoever_may_mean_a_place_or_words_is_asked(visit: Opener) -> None:
    page = visit("/?lang=fr")
    until(page, "Boolean(window.auzolanMap)")
    page.route("**/api/v1/geocode?*", lambda route: route.fulfill(json=PLACES))
    page.evaluate("auzolanMap.config.geocode = '/api/v1/geocode'")
    page.fill("#q", "banc")
    page.keyboard.press("Enter")
    offered = page.locator("#found button")
    expect(offered).to_have_text(["218 avec ces mots", "Rue du Banc"])
    expect(offered.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(offered.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Enter")
    offered.last.click()
    until(page, "Math.abs(auzolanMap.map.getCenter().lng + 1.4748) < 1e-3")
    assert "q=" not in page.url


GATHER = """async () => {
    const { gather, toMark } = await import('/static/js/map/cluster.js');
    const dot = (i) => toMark({n: 1 + i % 7, problem: 1 + i % 7}, [(i * 37) % 300, (i * 91) % 300]);
    const dots = Array.from({length: 400}, (_, i) => dot(i));
    const marks = gather(dots, (mark) => [mark.lng, mark.lat]);
    return {before: dots.reduce((a, m) => a + m.n, 0), after: marks.reduce((a, m) => a + m.n, 0),
            kinds: marks.reduce((a, m) => a + m.kinds[0], 0), count: marks.length};
}"""


def test_gathering_loses_nothing(visit: Opener) -> None:
    result = visit("/liste").evaluate(GATHER)
    assert result["before"] == result["after"] == result["kinds"]
    assert 1 < result["count"] < 60


def test_the_ring_goes_clockwise_from_noon(visit: Opener) -> None:
    arcs = visit("/liste").evaluate("async () => (await import('/static/js/map/cluster.js')).arcs([1, 1, 2], 20)")
    assert [arc["kind"] for arc in arcs] == ["problem", "praise", "proposal"]
    starts = [tuple(map(float, re.findall(r"-?[\d.]+", arc["path"])[:2])) for arc in arcs]
    assert starts[0][0] > 0 > starts[0][1]  # just after noon: right of the middle, above it
    assert starts[1][0] > 0 and starts[1][1] > 0  # just after three o'clock
    assert starts[2][1] > 0 > starts[2][0]  # just after six o'clock


RENDERS_WHEN_IDLE = """async () => {
    let renders = 0;
    auzolanMap.map.on('render', () => { renders += 1; });
    await new Promise((done) => setTimeout(done, 5000));
    return renders;
}"""


def test_a_map_that_nobody_touches_draws_nothing(visit: Opener) -> None:
    page = visit("/", width=1280, height=800)
    ready(page)
    until(page, "auzolanMap.map.loaded() && !auzolanMap.map.isMoving()")
    # What was asked for just before may still arrive; after that, nothing moves.
    assert 0 in (page.evaluate(RENDERS_WHEN_IDLE) for _ in range(20))


PICTURE = """(selector) => {
    const shown = document.querySelector(`#map ${selector}`);
    if (!shown?.width) return [];
    const copy = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
    const page = copy.getContext('2d');
    page.drawImage(shown, 0, 0, 64, 64);
    const colours = new Uint32Array(page.getImageData(0, 0, 64, 64).data.buffer);
    return [new Set(colours).size, colours.reduce((sum, one) => (sum * 31 + one) >>> 0, 7)];
}"""
"""How many colours a picture of the map has, and a number that changes with it."""


def drawn(page: Visit) -> int:
    """Which picture a processor drew, once there is one."""
    until(page, f"auzolanMap.map.resting() && ({PICTURE})('.map-aside')[0] > 4")
    return int(page.evaluate(PICTURE, ".map-aside")[1])


def test_a_map_that_a_processor_draws_is_shown_follows_the_hand_and_outlives_its_context(visit: Opener) -> None:
    page = visit("/")
    ready(page)
    first = drawn(page)
    # At once the picture goes along, then another one comes.
    assert "translate(-150px" in page.evaluate(
        """() => {
            auzolanMap.map.panBy([150, 0], {animate: false});
            return document.querySelector('.map-aside').style.transform;
        }"""
    )
    until(page, f"({PICTURE})('.map-aside')[1] !== {first}")
    until(page, "document.querySelector('.map-aside').style.transform.startsWith('translate(0px')")
    page.set_viewport_size({"width": 844, "height": 390})
    until(page, "document.querySelector('.map-aside').width === document.querySelector('.maplibregl-canvas').width")
    page.evaluate(
        """async () => {
            const { map } = auzolanMap;
            const lost = map.painter.context.gl.getExtension('WEBGL_lose_context');
            lost.loseContext();
            await map.once('webglcontextlost');
            // Not before the loss has been told to all.
            await new Promise((done) => setTimeout(done));
            lost.restoreContext();
            await map.once('webglcontextrestored');
        }"""
    )
    assert page.locator(".map-aside").count() == 1
    drawn(page)
    assert page.complaints == []


def test_a_map_that_a_card_draws_is_shown_as_it_is_drawn(visit: Opener) -> None:
    # What draws is not told apart by a browser that keeps it to itself.
    page = visit(
        "/",
        before="""const known = WebGL2RenderingContext.prototype.getExtension;
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                return name === 'WEBGL_debug_renderer_info' ? null : known.call(this, name);
            };
            const made = HTMLCanvasElement.prototype.getContext;
            HTMLCanvasElement.prototype.getContext = function (kind, how) {
                return made.call(this, kind, kind === 'webgl2' ? { ...how, preserveDrawingBuffer: true } : how);
            };""",
    )
    ready(page)
    until(page, f"auzolanMap.map.loaded() && ({PICTURE})('.maplibregl-canvas')[0] > 4")
    assert page.locator(".map-aside").count() == 0
    assert page.complaints == []
