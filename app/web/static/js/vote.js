// @ts-check
/** A vote without a new page. The form works alone: whatever fails here is said, and nothing is counted twice. */

import { toast } from "./base.js";

/** @param {HTMLElement} section The piece of page that holds the vote, drawn again by the server. */
async function redraw(section) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("vote");
  if (!answer.ok || !fresh) return location.reload();
  section.replaceWith(fresh);
  listen(fresh);
  /** @type {HTMLElement | null} */ (fresh.querySelector("input:checked, input, button"))?.focus();
}

/** @param {HTMLElement} section */
function listen(section) {
  const form = section.querySelector("form[data-vote]");
  let waiting = false;
  form?.addEventListener("submit", async (event) => {
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    const button = /** @type {SubmitEvent} */ (event).submitter;
    const withdraws = button?.getAttribute("name") === "withdraw";
    const value = Number(new FormData(form).get("value"));
    const answer = await fetch(form.dataset.vote || "", {
      method: withdraws ? "DELETE" : "PUT",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: withdraws ? undefined : JSON.stringify({ value }),
    }).catch(() => null);
    waiting = false;
    if (answer?.ok) return redraw(section);
    const problem = await answer?.json().catch(() => null);
    toast(problem?.detail || form.dataset.failed || "");
  });
}

const section = document.getElementById("vote");
if (section) listen(section);
