// @ts-check
/** What was typed and not yet sent, kept on this device until it is. No e-mail, no photo: those stay with the person. */

const PREFIX = "auzolan:draft:";

/** @typedef {{text: string, address: string, lat: string, lon: string, category: string, url: string}} Draft */

/** @param {string} kind @returns {Draft | null} */
export function load(kind) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + kind) || "null");
  } catch {
    return null;
  }
}

/** @param {string} kind @param {Draft} draft */
export function save(kind, draft) {
  try {
    if (draft.text.trim()) localStorage.setItem(PREFIX + kind, JSON.stringify(draft));
    else localStorage.removeItem(PREFIX + kind);
  } catch {
    // A browser that refuses to store keeps the page itself: nothing typed is lost while it stays open.
  }
}

/** @param {string} kind */
export function clear(kind) {
  try { localStorage.removeItem(PREFIX + kind); } catch { /* nothing was stored */ }
}

// On the page where a kind is chosen: the way back to a draft.
const link = document.getElementById("draft");
if (link instanceof HTMLAnchorElement) {
  for (const kind of ["problem", "praise", "proposal"]) {
    const draft = load(kind);
    if (!draft) continue;
    link.href = draft.url;
    const text = link.querySelector("[data-draft-text]");
    if (text) text.textContent = draft.text;
    link.hidden = false;
    break;
  }
}
