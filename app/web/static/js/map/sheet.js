// @ts-check
/** The sheet of the phone: three heights, reached by dragging, by its handle (a button) and by the keyboard. */

const HEIGHTS = /** @type {const} */ (["peek", "half", "full"]);
/** What the half height takes of the window; map.css says the same. */
const HALF = .46;
/** @typedef {typeof HEIGHTS[number]} Height */

export class Sheet {
  /**
   * @param {HTMLElement} sheet
   * @param {{raise: string, lower: string, onChange?: (shown: number) => void}} options texts of the handle
   */
  constructor(sheet, options) {
    this.sheet = sheet;
    this.options = options;
    this.grab = /** @type {HTMLButtonElement} */ (sheet.querySelector(".grab"));
    this.scroll = /** @type {HTMLElement} */ (sheet.querySelector(".list-scroll"));
    this.beside = /** @type {HTMLElement | null} */ (sheet.parentElement?.querySelector(".mapw"));
    this.grab.addEventListener("click", () => this.step());
    this.grab.addEventListener("keydown", (event) => this.key(event));
    sheet.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.height !== "peek") { this.set("peek"); this.grab.focus(); } });
    sheet.addEventListener("focusin", (event) => { if (event.target !== this.grab && this.height === "peek") this.set("half"); });
    for (const handle of [this.grab, sheet.querySelector(".list-head")]) handle?.addEventListener("pointerdown", (event) => this.drag(/** @type {PointerEvent} */ (event)));
    addEventListener("resize", () => this.tell());
    this.set("half");
  }

  /** @returns {Height} */
  get height() { return /** @type {Height} */ (this.sheet.dataset.height || "half"); }

  /** Whether the list is a sheet at this width, and not a column. */
  get active() { return getComputedStyle(this.grab).display !== "none"; }

  /** Pixels of the sheet that cover the map. */
  get shown() { return shownAt(this.height, this.room()); }

  /** What there is room for. It is read before anything is written: a layout asked for in between makes a hand wait. @returns {Room} */
  room() {
    return { active: this.active, all: this.sheet.parentElement?.clientHeight || innerHeight, own: this.sheet.clientHeight };
  }

  /** @param {Height} height @param {Room} [room] */
  set(height, room = this.room()) {
    this.sheet.dataset.height = height;
    this.sheet.style.removeProperty("--shown");
    this.grab.setAttribute("aria-expanded", String(height !== "peek"));
    this.grab.setAttribute("aria-label", height === "full" ? this.options.lower : this.options.raise);
    this.tell(room);
  }

  /** Where the map's buttons and the end of the list go. @param {Room} [room] */
  tell(room = this.room()) {
    const shown = shownAt(this.height, room);
    this.beside?.style.setProperty("--sheet-px", `${shown}px`);
    this.scroll.style.setProperty("--hidden", `${Math.max(0, room.own - shown)}px`);
    this.options.onChange?.(shown);
  }

  /** The handle as a button: up to full, then back down. */
  step() {
    if (this.dragged) return;
    this.set(this.height === "full" ? "peek" : HEIGHTS[HEIGHTS.indexOf(this.height) + 1]);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowUp: 1, ArrowDown: -1, Home: -2, End: 2 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.set(HEIGHTS[Math.min(2, Math.max(0, HEIGHTS.indexOf(this.height) + by))]);
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.active || /** @type {Element} */ (event.target).closest("a, select")) return;
    const room = this.room();
    const start = shownAt(this.height, room);
    const from = event.clientY;
    let shown = start;
    let speed = 0;
    let last = { y: from, t: event.timeStamp };
    this.dragged = false;
    const move = (/** @type {PointerEvent} */ e) => {
      if (!this.dragged && Math.abs(e.clientY - from) < 5) return;
      this.dragged = true;
      this.sheet.classList.add("is-dragged");
      shown = Math.max(80, start + from - e.clientY);
      speed = (last.y - e.clientY) / Math.max(1, e.timeStamp - last.t);
      last = { y: e.clientY, t: e.timeStamp };
      this.sheet.style.setProperty("--shown", `${Math.min(shown, room.own)}px`);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      this.sheet.classList.remove("is-dragged");
      if (this.dragged) this.set(nearest(shown, speed, room), room);
      setTimeout(() => { this.dragged = false; });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}

/** @typedef {{active: boolean, all: number, own: number}} Room whether it is a sheet; pixels of what it may cover, and its own */

/** Pixels of the sheet that cover the map. @param {Height} height @param {Room} room */
const shownAt = (height, { active, all }) => (active ? { peek: 128, half: Math.round(innerHeight * HALF), full: all - 56 }[height] : 0);

/**
 * The height where a drag ends: the nearest one, or the next in the direction of a quick throw.
 * @param {number} shown pixels
 * @param {number} speed pixels per millisecond, upwards
 * @param {Room} room
 * @returns {Height}
 */
function nearest(shown, speed, room) {
  const stops = [128, innerHeight * HALF, room.own];
  const target = shown + speed * 160;
  let best = 0;
  stops.forEach((stop, i) => { if (Math.abs(stop - target) < Math.abs(stops[best] - target)) best = i; });
  return HEIGHTS[best];
}
