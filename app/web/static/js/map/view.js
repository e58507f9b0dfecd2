// @ts-check
/** The map of the home page: basemap, contributions from vector tiles, hotspots, the person's own place. */

import { painted, still, toast } from "../base.js";
import { openMap } from "./basemap.js";
import { gather, toMark } from "./cluster.js";
import { Marks } from "./marks.js";
import { palette } from "./style.js";

/** @typedef {import("./cluster.js").Mark} Mark */

const POINTS_FROM_ZOOM = 16;
/** The nearest tiles: until then a place may be so dense that its tiles still hold discs, fewer at each zoom (tiles.py, CROWD). */
const NEAREST_ZOOM = 19;
const EMPTY = { type: "FeatureCollection", features: [] };
/** Scales that people read, in metres. */
const STEPS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];

export class View {
  /**
   * @param {any} config
   * @param {import("../filters.js").Filters} filters
   * @param {import("./sheet.js").Sheet} sheet
   */
  static async open(config, filters, sheet) {
    const view = new View(config, filters, sheet);
    await view.start();
    return view;
  }

  /**
   * @param {any} config
   * @param {import("../filters.js").Filters} filters
   * @param {import("./sheet.js").Sheet} sheet
   */
  constructor(config, filters, sheet) {
    this.config = config;
    this.filters = filters;
    this.sheet = sheet;
    /** What was loaded, and what of it is drawn. */
    this.found = /** @type {any} */ (null);
    this.hotspots = /** @type {any} */ (EMPTY);
    this.me = /** @type {any} */ (EMPTY);
    /** The map's, in pixels: asked of the page it would be laid out anew, in the middle of what changes it. */
    this.size = { width: 0, height: 0 };
    /** @type {(mark: Mark) => void} */
    this.onPick = () => {};
    /** @type {(bounds: string) => void} */
    this.onMove = () => {};
    /** @type {Mark[]} */
    this.known = [];
  }

  async start() {
    const container = /** @type {HTMLElement} */ (document.getElementById("map"));
    const start = location.hash.startsWith("#map=") ? {} : { center: this.config.center, zoom: this.config.zoom };
    await openMap(container, this.config, { hash: "map", ...start }, (style) => this.dress(style), (map) => {
      this.map = map;
      const read = () => { this.size = { width: container.clientWidth, height: container.clientHeight }; };
      read();
      map.on("resize", read);
      this.pad();
      this.partial = !start.center || this.frame();
    });
    this.marks = new Marks(this.map, { icons: this.config.icons, onPick: (mark) => this.pick(mark) });
    this.map.on("sourcedata", (/** @type {any} */ event) => { if (event.sourceId === "contributions") this.later(); });
    this.map.on("zoom", () => this.later(90));
    this.map.on("moveend", () => { this.later(); this.measure(); this.onMove(this.bounds()); });
    this.map.on("idle", () => this.draw());
    this.map.getCanvas().addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") this.enter(); });
    document.getElementById("map-controls")?.addEventListener("click", (event) => this.control(event));
    this.map.on("click", () => this.fold());
    document.querySelector(".layers")?.addEventListener("keydown", (event) => { if (/** @type {KeyboardEvent} */ (event).key === "Escape") this.fold(); });
    document.getElementById("layer-hotspots")?.addEventListener("change", (event) => this.showHotspots(/** @type {HTMLInputElement} */ (event.target).checked));
    this.measure();
    this.draw();
  }

  /**
   * The whole town in the part of the map that is seen. Where a sheet leaves a low strip of it, the town fills the strip's
   * width instead of standing small in its middle.
   * @returns {boolean} whether a part of the town is out of sight
   */
  frame() {
    const [w, s, e, n] = this.config.bounds;
    // Beside a sheet only the edge is kept free; on a wide map, what floats at its sides too.
    const padding = this.sheet.active ? 12 : { top: 24, left: 24, right: 72, bottom: 64 };
    const whole = this.map.cameraForBounds([[w, s], [e, n]], { padding });
    const wide = Math.log2((this.size.width * 360) / (512 * (e - w)));
    const zoom = this.sheet.active ? Math.max(whole.zoom, Math.min(wide, whole.zoom + 1)) : whole.zoom;
    this.map.jumpTo({ center: whole.center, zoom });
    return zoom > whole.zoom;
  }

