// @ts-check
/** The page of what this device keeps: each draft and each sending, where it is, and what one may do about it. */

import { fill, percent, settings, toast } from "../base.js";
import { clock, later } from "./app.js";
import { drain } from "./outbox.js";
import { allItems, changeItem, findItem, listen, photosOf, removeItem, restoreItem, valueOf } from "./store.js";

/** @typedef {import("./store.js").Item} Item */

const { icons, kinds, words } = settings("kept-config");
const language = document.documentElement.lang;
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const today = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "day");
const template = /** @type {HTMLTemplateElement} */ (document.getElementById("kept-line"));
/** @type {Map<string, HTMLElement>} */
const lines = new Map();
/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** "Aujourd’hui, 14 h 08", or the day. @param {number} time */
const when = (time) => `${new Date(time).toDateString() === new Date().toDateString() ? `${today[0].toUpperCase()}${today.slice(1)}` : day.format(time)}, ${clock(time)}`;

/** @param {string} text */
const say = (text) => { byId("kept-status").textContent = text; };

let shown = Promise.resolve();
/** One look after the other: what an older one found would come after what a newer one says. */
const show = () => { shown = shown.then(look).catch((error) => console.warn(error)); };

async function look() {
  const items = await allItems();
  for (const [id, line] of lines) if (!items.some((item) => item.id === id)) { line.remove(); lines.delete(id); }
  for (const list of document.querySelectorAll("[data-states]")) {
    const states = /** @type {HTMLElement} */ (list).dataset.states?.split(" ") || [];
    const mine = items.filter((item) => states.includes(item.state));
    for (const [i, item] of mine.entries()) {
      const line = await lineOf(item);
      if (list.children[i] === line) continue;
      const here = line.contains(document.activeElement) && document.activeElement;
      list.insertBefore(line, list.children[i] ?? null);
      // Whoever stood on a line that moves stands on it still.
      if (here instanceof HTMLElement) here.focus();
    }
    /** @type {HTMLElement} */ (list.closest("section")).hidden = !mine.length;
  }
  const queue = items.filter((item) => ["sending", "waiting", "refused"].includes(item.state)).length;
  byId("kept-title").textContent = queue > 1 ? fill(words.many, { n: queue }) : queue ? words.one : words.title;
  byId("kept-lead").textContent = queue > 1 ? words.kept_many : words.kept_one;
  byId("kept-empty").hidden = items.length > 0;
}

/** The line of an item, made once and then changed, so that whoever stands on it stays there. @param {Item} item */
async function lineOf(item) {
  const line = lines.get(item.id) || /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  lines.set(item.id, line);
  line.dataset.id = item.id;
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (line.querySelector(`[data-${name}]`));
  part("kind").setAttribute("href", `${icons}#kind-${item.kind}`);
  part("kind").closest(".kindname")?.setAttribute("class", `kindname k-${item.kind}`);
  part("label").textContent = item.label || kinds[item.kind];
  part("text").textContent = valueOf(item, "text").slice(0, 90) || valueOf(item, "address") || words.untitled;
  const photos = item.photos > 1 ? fill(words.photos, { n: item.photos }) : item.photos ? words.photo : "";
  part("facts").textContent = [when(item.changed), photos].filter(Boolean).join(" · ");
  state(line, item);
  const why = part("why");
  why.replaceChildren(...(item.state === "refused" ? item.problems.map((one) => one.message) : []).concat(item.why && !item.problems.length ? [item.why] : []).map((text) => {
    const sentence = document.createElement("li");
    sentence.textContent = text;
    return sentence;
  }));
  why.hidden = !why.children.length;
  acts(line, item);
  await picture(line, item);
  return line;
}

/** @param {HTMLElement} line @param {Item} item */
function state(line, item) {
  const said = { draft: words.draft, waiting: item.tries && item.why ? words.again : words.waiting, sending: words.sending, sent: fill(words.sent, { number: item.reference || "" }), refused: words.refused }[item.state];
  const badge = /** @type {HTMLElement} */ (line.querySelector("[data-state]"));
  badge.textContent = said;
  badge.className = `badge badge--md s-${{ draft: "received", waiting: "waiting", sending: "routed", sent: "done", refused: "reopened" }[item.state]}`;
  const bar = /** @type {HTMLElement} */ (line.querySelector("progress"));
  bar.hidden = item.state !== "sending";
}

