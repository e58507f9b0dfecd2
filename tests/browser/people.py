"""The people of a day in town, as verbs: what a resident, an agent and a planner do in a browser."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import PATIENCE_MS, until
from tests.browser.real_town import PASSWORD, RealTown
from tests.unit.core.photo_samples import encoded, scene

Place = tuple[float, float]
"""Latitude, longitude."""


def phone_photo(place: Place) -> dict[str, object]:
    """A photo as a phone held upright stores it: lying on its side, with a note to turn it, and where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretPhoneMaker"
    block = exif.get_ifd(0x8825)
    for tag, letters, value in ((1, "NS", place[0]), (3, "EW", place[1])):
        minutes = abs(value) % 1 * 60
        block[tag] = letters[value < 0]
        block[tag + 1] = (float(int(abs(value))), float(int(minutes)), round(minutes % 1 * 60, 4))
    lying = scene(1200, 1600).transpose(Image.Transpose.ROTATE_90)
    return {"name": "IMG_0042.jpg", "mimeType": "image/jpeg", "buffer": encoded(lying, "JPEG", quality=80, exif=exif)}


@dataclass
class Person:
    """Somebody with a browser of their own."""

    browser: Browser
    town: RealTown
    width: int = 360
    height: int = 740
    scripts: bool = True
    worker: bool = False
    """Whether the browser may keep the site for when there is no network."""
    page: Page = field(init=False)
    complaints: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        context = self.browser.new_context(
            viewport={"width": self.width, "height": self.height},
            locale="fr-FR",
            java_script_enabled=self.scripts,
            reduced_motion="reduce",
            service_workers="allow" if self.worker else "block",
        )
        context.set_default_timeout(PATIENCE_MS)
        self.page = context.new_page()
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def goes_to(self, path: str) -> None:
        self.page.goto(self.town.address + path)

    def leaves(self) -> None:
        """Nothing went wrong on the way."""
        assert self.complaints == []
        self.page.context.close()


class Resident(Person):
    """Somebody who has something to say."""

    def begins(self, kind: str) -> None:
        self.goes_to("/")
        self.page.locator("a[href='/contribuer']:visible").first.click()
        self.page.locator(f"a.choice[href='/contribuer/{kind}']").click()
        self.page.wait_for_url(f"**/contribuer/{kind}")

    def sends(self, kind: str, category: str, text: str, *, photographed_at: Place) -> str:
        """From the map to the receipt, with a photo that says where; returns the number."""
        self.begins(kind)
        self.page.set_input_files("#photos-input", phone_photo(photographed_at))  # type: ignore[arg-type]
        expect(self.page.locator("#photos figure")).to_have_count(1)
        # The photo's place is only proposed: the pin stays away until its author says so.
        assert self.page.input_value("#lat") == ""
        self.page.locator("[data-way=photo]").click()
        assert abs(float(self.page.input_value("#lat")) - photographed_at[0]) < 1e-5
        self.chooses(category)
        self.page.fill("#text", text)
        self.page.locator("#send").click()
        return self.reads_the_receipt()

    def chooses(self, category: str) -> None:
        choice = self.page.locator(f"[name=category][value={category}]")
        self.page.locator("details.category-group", has=choice).locator("summary").click()
        self.page.locator("label.category", has=choice).click()
        expect(choice).to_be_checked()

    def reads_the_receipt(self) -> str:
        # What a refused form says is worth more than "no receipt".
        expect(self.page.locator(".receipt h1, #problems").first).to_have_text("C’est envoyé, merci.")
        number = self.page.locator("#reference").inner_text()
        assert re.fullmatch(r"[A-Z]{3}-\d+", number)
        expect(self.page.locator(".receipt-link a")).to_have_attribute("href", re.compile(f"/c/{number}/suivi/"))
        return number

    @staticmethod
    def photo(place: Place) -> dict[str, object]:
        return phone_photo(place)

    def finds_in_the_tiles(self, number: str, *, at: Place) -> bool:
        """Whether the map, brought near, asks a tile that holds this contribution (numbers are plain bytes in it)."""
        whole: list[Request] = []
        # Those of the first look may still be on their way, and are given up: only what came whole has a body to read.
        self.page.on("requestfinished", lambda r: whole.append(r) if "/tiles/contributions/" in r.url else None)
        self.page.evaluate("(center) => auzolanMap.map.jumpTo({center, zoom: 17})", [at[1], at[0]])
        until(self.page, f"auzolanMap.known.some((mark) => mark.ref === {number!r})")
        for _ in range(100):
            answers = [request.response() for request in whole]
            if any(number.encode() in answer.body() for answer in answers if answer and answer.status == 200):
                return True
            self.page.wait_for_timeout(100)
        return False

    def tabs_to(self, selector: str, most: int = 90) -> None:
        """Press Tab until the focus is there; a person without a mouse has no other way."""
        here = f"document.activeElement?.matches({selector!r})"
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(here):
                return
        raise AssertionError(f"{most} times Tab did not lead to {selector}")

    def reads(self, number: str) -> Page:
        """The public page."""
        self.goes_to(f"/c/{number}")
        expect(self.page.locator(".show-top")).to_contain_text(number)
        return self.page

    def sees_on_the_map(self) -> int:
        """How many contributions the map of the whole town shows, once it is drawn; the list must say the same."""
        self.goes_to("/")
        until(self.page, "document.querySelectorAll('.mk').length > 0 && auzolanMap.map.loaded()")
        self.page.evaluate("auzolanMap.map.zoomTo(auzolanMap.map.getZoom() - 1)")
        until(self.page, "auzolanMap.map.loaded() && !auzolanMap.map.isMoving()")
        # Both follow the map's movement a moment later, each in its own time.
        on_the_map = "auzolanMap.known.reduce((sum, mark) => sum + mark.n, 0)"
        until(self.page, f"String({on_the_map}) === document.getElementById('list-total').textContent.trim()")
        return int(self.page.locator("#list-total").inner_text())

    def sees_hotspots(self, *, at: Place | None = None, told: str = "") -> int:
        """How many areas the map draws once it is asked where things concentrate; what it tells besides goes soon."""
        self.goes_to("/")
        until(self.page, "window.auzolanMap?.map.loaded()")
        if at is not None:
            self.page.evaluate("(center) => auzolanMap.map.jumpTo({center, zoom: 16})", [at[1], at[0]])
        self.page.locator("[data-map=layers]").click()
        self.page.locator(".layers .checkline").click()
        if told:
            expect(self.page.locator(".toast")).to_have_text(told)
        until(self.page, "auzolanMap.found && auzolanMap.map.isSourceLoaded('hotspots') && auzolanMap.map.loaded()")
        drawn = "auzolanMap.map.queryRenderedFeatures({layers: ['hotspot']}).map((area) => area.properties.id)"
        return int(self.page.evaluate(f"new Set({drawn}).size"))