  /** Address of the contributions' tiles under the present filters. */
  tiles() {
    const params = this.filters.params();
    params.set("territory", this.config.territory);
    params.delete("sort");
    // The address leaves the usual period out; the tiles, which have none of their own, are told.
    params.set("period", this.filters.field("period")?.value ?? "all");
    return `${location.origin}${this.config.tiles}?${params}`;
  }

  /** @param {any} style */
  dress(style) {
    const c = palette();
    const invisible = { "circle-radius": 0, "circle-opacity": 0 };
    Object.assign(style.sources, {
      contributions: { type: "vector", tiles: [this.tiles()], minzoom: 0, maxzoom: NEAREST_ZOOM },
      hotspots: { type: "geojson", data: this.hotspots },
      me: { type: "geojson", data: this.me },
    });
    style.layers.push(
      { id: "hotspot", type: "fill", source: "hotspots", paint: { "fill-color": c("heat-4"), "fill-opacity": .22 } },
      { id: "hotspot-edge", type: "line", source: "hotspots", paint: { "line-color": c("heat-5"), "line-width": 2, "line-dasharray": [3, 2] } },
      { id: "me-area", type: "fill", source: "me", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c("focus"), "fill-opacity": .14 } },
      { id: "me-dot", type: "circle", source: "me", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": c("focus"), "circle-radius": 7, "circle-stroke-color": c("raised"), "circle-stroke-width": 3 } },
      // Drawn as elements (marks.js); these layers only make MapLibre fetch the tiles.
      { id: "cells", type: "circle", source: "contributions", "source-layer": "cells", paint: invisible },
      { id: "points", type: "circle", source: "contributions", "source-layer": "points", minzoom: POINTS_FROM_ZOOM, paint: invisible },
    );
    return style;
  }

  /** Filters changed: the same places, other tiles. */
  refresh() {
    this.map.getSource("contributions").setTiles([this.tiles()]);
  }

  /** Draw soon, once for many reasons. @param {number} [wait] */
  later(wait = 30) {
    if (this.timer) return;
    this.timer = setTimeout(() => { this.timer = 0; this.draw(); }, wait);
  }

  /** Read what the tiles hold and show it, gathered for this zoom. */
  draw() {
    if (this.map.isSourceLoaded("contributions") && !this.map.isZooming()) this.known = this.read();
    if (!this.known) return;
    const project = (/** @type {Mark} */ mark) => {
      const { x, y } = this.map.project([mark.lng, mark.lat]);
      return /** @type {[number, number]} */ ([x, y]);
    };
    const { width, height } = this.size;
    const inside = this.known.filter((mark) => {
      const [x, y] = project(mark);
      return x > -120 && y > -120 && x < width + 120 && y < height + 120;
    });
    this.marks.show(gather(inside, project));
  }

  /** @returns {Mark[]} what the loaded tiles hold; tiles overlap a little at their edges, so each thing is taken once */
  read() {
    // From near, tiles hold points, and cells where these would hide each other.
    const layers = Math.floor(this.map.getZoom()) >= POINTS_FROM_ZOOM ? ["cells", "points"] : ["cells"];
    const found = new Map();
    for (const sourceLayer of layers) {
      for (const feature of this.map.querySourceFeatures("contributions", { sourceLayer })) {
        const mark = toMark(feature.properties, feature.geometry.coordinates);
        found.set(mark.key, mark);
      }
    }
    return [...found.values()];
  }

  /** @param {Mark} mark */
  pick(mark) {
    if (mark.n === 1 && mark.ref) {
      this.marks.select(mark.ref);
      this.onPick(mark);
      return;
    }
    const zoom = Math.min(19, this.map.getZoom() + (this.map.getZoom() < 12 ? 2 : 1.6));
    if (this.map.getZoom() >= 18.9) {
      // At the end of the zoom, things at one door stay together: the list tells them apart.
      this.map.easeTo({ center: [mark.lng, mark.lat] });
      this.sheet.set("half");
    } else {
      painted(() => this.travel({ center: [mark.lng, mark.lat], zoom }));
    }
  }

  /** @param {object} camera */
  travel(camera) {
    if (still()) this.map.jumpTo(camera);
    else this.map.easeTo({ ...camera, duration: 320 });
  }

