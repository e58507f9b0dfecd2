// @ts-check
/** Copy a number, share a link; with the phone's own sheet when it has one. */

import { toast } from "./base.js";

/** @param {HTMLElement} button @param {string} text */
async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(button.dataset.done || text);
  } catch {
    // No clipboard here (an address without a certificate, a permission that is refused): it is shown, ready to be copied.
    prompt(button.getAttribute("aria-label") || button.textContent?.trim(), text);
  }
}

document.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-copy], [data-share]");
  if (!(button instanceof HTMLElement)) return;
  if (button.dataset.copy) {
    await copy(button, button.dataset.copy);
    return;
  }
  const url = button.dataset.share || location.href.split("#")[0];
  if (!navigator.share) {
    await copy(button, url);
    return;
  }
  // Closing the phone's sheet without choosing is not an error.
  await navigator.share({ title: document.title, url }).catch(() => {});
});

// A form that the browser sent by itself, for want of room: what was kept of it here is no draft any more.
const left = document.querySelector("[data-sent]") && sessionStorage.getItem("auzolan:leaving");
if (left) {
  sessionStorage.removeItem("auzolan:leaving");
  import("./offline/store.js").then((store) => store.removeItem(left)).catch(() => {});
}
