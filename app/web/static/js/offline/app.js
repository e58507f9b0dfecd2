// @ts-check
/**
 * On every page, once it is loaded: the service worker, the sentence about the network, the queue that empties itself. A
 * page that is open never changes under somebody's hands: a new version waits, and says that it is there.
 */

import { fill, settings, toast } from "../base.js";
import { drain, pause } from "./outbox.js";
import { allItems, findItem, listen } from "./store.js";

const words = settings("offline-words");
let copied = /** @type {{copy: number, elsewhere: boolean} | null} */ (null);
let timer = 0;
let waiting = 0;

/** Set everything up; the page works without it. */
export async function start() {
  if (navigator.serviceWorker) register().catch((error) => console.warn("no service worker:", error.message));
  addEventListener("online", () => { copied = null; say(); send(); });
  addEventListener("offline", say);
  listen(heard);
  await say();
  if (waiting) send();
}

async function register() {
  const workers = navigator.serviceWorker;
  workers.addEventListener("message", ({ data }) => { if ("copy" in data) { copied = data; say(); } });
  workers.controller?.postMessage("copy?");
  // Some browsers' workers import no modules: theirs does without the outbox, which pages empty as well.
  const registered = await workers.register("/sw.js", { type: "module", updateViaCache: "none" }).catch(() => workers.register("/sw.js?plain", { updateViaCache: "none" }));
  const ready = () => { if (registered.waiting && registered.active) propose(registered); };
  registered.addEventListener("updatefound", () => registered.installing?.addEventListener("statechange", ready));
  ready();
  const worker = (await workers.ready).active;
  worker?.postMessage({ language: document.documentElement.lang, page: location.pathname });
}

/** @param {ServiceWorkerRegistration} registered */
function propose(registered) {
  document.dispatchEvent(new CustomEvent("newversion", { detail: () => update(registered) }));
  toast(words.ready, { label: words.update, run: () => update(registered) });
}

/** The person asked for it: what is being typed is kept first. @param {ServiceWorkerRegistration} registered */
async function update(registered) {
  /** @type {Promise<any>[]} */
  const keeping = [];
  document.dispatchEvent(new CustomEvent("keep", { detail: keeping }));
  await Promise.allSettled(keeping);
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registered.waiting?.postMessage("activate");
}

/** @param {{type: string, id: string}} message */
async function heard({ type, id }) {
  // What was sent passed: a page that came from the copy is no longer without a network.
  if (type === "sent") copied = null;
  if (type === "changed" || type === "sent") say();
  // The page of the form and that of the drafts tell it themselves, at length.
  if (type !== "sent" || document.querySelector("[data-tells-sending]")) return;
  const item = await findItem(id);
  if (item?.reference) toast(fill(words.sent, { number: item.reference }), { label: words.see, run: () => location.assign(item.receipt || words.drafts) });
}

/** The time of day as the pages write it: "4 h 54" in French. @param {number | Date} time */
export function clock(time) {
  const { lang } = document.documentElement;
  const said = new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" }).format(time);
  return lang === "fr" ? said.replace(/^0/, "").replace(":", "\u00a0h\u00a0") : said;
}

/** The banner: no network, or something that waits. */
async function say() {
  const items = await allItems().catch(() => []);
  waiting = items.filter((item) => item.state === "waiting" || item.state === "sending").length;
  const refused = items.filter((item) => item.state === "refused").length;
  const banner = document.getElementById("offline");
  if (!banner) return;
  const part = (/** @type {string} */ name) => /** @type {HTMLElement | null} */ (banner.querySelector(`[data-say=${name}]`));
  const offline = !navigator.onLine || copied !== null;
  const queue = waiting === 1 ? words.one : fill(words.many, { n: waiting });
  const time = copied && clock(copied.copy);
  const about = copied?.elsewhere ? words.elsewhere : copied ? fill(words.dated, { time: time || "" }) : words.going;
  const title = offline ? words.offline : waiting ? queue : words.refused;
  const text = offline ? (waiting ? queue : about) : waiting ? words.alone : "";
  const here = location.pathname === words.drafts;
  banner.hidden = !(offline || ((waiting || refused) && !here));
  banner.classList.toggle("is-offline", offline);
  if (banner.hidden) return;
  const put = (/** @type {string} */ name, /** @type {string} */ value) => { const host = part(name); if (host && host.textContent !== value) host.textContent = value; };
  put("title", title);
  put("text", text);
  const link = part("link");
  if (link) link.hidden = here || !(waiting || refused);
}

/** Send what waits, and again later with longer and longer pauses while it does not pass. */
async function send() {
  clearTimeout(timer);
  if (!navigator.onLine) return;
  const left = await drain().catch(() => 0);
  if (!left) return;
  const tries = Math.max(...(await allItems()).filter((item) => item.state === "waiting").map((item) => item.tries), 0);
  timer = Number(setTimeout(send, pause(tries)));
}

/** Ask the browser to wake the worker when the network is back, even when every page is closed. */
export async function later() {
  const registered = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  await /** @type {any} */ (registered)?.sync?.register("outbox").catch(() => {});
  send();
}
