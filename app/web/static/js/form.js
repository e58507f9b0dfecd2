// @ts-check
/**
 * The form of a contribution. It never waits for the map: everything here is small, and the map (heavy) comes afterwards,
 * when the browser is idle and the place is in view.
 */

import { settings, toast } from "./base.js";
import { load, save } from "./drafts.js";
import { Photos } from "./photos.js";

const config = settings("form-config");
const form = /** @type {HTMLFormElement} */ (document.getElementById("contribution"));
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
/** @type {import("./place.js").Place | null} */
let place = null;
/** @type {(place: import("./place.js").Place) => void} */
let tellOpened = () => {};
/** @type {Promise<import("./place.js").Place>} */
const opened = new Promise((resolve) => { tellOpened = resolve; });
/** @type {{lat: number, lon: number} | null} */
let photoPlace = null;

new Photos(config, (found) => {
  photoPlace = found;
  const way = form.querySelector("[data-way=photo]");
  if (way instanceof HTMLElement) way.hidden = false;
});

/** Only the questions of the chosen category are asked. */
function ask() {
  const category = new FormData(form).get("category");
  for (const box of form.querySelectorAll("[data-questions]")) {
    const open = box instanceof HTMLElement && box.dataset.questions === category;
    box.toggleAttribute("data-closed", !open);
    box.toggleAttribute("disabled", !open);
  }
}

/** How long the text is, once it gets near the limit. */
function count() {
  const text = /** @type {HTMLTextAreaElement} */ (field("text").valueOf());
  let shown = form.querySelector("[data-counter]");
  if (!shown) {
    shown = document.createElement("small");
    shown.setAttribute("data-counter", "");
    shown.className = "num";
    form.querySelector("label[for=text]")?.append(" ", shown);
  }
  shown.textContent = `${text.value.length} / ${text.maxLength}`;
}

function keep() {
  const data = new FormData(form);
  const value = (/** @type {string} */ name) => String(data.get(name) || "");
  save(config.kind, { text: value("text"), address: value("address"), lat: value("lat"), lon: value("lon"), category: value("category"), url: location.href });
}

function restore() {
  const draft = load(config.kind);
  if (!draft || field("text").value) return;
  for (const name of /** @type {const} */ (["text", "address", "lat", "lon"])) field(name).value = draft[name] || "";
  const category = [...form.querySelectorAll("[name=category]")].find((e) => e instanceof HTMLInputElement && e.value === draft.category);
  if (category instanceof HTMLInputElement) {
    category.checked = true;
    category.closest("details")?.setAttribute("open", "");
  }
  toast(config.words.draft);
}

restore();
ask();
count();
form.addEventListener("input", () => { count(); keep(); });
form.addEventListener("change", (event) => {
  ask();
  keep();
  if (event.target instanceof HTMLInputElement && event.target.name === "category" && place?.value) near({ lon: place.value[0], lat: place.value[1] });
});

form.addEventListener("click", (event) => {
  const way = /** @type {Element} */ (event.target).closest("[data-way]");
  if (!(way instanceof HTMLElement)) return;
  if (way.dataset.way === "locate") opened.then((map) => map.locate());
  if (way.dataset.way === "photo" && photoPlace) put(photoPlace);
  if (way.dataset.way === "type") {
    const open = document.getElementById("place-typed")?.classList.toggle("is-open");
    way.setAttribute("aria-expanded", String(Boolean(open)));
    if (open) field("address").focus();
  }
});

/**
 * Write a place in the form; the map shows it when it is there.
 * @param {{lat: number, lon: number}} where
 */
function put({ lat, lon }) {
  field("lat").value = lat.toFixed(6);
  field("lon").value = lon.toFixed(6);
  place?.show([lon, lat], "");
}

let sentAt = 0;
form.addEventListener("submit", (event) => {
  const status = /** @type {HTMLElement} */ (document.getElementById("send-status"));
  keep();
  if (!navigator.onLine) {
    event.preventDefault();
    status.textContent = config.words.offline;
    toast(config.words.offline);
    return;
  }
  // A second tap while the first is on its way; the key in the form would make it harmless, but not quick.
  if (Date.now() - sentAt < 8000) { event.preventDefault(); return; }
  sentAt = Date.now();
  status.textContent = config.words.sending;
  const label = document.querySelector("#send span");
  if (label && !(/** @type {SubmitEvent} */ (event).submitter?.hasAttribute("formaction"))) label.textContent = config.words.sending;
});


/**
 * What is already there, near the pin.
 * @param {{lat: number, lon: number}} where
 */
async function near({ lat, lon }) {
  if (!config.nearby) return;
  const box = document.getElementById("nearby");
  const answer = await fetch(`${config.nearby}?${new URLSearchParams({ lat: String(lat), lon: String(lon), kind: config.kind, category: String(new FormData(form).get("category") || "") })}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!box || !answer?.ok) return;
  const list = /** @type {HTMLElement} */ (document.getElementById("nearby-list"));
  list.innerHTML = await answer.text();
  box.hidden = !list.children.length;
}

async function start() {
  const host = document.getElementById("place");
  try {
    const { Place } = await import("./place.js");
    place = new Place(config, form, near);
    tellOpened(place);
    await place.start();
  } catch (error) {
    // No map here (an old browser, no WebGL): an address or coordinates say the place as well.
    console.error(error);
    host?.setAttribute("hidden", "");
    document.getElementById("place-typed")?.classList.add("is-open");
  }
}

const host = document.getElementById("place-map");
if (host) {
  const idle = window.requestIdleCallback || ((run) => setTimeout(run, 60));
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    idle(start, { timeout: 800 });
  }).observe(host);
}

