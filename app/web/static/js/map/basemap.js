// @ts-check
/** MapLibre with our style, our letters and our file of tiles: what every map of the site starts from. */

import * as maplibre from "../../vendor/maplibre-gl/maplibre-gl.mjs";
import { Protocol } from "../../vendor/pmtiles/pmtiles.js";
import { still } from "../base.js";
import { addDot, buildStyle, FACES } from "./style.js";

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
 * @param {{basemap: string, worker: string, bounds?: number[], words: {map: string}}} config
 * @param {object} [options] MapLibre options
 * @param {(style: any) => any} [dress] adds sources and layers to each style that is built
 * @returns {Promise<any>} the map, once its style is there
 */
export async function openMap(container, config, options = {}, dress = (style) => style) {
  prepare(config.worker);
  await Promise.allSettled(FACES.map((face) => document.fonts.load(face, "Aéç")));
  const map = new maplibre.Map({
    container,
    style: dress(buildStyle(config)),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 20,
    minZoom: 5,
    fadeDuration: still() ? 0 : 200,
    locale: { "Map.Title": config.words.map },
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.on("style.load", () => addDot(map));
  map.on("error", (/** @type {any} */ event) => console.warn(event.error?.message || event));
  document.addEventListener("themechange", () => {
    map.setStyle(dress(buildStyle(config)));
    if (map.hasImage("dot")) addDot(map);
  });
  await new Promise((resolve) => map.once("load", resolve));
  return map;
}

export { maplibre };
