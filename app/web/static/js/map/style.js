// @ts-check
/**
 * The map's style, built from the page's `--map-*` custom properties: one palette for the page and its map, rebuilt when
 * the theme changes. The style has no `glyphs`: MapLibre then draws labels with the page's own letters, and no server of
 * glyphs is needed. Layers and classes are those of our basemaps (geodata/demo/README.md); one that a file lacks draws nothing.
 */

const REGULAR = ["Auzolan Medium"];
const STRONG = ["Auzolan Semibold"];
const ITALIC = ["Auzolan Medium Italic"];
const NAME = ["get", "name"];

/** Faces that the canvas will ask for; without them the first labels would come out in another letter. */
export const FACES = ["500 16px 'Auzolan Medium'", "600 16px 'Auzolan Semibold'"];

/**
 * The colours of the page, by role.
 * @param {Element} [root]
 * @returns {(role: string) => string}
 */
export function palette(root = document.documentElement) {
  const values = getComputedStyle(root);
  return (role) => values.getPropertyValue(`--${role}`).trim();
}

/**
 * A width that grows with the zoom: `[zoom, px]` pairs.
 * @param {...[number, number]} stops
 * @returns {any[]}
 */
const width = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops.flat()];

/** @param {string[]} classes */
const isClass = (...classes) => ["in", ["get", "class"], ["literal", classes]];

/**
 * @param {string} id
 * @param {string} source layer of the basemap
 * @param {string} colour
 * @param {any} [filter]
 * @param {object} [more]
 */
function area(id, source, colour, filter, more = {}) {
  const layer = /** @type {any} */ ({ id, type: "fill", source: "base", "source-layer": source, paint: { "fill-color": colour, "fill-antialias": true }, ...more });
  if (filter) layer.filter = filter;
  return layer;
}

/**
 * @param {string} id
 * @param {string} source
 * @param {string} colour
 * @param {any} thickness
 * @param {any} filter
 * @param {object} [paint]
 * @param {object} [more]
 */
function line(id, source, colour, thickness, filter, paint = {}, more = {}) {
  const layer = /** @type {any} */ ({
    id, type: "line", source: "base", "source-layer": source,
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": thickness, ...paint }, ...more,
  });
  if (filter) layer.filter = filter;
  return layer;
}

/**
 * @param {string} id
 * @param {string} source
 * @param {string} colour
 * @param {string} halo
 * @param {object} layout
 * @param {any} [filter]
 * @param {object} [more]
 */
function label(id, source, colour, halo, layout, filter, more = {}) {
  const layer = /** @type {any} */ ({
    id, type: "symbol", source: "base", "source-layer": source,
    layout: { "text-field": NAME, "text-font": REGULAR, "text-max-width": 8, "text-padding": 6, ...layout },
    paint: { "text-color": colour, "text-halo-color": halo, "text-halo-width": 1.5, "text-halo-blur": .3 }, ...more,
  });
  if (filter) layer.filter = filter;
  return layer;
}

const OVERGROUND = ["!", ["has", "tunnel"]];
const MAJOR = ["all", isClass("major"), OVERGROUND];
const STREET = ["all", isClass("street", "minor"), OVERGROUND];

/** @param {string[]} kinds */
const isKind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];

/** @param {(role: string) => string} c */
function ground(c) {
  return [
    { id: "land", type: "background", paint: { "background-color": c("map-land") } },
    area("block", "block", c("map-block")),
    area("park", "park", c("map-park")),
    area("wood", "wood", c("map-wood")),
    area("sand", "sand", c("map-sand")),
    area("water", "water", c("map-water")),
    area("pier", "pier", c("map-land")),
    area("square", "square", c("map-road")),
    area("building", "building", c("map-building"), null, { minzoom: 14, paint: { "fill-color": c("map-building"), "fill-outline-color": c("map-road-casing") } }),
  ];
}

