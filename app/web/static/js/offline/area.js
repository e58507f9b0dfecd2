// @ts-check
/**
 * A part of the map kept on the device: the pieces of the basemap and the tiles of contributions that the map would ask for
 * there, under the names by which the service worker finds them again.
 */

import { PMTiles } from "../../vendor/pmtiles/pmtiles.js";
import { fill, settings, toast } from "../base.js";
import { isFull } from "./store.js";

const KEPT = "auzolan-kept";
const SEEN = "auzolan-seen";
const ABOUT = "/hors-connexion/zone";
/** More pieces than this would be a burden for the town's server and for the device. */
const MOST = 600;
const AT_ONCE = 4;
/** From the town as a whole down to single contributions. */
const ZOOMS = { from: 12, base: 16, points: 16 };

/** @typedef {{at: number, bytes: number, place: string}} About when, how heavy, and where: zoom/latitude/longitude */
/** @typedef {[number, number, number, number]} Bounds west, south, east, north */

/** What is kept, or null. @returns {Promise<About | null>} */
export async function keptArea() {
  const found = "caches" in globalThis ? await (await caches.open(KEPT)).match(ABOUT) : undefined;
  return found ? found.json() : null;
}

/** Make room. */
export const forgetArea = () => caches.delete(KEPT);

/** What the map shows, and everything on the way down to its contributions. @param {import("../map/view.js").View} view */
export async function keepSeen(view) {
  const words = settings("offline-words");
  const status = document.getElementById("keep-status");
  const say = (/** @type {string} */ text) => { if (status) status.textContent = text; };
  try {
    const list = await pieces(view, ZOOMS.from, ZOOMS.base, ZOOMS.points);
    if (list.length > MOST) { say(words.toolarge); return; }
    await forgetArea();
    const cache = await caches.open(KEPT);
    let bytes = 0;
    let done = 0;
    await inTurn(list, async (piece) => {
      // Read once it is there: several pieces are on their way, and each adds its own.
      const heavier = await piece(cache);
      bytes += heavier;
      done += 1;
      say(fill(words.keeping, { n: Math.round((100 * done) / list.length) }));
    });
    const { lng, lat } = view.map.getCenter();
    const about = { at: Date.now(), bytes, place: `${view.map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}` };
    await cache.put(ABOUT, new Response(JSON.stringify(about), { headers: { "Content-Type": "application/json" } }));
    say(fill(words.keptarea, { size: weight(bytes) }));
    toast(fill(words.keptarea, { size: weight(bytes) }));
    // Asked of the browser: not to throw this away when it tidies up.
    navigator.storage?.persist?.();
  } catch (error) {
    await forgetArea();
    say(isFull(error) ? words.full : words.unkeptarea);
  }
}

/** On the very first visit the map was there before the service worker: what it shows is fetched for it. @param {import("../map/view.js").View} view */
export async function touch(view) {
  const zoom = Math.floor(view.map.getZoom());
  const cache = await caches.open(SEEN);
  const list = await pieces(view, zoom, Math.min(zoom, ZOOMS.base), Math.min(zoom, ZOOMS.points));
  if (list.length < 60) await inTurn(list, (piece) => piece(cache).catch(() => 0));
}

/** @param {number} bytes */
export const weight = (bytes) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);

/**
 * What there is to fetch; each piece puts itself into a cache and tells its weight in bytes.
 * @param {import("../map/view.js").View} view
 * @param {number} from zooms
 * @param {number} base
 * @param {number} points
 * @returns {Promise<((cache: Cache) => Promise<number>)[]>}
 */
async function pieces(view, from, base, points) {
  const bounds = /** @type {Bounds} */ (view.bounds().split(",").map(Number));
  const { kind, url, outlines } = view.config.basemap;
  const basemap = new URL(url, location.href);
  const template = view.tiles();
  const found = tiles(bounds, from, points).map(({ z, x, y }) => (/** @type {Cache} */ cache) => keep(cache, template.replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y))));
  // Somebody else's map is not ours to keep: what one sees offline is then the town's outlines.
  if (kind !== "pmtiles" || basemap.origin !== location.origin) return [...found, (cache) => keep(cache, new URL(outlines, location.href).href)];
  const ground = new Ground(basemap.href);
  const file = new PMTiles(/** @type {any} */ (ground));
  const { minZoom, maxZoom } = await file.getHeader();
  // A closer look at the map stretches the file's deepest tiles.
  const wanted = tiles(bounds, Math.min(Math.max(from, minZoom), maxZoom), Math.min(base, maxZoom));
  return [...found, ...wanted.map(({ z, x, y }) => async (/** @type {Cache} */ cache) => { await ground.into(cache); await file.getZxy(z, x, y); return ground.taken(); })];
}

/** @param {Bounds} bounds @param {number} from @param {number} to @returns {{z: number, x: number, y: number}[]} */
function tiles([w, s, e, n], from, to) {
  const found = [];
  for (let z = from; z <= to; z += 1) {
    const side = 2 ** z;
    const column = (/** @type {number} */ lng) => Math.floor(((lng + 180) / 360) * side);
    const row = (/** @type {number} */ lat) => Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * side);
    for (let x = column(w); x <= column(e); x += 1) for (let y = row(n); y <= row(s); y += 1) found.push({ z, x, y });
  }
  return found;
}

/** @param {Cache} cache @param {string} url */
async function keep(cache, url) {
  const answer = await asked(url);
  const body = await answer.blob();
  await cache.put(url, lasting(answer, body));
  return body.size;
}

/** @param {string} url @param {string} [range] */
async function asked(url, range) {
  const answer = await fetch(url, { headers: { "X-Auzolan-Keep": "1", ...(range ? { Range: range } : {}) } });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer;
}

/** @param {Response} answer @param {BodyInit} body */
function lasting(answer, body) {
  const headers = new Headers(answer.headers);
  for (const name of ["Vary", "Content-Encoding", "Set-Cookie"]) headers.delete(name);
  headers.set("X-Kept-At", String(Date.now()));
  // 204, a tile without anything, may have no body.
  return new Response(answer.status === 204 ? null : body, { status: answer.status === 204 ? 204 : 200, headers });
}

/** @template T @param {T[]} list @param {(one: T) => Promise<any>} act */
async function inTurn(list, act) {
  const rest = [...list];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { for (let one = rest.shift(); one; one = rest.shift()) await act(one); }));
}

/** The basemap's file, read by ranges which are kept as they come. */
class Ground {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    /** @type {Map<string, Response>} read before it was known where to keep them */
    this.waiting = new Map();
    /** @type {Cache | null} */
    this.cache = null;
    this.bytes = 0;
  }

  getKey() { return this.url; }

  /** @param {number} offset @param {number} length */
  async getBytes(offset, length) {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const answer = await asked(this.url, range);
    const data = await answer.arrayBuffer();
    this.bytes += data.byteLength;
    const name = new URL(this.url);
    name.searchParams.set("range", range);
    const kept = lasting(answer, data);
    if (this.cache) await this.cache.put(name.href, kept);
    else this.waiting.set(name.href, kept);
    return { data };
  }

  /** @param {Cache} cache */
  async into(cache) {
    this.cache = cache;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const [name, answer] of waiting) await cache.put(name, answer);
  }

  /** Bytes read since it was last asked. */
  taken() {
    const { bytes } = this;
    this.bytes = 0;
    return bytes;
  }
}
