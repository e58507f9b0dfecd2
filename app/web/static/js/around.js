// @ts-check
/** What is already open near the pin, on the form's map: the same as the lines below it, which say it in words. */

import { toMark } from "./map/cluster.js";
import { Marks } from "./map/marks.js";

/** @type {Marks | null} */
let marks = null;

/**
 * Show the places of these lines instead of those before. A touch on a pin leads to its line.
 * @param {any} map of the form
 * @param {HTMLElement} list
 * @param {string} icons
 */
export function around(map, list, icons) {
  marks ??= new Marks(map, { icons, onPick: (mark) => lead(list, mark.ref || "") });
  marks.show([.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-at]"))].map(({ dataset }) => {
    const [lon, lat] = (dataset.at || "").split(",").map(Number);
    return toMark({ n: 1, ref: dataset.ref, kind: dataset.kind, state: dataset.state }, [lon, lat]);
  }));
}

/** @param {HTMLElement} list @param {string} reference */
function lead(list, reference) {
  const line = list.querySelector(`[data-ref="${CSS.escape(reference)}"]`);
  marks?.select(reference);
  line?.querySelector("a")?.focus({ preventScroll: true });
  line?.scrollIntoView({ block: "center" });
}
