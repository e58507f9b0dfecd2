// @ts-check
/**
 * The queue that empties itself. One sender at a time for all tabs and the worker (a lock), and the server answers a key it
 * knows with what it answered first: so a contribution is received once, however often and from wherever it is sent.
 */

import { solve } from "./proof.js";
import { allItems, changeItem, photosOf, tell, unique, valueOf } from "./store.js";

/** @typedef {import("./store.js").Item} Item */
/** @typedef {import("./store.js").Photo} Photo */
/** @typedef {{status: number, body: any}} Answer status 0: nothing came back; -1: its author stopped it */

const API = "/api/v1/contributions";
/** Milliseconds without any movement after which a sending is taken for dead. */
const STALLED = 45_000;
/** Answers after which the same thing may pass later. */
const LATER = new Set([0, 408, 425, 429]);
/** The answer of a sending that its author stopped. */
const STOPPED = -1;
/** How to stop what this page is sending, by item. @type {Map<string, () => void>} */
const sending = new Map();

/** Stop a sending of this page: it becomes a draft again. What arrived all the same is known by its key. @param {string} id */
export const stop = (id) => sending.get(id)?.();

/** Fields of the page that say nothing about the contribution. */
const OURS = new Set(["csrf_token", "key", "kept_photos", "kind", "photos", "step"]);
const CONTACT = new Set(["email", "phone", "name"]);

/**
 * Send all that waits, `first` before the others.
 * @param {string} [first]
 * @returns {Promise<number>} how many still wait
 */
export async function drain(first = "") {
  const run = async () => {
    const tried = new Set();
    for (;;) {
      const items = (await allItems()).filter((item) => item.state === "waiting" || item.state === "sending");
      const next = items.filter((item) => !tried.has(item.id)).sort((a, b) => Number(b.id === first) - Number(a.id === first) || a.born - b.born)[0];
      if (!next) return items.length;
      tried.add(next.id);
      await send(next);
    }
  };
  return navigator.locks ? navigator.locks.request("auzolan-outbox", run) : run();
}

/** How long to wait before the next try, in milliseconds; a little of chance so that phones do not all come back at once. @param {number} tries */
export const pause = (tries) => Math.min(2000 * 2 ** Math.min(tries, 8), 300_000) * (0.75 + Math.random() / 2);

/** @param {Item} item */
async function send(item) {
  // What its author takes up again at this very moment is a draft, and stays here.
  const claimed = await changeItem(item.id, { state: "sending" }, ["waiting", "sending"]);
  if (!claimed) return;
  const placed = await withPlace(claimed);
  const answer = typeof placed === "number" ? { status: placed, body: null } : await postProved(placed, await photosOf(item.id));
  await settle(claimed, answer);
}

/**
 * What the answer means for the item.
 * @param {Item} item
 * @param {Answer} answer
 */
async function settle(item, { status, body }) {
  if (status === 201 && body?.reference) {
    const follow = new URL(body.follow_url, location.href).pathname;
    await changeItem(item.id, {
      state: "sent", reference: body.reference, follow, receipt: follow.replace("/suivi/", "/recu/"), changed: Date.now(),
      fields: item.fields.filter(([name]) => name === "text"), photos: 0, why: "", problems: [],
    });
    tell({ type: "sent", id: item.id });
  } else if (status >= 400 && status < 500 && !LATER.has(status)) {
    // 422: the key served for other words, which were received. To send these as well is the person's choice, with a new key.
    const key = status === 422 ? `draft-${unique()}` : item.key;
    await changeItem(item.id, { state: "refused", key, why: body?.detail || body?.title || String(status), problems: body?.errors || [] });
  } else if (status === STOPPED) {
    await changeItem(item.id, { state: "draft" });
  } else {
    // Nothing came back, or a trouble that passes, or an answer that is not ours, as a station's Wi-Fi gives.
    await changeItem(item.id, { state: "waiting", tries: item.tries + 1, why: (status >= 400 && body?.detail) || "" });
  }
}