  /** @param {[number, number]} place */
  goTo(place) { this.travel({ center: place, zoom: Math.max(17, this.map.getZoom()) }); }

  /** Enter, on the keyboard: what is at the centre. */
  enter() {
    const mark = this.marks.central();
    if (!mark) return;
    this.pick(mark);
    if (mark.ref) document.querySelector(`#list [data-ref="${CSS.escape(mark.ref)}"], #card [data-ref]`)?.scrollIntoView({ block: "nearest" });
  }

  /** The part of the map that is not under the sheet is the part that counts. */
  pad() {
    const bottom = this.sheet.height === "full" ? 0 : this.sheet.shown;
    this.map?.setPadding({ top: this.sheet.active ? 120 : 0, right: 0, left: 0, bottom });
  }

  /** West, south, east, north of what is seen, in degrees. */
  bounds() {
    const padding = this.map.getPadding();
    const { width, height } = this.size;
    const a = this.map.unproject([0, padding.top]);
    const b = this.map.unproject([width, height - padding.bottom]);
    return [a.lng, b.lat, b.lng, a.lat].map((v) => v.toFixed(5)).join(",");
  }

  /** @param {Event} event */
  control(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-map]");
    if (!(button instanceof HTMLElement)) return;
    const zoom = this.map.getZoom();
    const act = {
      in: () => this.travel({ zoom: zoom + 1 }),
      out: () => this.travel({ zoom: zoom - 1 }),
      locate: () => this.locate(),
      layers: () => this.unfold(button),
    }[button.dataset.map || ""];
    act?.();
  }

  /** @param {HTMLElement} button */
  unfold(button) {
    const box = /** @type {HTMLElement} */ (document.getElementById("layers"));
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    // On a phone there is no room for it between the filters and a sheet that stands half high.
    if (!box.hidden && this.sheet.active) this.sheet.set("peek");
  }

  /** Close the box of the layers, if it is open; the focus goes back to its button when it was inside. */
  fold() {
    const box = /** @type {HTMLElement} */ (document.getElementById("layers"));
    if (box.hidden) return;
    const button = /** @type {HTMLElement} */ (document.querySelector("[data-map=layers]"));
    if (box.contains(document.activeElement)) button.focus();
    this.unfold(button);
  }

  locate() {
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        const [w, s, e, n] = this.config.bounds;
        const { longitude: lng, latitude: lat, accuracy } = coords;
        this.me = { type: "FeatureCollection", features: [circle(lng, lat, accuracy), { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lng, lat] } }] };
        this.map.getSource("me").setData(this.me);
        if (lng < w || lng > e || lat < s || lat > n) toast(this.config.words.outside);
        else this.goTo([lng, lat]);
      },
      () => toast(this.config.words.unlocated),
      { enableHighAccuracy: true, timeout: 10000 },
    );
  }

  /** @param {boolean} on */
  async showHotspots(on) {
    if (on && !this.found) {
      try {
        const answer = await fetch(`${this.config.hotspots}?${new URLSearchParams({ territory: this.config.territory })}`);
        if (!answer.ok) throw new Error(String(answer.status));
        this.found = await answer.json();
      } catch {
        toast(this.config.words.hotspots);
        return;
      }
    }
    if (on && !this.found.features.length) toast(this.config.words.calm);
    this.hotspots = on ? this.found : EMPTY;
    this.map.getSource("hotspots").setData(this.hotspots);
  }

  /** The bar of the scale: the longest round length within 96 pixels. */
  measure() {
    const bar = document.getElementById("scale");
    if (!bar) return;
    const metresPerPixel = (40075016.7 * Math.cos((this.map.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
    const metres = STEPS.filter((step) => step / metresPerPixel <= 96).pop() || STEPS[0];
    bar.style.width = `${metres / metresPerPixel}px`;
    bar.textContent = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  }
}

/**
 * A circle on the ground.
 * @param {number} lng
 * @param {number} lat
 * @param {number} radius metres
 */
export function circle(lng, lat, radius) {
  const dy = radius / 111320;
  const dx = dy / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: 49 }, (_, i) => [lng + dx * Math.cos((i * Math.PI) / 24), lat + dy * Math.sin((i * Math.PI) / 24)]);
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
