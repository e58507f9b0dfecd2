// @ts-check
/** Categories by search, and by what is being written: offered beside the list, chosen by the person alone. */

const box = document.getElementById("suggested");
const form = box?.closest("form");
const words = /** @type {HTMLInputElement | null} */ (document.getElementById("category-words"));
const WAIT_MS = 400;
const plain = (/** @type {string} */ text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
/** What is offered before anything is written: what people speak of most here. */
const often = [...(box?.querySelectorAll(".chips > *") ?? [])];
let asked = "";
let timer = 0;

/** @returns {HTMLInputElement[]} */
const radios = () => [...(form?.querySelectorAll("input[name=category]") ?? [])].filter((e) => e instanceof HTMLInputElement);
const nameOf = (/** @type {HTMLInputElement} */ radio) => radio.closest("label")?.textContent?.trim() || radio.value;

/** Choose for the person, where they would have chosen: its group opens, its questions appear. @param {string} slug */
export function choose(slug) {
  const radio = radios().find((each) => each.value === slug);
  if (!radio) return;
  // An answer that is still on its way comes too late.
  clearTimeout(timer);
  asked = "";
  radio.closest("details")?.setAttribute("open", "");
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.focus();
  radio.closest("label")?.scrollIntoView({ block: "nearest" });
  show([]);
}

/** @param {{radio: HTMLInputElement, because: string[]}[]} found */
function show(found) {
  if (!box) return;
  const chips = found.map(({ radio, because }) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.dataset.category = radio.value;
    const icon = radio.closest("label")?.querySelector("svg")?.cloneNode(true);
    if (icon) chip.append(icon);
    chip.append(nameOf(radio));
    if (because.length) chip.title = (box.dataset.because || "").replace("{words}", because.join(", "));
    return chip;
  });
  const offered = chips.length ? chips : often;
  box.querySelector(".chips")?.replaceChildren(...offered);
  box.hidden = !offered.length;
  const title = /** @type {HTMLElement} */ (box.querySelector("p"));
  title.textContent = (chips.length ? box.dataset.found : box.dataset.often) || "";
  const status = document.getElementById("suggested-status");
  if (status) status.textContent = chips.length ? `${title.textContent} ${chips.map((chip) => chip.textContent).join(", ")}` : "";
}

/** @param {string} text what was typed in the search box, or the sentence of the form */
async function look(text) {
  if (!box || text === asked) return;
  asked = text;
  if (text.length < 3) { show([]); return; }
  const all = radios();
  const named = text.length < 40 ? all.filter((radio) => plain(nameOf(radio)).includes(plain(text))) : [];
  const query = new URLSearchParams({ text: text.slice(0, 400), kind: box.dataset.kind || "" });
  const answer = box.dataset.address ? await fetch(`${box.dataset.address}?${query}`).catch(() => null) : null;
  const data = answer?.ok ? await answer.json() : { suggestions: [] };
  if (asked !== text) return;
  const found = new Map(named.slice(0, 5).map((radio) => [radio.value, { radio, because: /** @type {string[]} */ ([]) }]));
  for (const { category, because } of data.suggestions) {
    const radio = all.find((each) => each.value === category);
    if (radio && !found.has(category)) found.set(category, { radio, because });
  }
  show([...found.values()]);
}

const soon = (/** @type {() => string} */ text) => {
  clearTimeout(timer);
  timer = window.setTimeout(() => look(text().trim()), WAIT_MS);
};
words?.addEventListener("input", () => soon(() => words.value));
words?.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); look(words.value.trim()); } });
const sentence = /** @type {HTMLTextAreaElement | null} */ (form?.elements.namedItem("text") ?? null);
// Whoever has chosen is not asked again.
const written = () => { if (sentence?.value && form && !new FormData(form).get("category")) soon(() => sentence.value); };
sentence?.addEventListener("input", written);
// What was written while this was on its way.
if (words?.value) soon(() => words.value);
else written();
