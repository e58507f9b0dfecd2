// @ts-check
/**
 * The moderators' queue at the keyboard: J and K walk through the cards, any other key presses the button of the card
 * whose letter is printed on it. Without scripts the same buttons do the same work.
 */

const cards = () => [...document.querySelectorAll(".mod")].filter((card) => card instanceof HTMLElement);

/** @param {number} by one card down or up */
function move(by) {
  const all = cards();
  const now = all.findIndex((card) => card.contains(document.activeElement));
  all[Math.min(all.length - 1, Math.max(0, now + by))]?.focus();
}

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape" && target.matches("input, textarea, select")) {
    target.closest("li")?.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, [contenteditable]")) return;
  const key = event.key.toUpperCase();
  if (key === "J" || key === "K") {
    event.preventDefault();
    move(key === "J" ? 1 : -1);
    return;
  }
  const button = /^[A-Z]$/.test(key) && document.activeElement?.closest(".mod")?.querySelector(`[data-key="${key}"]`);
  if (!(button instanceof HTMLElement)) return;
  event.preventDefault();
  button.click();
  const form = button.closest("details[open]");
  if (form) /** @type {HTMLElement | null} */ (form.querySelector("select"))?.focus();
});

// The next card is at hand after a decision.
if (document.querySelector(".flash")) cards()[0]?.focus();
else document.querySelector(".mod-hide[open] [aria-invalid]")?.scrollIntoView({ block: "center" });
