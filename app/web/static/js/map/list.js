// @ts-check
/** The list beside the map: asked from the server as HTML, the same that the page without scripts shows. */

import { count } from "../base.js";

const WAIT_MS = 250;

/**
 * @param {string} bounds west,south,east,north
 * @returns {string} longitude,latitude
 */
function middle(bounds) {
  const [west, south, east, north] = bounds.split(",").map(Number);
  return [(west + east) / 2, (south + north) / 2].map((v) => v.toFixed(5)).join(",");
}

/** @param {Element} line one of the list, or the entry around it @returns {string} */
const named = (line) => /** @type {HTMLElement | null} */ (line.querySelector("[data-ref]"))?.dataset.ref || "";

/**
 * Put an answer in the place of what `host` shows. Lines that stay are left alone: their photos do not blink, they keep the
 * focus, and a page lays out only what is new, which for a map that was moved a little is next to nothing.
 * @param {HTMLElement} host
 * @param {string} html written by our own server
 */
function renew(host, html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  const [shown, wanted] = [host, answer.content].map((within) => within.querySelector("ul.items"));
  if (!shown || !wanted) {
    host.replaceChildren(answer.content);
    return;
  }
  const nodes = [...answer.content.childNodes];
  const at = nodes.findIndex((node) => node === wanted);
  const twins = new Map([...wanted.children].map((line) => [named(line), line]));
  /** @type {Map<Element, Element>} */
  const kept = new Map();
  for (const line of Array.from(shown.children)) {
    const twin = twins.get(named(line));
    if (twin?.isEqualNode(line)) kept.set(twin, line);
    else line.remove();
  }
  let next = shown.firstElementChild;
  for (const line of Array.from(wanted.children)) {
    const known = kept.get(line);
    if (known && known === next) next = next.nextElementSibling;
    else shown.insertBefore(known || line, next);
  }
  for (const { name } of Array.from(shown.attributes)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes) shown.setAttribute(name, value);
  for (const node of Array.from(host.childNodes)) if (node !== shown) node.remove();
  host.prepend(...nodes.slice(0, at));
  host.append(...nodes.slice(at + 1));
}

export class List {
  /**
   * @param {any} config
   * @param {import("../filters.js").Filters} filters
   */
  constructor(config, filters) {
    this.config = config;
    this.filters = filters;
    this.host = /** @type {HTMLElement} */ (document.getElementById("list"));
    this.card = /** @type {HTMLElement} */ (document.getElementById("card"));
    this.total = /** @type {HTMLElement} */ (document.getElementById("list-total"));
    this.where = /** @type {HTMLElement} */ (document.getElementById("list-where"));
    this.status = /** @type {HTMLElement} */ (document.getElementById("list-status"));
    this.sync = /** @type {HTMLInputElement | null} */ (document.getElementById("sync"));
    this.selected = "";
    this.onSelect = (/** @type {string} */ _reference) => {};
    this.onHover = (/** @type {string} */ _reference) => {};
    /** The server searched other words than those typed. */
    this.onInstead = (/** @type {string} */ _words) => {};
    this.sync?.addEventListener("change", () => { if (this.sync?.checked && this.bounds) this.refresh(this.bounds); });
    this.offerNearest();
    for (const [name, leaves] of /** @type {const} */ ([["pointerover", false], ["pointerleave", true], ["focusin", false], ["focusout", true]])) {
      this.host.addEventListener(name, (event) => {
        const line = !leaves && /** @type {Element} */ (event.target).closest("[data-ref]");
        this.onHover(line instanceof HTMLElement ? line.dataset.ref || "" : "");
      });
    }
    this.host.addEventListener("click", (event) => this.page(event));
  }

  /** The nearest are counted from the middle of the map: an order that only a map can offer. */
  offerNearest() {
    const menu = document.getElementById("sort");
    if (!(menu instanceof HTMLSelectElement) || menu.querySelector("[value=nearest]")) return;
    menu.add(new Option(this.config.words.nearest, "nearest"));
  }

