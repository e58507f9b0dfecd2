// @ts-check
/** Photos of the form: see them, take one away, add more, up to the limit. The file field stays the one that is sent. */

import { fill } from "./base.js";
import { place } from "./exif.js";

export class Photos {
  /**
   * @param {any} config
   * @param {(place: {lat: number, lon: number}) => void} onPlace a photo says where it was taken
   */
  constructor(config, onPlace) {
    this.config = config;
    this.onPlace = onPlace;
    this.host = /** @type {HTMLElement} */ (document.getElementById("photos"));
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("photos-input"));
    this.status = /** @type {HTMLElement} */ (document.getElementById("photos-status"));
    this.add = /** @type {HTMLElement} */ (this.host.querySelector(".add"));
    this.max = Number(this.host.dataset.max);
    this.maxMb = Number(this.host.dataset.maxMb);
    /** @type {File[]} */
    this.files = [];
    this.input.addEventListener("change", () => this.take([...(this.input.files || [])]));
    // Chosen while this script was still on its way, or put back by the browser.
    if (this.input.files?.length) this.take([...this.input.files]);
  }

  /** @param {File[]} added */
  take(added) {
    const words = this.config.words;
    const heavy = added.find((file) => file.size > this.maxMb * 1048576);
    const all = [...this.files, ...added.filter((file) => file.size <= this.maxMb * 1048576)];
    this.files = all.slice(0, this.max);
    this.render();
    const said = fill(words.photos, { n: this.files.length, max: this.max });
    if (heavy) this.say(fill(words.heavy, { name: heavy.name, mb: this.maxMb }), true);
    else if (all.length > this.max) this.say(fill(words.toomany, { max: this.max }), true);
    else this.say(said, false);
    this.propose(added);
  }

  /** @param {string} text @param {boolean} wrong */
  say(text, wrong) {
    this.status.textContent = text;
    this.status.className = wrong ? "error" : "sr";
  }

  /** @param {File[]} added */
  async propose(added) {
    for (const file of added) {
      const found = await place(file);
      if (found) { this.onPlace(found); return; }
    }
  }

  render() {
    const kept = new DataTransfer();
    this.files.forEach((file) => kept.items.add(file));
    this.input.files = kept.files;
    this.host.querySelectorAll("figure").forEach((figure) => {
      URL.revokeObjectURL(figure.querySelector("img")?.src || "");
      figure.remove();
    });
    this.files.forEach((file, i) => this.add.before(this.figure(file, i)));
    this.add.hidden = this.files.length >= this.max;
  }

  /** @param {File} file @param {number} i */
  figure(file, i) {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", fill(this.config.words.remove, { n: i + 1 }));
    button.innerHTML = `<span><svg class="i" aria-hidden="true"><use href="${this.config.icons}#i-close"></use></svg></span>`;
    button.addEventListener("click", () => {
      this.files.splice(i, 1);
      this.render();
      this.say(fill(this.config.words.photos, { n: this.files.length, max: this.max }), false);
      (this.host.querySelector("figure button") instanceof HTMLElement ? /** @type {HTMLElement} */ (this.host.querySelector("figure button")) : this.input).focus();
    });
    figure.append(image, button);
    return figure;
  }
}
