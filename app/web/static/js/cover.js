// @ts-check
/** A moderator draws on a photo what to cover: the rectangles are written into the field in which they may be typed. */

import { settings } from "./base.js";

const config = settings("cover-config");
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("parts"));
const image = /** @type {HTMLImageElement} */ (document.getElementById("cover-photo"));
const open = /** @type {HTMLButtonElement} */ (document.getElementById("cover-draw"));

/** What is typed, as fractions of the picture; a line that says no rectangle is left out. */
const typed = () => field.value.split("\n").map((line) => line.replace(/%/g, "").replace(/,/g, ".").trim().split(/[\s;]+/).map(Number))
  .filter((four) => four.length === 4 && four.every(Number.isFinite)).map(([x, y, w, h]) => ({ x: x / 100, y: y / 100, w: w / 100, h: h / 100 }));
const percent = (/** @type {number} */ share) => String(Math.round(share * 10000) / 100);

open.addEventListener("click", async () => {
  const [{ edit }, blob] = await Promise.all([import("./photo/editor.js"), fetch(image.src).then((answer) => answer.blob())]);
  const done = await edit({ ...config, boxes: typed() }, [{ id: "", item: "", order: 0, blob, name: "" }], 0);
  if (done) field.value = done.boxes.map(({ x, y, w, h }) => [x, y, w, h].map(percent).join(" ")).join("\n");
  open.focus();
});
