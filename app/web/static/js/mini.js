// @ts-check
/** A small map with one pin, for the page of a contribution and for the desk. Loaded when it comes into view. */

import { settings } from "./base.js";

let watcher = /** @type {IntersectionObserver | null} */ (null);

/** @param {HTMLElement} host */
async function start(host) {
  const config = settings("mini-config");
  const [{ credit, openMap }, { toMark }, { Marks }] = await Promise.all([import("./map/basemap.js"), import("./map/cluster.js"), import("./map/marks.js")]);
  const map = await openMap(host, config, { center: config.place, zoom: 16.5, scrollZoom: false });
  const marks = new Marks(map, { icons: config.icons, language: document.documentElement.lang, onPick: () => {} });
  marks.selected = "here";
  marks.show([toMark({ n: 1, ref: "here", kind: config.kind, state: config.done ? "done" : "" }, config.place)]);
  host.append(credit(config, "credit credit--mini"));
}

/** Draw the small map of the page as it is now; the desk calls it again for each ticket. */
export function draw() {
  watcher?.disconnect();
  const host = document.getElementById("mini-map");
  if (!host) return;
  watcher = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher?.disconnect();
    start(host).catch((error) => { console.error(error); host.hidden = true; });
  }, { rootMargin: "100px" });
  watcher.observe(host);
}

draw();
