// @ts-check
/** "Me too" without a new page. The form works alone: whatever fails here is said, and nothing is counted twice. */

import { count, toast } from "./base.js";

const form = document.querySelector("form[data-support]");
let waiting = false;

/** @param {HTMLFormElement} form @param {{supports: number | null, supported: boolean}} now */
function show(form, now) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const number = now.supports === null ? "" : count(now.supports);
  button.setAttribute("aria-pressed", String(now.supported));
  button.querySelector("use")?.setAttribute("href", (button.querySelector("use")?.getAttribute("href") || "").replace(/#.*/, now.supported ? "#i-check" : "#i-thumb"));
  /** @type {HTMLElement} */ (button.querySelector("[data-words]")).textContent = (now.supported ? form.dataset.added : form.dataset.add) || "";
  /** @type {HTMLElement} */ (button.querySelector(".count")).textContent = number;
  /** @type {HTMLInputElement} */ (form.elements.namedItem("want")).value = now.supported ? "0" : "1";
}

form?.addEventListener("submit", async (event) => {
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  if (waiting) return;
  waiting = true;
  const wanted = /** @type {HTMLInputElement} */ (form.elements.namedItem("want")).value === "1";
  const answer = await fetch(form.dataset.support || "", { method: wanted ? "POST" : "DELETE", headers: { Accept: "application/json" } }).catch(() => null);
  waiting = false;
  if (answer?.ok) show(form, await answer.json());
  else toast(form.dataset.failed || "");
});
