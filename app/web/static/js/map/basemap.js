// @ts-check
/** MapLibre with our style, our letters and our file of tiles: what every map of the site starts from. */

import * as maplibre from "../../vendor/maplibre-gl/maplibre-gl.mjs";
import { Protocol } from "../../vendor/pmtiles/pmtiles.js";
import { breath, still } from "../base.js";
import { addDot, buildStyle, fetchStyle, FACES } from "./style.js";

/** @typedef {import("./style.js").Background} Background */

let ready = false;

/** @param {string} worker address of MapLibre's worker, a real file of this site */
function prepare(worker) {
  if (ready) return;
  ready = true;
  maplibre.setWorkerUrl(new URL(worker, location.href).href);
  maplibre.addProtocol("pmtiles", new Protocol().tile);
}

/**
 * A map in `container`, whose colours follow the theme.
 * @param {HTMLElement} container
 * @param {{basemap: Background, worker: string, bounds?: number[], words: {map: string}}} config
 * @param {object} [options] MapLibre options
 * @param {(style: any) => any} [dress] adds sources and layers to each style that is built
 * @param {(map: any) => void} [place] where it looks, before it asks for any tile
 * @returns {Promise<any>} the map, once its style is there
 */
export async function openMap(container, config, options = {}, dress = (style) => style, place = () => {}) {
  await breath();
  prepare(config.worker);
  const [foreign] = await Promise.all([fetchStyle(config.basemap), ...FACES.map((face) => document.fonts.load(face, "Aéç").catch(() => {}))]);
  let lost = config.basemap.kind === "style" && !foreign;
  const style = () => dress(buildStyle(config.basemap, { foreign, lost }));
  const map = new maplibre.Map({
    container,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 20,
    minZoom: 5,
    fadeDuration: still() ? 0 : 200,
    validateStyle: config.basemap.kind === "style",
    locale: { "Map.Title": config.words.map },
    ...options,
  });
  maplibre.unhurried(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.on("style.load", () => addDot(map));
  const redraw = () => {
    map.setStyle(style());
    if (map.hasImage("dot")) addDot(map);
  };
  map.on("error", (/** @type {any} */ event) => {
    console.warn(event.error?.message || event);
    if (lost || !event.sourceId?.startsWith("base")) return;
    // A piece of the basemap could not be had: from now on the town's own edge lies under it.
    lost = true;
    redraw();
  });
  const loaded = new Promise((resolve) => map.once("load", resolve));
  await breath();
  place(map);
  await breath();
  map.setStyle(style());
  document.addEventListener("themechange", redraw);
  await loaded;
  await breath();
  return map;
}

/**
 * Whose map it is, as the licence asks.
 * @param {{basemap: Background}} config
 * @param {string} className
 */
export function credit(config, className) {
  const line = document.createElement("p");
  line.className = className;
  config.basemap.credits.forEach(({ text, url }, i) => {
    if (i) line.append(" · ");
    line.append(url ? Object.assign(document.createElement("a"), { href: url, rel: "noopener license", textContent: text }) : text);
  });
  return line;
}

export { maplibre };
