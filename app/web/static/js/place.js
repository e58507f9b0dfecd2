// @ts-check
/**
 * Placing the pin: a map that slides under a pin that stays, so that a thumb never hides the place. Tap, drag, arrow keys,
 * the phone's position, a photo's position or typed coordinates: all end in the same two fields of the form.
 */

import { fill } from "./base.js";
import { geocode } from "./geocode.js";
import { credit, openMap } from "./map/basemap.js";
import { circle } from "./map/view.js";
import { palette } from "./map/style.js";

const MIN_ZOOM_TO_PLACE = 15;
/** So many metres from a door or a street, one is there; farther, near it. */
const THERE_M = 15;
/** Milliseconds without a movement or a letter before the geocoder is asked. */
const PAUSE_MS = 400;

export class Place {
  /**
   * @param {any} config
   * @param {HTMLFormElement} form
   * @param {(place: {lat: number, lon: number}) => void} onPlace
   */
  constructor(config, form, onPlace) {
    this.config = config;
    this.form = form;
    this.onPlace = onPlace;
    this.host = /** @type {HTMLElement} */ (document.getElementById("place-map"));
    this.line = /** @type {HTMLElement} */ (document.getElementById("place-name"));
    this.more = /** @type {HTMLElement} */ (document.getElementById("place-more"));
    this.status = /** @type {HTMLElement} */ (document.getElementById("place-status"));
    this.found = /** @type {HTMLElement} */ (document.getElementById("place-found"));
    this.placed = false;
    this.timer = 0;
    /** The address that was chosen among those found: it goes when the pin goes elsewhere. */
    this.chosen = "";
  }

