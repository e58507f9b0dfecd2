// @ts-check
/**
 * What this device keeps until it is sent: drafts and waiting contributions with their photos, in IndexedDB. An item is
 * born with its idempotency key; from then on every page, tab and worker that sends it sends the same thing.
 */

/**
 * @typedef {"draft" | "waiting" | "sending" | "sent" | "refused"} State
 * @typedef {{pointer: string, message: string}} FieldProblem
 * @typedef {object} Item
 * @property {string} id
 * @property {string} key the idempotency key
 * @property {string} kind
 * @property {State} state
 * @property {[string, string][]} fields of the form, as named there
 * @property {string} language
 * @property {string} label the category in words, for the list
 * @property {string} geocode address of the geocoder, for a place given in words only
 * @property {number} born by this device's clock: shown, never trusted
 * @property {number} changed
 * @property {number} photos how many
 * @property {number} tries since it waits
 * @property {string} why what the server or the network said last
 * @property {FieldProblem[]} problems
 * @property {string} [reference]
 * @property {string} [receipt] path of the receipt
 * @property {string} [follow] path of the private page
 */
/** @typedef {{id: string, item: string, order: number, blob: Blob, name: string}} Photo */

const NAME = "auzolan";
const LAST = "auzolan:last";
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
/** @type {Set<(message: any) => void>} */
const listeners = new Set();
channel?.addEventListener("message", ({ data }) => listeners.forEach((hear) => hear(data)));

/** Hear what changes, in whichever tab or worker. @param {(message: {type: string, id: string, share?: number}) => void} hear */
export const listen = (hear) => { listeners.add(hear); };

/** Tell every tab, this one too. @param {{type: string, id: string, share?: number}} message */
export function tell(message) {
  channel?.postMessage(message);
  listeners.forEach((hear) => hear(message));
}

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} rejects where the browser keeps nothing (some private windows) */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("items", { keyPath: "id" });
      asked.result.createObjectStore("photos", { keyPath: "id" }).createIndex("item", "item");
    };
    asked.onsuccess = () => {
      // A later version of the application may change the tables: this page lets go, and opens them again when asked.
      asked.result.onversionchange = () => { asked.result.close(); opened = null; };
      takeUp(asked.result).finally(() => resolve(asked.result));
    };
    asked.onerror = () => { opened = null; reject(asked.error); };
  });
  return opened;
}

/** A page that is being left has no time for a transaction: what was typed last is put down here, for the next page. @param {Item} item */
export function putDown(item) {
  try { localStorage.setItem(LAST, JSON.stringify(item)); } catch { /* the page itself still has it */ }
}

/** @param {IDBDatabase} opened */
async function takeUp(opened) {
  const left = "localStorage" in globalThis && localStorage.getItem(LAST);
  if (!left) return;
  localStorage.removeItem(LAST);
  const item = JSON.parse(left);
  const items = opened.transaction("items", "readwrite").objectStore("items");
  const known = await answer(items.get(item.id));
  if (!known || known.state === "draft") items.put({ ...item, photos: known?.photos ?? 0, state: "draft" });
}

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
const answer = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

/**
 * One transaction over items and photos; it is whole or it is nothing.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(items: IDBObjectStore, photos: IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>} rejects with `QuotaExceededError` when the device is full
 */
async function within(mode, work) {
  const transaction = (await database()).transaction(["items", "photos"], mode);
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const [result] = await Promise.all([work(transaction.objectStore("items"), transaction.objectStore("photos")), done]);
  return result;
}

/** @param {string} kind @param {string} language @param {string} geocode @returns {Item} */
export function newItem(kind, language, geocode) {
  const id = unique();
  return {
    id, key: `draft-${unique()}`, kind, language, geocode, state: "draft", fields: [], label: "", born: Date.now(), changed: Date.now(),
    photos: 0, tries: 0, why: "", problems: [],
  };
}

/** 128 random bits; `randomUUID` only exists where the page is secure. */
export const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @returns {Promise<Item[]>} the newest first */
export const allItems = async () => (await within("readonly", (items) => answer(items.getAll()))).sort((a, b) => b.changed - a.changed);

/** @param {string} id @returns {Promise<Item | undefined>} */
export const findItem = (id) => within("readonly", (items) => answer(items.get(id)));

/** @param {string} id @returns {Promise<Photo[]>} in their order */
export const photosOf = async (id) => (await within("readonly", (_, photos) => answer(photos.index("item").getAll(id)))).sort((a, b) => a.order - b.order);

/**
 * Keep a draft as it is now. What was queued, sent or deleted meanwhile from another tab stays as it is.
 * @param {Item} item
 * @param {Photo[] | null} photos null: they have not changed
 * @param {State} [state] `waiting` puts it in the queue
 * @returns {Promise<Item>} what is kept
 */
export async function keepItem(item, photos, state = "draft") {
  const kept = await within("readwrite", async (items, pictures) => {
    const known = await answer(items.get(item.id));
    if (known && known.state !== "draft" && known.state !== "refused") return known;
    const next = { ...item, state, changed: Date.now(), ...(state === "waiting" ? { tries: 0, why: "", problems: [] } : {}) };
    if (photos) {
      await removePhotos(pictures, item.id, new Set(photos.map((photo) => photo.id)));
      photos.forEach((photo, order) => pictures.put({ ...photo, item: item.id, order }));
      next.photos = photos.length;
    }
    items.put(next);
    return next;
  });
  tell({ type: "changed", id: item.id });
  return kept;
}

/**
 * Change a kept item, if it is still there and in one of these states.
 * @param {string} id
 * @param {Partial<Item>} change
 * @param {State[]} [from]
 * @returns {Promise<Item | null>} null: nothing was changed
 */
export async function changeItem(id, change, from) {
  const changed = await within("readwrite", async (items, photos) => {
    const known = await answer(items.get(id));
    if (!known || (from && !from.includes(known.state))) return null;
    const next = { ...known, ...change };
    items.put(next);
    // What was received needs no copy here: the number and the link are enough.
    if (next.state === "sent") await removePhotos(photos, id, new Set());
    return next;
  });
  tell({ type: "changed", id });
  return changed;
}

/** @param {string} id */
export async function removeItem(id) {
  await within("readwrite", async (items, photos) => {
    await removePhotos(photos, id, new Set());
    items.delete(id);
  });
  tell({ type: "changed", id });
}

/** Put back what was just removed. @param {Item} item @param {Photo[]} photos */
export async function restoreItem(item, photos) {
  await within("readwrite", async (items, pictures) => {
    items.put(item);
    photos.forEach((photo) => pictures.put(photo));
  });
  tell({ type: "changed", id: item.id });
}

/** @param {IDBObjectStore} photos @param {string} item @param {Set<string>} but */
async function removePhotos(photos, item, but) {
  for (const id of await answer(photos.index("item").getAllKeys(item))) if (!but.has(String(id))) photos.delete(id);
}

/** Whether an error says that the device is full. @param {any} error */
export const isFull = (error) => error?.name === "QuotaExceededError";

/** A field of an item. @param {Item} item @param {string} name */
export const valueOf = (item, name) => item.fields.find(([key]) => key === name)?.[1] ?? "";
