// @ts-check
/** What is wrong with the form, beside each field and at its top: the same boxes as the server writes. */

import { fill } from "./base.js";

/** @typedef {import("./offline/store.js").FieldProblem} FieldProblem */

/**
 * The field of our page that a pointer of the API speaks of.
 * @param {string} pointer
 * @param {string} category
 */
export function fieldOf(pointer, category) {
  const [first, ...rest] = pointer.replace(/^\//, "").split("/");
  if (first === "answers") return `answers.${category}.${rest.join("/")}`;
  if (first === "contact") return "email";
  return first === "lat" || first === "lon" || first === "address" ? "place" : first;
}

/** @param {HTMLFormElement} form */
export function clearProblems(form) {
  document.getElementById("problems")?.remove();
  form.querySelectorAll(".error:not(#photos-status)").forEach((line) => line.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
  form.querySelectorAll(".field--error").forEach((box) => box.classList.remove("field--error"));
}

/**
 * Say them all and go to the first one.
 * @param {HTMLFormElement} form
 * @param {any} config
 * @param {FieldProblem[]} problems
 * @param {string} [why] what is said of the whole, when no field is to blame
 */
export function showProblems(form, config, problems, why = "") {
  clearProblems(form);
  const category = String(new FormData(form).get("category") || "");
  /** @type {Map<string, string>} */
  const told = new Map();
  for (const one of problems) {
    const name = fieldOf(one.pointer, category);
    if (!told.has(name)) told.set(name, one.message);
  }
  const box = document.createElement("div");
  box.className = "problems";
  box.id = "problems";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = told.size > 1 ? fill(config.words.problems, { n: told.size }) : config.words.problem;
  const list = document.createElement("ul");
  for (const [name, message] of told) list.append(line(name, message));
  if (!told.size) list.append(line("", why));
  box.append(title, list);
  form.prepend(box);
  import("./mended.js").then(({ watch }) => watch(form)).catch(() => {});
  for (const [name, message] of told) mark(form, config, name, message);
  const first = form.querySelector(".field--error");
  /** @type {HTMLElement} */ ((first?.matches("[tabindex]") ? first : first?.querySelector("input, select, textarea")) || box).focus();
}

/** Where the link of a line leads, when it is not the field of that name. */
const TARGETS = { photos: "photos-input", place: "place-errors", category: "category-first" };

/** The words of a category's question, without which two that wait for an answer read alike. @param {string} name */
function question(name) {
  const asked = name.startsWith("answers.") && document.getElementById(name)?.closest(".field")?.querySelector(".l")?.firstChild?.textContent?.trim();
  return asked ? `${asked}${/[?.!…]$/.test(asked) ? "" : "."} ` : "";
}

/** @param {string} name @param {string} message */
function line(name, message) {
  const item = document.createElement("li");
  if (!name) { item.textContent = message; return item; }
  const link = document.createElement("a");
  link.href = `#${/** @type {Record<string, string>} */ (TARGETS)[name] || name}`;
  item.dataset.of = name;
  link.textContent = question(name) + message;
  item.append(link);
  return item;
}

/** @param {HTMLFormElement} form @param {any} config @param {string} name @param {string} message */
function mark(form, config, name, message) {
  const whole = { place: "#place-errors", category: "#category", photos: "#photos-part" }[name];
  const found = whole ? null : document.getElementById(name);
  // Of a question made of boxes, the whole is described, not its first box.
  const field = found?.closest(".several") ?? found;
  const host = whole ? form.querySelector(whole) : field?.closest(".field");
  if (!host) return;
  const error = document.createElement("p");
  error.className = "error";
  error.id = `${name}-error`;
  error.innerHTML = `<svg class="i i-s" aria-hidden="true"><use href="${config.icons}#i-alert"></use></svg><span></span>`;
  /** @type {HTMLElement} */ (error.querySelector("span")).textContent = message;
  host.classList.add("field--error");
  host.append(error);
  if (!field?.matches("fieldset")) field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-describedby", [...new Set([...(field.getAttribute("aria-describedby") || "").split(" "), error.id])].join(" ").trim());
}
