// @ts-check
/** After a form was refused: what is mended is not told any more. */

import { fill, settings } from "./base.js";

/** @param {HTMLFormElement} form */
export function watch(form) {
  form.addEventListener("input", heal);
  form.addEventListener("change", heal);
  // On a slow line somebody writes before this script has come.
  for (const field of form.elements) {
    if ((field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) && field.value !== field.defaultValue) heal({ currentTarget: form, target: field });
  }
}

/** What is answered is not wrong any more: its sentences go, beside the field and at the top. @param {{currentTarget: EventTarget | null, target: EventTarget | null}} event */
function heal({ currentTarget, target }) {
  const form = /** @type {HTMLFormElement} */ (currentTarget);
  const given = new FormData(form);
  const field = /** @type {any} */ (target);
  // Moving the pin tells the form itself.
  const host = field === form || ["lat", "lon", "address"].includes(field.name) ? document.getElementById("place-errors") : field.closest(".field--error");
  if (!host?.matches(".field--error")) return;
  if (host.id === "place-errors" ? !given.get("lat") && !given.get("address") : host.id === "category" ? !given.get("category") : !field.value || (field.type === "checkbox" && !given.has(field.name))) return;
  host.classList.remove("field--error");
  for (const line of host.querySelectorAll(":scope > .error:not(#photos-status)")) {
    document.querySelector(`#problems [data-of="${CSS.escape(line.id.replace(/-error$/, ""))}"]`)?.remove();
    line.remove();
  }
  host.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  recount();
}

/** The title of the summary counts what is left. */
function recount() {
  const box = document.getElementById("problems");
  const left = box?.querySelectorAll("li").length || 0;
  const title = box?.querySelector("h2");
  const { words } = settings("form-config");
  if (title) title.textContent = left > 1 ? fill(words.problems, { n: left }) : words.problem;
  if (!left) box?.remove();
}
