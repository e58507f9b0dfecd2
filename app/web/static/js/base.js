// @ts-check
/** What every page does with scripts: the theme without reloading, short messages, the first error of a form. */

/**
 * Say something short at the bottom of the page. It is never the only trace of what happened, and goes by itself; with
 * something to press it stays until that is pressed, or closed: nothing goes away under a finger.
 * @param {string} text
 * @param {{label: string, run: () => void}} [action]
 */
export function toast(text, action) {
  const host = document.getElementById("toasts");
  if (!host) return;
  const box = document.createElement("div");
  box.className = action ? "toast toast--acts" : "toast";
  box.append(text);
  const press = (/** @type {string} */ label, run = () => {}) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", () => { box.remove(); run(); });
    box.append(button);
    return button;
  };
  if (action) {
    press(action.label, action.run);
    press("×").setAttribute("aria-label", host.dataset.close || "");
  } else setTimeout(() => box.remove(), 6000);
  host.querySelector(action ? ".toast--acts" : ".toast:not(.toast--acts)")?.remove();
  host.append(box);
}

/**
 * The texts and settings that the server wrote in a JSON script block of the page.
 * @param {string} id
 * @returns {any} its content, or an empty object when the page has none
 */
export function settings(id) {
  const block = document.getElementById(id);
  return block ? JSON.parse(block.textContent || "{}") : {};
}

/** Whether the person asked for less movement. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Do it once the page has shown what it has to show: an answer to a hand comes before what follows from it. @param {() => void} run */
export const painted = (run) => requestAnimationFrame(() => setTimeout(run));

/** A pause in a long beginning: what a hand did meanwhile is answered first. @returns {Promise<void>} */
export const breath = () => new Promise((resolve) => setTimeout(resolve));

/**
 * Put values in a translated text: `{name}` becomes the value.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

/**
 * A whole number as people read it: "12 400", or "12 k" where there is little room. Below a thousand these are its digits, and
 * the browser need not fetch what it knows of languages, which takes a phone a while.
 * @param {number} n
 * @param {Intl.NumberFormatOptions} [how]
 */
export const count = (n, how) => (n < 1000 ? String(n) : new Intl.NumberFormat(document.documentElement.lang, how).format(n));

/** A share of one as people read it: "42 %". @param {number} share */
export const percent = (share) => new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(share);

function setTheme(/** @type {string} */ name) {
  document.documentElement.dataset.theme = name;
  document.cookie = `theme=${name};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.("[data-theme-choice]");
  if (!(link instanceof HTMLElement)) return;
  event.preventDefault();
  setTheme(link.dataset.themeChoice || "light");
  /** @type {HTMLElement | null} */ (document.querySelector(`[data-theme-choice]:not([data-theme-choice="${link.dataset.themeChoice}"])`))?.focus();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("themechange")));

// A page that comes back with errors puts the person in front of them.
const problems = document.getElementById("problems");
if (problems) {
  const first = document.querySelector("[aria-invalid=true]");
  /** @type {HTMLElement} */ (first || problems).focus();
}

// What works without a network is set up once the page has all it needs. A first visit to the map waits for the map as well, or
// for too long: what a phone keeps for later must not hold up what it was opened for.
const later = window.requestIdleCallback || ((run) => setTimeout(run, 200));
/** Milliseconds that the map of the home page may take. */
const PATIENCE = 10_000;
const mapped = () => new Promise((resolve) => { document.addEventListener("mapstarted", resolve, { once: true }); setTimeout(resolve, PATIENCE); });
const ready = document.body.classList.contains("is-map") && !navigator.serviceWorker?.controller ? mapped() : Promise.resolve();
addEventListener("load", () => ready.then(() => later(() => import("./offline/app.js").then((app) => app.start()).catch((error) => console.warn(error)))));
