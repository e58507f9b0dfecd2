// @ts-check
/**
 * One photo before it leaves: turned, blacked out where it must not be seen, moved among the others. What is blacked out is
 * painted over on the device: the server never receives what was there.
 */

import { fill } from "../base.js";
import { encoded, named } from "./shrink.js";

/** @typedef {import("../offline/store.js").Photo} Photo */
/** @typedef {{x: number, y: number, w: number, h: number}} Box in pixels of the picture */

const SVG = "http://www.w3.org/2000/svg";
/** A touch without a movement blacks out this share of the picture's width; a key moves by this one. */
const TOUCH = 0.16;
const STEP = 0.02;
const STILL = 6;

/**
 * @param {any} config `boxes`: rectangles to change, as shares of the picture, which is then left as it is
 * @param {Photo[]} list
 * @param {number} at
 * @returns {Promise<{list: Photo[], at: number, boxes: Box[]} | null>} the photos afterwards, and the rectangles as shares;
 *   null when nothing is to change
 */
export async function edit(config, list, at) {
  const editor = new Editor(config, list, at);
  await editor.load();
  return editor.opened();
}

class Editor {
  /** @param {any} config @param {Photo[]} list @param {number} at */
  constructor(config, list, at) {
    this.words = config.words.editor;
    this.icons = config.icons;
    this.list = [...list];
    this.at = at;
    /** @type {Box[] | undefined} */
    this.given = config.boxes;
    /** @type {Box[]} */
    this.boxes = [];
    this.turned = false;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "editor";
    this.dialog.setAttribute("aria-labelledby", "editor-title");
    this.title = document.createElement("h2");
    this.title.id = "editor-title";
    this.canvas = document.createElement("canvas");
    this.svg = document.createElementNS(SVG, "svg");
    this.help = document.createElement("p");
    this.help.className = "hint";
    this.help.id = "editor-help";
  }

  async load() {
    const stage = document.createElement("div");
    stage.className = "editor-stage";
    stage.append(this.canvas, this.svg);
    const tools = document.createElement("div");
    tools.className = "chips";
    const ways = /** @type {[string, string, () => void][]} */ ([
      ["retry", "left", () => this.turn(3)], ["retry", "right", () => this.turn(1)],
      ["hidden", "box", () => this.add()], ["minus", "unbox", () => this.remove(this.boxes.length - 1)],
    ]);
    const moves = /** @type {[string, string, () => void][]} */ ([["chevron-left", "before", () => this.move(-1)], ["chevron-right", "after", () => this.move(1)]]);
    const drawn = await this.draw();
    this.boxes = this.scaled(this.given || [], this.canvas.width, this.canvas.height).map((box) => this.inside(box));
    this.help.textContent = drawn ? this.words.help : this.words.undrawable;
    stage.hidden = !drawn;
    tools.append(...[...(drawn ? ways : []), ...moves].filter(([, word]) => this.words[word]).map(([icon, word, act]) => this.button(`chip editor-${word}`, icon, word, act)));
    const end = document.createElement("div");
    end.className = "editor-end";
    end.append(this.button("btn btn--second", "", "cancel", () => this.dialog.close()), this.button("btn btn--primary", "check", "apply", () => this.dialog.close("keep")));
    this.dialog.append(this.title, stage, this.help, tools, end);
    this.listen();
    this.show();
  }

