// @ts-check
/**
 * Discs and pins above the map, as elements: they take the page's colours and letters, follow each frame of a movement, and
 * come from where their things were before. Assistive tools do not meet them: the list says the same in words.
 */

import { count, still } from "../base.js";
import { arcs, diameter, leading } from "./cluster.js";

/** @typedef {import("./cluster.js").Mark} Mark */
/** @typedef {{mark: Mark, box: HTMLElement, inner: HTMLElement}} Drawn */

const DURATION_MS = 200;

export class Marks {
  /**
   * @param {any} map a MapLibre map
   * @param {{icons: string, onPick: (mark: Mark) => void}} options
   */
  constructor(map, options) {
    this.map = map;
    this.options = options;
    /** @type {Map<string, Drawn>} */
    this.drawn = new Map();
    this.selected = "";
    this.host = document.createElement("div");
    this.host.className = "marks";
    this.host.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.host);
    map.on("move", () => this.place());
    map.on("movestart", () => this.host.classList.add("marks--move"));
    map.on("moveend", () => this.host.classList.remove("marks--move"));
    map.on("resize", () => this.place());
    this.listen();
  }

  /** A click picks; a drag that starts on a mark still moves the map. */
  listen() {
    let from = { x: 0, y: 0 };
    this.host.addEventListener("pointerdown", (event) => { from = { x: event.clientX, y: event.clientY }; });
    this.host.addEventListener("click", (event) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 6) return;
      const box = /** @type {Element} */ (event.target).closest(".mk");
      const found = box instanceof HTMLElement && this.drawn.get(box.dataset.key || "");
      if (!found) return;
      event.stopPropagation();
      this.options.onPick(found.mark);
    });
  }

  /** Put every mark at its place on the screen. */
  place() {
    for (const { mark, box } of this.drawn.values()) {
      const { x, y } = this.map.project([mark.lng, mark.lat]);
      box.style.transform = `translate(${x.toFixed(1)}px,${y.toFixed(1)}px)`;
    }
  }

  /**
   * Show these marks instead of the present ones.
   * @param {Mark[]} marks
   */
  show(marks) {
    // The first have nothing to come from, and come while the map itself is being drawn.
    const first = !this.drawn.size;
    const wanted = new Map(marks.map((mark) => [mark.key, mark]));
    const leaving = [...this.drawn].filter(([key]) => !wanted.has(key)).map(([, drawn]) => drawn);
    const coming = [];
    for (const [key, mark] of wanted) {
      const known = this.drawn.get(key);
      if (known) known.mark = mark;
      else coming.push(this.draw(mark));
    }
    for (const drawn of leaving) this.drawn.delete(drawn.mark.key);
    this.place();
    if (first || still()) {
      leaving.forEach(({ box }) => box.remove());
    } else {
      coming.forEach((drawn) => this.enter(drawn, leaving));
      leaving.forEach((drawn) => this.leave(drawn, coming));
    }
  }

  /**
   * @param {Mark} mark
   * @returns {Drawn}
   */
  draw(mark) {
    const box = document.createElement("div");
    const inner = document.createElement("div");
    inner.className = "mk-in";
    box.dataset.key = mark.key;
    if (mark.n === 1 && mark.kind) {
      box.className = `mk mk--pin k-${mark.kind}`;
      inner.innerHTML = this.pin(mark);
      // The tip of the silhouette is the place; the bulb's stem is a little longer.
      inner.style.left = "-18.75px";
      inner.style.top = mark.kind === "proposal" ? "-38.75px" : "-36.25px";
    } else {
      box.className = "mk mk--cl";
      inner.innerHTML = this.disc(mark);
      inner.style.left = inner.style.top = `${-diameter(mark.n) / 2}px`;
    }
    if (mark.n === 1 && mark.bubble) {
      // How many carry it, by the published formula: the disc stands around the place.
      const disc = document.createElement("i");
      disc.className = "mk-bubble";
      disc.style.width = disc.style.height = `${mark.bubble}px`;
      disc.style.left = disc.style.top = `${-mark.bubble / 2}px`;
      box.append(disc);
    }
    if (mark.ref && mark.ref === this.selected) box.classList.add("mk--on");
    box.append(inner);
    this.host.append(box);
    const drawn = { mark, box, inner };
    this.drawn.set(mark.key, drawn);
    return drawn;
  }

  /** @param {Mark} mark */
  pin(mark) {
    const name = `pin-${mark.kind}${mark.state === "done" ? "-done" : ""}`;
    return `<svg viewBox="0 0 30 34"><use href="${this.options.icons}#${name}"></use></svg>`;
  }

  /** @param {Mark} mark */
  disc(mark) {
    const size = diameter(mark.n);
    const radius = size / 2 - 5.2;
    const ring = arcs(mark.kinds, radius).map(({ kind, path }) => `<path class="k-${kind}" d="${path}"/>`).join("");
    const text = count(mark.n, mark.n < 10000 ? {} : { notation: "compact", maximumFractionDigits: 1 });
    const letters = text.length > 4 ? "huge" : mark.n >= 100 ? "big" : "";
    const lead = leading(mark);
    return `<svg width="${size}" height="${size}" viewBox="${-size / 2} ${-size / 2} ${size} ${size}">${ring}
      <text class="${letters}" y="2.5">${text}</text>
      <svg class="k-${lead}" x="-5" y="5" width="10" height="10" viewBox="0 0 24 24"><use href="${this.options.icons}#kind-${lead}"></use></svg></svg>`;
  }

  /**
   * A new mark comes from the nearest one that leaves: a disc opens into its parts, parts close into a disc.
   * @param {Drawn} drawn
   * @param {Drawn[]} others
   */
  enter(drawn, others) {
    const [dx, dy] = this.towards(drawn, others);
    drawn.inner.animate(
      [{ opacity: 0, transform: `translate(${dx}px,${dy}px)` }, { opacity: 1, transform: "none" }],
      { duration: DURATION_MS, easing: "cubic-bezier(.05,.7,.1,1)" },
    );
  }

  /**
   * @param {Drawn} drawn
   * @param {Drawn[]} others
   */
  leave(drawn, others) {
    const [dx, dy] = this.towards(drawn, others);
    drawn.inner.style.pointerEvents = "none";
    const move = drawn.inner.animate(
      [{ opacity: 1, transform: "none" }, { opacity: 0, transform: `translate(${dx}px,${dy}px)` }],
      { duration: DURATION_MS, easing: "cubic-bezier(.2,0,.1,1)", fill: "forwards" },
    );
    move.finished.finally(() => drawn.box.remove());
  }

  /**
   * From a mark to the nearest of the others, in pixels; nowhere when none is near.
   * @param {Drawn} drawn
   * @param {Drawn[]} others
   * @returns {[number, number]}
   */
  towards(drawn, others) {
    const here = this.map.project([drawn.mark.lng, drawn.mark.lat]);
    let best = /** @type {[number, number]} */ ([0, 0]);
    let least = 180;
    for (const other of others) {
      const there = this.map.project([other.mark.lng, other.mark.lat]);
      const apart = Math.hypot(there.x - here.x, there.y - here.y);
      if (apart < least) [best, least] = [[there.x - here.x, there.y - here.y], apart];
    }
    return best;
  }

  /**
   * Mark one contribution as selected, or none.
   * @param {string} reference
   */
  select(reference) {
    this.selected = reference;
    for (const { mark, box } of this.drawn.values()) box.classList.toggle("mk--on", Boolean(reference) && mark.ref === reference);
  }

  /**
   * Ring the pin of a line that is pointed at in the list.
   * @param {string} reference
   */
  near(reference) {
    for (const { mark, box } of this.drawn.values()) box.classList.toggle("mk--near", Boolean(reference) && mark.ref === reference);
  }

  /**
   * The mark nearest to the middle of the map, within reach of a hand's width.
   * @param {number} [within] pixels
   * @returns {Mark | null}
   */
  central(within = 90) {
    const size = this.map.getContainer();
    const padding = this.map.getPadding();
    const x = (size.clientWidth + padding.left - padding.right) / 2;
    const y = (size.clientHeight + padding.top - padding.bottom) / 2;
    let best = null;
    let least = within;
    for (const { mark } of this.drawn.values()) {
      const at = this.map.project([mark.lng, mark.lat]);
      const apart = Math.hypot(at.x - x, at.y - y);
      if (apart < least) [best, least] = [mark, apart];
    }
    return best;
  }
}