/** @param {(role: string) => string} c */
function roads(c) {
  const street = width([11, .5], [13, 1.5], [15, 4.5], [17, 12], [19, 34]);
  const streetCase = width([13, 2.3], [15, 6.4], [17, 15], [19, 38]);
  const minor = ["interpolate", ["exponential", 1.6], ["zoom"], 14, ["match", ["get", "class"], "minor", 1, 2.6], 17, ["match", ["get", "class"], "minor", 6, 12], 19, ["match", ["get", "class"], "minor", 18, 34]];
  const minorCase = ["interpolate", ["exponential", 1.6], ["zoom"], 14, ["match", ["get", "class"], "minor", 1.8, 3.8], 17, ["match", ["get", "class"], "minor", 8, 15], 19, ["match", ["get", "class"], "minor", 21, 38]];
  const major = width([9, .9], [11, 1.8], [13, 3.6], [15, 7.5], [17, 18], [19, 46]);
  const majorCase = width([9, 1.7], [11, 3], [13, 5.2], [15, 9.5], [17, 21], [19, 50]);
  const sorted = { layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "order"] } };
  return [
    line("path", "road", c("map-road"), width([15, .8], [17, 2], [19, 6]), isClass("path", "steps"), { "line-dasharray": [3, 1.5] }, { minzoom: 15 }),
    line("tunnel", "road", c("map-road-casing"), width([11, .6], [15, 3], [17, 8]), ["all", ["has", "tunnel"], isClass("major", "street")], { "line-dasharray": [2, 2], "line-opacity": .7 }, { minzoom: 13, layout: { "line-cap": "butt" } }),
    line("street-case-far", "road", c("map-road-casing"), streetCase, ["all", isClass("street"), OVERGROUND], {}, { minzoom: 13, maxzoom: 14 }),
    line("street-case", "road", c("map-road-casing"), minorCase, STREET, {}, { minzoom: 14, ...sorted }),
    line("major-case", "road", c("map-major-casing"), majorCase, MAJOR),
    line("street-far", "road", c("map-road"), street, ["all", isClass("street"), OVERGROUND], {}, { maxzoom: 14 }),
    line("street", "road", c("map-road"), minor, STREET, {}, { minzoom: 14, ...sorted }),
    line("major", "road", c("map-major"), major, MAJOR),
    line("rail", "road", c("map-rail"), width([11, .8], [16, 2.6]), ["all", isClass("rail"), OVERGROUND]),
    line("rail-ties", "road", c("map-land"), width([13, .4], [16, 1.2]), ["all", isClass("rail"), OVERGROUND], { "line-dasharray": [5, 5] }, { minzoom: 13 }),
    line("border", "border", c("map-border"), width([8, .9], [14, 1.5]), null, { "line-dasharray": [6, 2, 1, 2] }),
  ];
}

/** @param {(role: string) => string} c */
function labels(c) {
  const ink = c("map-label");
  const halo = c("map-halo");
  const rank = { "symbol-sort-key": ["get", "rank"] };
  const landmarks = isKind("townhall", "station", "hospital", "market", "school", "culture", "safety", "sport");
  const near = { "text-size": 11.5, "text-anchor": "left", "text-justify": "left", "text-offset": [.7, 0], "icon-image": "dot", ...rank };
  return [
    label("street-name", "road", ink, halo, { "symbol-placement": "line", "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10.5, 17, 13], "text-padding": 12, "symbol-spacing": 300 }, ["has", "name"], { minzoom: 14 }),
    label("square-name", "label", ink, halo, { "text-size": 11.5, ...rank }, isKind("square"), { minzoom: 16 }),
    label("park-name", "label", c("map-park-label"), c("map-park"), { "text-size": 11.5, ...rank }, isKind("park"), { minzoom: 15 }),
    label("landmark", "label", ink, halo, near, landmarks, { minzoom: 15 }),
    label("town-hall", "label", ink, halo, near, isKind("townhall", "station"), { minzoom: 14, maxzoom: 15 }),
    label("water-name", "label", c("map-water-label"), c("map-water"), { "text-font": ITALIC, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 12, 15, 14], "text-letter-spacing": .04, "text-max-width": 12, ...rank }, isKind("water")),
    label("quarter", "label", ink, halo, { "text-font": STRONG, "text-size": 11, "text-letter-spacing": .14, "text-transform": "uppercase", ...rank }, isKind("quarter"), { minzoom: 13, maxzoom: 16.5 }),
    label("town", "label", ink, halo, { "text-font": STRONG, "text-size": ["interpolate", ["linear"], ["zoom"], 8, 12, 13, 17], ...rank }, isKind("town", "country"), { maxzoom: 14.5 }),
  ];
}

/**
 * The town's own edge, its parts and their names, on plain ground.
 * @param {(role: string) => string} c
 * @returns {any[]}
 */
function outlines(c) {
  const of = (/** @type {string} */ name) => ["==", ["get", "class"], name];
  const names = { "text-field": NAME, "text-font": STRONG, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 10.5, 15, 14], "text-letter-spacing": .06, "text-max-width": 8, "text-padding": 4 };
  return [
    { id: "outline-land", type: "background", paint: { "background-color": c("map-block") } },
    { id: "outline-town", type: "fill", source: "outlines", filter: of("town"), paint: { "fill-color": c("map-land") } },
    { id: "outline-part", type: "line", source: "outlines", filter: of("part"), layout: { "line-join": "round" }, paint: { "line-color": c("map-border"), "line-width": width([10, .7], [15, 1.6]), "line-opacity": .5 } },
    { id: "outline-border", type: "line", source: "outlines", filter: of("town"), layout: { "line-join": "round" }, paint: { "line-color": c("map-border"), "line-width": width([10, 1.6], [15, 3]) } },
    { id: "outline-name", type: "symbol", source: "outlines", filter: of("name"), layout: names, paint: { "text-color": c("map-label"), "text-halo-color": c("map-halo"), "text-halo-width": 1.5 } },
  ];
}