  /** @returns {Promise<boolean>} whether this browser can draw the photo */
  async draw() {
    try {
      const picture = await createImageBitmap(this.list[this.at].blob, { imageOrientation: "from-image" });
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
      this.canvas.getContext("2d")?.drawImage(picture, 0, 0);
      picture.close();
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} look @param {string} icon @param {string} word @param {() => void} act */
  button(look, icon, word, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = look;
    button.dataset.do = word;
    if (icon) button.innerHTML = `<svg class="i i-s" aria-hidden="true"><use href="${this.icons}#i-${icon}"></use></svg>`;
    button.append(this.words[word]);
    button.addEventListener("click", act);
    return button;
  }

  /** Open, and wait until it is closed. */
  async opened() {
    const photo = this.list[this.at];
    document.body.append(this.dialog);
    this.dialog.showModal();
    await new Promise((resolve) => this.dialog.addEventListener("close", resolve, { once: true }));
    const keep = this.dialog.returnValue === "keep";
    if (keep && !this.given) await this.paint(photo);
    this.dialog.remove();
    return keep ? { list: this.list, at: this.at, boxes: this.scaled(this.boxes, 1 / this.canvas.width, 1 / this.canvas.height) } : null;
  }

  /** @param {Photo} photo replaced by what is seen */
  async paint(photo) {
    if (this.turned || this.boxes.length) {
      const pen = this.canvas.getContext("2d");
      for (const { x, y, w, h } of this.boxes) pen?.fillRect(x, y, w, h);
      const blob = await encoded(this.canvas);
      this.list[this.at] = { ...photo, blob, name: named(photo.name, blob) };
    }
  }

  /** What is seen, as it is now. */
  show() {
    const { width, height } = this.canvas;
    this.title.textContent = fill(this.words.title, { n: this.at + 1, max: this.list.length });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const focused = [...this.svg.children].indexOf(/** @type {Element} */ (document.activeElement));
    this.svg.replaceChildren(...this.boxes.map((box, i) => {
      const rect = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: box.w, height: box.h })) rect.setAttribute(name, String(value));
      rect.setAttribute("tabindex", "0");
      rect.setAttribute("role", "button");
      rect.setAttribute("aria-label", fill(this.words.rectangle, { n: i + 1 }));
      rect.setAttribute("aria-describedby", "editor-help");
      return rect;
    }));
    if (focused >= 0) this.focus(focused);
    this.enable("unbox", this.boxes.length > 0);
    this.enable("before", this.at > 0);
    this.enable("after", this.at < this.list.length - 1);
  }

  /** @param {Box[]} boxes @param {number} across @param {number} down */
  scaled(boxes, across, down) { return boxes.map(({ x, y, w, h }) => ({ x: x * across, y: y * down, w: w * across, h: h * down })); }

  /** A button that one stands on is never taken away from under one. @param {string} word @param {boolean} possible */
  enable(word, possible) {
    this.dialog.querySelector(`[data-do=${word}]`)?.setAttribute("aria-disabled", String(!possible));
  }

  /** @param {number} i */
  focus(i) { /** @type {SVGElement | undefined} */ (this.svg.children[Math.min(i, this.boxes.length - 1)])?.focus(); }

  /** @param {number} quarters clockwise */
  turn(quarters) {
    for (let i = 0; i < quarters; i += 1) {
      const { width, height } = this.canvas;
      const copy = document.createElement("canvas");
      copy.width = height;
      copy.height = width;
      const pen = copy.getContext("2d");
      pen?.translate(height, 0);
      pen?.rotate(Math.PI / 2);
      pen?.drawImage(this.canvas, 0, 0);
      pen?.resetTransform();
      this.canvas.replaceWith(copy);
      this.canvas = copy;
      this.boxes = this.boxes.map(({ x, y, w, h }) => ({ x: height - y - h, y: x, w: h, h: w }));
    }
    this.turned = true;
    this.show();
  }

  /** @param {number} by */
  move(by) {
    const to = this.at + by;
    if (to < 0 || to >= this.list.length) return;
    [this.list[this.at], this.list[to]] = [this.list[to], this.list[this.at]];
    this.at = to;
    this.show();
  }

  /** A rectangle around a point, in the middle when there is none. @param {number} [x] @param {number} [y] */
  add(x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const side = this.canvas.width * TOUCH;
    this.boxes.push(this.inside({ x: x - side / 2, y: y - side / 4, w: side, h: side / 2 }));
    this.show();
    this.focus(this.boxes.length - 1);
  }

  /** @param {number} i */
  remove(i) {
    if (i < 0) return;
    this.boxes.splice(i, 1);
    this.show();
    if (this.boxes.length && this.dialog.querySelector("[data-do=unbox]") !== document.activeElement) this.focus(i);
  }

  /** @param {Box} box */
  inside({ x, y, w, h }) {
    const { width, height } = this.canvas;
    const small = width * STEP;
    const [wide, high] = [Math.min(Math.max(w, small), width), Math.min(Math.max(h, small), height)];
    return { x: Math.min(Math.max(0, x), width - wide), y: Math.min(Math.max(0, y), height - high), w: wide, h: high };
  }

  listen() {
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const i = [...this.svg.children].indexOf(/** @type {Element} */ (event.target));
    if (i < 0) return;
    const step = this.canvas.width * STEP;
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] || [0, 0];
    if (event.key === "Delete" || event.key === "Backspace") this.remove(i);
    else if (dx || dy) {
      const box = this.boxes[i];
      this.boxes[i] = this.inside(event.shiftKey ? { ...box, w: box.w + dx, h: box.h + dy } : { ...box, x: box.x + dx, y: box.y + dy });
      this.show();
    } else return;
    event.preventDefault();
  }

  /** A finger draws a rectangle, or moves the one under it; without a movement it leaves one. @param {PointerEvent} event */
  press(event) {
    event.preventDefault();
    const under = [...this.svg.children].indexOf(/** @type {Element} */ (event.target));
    const from = this.point(event);
    const was = this.boxes[under];
    const i = under < 0 ? this.boxes.length : under;
    let moved = false;
    this.svg.setPointerCapture(event.pointerId);
    const drag = (/** @type {PointerEvent} */ now) => {
      moved ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > STILL;
      if (!moved) return;
      const to = this.point(now);
      this.boxes[i] = this.inside(was ? { ...was, x: was.x + to.x - from.x, y: was.y + to.y - from.y } : { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
      this.show();
    };
    const end = () => {
      this.svg.removeEventListener("pointermove", drag);
      if (!moved && !was) this.add(from.x, from.y);
      else this.focus(i);
    };
    this.svg.addEventListener("pointermove", drag);
    this.svg.addEventListener("pointerup", end, { once: true });
    this.svg.addEventListener("pointercancel", end, { once: true });
  }

  /** @param {PointerEvent} event */
  point(event) {
    const seen = this.svg.getBoundingClientRect();
    return { x: ((event.clientX - seen.left) / seen.width) * this.canvas.width, y: ((event.clientY - seen.top) / seen.height) * this.canvas.height };
  }
}