class Official(Person):
    """Somebody who signs in."""

    def signs_in(self, email: str) -> None:
        self.goes_to("/connexion")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/connexion" not in address)


class Agent(Official):
    """Somebody who answers."""

    def finds(self, number: str, *, queue: str, because: str) -> None:
        """Open it from the queue of a service; it says why it is there."""
        self.goes_to("/bureau")
        self.page.locator(".queue-pick summary").click()
        self.page.locator(".queue-pick a", has_text=queue).click()
        expect(self.page.locator("#queue-title")).to_have_text(queue)
        self.page.locator(".queue-row", has_text=number).click()
        expect(self.page.locator("#ticket")).to_have_attribute("data-reference", number)
        self.page.wait_for_url(f"**/bureau/{number}*")
        expect(self.page.locator(".why")).to_contain_text(because)

    def looks_at(self, text: str) -> None:
        """What was said, its photo and what happened so far."""
        expect(self.page.locator(".said-text")).to_contain_text(text)
        photo = self.page.locator(".ticket-photos img")
        expect(photo).to_have_js_property("complete", True)
        expect(photo).not_to_have_js_property("naturalWidth", 0)
        expect(self.page.locator(".side .tl")).to_contain_text("Transmis au service")

    def does(self, state: str, *, saying: str = "") -> None:
        """A move, with or without words for the public."""
        if saying:
            self.page.fill("#text", saying)
        button = self.page.locator(f".ticket-moves [name=state][value={state}]")
        if not button.is_visible():
            self.page.locator(".ticket-moves summary").click()
        with self.page.expect_navigation():
            button.click()
        expect(self.page.locator(".flash")).to_be_visible()

    def answers(self, saying: str) -> None:
        """Words for the public; the state stays."""
        self.page.fill("#text", saying)
        with self.page.expect_navigation():
            self.page.locator(".answer-foot [name=state][value='']").click()
        expect(self.page.locator(".flash")).to_have_text("C’est publié.")


class Planner(Official):
    """Somebody who looks for where things concentrate."""

    def counts(self) -> int:
        """What the observatory says of the last three months; its map and its table must say the same."""
        self.goes_to("/observatoire")
        said = self.page.locator(".obs-filters small").inner_text()
        total = int(re.sub(r"\D", "", said))
        frame = self.page.frame_locator(".obs-map iframe")
        expect(frame.locator(".leaflet-container")).to_be_visible()
        page = self.page.request.get(self.town.address + "/observatoire/carte").text()
        assert sum(int(n) for n in re.findall(r'"count": "(\d+)"', page)) == total
        return total


def upright_and_bare(data: bytes) -> None:
    """A published photo stands upright and says nothing but what it shows."""
    image = Image.open(io.BytesIO(data))
    assert dict(image.getexif()) == {}
    assert b"SecretPhoneMaker" not in data
    small = ImageOps.fit(image.convert("RGB"), (2, 2))
    assert image.width < image.height
    red, green, blue = small.getpixel((0, 0))  # type: ignore[misc]
    assert red > green + 60 and red > blue + 60