/**
 * An item whose place is written in words only is given the place that the town's own index knows.
 * @param {Item} item
 * @returns {Promise<Item | number>} a status when the index did not answer
 */
async function withPlace(item) {
  if (valueOf(item, "lat") && valueOf(item, "lon")) return item;
  const address = valueOf(item, "address");
  if (!address) return item;
  const answer = await fetch(`${item.geocode}?${new URLSearchParams({ q: address, limit: "1" })}`).catch(() => null);
  if (!answer?.ok) return answer?.status === 400 ? item : answer?.status || 0;
  const found = (await answer.json().catch(() => null))?.features?.[0]?.geometry?.coordinates;
  if (!found) return item;
  const fields = /** @type {[string, string][]} */ ([...item.fields.filter(([name]) => name !== "lat" && name !== "lon"), ["lon", String(found[0])], ["lat", String(found[1])]]);
  return (await changeItem(item.id, { fields })) || { ...item, fields };
}

/**
 * The fields of our page as the API names them.
 * @param {Item} item
 * @param {Photo[]} photos
 */
export function body(item, photos) {
  const data = new FormData();
  const asked = `answers.${valueOf(item, "category")}.`;
  data.set("kind", item.kind);
  data.set("channel", "web");
  data.set("language", item.language);
  for (const [name, value] of item.fields) {
    if (!value.trim() || OURS.has(name)) continue;
    if (name.startsWith("answers.")) {
      if (name.startsWith(asked)) data.append(`answers.${name.slice(asked.length)}`, value);
    } else if (CONTACT.has(name)) data.set(`contact.${name}`, value);
    else data.append(name, name === "lat" || name === "lon" ? value.replace(",", ".") : value);
  }
  for (const photo of photos) data.append("photos", photo.blob, photo.name);
  return data;
}

/**
 * Send it, and once more with a proof of work when one is asked for; unsolved, it waits and is tried again.
 * @param {Item} item
 * @param {Photo[]} photos
 * @returns {Promise<Answer>}
 */
async function postProved(item, photos) {
  const answer = await post(item, photos);
  const proof = answer.status === 429 && answer.body?.challenge ? await solve(answer.body.challenge) : "";
  return proof ? post(item, photos, proof) : answer;
}

/**
 * @param {Item} item
 * @param {Photo[]} photos
 * @param {string} [proof]
 * @returns {Promise<Answer>}
 */
function post(item, photos, proof = "") {
  const url = `${API}?lang=${item.language}`;
  const headers = { "Idempotency-Key": item.key, Accept: "application/json", ...(proof && { "Proof-Of-Work": proof }) };
  // A page can say how far the photos are; a service worker has no such request, and nobody to tell.
  return "XMLHttpRequest" in globalThis ? upload(item.id, url, headers, body(item, photos)) : posted(url, headers, body(item, photos));
}

/** @param {string} url @param {Record<string, string>} headers @param {FormData} data @returns {Promise<Answer>} */
async function posted(url, headers, data) {
  const answer = await fetch(url, { method: "POST", headers, body: data }).catch(() => null);
  return { status: answer?.status || 0, body: await answer?.json().catch(() => null) };
}

/** @param {string} id @param {string} url @param {Record<string, string>} headers @param {FormData} data @returns {Promise<Answer>} */
function upload(id, url, headers, data) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let watch = 0;
    let stopped = false;
    sending.set(id, () => { stopped = true; request.abort(); });
    const moved = () => { clearTimeout(watch); watch = Number(setTimeout(() => request.abort(), STALLED)); };
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => { moved(); tell({ type: "progress", id, share: total ? loaded / total : 0 }); };
    request.onloadend = () => {
      clearTimeout(watch);
      sending.delete(id);
      resolve({ status: stopped ? STOPPED : request.status, body: request.response });
    };
    moved();
    request.send(data);
  });
}