/** @param {HTMLElement} line @param {Item} item */
function acts(line, item) {
  const act = (/** @type {string} */ name) => /** @type {HTMLAnchorElement} */ (line.querySelector(`[data-act=${name}]`));
  const form = `/contribuer/${item.kind}?brouillon=${item.id}`;
  act("resume").href = form;
  act("resume").hidden = item.state === "sent" || item.state === "sending";
  act("send").hidden = item.state !== "waiting" && item.state !== "refused";
  act("remove").hidden = item.state === "sending";
  const open = act("open");
  open.hidden = item.state !== "sent" && item.state !== "refused";
  open.href = item.state === "sent" ? item.follow || "" : form;
  open.textContent = item.state === "sent" ? fill(words.follow, { number: item.reference || "" }) : words.mend;
}

/** @param {HTMLElement} line @param {Item} item */
async function picture(line, item) {
  if (!item.photos || line.querySelector("img")) return;
  const [photo] = await photosOf(item.id);
  if (!photo) return;
  const image = document.createElement("img");
  image.className = "ph kept-ph";
  image.alt = "";
  image.src = URL.createObjectURL(photo.blob);
  line.querySelector(".kept-ph")?.replaceWith(image);
}

/** @param {string} id */
async function remove(id) {
  const [item, photos] = [await findItem(id), await photosOf(id)];
  if (!item || item.state === "sending") return;
  await removeItem(id);
  toast(words.deleted, { label: words.undo, run: () => restoreItem(item, photos) });
  byId("kept-title").focus();
}

/** @param {string} [id] only this one, even if it was refused */
async function send(id) {
  if (id) await changeItem(id, { state: "waiting", tries: 0, why: "", problems: [] }, ["refused", "waiting"]);
  const left = await drain(id);
  if (left) { say(words.still); later(); }
}

byId("kept").addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("button[data-act]");
  const id = button?.closest("li")?.dataset.id;
  if (!(button instanceof HTMLElement) || !id) return;
  button.closest("details")?.removeAttribute("open");
  if (button.dataset.act === "remove") remove(id);
  if (button.dataset.act === "send") send(id);
});
// One menu at a time; Escape closes it.
byId("kept").addEventListener("toggle", (event) => {
  const opened = event.target;
  if (opened instanceof HTMLDetailsElement && opened.open) document.querySelectorAll(".kept-menu[open]").forEach((menu) => { if (menu !== opened) menu.removeAttribute("open"); });
}, true);
addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".kept-menu[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  /** @type {HTMLElement | null} */ (menu.querySelector("summary"))?.focus();
});
byId("retry").addEventListener("click", () => send());
document.addEventListener("newversion", (event) => {
  byId("kept-new").hidden = false;
  byId("kept-new").querySelector("button")?.addEventListener("click", /** @type {CustomEvent<() => void>} */ (event).detail);
});

let soon = 0;
listen(async ({ type, id, share }) => {
  if (type === "progress") {
    const bar = lines.get(id)?.querySelector("progress");
    const badge = lines.get(id)?.querySelector("[data-state]");
    if (bar) bar.value = share || 0;
    if (badge && share && share < 1) badge.textContent = fill(words.percent, { n: percent(share) });
    return;
  }
  clearTimeout(soon);
  soon = Number(setTimeout(show, 40));
  if (type === "sent") say(fill(words.gone, { number: (await findItem(id))?.reference || "" }));
});
byId("kept-title").tabIndex = -1;
show();
showArea();

/** The part of the map that is kept, if any. */
async function showArea() {
  const { forgetArea, keptArea, weight } = await import("./area.js");
  const about = await keptArea().catch(() => null);
  byId("area-none").hidden = Boolean(about);
  byId("area-kept").hidden = !about;
  if (!about) return;
  const words = /** @type {HTMLElement} */ (byId("area-kept").querySelector("p"));
  words.textContent = fill(words.dataset.words || "", { moment: `${day.format(about.at)}, ${clock(about.at)}`, size: weight(about.bytes) });
  /** @type {HTMLAnchorElement} */ (byId("area-kept").querySelector("a")).href = `/#map=${about.place}`;
  byId("area-kept").querySelector("button")?.addEventListener("click", async () => { await forgetArea(); byId("kept-title").focus(); showArea(); }, { once: true });
}
