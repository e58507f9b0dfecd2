// @ts-check
/**
 * The home page. The list, the filters and the sheet work at once; the map itself is heavy and comes after the first paint,
 * when the browser has nothing more urgent to do.
 */

import { settings } from "../base.js";
import { Filters } from "../filters.js";
import { List } from "./list.js";
import { Sheet } from "./sheet.js";

const config = settings("map-config");
const filters = new Filters(/** @type {HTMLFormElement} */ (document.getElementById("filters")));
const list = new List(config, filters);
/** @type {import("./view.js").View | null} */
let view = null;

const sheet = new Sheet(/** @type {HTMLElement} */ (document.getElementById("sheet")), {
  raise: config.words.raise,
  lower: config.words.lower,
  onChange: () => view?.pad(),
});

filters.addEventListener("change", () => {
  view?.refresh();
  list.refresh(view?.bounds());
});
filters.addEventListener("search", (event) => search(/** @type {CustomEvent<string>} */ (event).detail));

/**
 * A number opens its page, an address moves the map, anything else filters by words.
 * @param {string} text
 */
async function search(text) {
  if (/^[a-z]{2,4}-?\d{1,8}$/i.test(text)) {
    location.assign(config.item.replace("{reference}", text.toUpperCase().replace(/^([A-Z]+)-?/, "$1-")));
    return;
  }
  if (text && config.geocode && view) {
    const place = await found(text);
    if (place) { view.goTo(place); return; }
    list.say(config.words.notfound);
  }
  filters.changed();
}

/**
 * @param {string} text
 * @returns {Promise<[number, number] | null>}
 */
async function found(text) {
  try {
    const answer = await fetch(`${config.geocode}?${new URLSearchParams({ q: text, territory: config.territory, limit: "1" })}`);
    const data = answer.ok ? await answer.json() : {};
    return data.features?.[0]?.geometry?.coordinates ?? null;
  } catch {
    return null;
  }
}

async function start() {
  const note = document.getElementById("map-note");
  try {
    const { View } = await import("./view.js");
    view = await View.open(config, filters, sheet);
    view.onPick = (mark) => {
      list.pick(mark.ref || "");
      if (sheet.height === "peek") sheet.set("half");
    };
    view.onMove = (bounds) => list.follow(bounds);
    list.onSelect = (reference) => view?.marks.select(reference);
    list.onHover = (reference) => view?.marks.near(reference);
    // The list that came with the page is that of the whole town.
    if (view.partial) list.follow(view.bounds());
    Object.assign(window, { auzolanMap: view });
  } catch (error) {
    console.error(error);
    if (note) note.hidden = false;
  }
}

const idle = window.requestIdleCallback || ((run) => setTimeout(run, 60));
// After the page's first frame: what is read comes before what is looked at.
requestAnimationFrame(() => requestAnimationFrame(() => idle(start, { timeout: 800 })));