  /** The neighbouring pages replace the list in place, when it follows the map. */
  page(/** @type {MouseEvent} */ event) {
    const link = /** @type {Element} */ (event.target).closest(".pages a");
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    this.load(link.href).then(() => document.getElementById("list-scroll")?.scrollTo(0, 0));
  }

  /** @param {string} text */
  say(text) { this.status.textContent = text; }

  /**
   * The map has moved.
   * @param {string} bounds west,south,east,north
   */
  follow(bounds) {
    this.bounds = bounds;
    if (this.sync && !this.sync.checked) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(bounds), WAIT_MS);
  }

  /**
   * Ask the list again.
   * @param {string} [bounds]
   */
  refresh(bounds) {
    const params = this.filters.params();
    params.set("territory", this.config.territory);
    if (bounds && (!this.sync || this.sync.checked)) params.set("bbox", bounds);
    const seen = bounds || this.bounds;
    if (seen && params.get("sort") === "nearest") params.set("near", middle(seen));
    return this.load(`${this.config.list}?${params}`);
  }

  /** @param {string} url */
  async load(url) {
    this.request?.abort();
    this.request = new AbortController();
    this.host.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: this.request.signal });
      if (!answer.ok) throw new Error(`list: ${answer.status}`);
      this.fill(await answer.text());
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.say(this.config.words.failed);
      return;
    } finally {
      this.host.removeAttribute("aria-busy");
    }
  }

  /** @param {string} html written by our own server */
  fill(html) {
    this.highlight("");
    renew(this.host, html);
    const items = this.host.querySelector("[data-total]");
    if (items instanceof HTMLElement) {
      const total = Number(items.dataset.total);
      const words = this.config.words;
      const shown = count(total) + ("many" in items.dataset ? "+" : "");
      this.total.textContent = shown;
      const title = this.total.parentElement;
      title?.replaceChildren(this.total, ` ${total === 1 ? words.one : words.many}`);
      if (items.dataset.counts) this.recount(JSON.parse(items.dataset.counts));
      this.where.textContent = items.dataset.where || words.inview;
      if (items.dataset.instead && items.dataset.instead !== this.filters.words) this.onInstead(items.dataset.instead);
      this.say(`${shown} ${total === 1 ? words.one : words.many}`);
    }
    this.highlight();
  }

  /** The chips of the kinds say how many the other filters let through. @param {Record<string, number>} kinds empty: not counted */
  recount(kinds) {
    for (const chip of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-count]"))) {
      const told = kinds[chip.dataset.count || ""];
      chip.textContent = told === undefined ? "" : count(told);
    }
  }

  /** Set a line apart from the others, or none. @param {string} reference */
  highlight(reference = this.selected) {
    for (const line of this.host.querySelectorAll("[data-ref]")) {
      const on = line instanceof HTMLElement && Boolean(reference) && line.dataset.ref === reference;
      line.classList.toggle("item--on", on);
      if (on) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }

  /**
   * A pin was chosen: its line is shown, or fetched when the list does not hold it.
   * @param {string} reference
   */
  async pick(reference) {
    this.selected = reference;
    this.onSelect(reference);
    this.highlight();
    const line = this.host.querySelector(`[data-ref="${CSS.escape(reference)}"]`);
    if (line) {
      this.card.replaceChildren();
      line.scrollIntoView({ block: "nearest" });
    } else if (reference) {
      const answer = await fetch(`${this.config.list}?${new URLSearchParams({ q: reference, period: "0" })}`);
      if (answer.ok && this.selected === reference) {
        this.card.innerHTML = await answer.text();
        this.card.querySelector("[data-ref]")?.classList.add("item--on");
        document.getElementById("list-scroll")?.scrollTo({ top: 0 });
      }
    }
  }
}
