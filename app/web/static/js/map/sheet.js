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
  get shown() {
    if (!this.active) return 0;
    const all = this.sheet.parentElement?.clientHeight || innerHeight;
    return { peek: 128, half: Math.round(innerHeight * HALF), full: all - 56 }[this.height];
  }

  /** @param {Height} height */
  set(height) {
    this.sheet.dataset.height = height;
    this.sheet.style.removeProperty("--shown");
    this.grab.setAttribute("aria-expanded", String(height !== "peek"));
    this.grab.setAttribute("aria-label", height === "full" ? this.options.lower : this.options.raise);
    this.tell();
  }

  tell() {
    const shown = this.shown;
    this.sheet.parentElement?.style.setProperty("--sheet-px", `${shown}px`);
    this.sheet.style.setProperty("--hidden", `${Math.max(0, this.sheet.clientHeight - shown)}px`);
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
    const start = this.shown;
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
      this.sheet.style.setProperty("--shown", `${Math.min(shown, this.sheet.clientHeight)}px`);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      this.sheet.classList.remove("is-dragged");
      if (this.dragged) this.set(this.nearest(shown, speed));
      setTimeout(() => { this.dragged = false; });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  /**
   * The height where a drag ends: the nearest one, or the next in the direction of a quick throw.
   * @param {number} shown pixels
   * @param {number} speed pixels per millisecond, upwards
   * @returns {Height}
   */
  nearest(shown, speed) {
    const all = this.sheet.clientHeight;
    const stops = [128, innerHeight * HALF, all];
    const target = shown + speed * 160;
    let best = 0;
    stops.forEach((stop, i) => { if (Math.abs(stop - target) < Math.abs(stops[best] - target)) best = i; });
    return HEIGHTS[best];
  }
}
