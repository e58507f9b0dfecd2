// @ts-check
/**
 * The service worker. What it is made for is written before it by the server: `BUILD` (version, static files, pages) and
 * `drain` (the outbox, where workers may import modules).
 *
 * - Static files carry their hash and are answered from the cache of the version that knows them.
 * - Pages come from the network, and from the cache when it does not answer; only what anybody may see is ever kept.
 * - Tiles and the pieces of the basemap that were seen, or that somebody asked to keep, are shown when there is no network.
 * - A new version waits until every page of the old one is closed, or until somebody asks for it.
 */
/* global BUILD, drain */

/** @typedef {any} Event_ an event of workers, which the types of pages do not know */

const worker = /** @type {any} */ (self);
const build = /** @type {{version: string, files: string[], pages: string[]}} */ (/** @type {any} */ (BUILD));
const APP = "auzolan-app-";
const CACHE = APP + build.version;
const SEEN = "auzolan-seen";
const KEPT = "auzolan-kept";
/** Entries of the map that are remembered without having been asked for; about as many as a walk through a town shows. */
const SEEN_MOST = 600;
/** How long a page or a tile may make wait while a copy is at hand, in milliseconds. */
const PATIENCE = 4000;
/** A copy younger than this is not made again, in milliseconds. */
const FRESH = 10 * 60_000;

worker.addEventListener("install", (/** @type {Event_} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {Event_} */ event) => event.waitUntil(activate()));
/** Which pages were answered with a copy, until they ask: client to what to tell it. @type {Map<string, {copy: number, elsewhere: boolean}>} */
const copies = new Map();

