// @ts-check
/**
 * The search box of the map. A number opens its page; words are looked for among the contributions and among the places of the
 * town, and whoever could have meant either is asked.
 */

import { count, fill } from "../base.js";
import { geocode } from "../geocode.js";

/** @typedef {import("../geocode.js").Found} Place */

export class Search {
  /**
   * @param {any} config
   * @param {import("../filters.js").Filters} filters
   * @param {{goTo: (at: [number, number]) => void, ask: () => void, say: (text: string) => void}} acts what a choice does
   */
  constructor(config, filters, acts) {
    this.config = config;
    this.filters = filters;
    this.acts = acts;
    this.box = /** @type {HTMLElement} */ (document.getElementById("found"));
    this.field = filters.field("q");
    filters.addEventListener("search", (event) => this.look(/** @type {CustomEvent<string>} */ (event).detail));
    filters.form.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => { if (!filters.form.contains(/** @type {Node} */ (event.target))) this.close(); });
    this.field.addEventListener("input", () => this.close());
  }

  /** @param {string} text */
  async look(text) {
    this.close();
    if (!text) { this.filters.asks = false; this.filters.changed(); return; }
    if (/^[a-z]{2,4}[- ]?\d{1,9}$/i.test(text)) {
      const page = this.config.item.replace("{reference}", text.toUpperCase().replace(/^([A-Z]+)[- ]?/, "$1-"));
      // Inside another site a page of ours has no place: it opens beside.
      if (document.body.classList.contains("is-embedded")) open(page, "_blank", "noopener");
      else location.assign(page);
      return;
    }
    this.box.setAttribute("aria-busy", "true");
    const [places, written] = await Promise.all([geocode(this.config.geocode, { q: text, limit: "4" }), this.written(text)]);
    this.box.removeAttribute("aria-busy");
    if (this.filters.query !== text) return;
    if (places.length && written) this.offer(places, written);
    else if (places.length) this.go(places[0]);
    else this.ask();
  }

  /** What is written in the contributions. */
  ask() {
    this.close();
    this.filters.asks = true;
    this.acts.ask();
    this.filters.changed();
  }

  /** @param {Place} place */
  go(place) {
    this.close();
    this.acts.goTo(place.at);
    this.acts.say(place.label);
  }

  /** @param {string} text @returns {Promise<string>} how many contributions have these words, as people read it; "" for none */
  async written(text) {
    try {
      const params = this.filters.params();
      params.set("q", text);
      const answer = await fetch(`${this.config.list}?${params}`, { headers: { Accept: "text/html" } });
      const items = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-total]") : null;
      if (!(items instanceof HTMLElement) || items.dataset.total === "0") return "";
      return count(Number(items.dataset.total)) + ("many" in items.dataset ? "+" : "");
    } catch {
      return "";
    }
  }

  /** @param {Place[]} places @param {string} written */
  offer(places, written) {
    const words = this.config.words;
    this.box.replaceChildren(
      this.heading(words.contributions),
      this.choice(fill(words.written, { n: written }), () => this.ask()),
      this.heading(words.places),
      ...places.map((place) => this.choice(place.label, () => this.go(place))),
    );
    this.box.hidden = false;
    // Whoever went elsewhere meanwhile is not called back.
    if (this.filters.form.contains(document.activeElement)) /** @type {HTMLElement} */ (this.box.querySelector("button")).focus();
  }

  /** @param {string} text */
  heading(text) {
    const heading = document.createElement("p");
    heading.textContent = text;
    return heading;
  }

  /** @param {string} text @param {() => void} run */
  choice(text, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", run);
    return button;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.box.hidden) return;
    if (event.key === "Escape") { this.close(); this.field.focus(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [this.field, ...this.box.querySelectorAll("button")];
    const at = all.indexOf(/** @type {any} */ (document.activeElement));
    all[(at + step + all.length) % all.length].focus();
  }

  close() { this.box.hidden = true; }
}
