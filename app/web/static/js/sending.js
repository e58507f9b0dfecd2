// @ts-check
/** A sending that takes its time: told by quarters to whoever does not see the bar, and stopped by whoever asks. */

import { fill, percent } from "./base.js";
import { stop } from "./offline/outbox.js";
import { listen } from "./offline/store.js";

/** Milliseconds before it is offered to stop: what passes at once needs no button. */
const PATIENCE = 1500;
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const [status, button, send] = ["send-status", "send-stop", "send"].map(element);
let [item, words, began, quarters] = ["", "", 0, 0];

/** @param {string} id of what leaves now @param {string} said the words for how far it is */
export function watch(id, said) {
  [item, words, began, quarters] = [id, said, Date.now(), 0];
}

/** @param {boolean} on */
function offer(on) {
  if (!on && document.activeElement === button) send.focus();
  button.hidden = !on;
}

listen(({ type, id, share = 0 }) => {
  if (type !== "progress" || id !== item) return;
  const passed = Math.floor(share * 4);
  if (passed > quarters && share < 1) status.textContent = fill(words, { n: percent(passed / 4) });
  quarters = passed;
  // All of it has left: there is nothing to stop any more.
  offer(share < 1 && Date.now() - began > PATIENCE);
});

button.addEventListener("click", () => {
  offer(false);
  stop(item);
});
