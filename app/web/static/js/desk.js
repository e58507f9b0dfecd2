// @ts-check
/**
 * The desk at the keyboard. Every key presses a link or a button of the page, whose letter is printed on it; without
 * scripts the same links and forms do the same work. Choosing a line replaces the ticket without reloading the queue.
 */

import "../vendor/htmx/htmx.esm.min.js";
import { draw } from "./mini.js";

/** @param {string} selector */
const press = (selector) => {
  const target = document.querySelector(selector);
  if (!(target instanceof HTMLElement)) return false;
  target.click();
  return true;
};

/** @param {number} by one line down or up in the queue */
function move(by) {
  const rows = [...document.querySelectorAll(".queue-row")].filter((e) => e instanceof HTMLAnchorElement);
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = /** @type {HTMLAnchorElement} */ (rows[Math.min(rows.length - 1, Math.max(0, now + by))]);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  next.click();
}

/** @type {Record<string, () => unknown>} */
const keys = {
  j: () => move(1),
  k: () => move(-1),
  r: () => document.getElementById("text")?.focus(),
  a: () => press("[data-key=A]"),
  m: () => /** @type {HTMLElement | null} */ (document.querySelector("#mini-map canvas"))?.focus(),
  t: () => document.getElementById("service")?.focus(),
  "/": () => document.getElementById("desk-q")?.focus(),
  "?": () => /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"))?.showModal(),
};

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.closest("#answer")) {
    event.preventDefault();
    press("#answer [data-primary]");
    return;
  }
  if (event.key === "Escape" && target.matches("input, textarea, select")) { target.blur(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog, [contenteditable], .maplibregl-map")) return;
  const act = keys[event.key.toLowerCase()] || (() => (/^[a-z]$/i.test(event.key) ? press(`[data-key="${event.key.toUpperCase()}"]`) : false));
  if (event.key in keys || event.key.toLowerCase() in keys || document.querySelector(`[data-key="${CSS.escape(event.key.toUpperCase())}"]`)) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("#place-on-map")) import("./pin.js").then(({ toggle }) => toggle());
  if (/** @type {Element} */ (event.target).closest("[data-close]")) /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"))?.close();
  if (/** @type {Element} */ (event.target).closest("[data-open-keys]")) /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"))?.showModal();
  if (/** @type {Element} */ (event.target).closest("[data-print]")) print();
});

/** A half-written answer is kept when the agent looks at another ticket. */
const draftKey = () => `auzolan:answer:${document.getElementById("ticket")?.dataset.reference}`;
document.addEventListener("input", (event) => {
  if (/** @type {Element} */ (event.target).id === "text") sessionStorage.setItem(draftKey(), /** @type {HTMLTextAreaElement} */ (event.target).value);
});
document.addEventListener("submit", () => sessionStorage.removeItem(draftKey()));

/** @param {Element} row the line whose ticket is open */
function mark(row) {
  for (const other of document.querySelectorAll(".queue-row")) {
    other.classList.toggle("is-on", other === row);
    if (other === row) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
}
document.addEventListener("click", (event) => {
  const row = /** @type {Element} */ (event.target).closest(".queue-row");
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) mark(row);
});

/** A ticket has come into the page. */
function arrive() {
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
  const kept = sessionStorage.getItem(draftKey());
  if (text && kept && !text.value) text.value = kept;
  document.body.classList.toggle("has-ticket", Boolean(document.getElementById("ticket")));
  draw();
}
document.addEventListener("htmx:after:swap", arrive);
arrive();
