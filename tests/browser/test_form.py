"""The form: it works alone, keeps what was typed, and never waits for the map."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from playwright.sync_api import Route, expect

from tests.browser.conftest import Opener, Visit, keeps, settled, until

STATIC = Path(__file__).parents[2] / "app/web/static"
FORM_BUDGET = 40 * 1024
MAP_BUDGET = 350 * 1024


def jpeg(place: tuple[float, float] | None = None) -> bytes:
    """A small JPEG, with a position (latitude, longitude) in its metadata when given."""
    image, out = Image.new("RGB", (64, 48), "teal"), io.BytesIO()
    exif = Image.Exif()
    if place:

        def parts(value: float) -> tuple[IFDRational, ...]:
            value = abs(value)
            minutes = (value % 1) * 60
            return (IFDRational(int(value)), IFDRational(int(minutes)), IFDRational(round((minutes % 1) * 6000), 100))

        lat, lon = place
        exif[0x8825] = {1: "N" if lat > 0 else "S", 2: parts(lat), 3: "E" if lon > 0 else "W", 4: parts(lon)}
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def test_without_scripts_it_is_sent_and_comes_back_with_what_was_typed(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr", java_script_enabled=False)
    page.fill("#email", "maite@exemple")
    page.locator("summary", has_text="Propreté").click()
    page.locator("[name=category][value=bin]").check()
    page.locator("#send").click()
    expect(page.locator("#problems")).to_contain_text("Écrivez au moins une phrase")
    expect(page.locator("#problems")).to_contain_text("Placez le repère")
    expect(page.locator("#email")).to_have_value("maite@exemple")
    expect(page.locator("[name=category][value=bin]")).to_be_checked()
    expect(page.locator("#lat")).to_be_visible()


def test_focus_goes_to_the_first_error(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.locator("#send").click()
    expect(page.locator("#place-errors")).to_be_focused()
    expect(page.locator("#problems li").first).to_contain_text("Placez le repère")


def test_photos_are_shown_taken_away_and_limited(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.set_input_files("#photos-input", [file(f"{i}.jpg", jpeg()) for i in range(7)])  # type: ignore[list-item]
    expect(page.locator("#photos figure")).to_have_count(5)
    expect(page.locator("#photos-status")).to_contain_text("5 photos au plus")
    page.get_by_role("button", name="Retirer la photo 1").click()
    expect(page.locator("#photos figure")).to_have_count(4)
    assert page.evaluate("document.getElementById('photos-input').files.length") == 4


def test_a_photo_only_proposes_its_place(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.set_input_files("#photos-input", file("a.jpg", jpeg((43.7384, 7.4246))))  # type: ignore[arg-type]
    way = page.get_by_role("button", name="Le lieu de la photo")
    expect(way).to_be_visible()
    assert page.input_value("#lat") == ""
    way.click()
    assert abs(float(page.input_value("#lat")) - 43.7384) < 1e-3
    assert abs(float(page.input_value("#lon")) - 7.4246) < 1e-3


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\xff\xffExif\0\0MM", b"GIF89a" * 40])
def test_a_photo_that_says_nothing_readable_proposes_nothing(visit: Opener, content: bytes) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.set_input_files("#photos-input", file("odd.jpg", content))  # type: ignore[arg-type]
    expect(page.locator("#photos figure")).to_have_count(1)
    expect(page.locator("[data-way=photo]")).to_be_hidden()
    assert [c for c in page.complaints if "Failed to load" not in c] == []


def test_questions_follow_the_category(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    expect(page.locator("[data-questions=lamp]")).to_be_hidden()
    page.locator("summary", has_text="Éclairage").click()
    page.locator("label.category", has_text="Lampadaire éteint").click()
    expect(page.locator("[data-questions=lamp]")).to_be_visible()
    # What is not asked is not sent.
    assert page.evaluate("document.querySelector('[data-questions=noise]').disabled")


def test_what_is_said_most_is_one_touch_away_and_a_photo_that_is_needed_is_asked_for(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr&lat=43.735&lon=7.42")
    row = page.locator("#suggested")
    expect(row).to_contain_text("Le plus souvent ici")
    row.get_by_role("button", name="Panneau abîmé").click()
    expect(page.locator("[name=category][value=sign]")).to_be_checked()
    expect(page.locator("#category-chosen")).to_contain_text("Panneau abîmé")
    expect(page.locator("#photos-wish")).to_have_text("il en faut au moins une ici")
    page.fill("#text", "Le panneau est tombé.")
    page.locator("#send").click()
    expect(page.locator("#problems")).to_contain_text("il faut une photo")
    page.get_by_role("button", name="Changer").click()
    row.get_by_role("button", name="Trou dans la chaussée").click()
    expect(page.locator("#photos-wish")).to_contain_text("conseillé")
    assert page.complaints == []


def test_the_chosen_category_is_a_card_and_the_list_comes_back_when_it_is_asked_for(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.locator("summary", has_text="Éclairage").click()
    page.locator("label.category", has_text="Lampadaire éteint").click()
    card = page.locator("#category-chosen")
    expect(card).to_contain_text("Lampadaire éteint")
    expect(card).to_be_in_viewport()
    expect(page.locator(".categories")).to_be_hidden()
    expect(page.get_by_role("button", name="Changer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card).to_be_hidden()
    lamp = page.locator("[name=category][value=lamp]")
    expect(lamp).to_be_focused()
    # Arrows go through the list, which stays open; it closes behind whoever leaves it.
    page.keyboard.press("ArrowDown")
    expect(lamp).not_to_be_checked()
    expect(page.locator(".categories")).to_be_visible()
    page.locator("#text").focus()
    expect(card).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    assert page.complaints == []


def test_what_is_mended_is_not_told_any_more(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr&lat=43.735&lon=7.42")
    page.locator("#send").click()
    lines = page.locator("#problems li")
    expect(lines).to_have_count(2)
    page.fill("#text", "Le banc est cassé.")
    expect(lines).to_have_count(1)
    expect(page.locator("#problems h2")).to_contain_text("Un point à corriger")
    expect(page.locator("#text-error")).to_have_count(0)
    expect(page.locator("#text")).not_to_have_attribute("aria-invalid", "true")
    page.locator("#problems a").click()
    expect(page.locator("#category-first")).to_be_focused()
    page.locator("#suggested").get_by_role("button", name="Trou dans la chaussée").click()
    expect(page.locator("#problems")).to_have_count(0)
    expect(page.locator("#category")).not_to_have_class("field--error")
    assert page.complaints == []


def test_the_summary_leads_to_a_question_made_of_boxes(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr&lat=43.735&lon=7.42")
    told = {"pointer": "/answers/where", "message": "Il manque une réponse."}
    refused = {"type": "about:blank", "title": "x", "status": 400, "detail": "x", "errors": [told]}
    page.route("**/api/v1/contributions?*", lambda route: route.fulfill(status=400, json=refused))
    page.locator("summary", has_text="Éclairage").click()
    page.locator("label.category", has_text="Lampadaire éteint").click()
    page.fill("#text", "Il ne s’allume plus.")
    page.locator("#send").click()
    question = page.get_by_role("group", name="Qu’est-ce qui reste dans le noir ?")
    expect(question).to_have_class("field several field--error")
    expect(question).to_have_accessible_description("Il manque une réponse.")
    first, second = question.get_by_role("checkbox").all()[:2]
    expect(first).to_be_focused()
    link = page.locator("#problems a")
    expect(link).to_have_text("Qu’est-ce qui reste dans le noir ? Il manque une réponse.")
    page.locator("#email").focus()
    link.click()
    expect(first).to_be_focused()
    expect(question.get_by_text("Il manque une réponse.")).to_be_in_viewport()
    page.locator("#email").focus()
    link.press("Enter")
    expect(first).to_be_focused()
    second.check()
    expect(page.locator("#problems")).to_have_count(0)
    expect(question).not_to_have_class("field several field--error")


def test_what_is_already_there_is_on_the_form_s_map_too(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    pin = page.locator("#place-map .mk--pin")
    expect(pin).to_have_count(1)
    pin.locator(".mk-in").dispatch_event("click")
    line = page.locator("#nearby-list li[data-at]")
    expect(line).to_be_in_viewport()
    expect(line.locator("a")).to_be_focused()
    assert page.input_value("#lat") == "", "the pin of the form stays"
    assert page.complaints == []


def test_an_answer_that_cannot_wait_stops_the_form(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.locator("summary", has_text="Éclairage").click()
    page.locator("label.category", has_text="Lampadaire éteint").click()
    danger = page.get_by_label("Un câble est-il à nu ?")
    danger.select_option("yes")
    expect(page.locator(".stop")).to_contain_text("Restez à plus de dix mètres")
    expect(page.locator(".stop .note")).to_be_visible()
    expect(page.get_by_role("link", name="Appeler le 112")).to_have_attribute("href", "tel:112")
    expect(page.locator("#send")).to_be_hidden()
    page.fill("#text", "Un câble pend.")
    page.keyboard.press("Tab")
    page.locator("#email").press("Enter")
    expect(page.locator("#problems")).to_contain_text("appelez tout de suite le 112")
    danger.select_option("no")
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator(".stop .note")).to_be_hidden()


def photographed(page: Visit, n: int = 1) -> None:
    """Give the form photos of a street that is red at its left and green at its right."""
    page.set_input_files("#photos-input", [file(f"{i}.jpg", two_colours()) for i in range(n)])  # type: ignore[arg-type]
    expect(page.locator("#photos figure")).to_have_count(n)


def two_colours(width: int = 3000, height: int = 1500) -> bytes:
    image, out = Image.new("RGB", (width, height), "green"), io.BytesIO()
    image.paste("red", (0, 0, width // 2, height))
    image.save(out, "JPEG")
    return out.getvalue()


def sent_photo(page: Visit, i: int = 0) -> Image.Image:
    """A photo as the form would send it now."""
    told = page.evaluate(
        "async (i) => [...new Uint8Array(await document.getElementById('photos-input').files[i].arrayBuffer())]", i
    )
    return Image.open(io.BytesIO(bytes(told))).convert("RGB")


def test_a_large_photo_is_made_light_before_it_leaves(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    photographed(page)
    assert sent_photo(page).size == (2048, 1024)


def test_a_photo_is_turned_and_blacked_out_with_a_finger(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    photographed(page)
    page.get_by_role("button", name="Modifier la photo 1").click()
    expect(page.locator(".editor-stage svg")).to_be_visible()
    settled(page)
    stage = page.locator(".editor-stage svg").bounding_box()
    assert stage
    page.mouse.move(stage["x"] + 4, stage["y"] + 4)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] / 4, stage["y"] + stage["height"] / 2, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Tourner à droite").click()
    page.get_by_role("button", name="Garder").click()
    expect(page.locator(".editor")).to_have_count(0)
    photo = sent_photo(page)
    assert photo.size == (1024, 2048)
    # The left of the street is above now; the rectangle that stood at its left and top is at the right.
    assert near(photo, 200, 200, (255, 0, 0))
    assert near(photo, 900, 200, (0, 0, 0))
    assert near(photo, 500, 1800, (0, 128, 0))


def test_a_photo_is_blacked_out_and_moved_with_the_keyboard_alone(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    photographed(page, 2)
    page.get_by_role("button", name="Modifier la photo 1").press("Enter")
    page.get_by_role("button", name="Masquer une zone").press("Enter")
    rectangle = page.get_by_role("button", name="Rectangle 1")
    expect(rectangle).to_be_focused()
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Placer après").press("Enter")
    expect(page.locator("#editor-title")).to_have_text("Photo 2 sur 2")
    page.get_by_role("button", name="Garder").press("Enter")
    expect(page.get_by_role("button", name="Modifier la photo 2")).to_be_focused()
    changed = sent_photo(page, 1)
    assert near(changed, 60, 512, (0, 0, 0))
    assert near(changed, 600, 512, (255, 0, 0))
    assert near(sent_photo(page, 0), 60, 512, (255, 0, 0))


def test_the_photos_of_a_comment_are_changed_like_any_others(visit: Opener) -> None:
    page = visit("/c/BAY-4768/commentaires?lang=fr")
    photographed(page)
    page.get_by_role("button", name="Modifier la photo 1").click()
    page.get_by_role("button", name="Masquer une zone").click()
    page.get_by_role("button", name="Garder").click()
    expect(page.locator(".editor")).to_have_count(0)
    photo = sent_photo(page)
    assert photo.size == (2048, 1024)
    assert near(photo, 1024, 512, (0, 0, 0)) and near(photo, 200, 512, (255, 0, 0))
    page.set_input_files("#photos-input", file("1.jpg", two_colours()))  # type: ignore[arg-type]
    page.get_by_label("Avec vos mots").fill("On voit bien qu’il manque de l’ombre.")
    # At once, while the second one is perhaps still being made light.
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Publier").click()
    assert sent.value.headers["content-type"].startswith("multipart/form-data")


def test_a_photo_that_the_browser_cannot_draw_is_sent_as_it_is(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.set_input_files("#photos-input", file("odd.heic", b"\0\0\0\x18ftypheic" * 20))  # type: ignore[arg-type]
    expect(page.locator("#photos figure")).to_have_count(1)
    page.get_by_role("button", name="Modifier la photo 1").click()
    expect(page.locator(".editor")).to_contain_text("ne sait pas modifier cette photo")
    page.get_by_role("button", name="Annuler").click()
    assert page.evaluate("document.getElementById('photos-input').files[0].size") == 240


def near(photo: Image.Image, x: int, y: int, colour: tuple[int, int, int]) -> bool:
    """Whether a point has a colour, as nearly as JPEG keeps it."""
    found = photo.getpixel((x, y))
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))  # type: ignore[arg-type]


def test_a_draft_survives_and_is_offered(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.fill("#text", "Trou dans la chaussée, rue Maubec")
    page.wait_for_url("**brouillon=*")
    page.reload()
    expect(page.locator("#text")).to_have_value("Trou dans la chaussée, rue Maubec")
    page.goto(page.url.partition("/contribuer")[0] + "/contribuer")
    expect(page.locator("#draft")).to_contain_text("rue Maubec")
    page.locator("#draft").click()
    expect(page.locator("#text")).to_have_value("Trou dans la chaussée, rue Maubec")
    # What is emptied is no draft any more.
    page.fill("#text", "")
    keeps(page)
    page.goto(page.url.partition("/contribuer")[0] + "/contribuer")
    expect(page.locator("#draft")).to_be_hidden()


def test_whoever_is_elsewhere_is_told_so_and_places_the_pin_by_hand(visit: Opener) -> None:
    brussels = {"latitude": 50.8466, "longitude": 4.3528}
    page = visit("/contribuer/problem?lang=fr", geolocation=brussels, permissions=["geolocation"])
    expect(page.locator("#place-map .maplibregl-canvas")).to_be_visible()
    page.locator("[data-way=locate]").click()
    name = page.locator("#place-name")
    expect(name).to_contain_text("Vous êtes en dehors de")
    expect(page.locator("#place-status")).to_contain_text("Glissez la carte jusqu’au lieu, ou écrivez l’adresse.")
    icon, words = page.locator(".place-line .i").bounding_box(), name.bounding_box()
    assert icon and words and words["x"] > icon["x"] + icon["width"] and words["y"] < icon["y"] + icon["height"]
    expect(page.locator("#lat")).to_have_value("")


def test_the_pin_is_placed_by_touching_and_by_arrows(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    page.wait_for_selector("#place-map .pointer", state="attached")
    settled(page)
    page.locator("#place-map .maplibregl-canvas").click(position={"x": 200, "y": 90})
    until(page, "document.getElementById('lat').value !== ''")
    lat = float(page.input_value("#lat"))
    page.locator("#place-map .maplibregl-canvas").focus()
    page.keyboard.press("ArrowDown")
    until(page, f"parseFloat(document.getElementById('lat').value) < {lat}")


def place(label: str, lon: float, lat: float, away: float | None = None) -> dict[str, object]:
    properties = {"label": label, "kind": "address", "distance_m": away, "score": 1}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}


def test_the_pin_is_told_by_its_address_and_an_address_is_chosen_among_those_found(visit: Opener) -> None:
    page = visit("/contribuer/problem?lang=fr")
    west, south, east, north = page.evaluate("JSON.parse(document.getElementById('form-config').textContent).bounds")
    lon, lat = (west + east) / 2, (south + north) / 2
    slow = {"name": "12 quai des Corsaires, 64100 Bayonne", "away": 4.0}

    def answer(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        found = [place("Rue du Banc, 64100 Bayonne", lon, lat), place("Place du Banc, 64100 Bayonne", lon, lat)]
        if "q" not in asked:
            # A geocoder that lies about where it is: the name is shown, the pin stays.
            found = [place(str(slow["name"]), lon + 1, lat + 1, float(slow["away"]))]
        route.fulfill(json={"type": "FeatureCollection", "features": found})

    def with_geocoder(route: Route) -> None:
        body = route.fetch().text()
        assert '"geocode": ""' in body
        route.fulfill(body=body.replace('"geocode": ""', '"geocode": "/api/v1/geocode"'), content_type="text/html")

    page.route("**/api/v1/geocode?*", answer)
    page.route("**/contribuer/problem?*", with_geocoder)
    page.reload()
    page.wait_for_selector("#place-map .pointer", state="attached")
    settled(page)
    page.locator("#place-map .maplibregl-canvas").click(position={"x": 200, "y": 90})
    expect(page.locator("#place-name")).to_have_text("12 quai des Corsaires")
    expect(page.locator("#place-more")).to_have_text("64100 Bayonne")
    put = (page.input_value("#lat"), page.input_value("#lon"), page.input_value("#address"))
    assert abs(float(put[0]) - lat) < 0.5 and put[2] == ""
    slow["away"] = 80.0
    page.locator("#place-map .maplibregl-canvas").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place-name")).to_have_text("Près de 12 quai des Corsaires")
    page.locator("[data-way=type]").click()
    page.fill("#address", "banc")
    expect(page.locator("#place-found button")).to_have_text(
        ["Rue du Banc, 64100 Bayonne", "Place du Banc, 64100 Bayonne"]
    )
    expect(page.locator("#place-status")).to_have_text("Lieux trouvés : 2. Choisissez le vôtre.")
    # Enter does not send the form: it leads to what is found, and the pin still waits for a choice.
    before = page.input_value("#lat")
    page.locator("#address").press("Enter")
    expect(page.locator("#place-found button").first).to_be_focused()
    assert (page.input_value("#lat"), page.input_value("#address")) == (before, "banc")
    expect(page.locator("#problems")).to_be_hidden()
    page.locator("#place-found button").first.press("Enter")
    expect(page.locator("#address")).to_have_value("Rue du Banc, 64100 Bayonne")
    expect(page.locator("#place-name")).to_have_text("Rue du Banc, 64100 Bayonne")
    expect(page.locator("#place-found button")).to_have_count(0)
    assert float(page.input_value("#lat")) == pytest.approx(lat, abs=1e-5)
    # The pin goes elsewhere: the address that was chosen does not follow it.
    page.locator("#place-map .maplibregl-canvas").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#address")).to_have_value("")


def weight(names: set[str]) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def modules(requests: list[str]) -> set[str]:
    """Modules of ours among what the browser asked for."""
    paths = {urlsplit(url).path for url in requests}
    return {p.removeprefix("/static/") for p in paths if p.startswith("/static/js/")}


def test_the_form_is_light(visit: Opener) -> None:
    asked: list[str] = []
    page = visit("/contribuer")
    page.on("request", lambda r: asked.append(r.url))
    page.goto(page.url + "/problem", wait_until="load")
    page.wait_for_timeout(2500)
    assert "js/form.js" in modules(asked)
    assert weight(modules(asked)) <= FORM_BUDGET


def test_the_home_page_is_light(visit: Opener) -> None:
    """Everything before the map is usable, but MapLibre and the tiles."""
    asked: list[str] = []
    page = visit("/contribuer")
    page.on("request", lambda r: asked.append(r.url))
    page.goto(page.url.replace("/contribuer", "/"), wait_until="load")
    until(page, "document.querySelectorAll('.mk').length > 0")
    ours = {urlsplit(u).path for u in asked if "/static/" in u and "/vendor/maplibre-gl/" not in u}
    assert any(path.endswith("view.js") for path in ours)
    assert weight({path.removeprefix("/static/") for path in ours}) <= MAP_BUDGET
