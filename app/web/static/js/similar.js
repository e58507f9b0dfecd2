// @ts-check
/** While an idea is written, those that look like it: who sees them here is not asked again before sending. */


const part = document.getElementById("similar");
const form = part?.closest("form");
const list = part?.querySelector("[data-similar-list]");
part?.querySelector("[name=similar]")?.remove();
let asked = "";
let timer = 0;

async function look() {
  if (!part || !form || !list) return;
  const given = new FormData(form);
  const [lon, lat, text] = ["lon", "lat", "text"].map((name) => String(given.get(name) || "").slice(0, 200));
  const query = String(new URLSearchParams({ lon, lat, text }));
  if (!lon || text.trim().length < 8 || query === asked) return;
  asked = query;
  const answer = await fetch(`${part.dataset.similar}?${query}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || query !== asked) return;
  list.innerHTML = await answer.text();
}

const soon = () => {
  clearTimeout(timer);
  timer = window.setTimeout(look, 700);
};
form?.elements.namedItem("text")?.addEventListener("input", soon);
form?.addEventListener("focusout", soon);
