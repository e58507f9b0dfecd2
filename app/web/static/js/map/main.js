// @ts-check
/**
 * The home page. The list, the filters and the sheet work at once; the map itself is heavy and comes after the first paint,
 * when the browser has nothing more urgent to do.
 */

import { breath, painted, settings } from "../base.js";
import { Filters } from "../filters.js";
import { List } from "./list.js";
import { Search } from "./search.js";
import { Sheet } from "./sheet.js";

const config = settings("map-config");
const filters = new Filters(/** @type {HTMLFormElement} */ (document.getElementById("filters")));
const list = new List(config, filters);
/** @type {import("./view.js").View | null} */
let view = null;

const sheet = new Sheet(/** @type {HTMLElement} */ (document.getElementById("sheet")), {
  raise: config.words.raise,
  lower: config.words.lower,
  onChange: () => painted(() => view?.pad()),
});

filters.addEventListener("change", () => painted(() => {
  view?.refresh();
  list.refresh(view?.bounds());
}));
if (document.body.classList.contains("is-embedded")) {
  // Other pages of ours do not open inside another site.
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[href]");
    if (link instanceof HTMLAnchorElement && link.pathname !== location.pathname) Object.assign(link, { target: "_blank", rel: "noopener" });
  }, true);
}

new Search(config, filters, {
  goTo: (at) => view?.goTo(at),
  // What has these words may be anywhere in the town.
  ask: () => view?.frame(),
  say: (text) => list.say(text),
});
list.onInstead = (words) => {
  filters.field("q").value = words;
  view?.refresh();
};

async function start() {
  const note = document.getElementById("map-note");
  try {
    // All that the map needs at once, instead of one file after the other.
    for (const href of config.modules) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
    // And one at a time, the far ones first: linked in one go, a phone would stand still for all of them together.
    for (const href of [...config.modules].reverse()) {
      await import(href);
      await breath();
    }
    const { View } = await import("./view.js");
    view = await View.open(config, filters, sheet);
    view.onPick = (mark) => {
      list.pick(mark.ref || "");
      if (sheet.height === "peek") sheet.set("half");
    };
    view.onMove = (bounds) => list.follow(bounds);
    list.onSelect = (reference) => view?.marks.select(reference);
    list.onHover = (reference) => view?.marks.near(reference);
    // The list that came with the page is that of the whole town. The first answer to a hand comes before its part.
    if (view.partial || filters.params().get("sort") === "nearest") idle(() => list.follow(view.bounds()), { timeout: 1000 });
    Object.assign(window, { auzolanMap: view });
    offline(view);
    document.getElementById("follow-here")?.addEventListener("click", (event) => followHere(/** @type {HTMLAnchorElement} */ (event.currentTarget), view));
    performance.mark("map-usable");
  } catch (error) {
    console.error(error);
    if (note) note.hidden = false;
  }
  document.dispatchEvent(new Event("mapstarted"));
}

/** Distances that can be followed, in metres (`following.RADII_M`). */
const RADII = [100, 200, 300, 500, 1000, 2000];

/**
 * The form to follow a place, filled in with the middle of the map and about as far as it shows.
 * @param {HTMLAnchorElement} link
 * @param {any} shown
 */
function followHere(link, shown) {
  const { lng, lat } = shown.map.getCenter();
  const [, south, , north] = shown.bounds().split(",").map(Number);
  const seen = ((north - south) * 111320) / 2;
  const radius = RADII.filter((one) => one <= seen).pop() || RADII[0];
  const place = new URLSearchParams({ what: "place", lon: lng.toFixed(5), lat: lat.toFixed(5), radius: String(radius) });
  link.href = `${link.pathname}?${place}`;
}

/** What is shown can be kept on the device; the first visit keeps a little by itself. @param {import("./view.js").View} shown */
function offline(shown) {
  const area = () => import("../offline/area.js");
  document.getElementById("keep-area")?.addEventListener("click", () => area().then(({ keepSeen }) => keepSeen(shown)));
  const [page] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
  if (!page?.workerStart) navigator.serviceWorker?.ready.then(area).then(({ touch }) => touch(shown)).then(() => performance.mark("map-kept")).catch(() => {});
}

const idle = window.requestIdleCallback || ((run) => setTimeout(run, 60));
// After the page's first frame: what is read comes before what is looked at.
requestAnimationFrame(() => requestAnimationFrame(() => idle(start, { timeout: 800 })));