  /** @param {string} name */
  field(name) { return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name)); }

  /** What the form holds, or null. @returns {[number, number] | null} longitude, latitude */
  get value() {
    const lat = Number.parseFloat(this.field("lat").value.replace(",", "."));
    const lon = Number.parseFloat(this.field("lon").value.replace(",", "."));
    return Number.isFinite(lat) && Number.isFinite(lon) ? [lon, lat] : null;
  }

  async start() {
    const start = this.value;
    const [w, s, e, n] = this.config.bounds;
    const margin = .05;
    this.map = await openMap(this.host, this.config, {
      center: start || this.config.center,
      zoom: start ? 17.5 : 15,
      maxBounds: [w - margin, s - margin, e + margin, n + margin],
    }, (style) => this.dress(style));
    const pin = document.createElement("div");
    pin.className = "pointer";
    pin.dataset.kind = this.config.kind;
    pin.innerHTML = `<svg aria-hidden="true"><use href="${this.config.icons}#pin-${this.config.kind}"></use></svg>`;
    this.host.append(pin, credit(this.config, "place-credit"));
    this.map.on("movestart", () => pin.classList.add("is-lifted"));
    this.map.on("click", (/** @type {any} */ event) => this.map.easeTo({ center: event.lngLat, duration: 200 }, { byPerson: true }));
    this.map.on("moveend", (/** @type {any} */ event) => {
      pin.classList.remove("is-lifted");
      // A movement made by the program to show a place must not change that place.
      if (event.originalEvent || event.byPerson) this.take();
    });
    for (const name of ["lat", "lon"]) this.field(name).addEventListener("change", () => { if (this.value) this.show(this.value, ""); });
    this.field("address").addEventListener("input", () => this.later(() => this.search()));
    this.field("address").addEventListener("keydown", (event) => {
      // Whoever looks for a place is not sending yet: Enter leads to what is found.
      if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); this.arrive(); }
    });
    if (start) this.tell("");
  }

  /** Once nothing happened for a moment. @param {() => void} run */
  later(run) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(run, PAUSE_MS);
  }

  /** @param {any} style */
  dress(style) {
    const c = palette();
    style.sources.me = { type: "geojson", data: this.me || { type: "FeatureCollection", features: [] } };
    style.layers.push(
      { id: "me-area", type: "fill", source: "me", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c("focus"), "fill-opacity": .14 } },
      { id: "me-dot", type: "circle", source: "me", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": c("focus"), "circle-radius": 7, "circle-stroke-color": c("raised"), "circle-stroke-width": 3 } },
    );
    return style;
  }

  /** The centre of the map becomes the place. */
  take() {
    const { lng, lat } = this.map.getCenter();
    const [w, s, e, n] = this.config.bounds;
    if (lng < w || lng > e || lat < s || lat > n) {
      this.status.textContent = this.config.words.outside;
      this.line.textContent = this.config.words.outside;
      return;
    }
    if (this.map.getZoom() < MIN_ZOOM_TO_PLACE) this.map.easeTo({ zoom: MIN_ZOOM_TO_PLACE + 1, duration: 200 });
    this.write(lng, lat, "");
  }

  /**
   * @param {number} lng
   * @param {number} lat
   * @param {string} accuracy metres, or ""
   */
  write(lng, lat, accuracy) {
    this.field("lat").value = lat.toFixed(6);
    this.field("lon").value = lng.toFixed(6);
    this.field("accuracy").value = accuracy;
    if (this.chosen && this.field("address").value === this.chosen) this.field("address").value = "";
    this.chosen = "";
    this.found.replaceChildren();
    this.tell(accuracy);
    this.form.dispatchEvent(new Event("change"));
    this.onPlace({ lat, lon: lng });
  }

  /** @param {string} accuracy */
  tell(accuracy) {
    const [lon, lat] = /** @type {[number, number]} */ (this.value);
    const text = fill(this.config.words.placed, { lat: lat.toFixed(5), lon: lon.toFixed(5) });
    this.line.textContent = this.field("address").value || text;
    this.more.textContent = accuracy ? fill(this.config.words.precise, { metres: accuracy }) : "";
    this.status.textContent = [text, this.more.textContent].filter(Boolean).join(", ");
    document.getElementById("place-tip")?.remove();
    if (!this.field("address").value) this.later(() => this.name(lon, lat));
  }

  /** Say what is where the pin is, for who does not read coordinates. @param {number} lon @param {number} lat */
  async name(lon, lat) {
    const [there] = await geocode(this.config.geocode, { lon: String(lon), lat: String(lat), limit: "1" });
    const still = this.value && this.value[0] === lon && this.value[1] === lat && !this.field("address").value;
    if (!there || !still) return;
    const [name, ...town] = there.label.split(", ");
    this.line.textContent = (there.away ?? 0) <= THERE_M ? name : fill(this.config.words.near, { place: name });
    const accuracy = this.field("accuracy").value;
    this.more.textContent = [town.join(", "), accuracy && fill(this.config.words.precise, { metres: accuracy })].filter(Boolean).join(" · ");
    this.status.textContent = [this.line.textContent, this.more.textContent].filter(Boolean).join(", ");
  }

  /** The places that have the words of the address: who wrote it chooses, and only then the pin moves. */
  async search() {
    const asked = this.field("address").value.trim();
    const places = asked.length < 3 ? [] : await geocode(this.config.geocode, { q: asked, limit: "4" });
    if (this.field("address").value.trim() !== asked || asked === this.chosen) return;
    this.found.replaceChildren(...places.map((place) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: place.label });
      button.addEventListener("click", () => this.choose(place));
      return button;
    }));
    if (asked.length >= 3) this.status.textContent = places.length ? fill(this.config.words.found, { n: places.length }) : this.config.words.unfound;
  }

  /** To the first of the places found, asking at once if that did not happen yet; it is not chosen by that. */
  async arrive() {
    clearTimeout(this.timer);
    if (!this.found.firstElementChild) await this.search();
    const first = this.found.querySelector("button");
    if (document.activeElement === this.field("address")) first?.focus();
  }

  /** @param {import("./geocode.js").Found} place */
  choose(place) {
    this.show(place.at, "");
    this.field("address").value = this.chosen = place.label;
    this.tell("");
    this.form.dispatchEvent(new Event("change"));
    this.field("address").focus();
  }

  /**
   * Bring the map and the pin to a place.
   * @param {[number, number]} place longitude, latitude
   * @param {string} accuracy metres, or ""
   */
  show(place, accuracy) {
    this.map?.jumpTo({ center: place, zoom: 17.5 });
    this.write(place[0], place[1], accuracy);
  }

  locate() {
    this.status.textContent = this.config.words.locating;
    navigator.geolocation?.getCurrentPosition(
      ({ coords: { longitude, latitude, accuracy } }) => {
        const [w, s, e, n] = this.config.bounds;
        if (longitude < w || longitude > e || latitude < s || latitude > n) {
          this.status.textContent = this.line.textContent = this.config.words.away;
          return;
        }
        this.me = { type: "FeatureCollection", features: [circle(longitude, latitude, accuracy), { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [longitude, latitude] } }] };
        this.map?.getSource("me")?.setData(this.me);
        this.show([longitude, latitude], String(Math.round(accuracy)));
      },
      () => { this.status.textContent = this.line.textContent = this.config.words.unlocated; },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 30000 },
    );
  }
}