/** @typedef {{kind: string, url: string, outlines: string, tileSize: number, maxZoom: number, credits: {text: string, url: string}[]}} Background */

/**
 * Somebody's whole style, with every address made absolute and every name made its own; null for the other kinds, and when
 * it cannot be had.
 * @param {Background} basemap
 * @returns {Promise<any>}
 */
export async function fetchStyle(basemap) {
  if (basemap.kind !== "style") return null;
  const absolute = (/** @type {any} */ address) => (typeof address === "string" ? new URL(address, basemap.url).href.replaceAll("%7B", "{").replaceAll("%7D", "}") : address);
  try {
    const answer = await fetch(basemap.url, { credentials: "omit" });
    const style = await answer.json();
    const sources = Object.entries(style.sources).map(([name, source]) => [`base-${name}`, {
      ...source,
      ...(source.url && { url: absolute(source.url) }),
      ...(source.tiles && { tiles: source.tiles.map(absolute) }),
      ...(source.type === "geojson" && { data: absolute(source.data) }),
    }]);
    const layers = style.layers.map((/** @type {any} */ layer) => ({ ...layer, id: `base-${layer.id}`, ...(layer.source && { source: `base-${layer.source}` }) }));
    const sprite = Array.isArray(style.sprite) ? style.sprite.map((/** @type {any} */ one) => ({ ...one, url: absolute(one.url) })) : absolute(style.sprite);
    return { version: 8, ...(sprite && { sprite }), ...(style.glyphs && { glyphs: absolute(style.glyphs) }), sources: Object.fromEntries(sources), layers };
  } catch (error) {
    console.warn(error);
    return null;
  }
}

/**
 * The layers and sources of the town's basemap.
 * @param {Background} basemap
 * @param {any} foreign somebody's style
 * @param {(role: string) => string} c
 */
function drawn({ kind, url, tileSize, maxZoom }, foreign, c) {
  if (foreign) return foreign;
  const own = [...ground(c), ...roads(c), ...labels(c)];
  const tiled = url.includes("{z}") ? { tiles: [url], maxzoom: maxZoom } : { url };
  if (kind === "pmtiles") return { sources: { base: { type: "vector", url: `pmtiles://${new URL(url, location.href)}` } }, layers: own };
  if (kind === "vector") return { sources: { base: { type: "vector", ...tiled } }, layers: own };
  if (kind === "raster") return { sources: { base: { type: "raster", tileSize, ...tiled } }, layers: [{ id: "base", type: "raster", source: "base" }] };
  return { sources: {}, layers: [] };
}

/**
 * The whole style.
 * @param {Background} basemap
 * @param {{foreign?: any, lost?: boolean}} [state] `lost`: a piece of the basemap could not be had, so the town's own edge
 *   lies under it
 * @param {(role: string) => string} [c]
 * @returns {any} a MapLibre style
 */
export function buildStyle(basemap, { foreign = null, lost = false } = {}, c = palette()) {
  const base = drawn(basemap, foreign, c);
  const under = lost || !base.layers.length || basemap.kind === "raster";
  // Somebody's letters are not ours: under their style the parts go without their names.
  const edge = under ? outlines(c).filter((layer) => !foreign || layer.type !== "symbol") : [];
  const layers = [...edge, ...base.layers.filter((/** @type {any} */ layer) => !under || layer.type !== "background")];
  // Colours that are not ours stay what they are by night: a veil dims them.
  if (foreign || basemap.kind === "raster") layers.push({ id: "veil", type: "background", paint: { "background-color": c("map-land"), "background-opacity": Number(c("map-veil")) } });
  return { ...base, version: 8, sources: { ...base.sources, ...(under && { outlines: { type: "geojson", data: new URL(basemap.outlines, location.href).href } }) }, layers };
}

/**
 * The dot that stands before a landmark's name.
 * @param {any} map a MapLibre map
 * @param {(role: string) => string} [c]
 */
export function addDot(map, c = palette()) {
  const canvas = new OffscreenCanvas(18, 18);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.beginPath();
  pen.arc(9, 9, 5.5, 0, 7);
  pen.fillStyle = c("map-label");
  pen.strokeStyle = c("map-halo");
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  if (map.hasImage("dot")) map.removeImage("dot");
  map.addImage("dot", pen.getImageData(0, 0, 18, 18), { pixelRatio: 2 });
}
