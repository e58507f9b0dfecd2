// @ts-check
/**
 * The form of a contribution. It never waits for the map: everything here is small, and the map (heavy) comes afterwards,
 * when the browser is idle and the place is in view.
 */

import { fill, percent, settings, toast } from "./base.js";
import { Draft } from "./offline/draft.js";
import { drain } from "./offline/outbox.js";
import { findItem, isFull, listen } from "./offline/store.js";
import { Photos } from "./photos.js";

const config = settings("form-config");
/** What says what is wrong comes with the first touch of the form: it is there before the network may be gone. */
const problems = () => import("./problems.js");
/** @type {typeof import("./problems.js").showProblems} */
const showProblems = (...told) => { problems().then((said) => said.showProblems(...told)); };
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

const photos = new Photos(config, (found) => {
  photoPlace = found;
  const way = form.querySelector("[data-way=photo]");
  if (way instanceof HTMLElement) way.hidden = false;
}, () => draft.soon(true));
const draft = new Draft(config, form, photos, (error) => {
  if (told) return;
  told = true;
  // The form goes on: it is only not kept if the page is closed.
  document.getElementById("keep-note")?.removeAttribute("hidden");
  const note = document.querySelector("#keep-note span");
  if (note) note.textContent = isFull(error) ? config.words.full : config.words.unkept;
});
let told = false;

/** What the chosen category says of photos: "required", "none", or nothing. */
const photoWish = () => /** @type {HTMLElement | null} */ (form.querySelector("[name=category]:checked"))?.dataset.photo || "";
const wish = /** @type {HTMLElement} */ (document.getElementById("photos-wish"));
const usualWish = wish.textContent;

/** Only the questions of the chosen category are asked. */
function ask() {
  const category = new FormData(form).get("category");
  wish.textContent = photoWish() === "required" ? wish.dataset.needed || "" : usualWish;
  // What was added before the category was chosen stays in sight.
  document.getElementById("photos-part")?.toggleAttribute("hidden", photoWish() === "none" && !photos.list.length);
  for (const box of form.querySelectorAll("[data-questions]")) {
    const open = box instanceof HTMLElement && box.dataset.questions === category;
    box.toggleAttribute("data-closed", !open);
    box.toggleAttribute("disabled", !open);
  }
  stop();
}

/** An answer that cannot wait for a form: the number to call takes the place of the button. */
function stop() {
  const given = new FormData(form);
  /** @type {HTMLElement | null} */
  let called = null;
  for (const note of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-stop]"))) {
    const on = given.getAll(note.dataset.stop || "").some((answer) => note.dataset.answers?.split(" ").includes(String(answer)));
    note.classList.toggle("is-on", on);
    if (on) called ??= note;
  }
  const link = /** @type {HTMLAnchorElement} */ (document.getElementById("send-stopped"));
  const words = /** @type {HTMLElement} */ (link.querySelector("span"));
  link.hidden = !called;
  /** @type {HTMLElement} */ (document.getElementById("send")).hidden = Boolean(called);
  if (!called) return;
  link.href = `tel:${called.dataset.phone?.replace(/ /g, "")}`;
  words.textContent = fill(words.dataset.words || "", { phone: called.dataset.phone || "" });
}

/** How long the text is, for the eye; only near the limit is it told aloud, and once: the field keeps one name. */
function count() {
  const text = /** @type {HTMLTextAreaElement} */ (field("text").valueOf());
  let shown = form.querySelector("[data-counter]");
  if (!shown) {
    shown = document.createElement("small");
    shown.setAttribute("data-counter", "");
    shown.setAttribute("aria-hidden", "true");
    shown.className = "num";
    form.querySelector("label[for=text]")?.append(" ", shown);
  }
  shown.textContent = `${text.value.length} / ${text.maxLength}`;
  const status = /** @type {HTMLElement} */ (document.getElementById("text-status"));
  const told = text.maxLength - text.value.length < 100 ? status.dataset.words || "" : "";
  if (status.textContent !== told) status.textContent = told;
}

async function restore() {
  const found = await draft.restore();
  ask();
  count();
  if (place?.value) place.show(place.value, "");
  if (new FormData(form).get("category")) fold();
  if (!found) return;
  if (found.state === "refused") showProblems(form, config, found.problems, found.why);
  else toast(config.words.draft);
}

ask();
count();
const restored = restore().catch((error) => console.warn(error));
form.addEventListener("input", () => { count(); draft.soon(); });
form.addEventListener("change", (event) => {
  ask();
  draft.soon();
  if (event.target instanceof HTMLInputElement && event.target.name === "category" && place?.value) near({ lon: place.value[0], lat: place.value[1] });
});

/** Categories by words: nobody waits for it before it is of use. */
const suggesting = () => import("./suggest.js");
form.addEventListener("focusin", () => { problems().catch(() => {}); }, { once: true });
form.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && ["category-words", "text"].includes(target.id)) suggesting();
});

