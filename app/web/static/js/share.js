// @ts-check
/** Copy a number, share a link; with the phone's own sheet when it has one. */

import { toast } from "./base.js";
import { clear } from "./drafts.js";

/** @param {HTMLElement} button @param {string} text */
async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  toast(button.dataset.done || text);
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

// What has been acknowledged is no draft any more.
const sent = document.querySelector("[data-sent]");
if (sent instanceof HTMLElement) clear(sent.dataset.sent || "");
