// @ts-check
/**
 * Moving a ticket's pin at the desk: the map slides under a pin that stays, and the form's two fields follow. Typed
 * coordinates bring the map along. Nothing changes before the form is sent.
 */

import { fill, settings } from "./base.js";
import { credit, openMap } from "./map/basemap.js";

/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
/** @param {string} id */
const number = (id) => Number.parseFloat(field(id).value.replace(",", "."));

/** Open or close the map of the form; it is made the first time. */
export function toggle() {
  const button = /** @type {HTMLElement} */ (document.getElementById("place-on-map"));
  const host = /** @type {HTMLElement} */ (document.getElementById("pin-map"));
  host.hidden = !host.hidden;
  button.setAttribute("aria-expanded", String(!host.hidden));
  if (!host.hidden && !host.childElementCount) start(host).catch((error) => { console.error(error); host.hidden = true; });
}

/** @param {HTMLElement} host */
async function start(host) {
  const config = settings("mini-config");
  const typed = /** @type {[number, number]} */ ([number("lon"), number("lat")]);
  const map = await openMap(host, config, { center: typed.every(Number.isFinite) ? typed : config.place, zoom: 17.5 });
  host.append(pin(config), credit(config, "credit credit--mini"));
  const mark = /** @type {HTMLElement} */ (host.querySelector(".pointer"));
  map.on("movestart", () => mark.classList.add("is-lifted"));
  map.on("click", (/** @type {any} */ event) => map.easeTo({ center: event.lngLat, duration: 200 }, { byPerson: true }));
  map.on("moveend", (/** @type {any} */ event) => {
    mark.classList.remove("is-lifted");
    // A movement made by the program to show a place must not change that place.
    if (event.originalEvent || event.byPerson) take(map, config);
  });
  for (const id of ["lat", "lon"]) {
    field(id).addEventListener("change", () => {
      if (Number.isFinite(number("lat")) && Number.isFinite(number("lon"))) map.jumpTo({ center: [number("lon"), number("lat")] });
    });
  }
}

/** @param {any} config */
function pin(config) {
  const mark = document.createElement("div");
  mark.className = `pointer k-${config.kind}`;
  mark.dataset.kind = config.kind;
  mark.innerHTML = `<svg aria-hidden="true"><use href="${config.icons}#pin-${config.kind}"></use></svg>`;
  return mark;
}

/**
 * The centre of the map becomes the place.
 * @param {any} map
 * @param {any} config
 */
function take(map, config) {
  const { lng, lat } = map.getCenter();
  field("lat").value = lat.toFixed(6);
  field("lon").value = lng.toFixed(6);
  const status = document.getElementById("pin-status");
  if (status) status.textContent = fill(config.words.placed, { lat: lat.toFixed(5), lon: lng.toFixed(5) });
}