worker.addEventListener("message", (/** @type {Event_} */ event) => {
  if (event.data === "activate") worker.skipWaiting();
  if (event.data === "copy?") event.source.postMessage(copies.get(event.source.id) || {});
  if (event.data?.language) event.waitUntil(refresh(event.data.language, event.data.page));
});
worker.addEventListener("sync", (/** @type {Event_} */ event) => {
  // While something waits the promise fails, so that the browser wakes us again.
  if (event.tag === "outbox" && /** @type {any} */ (drain)) event.waitUntil(/** @type {any} */ (drain)().then((/** @type {number} */ left) => { if (left) throw new Error("something waits"); }));
});
worker.addEventListener("fetch", (/** @type {Event_} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  // A frame inside a page is its own affair: a copy of something else would only puzzle.
  if (request.mode === "navigate") { if (request.destination === "document") event.respondWith(page(event, url)); }
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request, url));
  else if (request.destination === "image" && url.pathname.startsWith("/photos/")) event.respondWith(fetch(request).catch(nothing));
  else if (/^\/(tiles\/contributions\/|basemap\/|basemap\.pmtiles$)/.test(url.pathname)) event.respondWith(piece(event, url));
});

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all([cache.addAll(build.files), ...build.pages.map((path) => copy(path, ""))]);
}

/** The version before keeps its files for one more round: a page of it may still be open where somebody asked for this one. */
async function activate() {
  const others = (await caches.keys()).filter((name) => name.startsWith(APP) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/**
 * Make copies of our pages in somebody's language. They are asked for without cookies: whatever a page shows to one person
 * never gets into the cache. A page of another version is left alone, for its files are not here.
 * @param {string} language
 * @param {string} [opened] the page just seen; else all
 */
async function refresh(language, opened) {
  const cache = await caches.open(CACHE);
  for (const path of build.pages) {
    const known = await cache.match(path);
    const age = known ? Date.now() - Number(known.headers.get("X-Kept-At")) : Infinity;
    const other = known?.headers.get("Content-Language") !== language;
    if (other || (path === opened && !(age >= 0 && age < FRESH))) await copy(path, language).catch(() => {});
  }
}

/** @param {string} path @param {string} language */
async function copy(path, language) {
  const answer = await fetch(language ? `${path}?lang=${language}` : path, { credentials: "omit", headers: { "X-Auzolan-Build": "?" } });
  if (!answer.ok || answer.headers.get("X-Auzolan-Build") !== build.version) {
    answer.body?.cancel();
    if (answer.ok && worker.registration.active) worker.registration.update();
    return;
  }
  await (await caches.open(CACHE)).put(path, await stamped(answer));
}

/**
 * A page: the network's, or its copy when the network fails or takes too long. Any page that is not kept leads to the
 * drafts, which say so.
 * @param {Event_} event
 * @param {URL} url
 */
async function page(event, url) {
  const cache = await caches.open(CACHE);
  const known = build.pages.includes(url.pathname) ? await cache.match(url.pathname) : undefined;
  try {
    return await (known ? impatient(fetch(event.request)) : fetch(event.request));
  } catch (error) {
    const shown = known || (await cache.match("/brouillons"));
    if (!shown) throw error;
    copies.set(event.resultingClientId, { copy: Number(shown.headers.get("X-Kept-At")), elsewhere: !known });
    return shown;
  }
}

/** Where a photo would be, its place stays empty: a page without a network is not full of torn pictures. */
const nothing = () => new Response('<svg xmlns="http://www.w3.org/2000/svg"/>', { headers: { "Content-Type": "image/svg+xml" } });

/** @param {Request} request @param {URL} url */
async function file(request, url) {
  const cache = await caches.open(CACHE);
  const known = (await cache.match(request)) || (await caches.match(request));
  if (known) return known;
  try {
    const answer = await fetch(request);
    // The server vouches for a file's hash by saying that it never changes; another file under an old hash is not kept.
    if (answer.ok && url.search && answer.headers.get("Cache-Control")?.includes("immutable")) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const near = await cache.match(url.pathname, { ignoreSearch: true });
    if (near) return near;
    throw error;
  }
}

/**
 * A tile, or a range of the basemap's file. The cache holds no partial answer, so a range is kept whole under its own name.
 * @param {Event_} event
 * @param {URL} url
 */
async function piece(event, url) {
  // The page keeps this piece itself (area.js).
  if (event.request.headers.has("X-Auzolan-Keep")) return fetch(event.request);
  const range = event.request.headers.get("Range");
  const name = nameOf(url, range);
  const known = (await (await caches.open(KEPT)).match(name)) || (await (await caches.open(SEEN)).match(name));
  try {
    const answer = await (known ? impatient(fetch(event.request)) : fetch(event.request));
    if (answer.ok) event.waitUntil(remember(name, answer.clone()));
    return answer;
  } catch (error) {
    if (!known) throw error;
    return range ? new Response(known.body, { status: 206, headers: withoutTag(known.headers) }) : known;
  }
}

/** @param {URL} url @param {string | null} range */
function nameOf(url, range) {
  const name = new URL(url);
  if (range) name.searchParams.set("range", range);
  return name.href;
}

/** Pieces of a file that changed meanwhile must not be refused for it: one shows what one has. @param {Headers} headers */
function withoutTag(headers) {
  const kept = new Headers(headers);
  kept.delete("ETag");
  return kept;
}

/** @param {string} name @param {Response} answer */
async function remember(name, answer) {
  const seen = await caches.open(SEEN);
  await seen.delete(name);
  await seen.put(name, await stamped(answer)).catch(() => {});
  const names = await seen.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - SEEN_MOST)).map((old) => seen.delete(old)));
}

/** The whole of an answer with the moment of its copy; a range becomes a whole one. @param {Response} answer */
async function stamped(answer) {
  const headers = new Headers(answer.headers);
  headers.delete("Set-Cookie");
  headers.delete("Vary");
  headers.delete("Content-Encoding");
  headers.set("X-Kept-At", String(Date.now()));
  const empty = answer.status === 204;
  return new Response(empty ? null : await answer.blob(), { status: empty ? 204 : 200, headers });
}

/** @param {Promise<Response>} answer @returns {Promise<Response>} rejects when it takes too long */
const impatient = (answer) => Promise.race([answer, new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), PATIENCE))]);