/** The chosen category becomes a card; a moment later, so that the choice is made. @param {string} [because] why it was offered */
const fold = (because) => setTimeout(() => import("./chosen.js").then((card) => card.fold(because)));
form.addEventListener("focusout", ({ target, relatedTarget }) => {
  // Arrows go from one picture to the next: with the keyboard, whoever leaves the list has chosen.
  if (target instanceof HTMLInputElement && target.name === "category" && relatedTarget instanceof Node && !document.getElementById("category")?.contains(relatedTarget)) fold();
});

form.addEventListener("click", (event) => {
  const chip = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-category]"));
  if (chip) suggesting().then(({ choose }) => { choose(chip.dataset.category || ""); fold(chip.title); });
  if (event.detail && /** @type {Element} */ (event.target).closest("label.category")) fold();
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
  draft.soon();
}

const status = /** @type {HTMLElement} */ (document.getElementById("send-status"));
const button = /** @type {HTMLButtonElement} */ (document.getElementById("send"));
const bar = /** @type {HTMLProgressElement} */ (document.getElementById("send-progress"));
const label = /** @type {HTMLElement} */ (button.querySelector("span"));
const usual = label.textContent;

/** What is missing can be said at once, network or not; the server looks at everything again. */
function missing() {
  const found = [...form.querySelectorAll("[data-stop].is-on")].map((note) => ({ pointer: "", message: note.textContent?.trim() || "" }));
  const [text, lat, address] = ["text", "lat", "address"].map((name) => field(name).value.trim());
  if (!lat && !address) found.push({ pointer: "/lat", message: config.words.noplace });
  if (!new FormData(form).get("category")) found.push({ pointer: "/category", message: config.words.nocategory });
  if (!text) found.push({ pointer: "/text", message: config.words.notext });
  if (photoWish() === "required" && !photos.list.length && !field("kept_photos")) found.push({ pointer: "/photos", message: config.words.nophoto });
  return found;
}

/** @param {boolean} on @param {number} [share] */
function busy(on, share = 0) {
  button.setAttribute("aria-disabled", String(on));
  bar.hidden = !on;
  bar.value = share;
  label.textContent = on ? (share && share < 1 ? fill(config.words.percent, { n: percent(share) }) : config.words.sending) : usual;
  if (on !== sending) status.textContent = on ? config.words.sending : "";
  sending = on;
}
let sending = false;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  // A second tap while the first is on its way; the draft's key would make it harmless, but not quick.
  if (!sending) send().catch((error) => { console.error(error); busy(false); });
});

listen((message) => {
  if (message.id !== draft.item.id) return;
  if (message.type === "progress" && sending) busy(true, message.share);
  // Also when another tab sent this very draft.
  if (message.type === "sent") findItem(message.id).then((item) => location.replace(item?.receipt || "/"));
});

/** Into the queue, then from the queue: whatever cuts the way, the queue still has it. */
async function send() {
  const found = missing();
  if (found.length) { showProblems(form, config, found); return; }
  busy(true);
  await Promise.all([restored, photos.ready]);
  try {
    await draft.queue();
  } catch {
    // This device keeps nothing, or has no room: the browser sends the form itself.
    sessionStorage.setItem("auzolan:leaving", draft.item.id);
    if (navigator.onLine) form.submit();
    else { busy(false); showProblems(form, config, [], config.words.unkept); }
    return;
  }
  import("./sending.js").then(({ watch }) => watch(draft.item.id, config.words.percent)).catch(() => {});
  if (navigator.onLine) await drain(draft.item.id);
  const now = await findItem(draft.item.id);
  // It was stopped on the way: the form goes on where it was.
  if (now?.state === "draft") { busy(false); toast(config.words.stopped); return; }
  if (now?.state === "sent") return;
  if (now?.state === "refused") {
    busy(false);
    draft.item = now;
    showProblems(form, config, now.problems, now.why);
    return;
  }
  const { later } = await import("./offline/app.js");
  later();
  // Without a network the page of the drafts only opens where a worker keeps it; here it is said on the spot.
  if (navigator.serviceWorker?.controller || (await fetch(config.drafts, { method: "HEAD" }).catch(() => null))?.ok) location.assign(config.drafts);
  else { busy(false); status.textContent = config.words.kept; toast(config.words.kept); }
}

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
  pins();
}

/** What is already there, on the form's map too. */
function pins() {
  const list = document.getElementById("nearby-list");
  if (place?.map && list && (drawn ||= list.children.length > 0)) import("./around.js").then(({ around }) => around(place?.map, list, config.icons));
}
let drawn = false;

async function start() {
  const host = document.getElementById("place");
  try {
    const { Place } = await import("./place.js");
    place = new Place(config, form, near);
    tellOpened(place);
    await restored;
    await place.start();
    pins();
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

