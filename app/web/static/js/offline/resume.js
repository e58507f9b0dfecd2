// @ts-check
/** On the page where a kind is chosen: the way back to the last draft, and to all of them. */

import { fill } from "../base.js";
import { allItems, photosOf, valueOf } from "./store.js";

const items = (await allItems().catch(() => [])).filter((item) => item.state !== "sent");
const last = items.find((item) => item.state === "draft" || item.state === "refused");
const link = document.getElementById("draft");
if (last && link instanceof HTMLAnchorElement) {
  link.href = `/contribuer/${last.kind}?brouillon=${last.id}`;
  const text = /** @type {HTMLElement} */ (link.querySelector("[data-draft-text]"));
  text.textContent = valueOf(last, "text") || last.label || valueOf(last, "address");
  const [photo] = await photosOf(last.id);
  if (photo) {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(photo.blob);
    image.alt = "";
    link.querySelector(".ic")?.replaceChildren(image);
  }
  link.hidden = false;
}
const all = document.querySelector("#all-drafts a");
if (items.length > (last ? 1 : 0) && all instanceof HTMLElement) {
  all.textContent = fill(all.dataset.words || "", { n: items.length });
  /** @type {HTMLElement} */ (all.parentElement).hidden = false;
}
