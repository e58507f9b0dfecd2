// @ts-check
/** The chosen category as a card: what is chosen stays in sight, and the list comes back when it is asked for. */

const part = /** @type {HTMLElement} */ (document.getElementById("category"));
const card = /** @type {HTMLElement} */ (document.getElementById("category-chosen"));
const change = /** @type {HTMLElement} */ (document.getElementById("chosen-change"));
const chosen = () => part.querySelector("[name=category]:checked");

/** Put the list away behind what was chosen in it. @param {string} [because] why it was offered, if it was */
export function fold(because = "") {
  const label = chosen()?.closest("label");
  if (!label) return;
  const icon = label.querySelector("svg");
  if (icon) card.querySelector(".ci")?.replaceChildren(icon.cloneNode(true));
  /** @type {HTMLElement} */ (card.querySelector("b")).textContent = label.textContent?.trim() || "";
  /** @type {HTMLElement} */ (card.querySelector("small")).textContent = because;
  const here = part.contains(document.activeElement);
  part.classList.add("is-folded");
  card.hidden = false;
  // The focus was on what is hidden now.
  if (here) change.focus();
}

change.addEventListener("click", () => {
  part.classList.remove("is-folded");
  card.hidden = true;
  const radio = chosen();
  radio?.closest("details")?.setAttribute("open", "");
  if (radio instanceof HTMLElement) radio.focus();
});
