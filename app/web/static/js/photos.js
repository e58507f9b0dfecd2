// @ts-check
/**
 * Photos of the form: taken or chosen, made light, changed, ordered, taken away. The file field holds what is shown, so that
 * the form can still be sent by the browser alone.
 */

import { fill } from "./base.js";
import { unique } from "./offline/store.js";

/** @typedef {import("./offline/store.js").Photo} Photo */

export class Photos {
  /**
   * @param {any} config
   * @param {(place: {lat: number, lon: number}) => void} onPlace a photo says where it was taken
   * @param {() => void} onChange
   */
  constructor(config, onPlace, onChange) {
    this.config = config;
    this.onPlace = onPlace;
    this.onChange = onChange;
    this.host = /** @type {HTMLElement} */ (document.getElementById("photos"));
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("photos-input"));
    this.status = /** @type {HTMLElement} */ (document.getElementById("photos-status"));
    this.max = Number(this.host.dataset.max);
    this.maxMb = Number(this.host.dataset.maxMb);
    /** @type {Photo[]} */
    this.list = [];
    /** Settled once every photo given so far is ready to be sent. @type {Promise<void>} */
    this.ready = Promise.resolve();
    for (const input of this.host.querySelectorAll("input")) input.addEventListener("change", () => this.taken(input));
    // Chosen while this script was still on its way, or put back by the browser.
    if (this.input.files?.length) this.taken(this.input);
  }

  /** @param {HTMLInputElement} input */
  taken(input) {
    const files = [...(input.files || [])];
    if (input !== this.input) input.value = "";
    this.ready = this.ready.then(() => this.take(files));
  }

  /** @param {Photo[]} list put back from a draft */
  set(list) {
    this.list = list;
    this.render();
  }

  /** @param {File[]} added */
  async take(added) {
    const words = this.config.words;
    const room = added.slice(0, Math.max(0, this.max - this.list.length));
    // Where they were taken is read now: a lighter copy no longer says it.
    this.propose(room);
    if (room.length) this.say(words.preparing, false);
    // Where the network went before this came, photos leave as they are.
    const { named, shrink } = await import("./photo/shrink.js").catch(() => ({ named: (/** @type {string} */ name) => name, shrink: async (/** @type {Blob} */ file) => file }));
    let heavy = "";
    for (const file of room) {
      const blob = await shrink(file);
      if (blob.size > this.maxMb * 1048576) heavy = file.name;
      else this.list.push({ id: unique(), item: "", order: 0, blob, name: named(file.name, blob) });
    }
    this.changed();
    if (heavy) this.say(fill(words.heavy, { name: heavy, mb: this.maxMb }), true);
    else if (room.length < added.length) this.say(fill(words.toomany, { max: this.max }), true);
  }

  /** Show and keep the photos as they are now. */
  changed() {
    this.render();
    this.say(fill(this.config.words.photos, { n: this.list.length, max: this.max }), false);
    this.onChange();
  }

  /** @param {string} text @param {boolean} wrong */
  say(text, wrong) {
    this.status.textContent = text;
    this.status.className = wrong ? "error" : "sr";
  }

  /** @param {File[]} added */
  async propose(added) {
    const { place } = await import("./exif.js");
    for (const file of added) {
      const found = await place(file);
      if (found) { this.onPlace(found); return; }
    }
  }

  render() {
    const kept = new DataTransfer();
    for (const { blob, name } of this.list) kept.items.add(blob instanceof File && blob.name === name ? blob : new File([blob], name, { type: blob.type }));
    this.input.files = kept.files;
    this.host.querySelectorAll("figure").forEach((figure) => {
      URL.revokeObjectURL(figure.querySelector("img")?.src || "");
      figure.remove();
    });
    this.host.prepend(...this.list.map((photo, i) => this.figure(photo, i)));
    this.host.classList.toggle("is-full", this.list.length >= this.max);
  }

  /** @param {Photo} photo @param {number} i */
  figure(photo, i) {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(photo.blob);
    image.alt = photo.name;
    figure.append(image, this.button("close", "remove", i, () => this.remove(i)), this.button("edit", "edit", i, () => this.edit(i)));
    return figure;
  }

  /** @param {string} icon @param {string} word @param {number} i @param {() => void} act */
  button(icon, word, i, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `photo-${word}`;
    button.setAttribute("aria-label", fill(this.config.words[word], { n: i + 1 }));
    button.innerHTML = `<span><svg class="i" aria-hidden="true"><use href="${this.config.icons}#i-${icon}"></use></svg></span>`;
    button.addEventListener("click", act);
    return button;
  }

  /** @param {number} i */
  remove(i) {
    this.list.splice(i, 1);
    this.changed();
    this.focus(Math.min(i, this.list.length - 1), "remove");
  }

  /** @param {number} i */
  edit(i) {
    // What is being changed is not sent as it was before.
    const changing = this.change(i).catch(() => this.say(this.config.words.editor.undrawable, true));
    this.ready = this.ready.then(() => changing);
  }

  /** @param {number} i */
  async change(i) {
    const { edit } = await import("./photo/editor.js");
    const changed = await edit(this.config, this.list, i);
    if (changed) {
      this.list = changed.list;
      this.changed();
    }
    this.focus(changed ? changed.at : i, "edit");
  }

  /** @param {number} i @param {string} word */
  focus(i, word) {
    const button = this.host.querySelectorAll("figure")[i]?.querySelector(`.photo-${word}`);
    (button instanceof HTMLElement ? button : this.input).focus();
  }
}
