// @ts-check
/** The form and its draft: everything typed and every photo is on the device a moment later, under the form's own address. */

import { changeItem, findItem, isFull, keepItem, newItem, photosOf, putDown, removeItem, valueOf } from "./store.js";

/** @typedef {import("./store.js").Item} Item */

const PARAMETER = "brouillon";
const SOON = 300;
/** Fields that make a draft worth keeping. */
const TELLING = ["text", "address", "category", "lat", "email"];

export class Draft {
  /**
   * @param {any} config
   * @param {HTMLFormElement} form
   * @param {import("../photos.js").Photos} photos
   * @param {(error: any) => void} onFull the device has no room, or keeps nothing at all
   */
  constructor(config, form, photos, onFull) {
    this.form = form;
    this.photos = photos;
    this.onFull = onFull;
    this.item = newItem(config.kind, document.documentElement.lang, config.geocode);
    this.kept = false;
    /** Each change of the photos has a number: a change that comes while the one before is being written is not forgotten. */
    this.change = 0;
    this.keptChange = -1;
    this.timer = 0;
    this.unkept = false;
    /** Names of what somebody gives while the draft is still being read: that stands. @type {Set<string>} */
    this.given = new Set();
    /** @type {Promise<any>} */
    this.restored = Promise.resolve();
    form.addEventListener("input", (event) => this.given.add(/** @type {any} */ (event.target).name));
    document.addEventListener("keep", (event) => /** @type {CustomEvent<Promise<any>[]>} */ (event).detail.push(this.keep()));
    // A phone may drop a page that is out of sight: what the last letters waited for is done at once.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden || !this.unkept) return;
      if (this.worth(this.now())) putDown(this.now());
      this.keep();
    });
  }

  /** The draft that the address names, put back into the form. @returns {Promise<Item | null>} */
  restore() {
    const found = this.putBack();
    this.restored = found.catch(() => {});
    return found;
  }

  /** @returns {Promise<Item | null>} */
  async putBack() {
    const query = new URLSearchParams(location.search);
    const found = await findItem(query.get(PARAMETER) || "").catch(() => undefined);
    if (!found) {
      // Without a network the page is a copy, which does not know what its address asks for.
      for (const name of ["lat", "lon", "address", "category"]) if (query.get(name)) this.put(name, query.get(name) || "", true);
      return null;
    }
    if (found.state === "sent" && found.receipt) { location.replace(found.receipt); return found; }
    await changeItem(found.id, { state: "draft" }, ["waiting"]);
    this.item = found;
    this.kept = true;
    for (const [name, value] of found.fields) this.put(name, value, false);
    const kept = await photosOf(found.id);
    // A browser may put back by itself what the draft has too.
    const added = this.photos.list.filter(({ name, blob }) => !kept.some((photo) => photo.name === name && photo.blob.size === blob.size));
    this.photos.set([...kept, ...added]);
    if (!added.length) this.keptChange = this.change;
    return found;
  }

  /** @param {string} name @param {string} value @param {boolean} gently leave what is there */
  put(name, value, gently) {
    if (this.given.has(name)) return;
    const box = this.form.querySelector(`input[type=checkbox][name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (box instanceof HTMLInputElement) { box.checked = true; return; }
    const field = /** @type {any} */ (this.form.elements.namedItem(name));
    if (!field || field.type === "file" || (gently && field.value)) return;
    field.value = value;
    if (name === "category") this.form.querySelector("[name=category]:checked")?.closest("details")?.setAttribute("open", "");
  }

  /** @returns {[string, string][]} what the form holds now, files and its own machinery apart */
  fields() {
    const ours = new Set(["csrf_token", "key", "kept_photos", "kind", "photos"]);
    return /** @type {[string, string][]} */ ([...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && value && !ours.has(name)));
  }

  /** Something changed: keep it soon. @param {boolean} [photos] whether the photos did */
  soon(photos = false) {
    if (photos) this.change += 1;
    this.unkept = true;
    clearTimeout(this.timer);
    this.timer = Number(setTimeout(() => this.keep(), SOON));
  }

  /** Keep it now. */
  async keep() {
    clearTimeout(this.timer);
    this.timer = 0;
    await this.restored;
    const item = this.now();
    try {
      if (this.worth(item)) await this.store(item, "draft");
      else if (this.kept) { await removeItem(item.id); this.kept = false; this.keptChange = -1; }
      this.unkept = this.timer !== 0;
    } catch (error) {
      this.onFull(error);
      // Without its photos, the rest may still have room.
      if (isFull(error)) await this.store(item, "draft", []).catch(() => {});
    }
  }

  /** Whether there is anything to keep. @param {Item} item */
  worth(item) { return this.photos.list.length > 0 || TELLING.some((name) => valueOf(item, name).trim()); }

  /** Put it into the queue as it is. @returns {Promise<Item>} what is kept: already `sent` when another tab was faster */
  queue() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.unkept = false;
    return this.store(this.now(), "waiting");
  }

  now() {
    const chosen = this.form.querySelector("[name=category]:checked")?.closest("label")?.textContent?.trim() || "";
    return { ...this.item, language: document.documentElement.lang, fields: this.fields(), label: chosen };
  }

  /**
   * @param {Item} item
   * @param {import("./store.js").State} state
   * @param {import("./store.js").Photo[]} [fewer] in place of the form's, where there is no room for those
   */
  async store(item, state, fewer) {
    const change = this.change;
    const photos = this.keptChange === change ? null : [...this.photos.list];
    this.item = await keepItem(item, fewer || photos, state);
    if (!fewer) this.keptChange = change;
    if (!this.kept) {
      this.kept = true;
      const address = new URL(location.href);
      address.searchParams.set(PARAMETER, this.item.id);
      history.replaceState(history.state, "", address);
    }
    return this.item;
  }
}
