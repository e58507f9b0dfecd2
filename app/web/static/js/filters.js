// @ts-check
/**
 * The filters of the map and of the list: chips and menus that act at once. The address follows, so that a view can be sent
 * to somebody; without scripts the same chips are links and the same menus a form.
 */

export class Filters extends EventTarget {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    super();
    this.form = form;
    /** Whether what is typed filters the contributions. */
    this.asks = Boolean(this.query);
    form.addEventListener("change", (event) => { if (event.target !== this.field("q")) this.changed(); });
    // The order stands in the header of the list: what changes there does not pass by the form.
    this.field("sort")?.addEventListener("change", () => this.changed());
    this.field("q").addEventListener("input", () => { if (this.asks && !this.query) { this.asks = false; this.changed(); } });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("search", { detail: this.query }));
    });
    for (const chip of this.chips) {
      chip.addEventListener("click", (event) => { event.preventDefault(); this.toggle(chip); });
      chip.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); this.toggle(chip); } });
    }
    // A browser leaves what it sees the edge of where it is: whoever comes with the keyboard would not know where they are.
    form.querySelector(".filter-row")?.addEventListener("focusin", ({ target }) => {
      if (target instanceof Element && target.matches(":focus-visible")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    const more = form.querySelector(".filter-more");
    more?.addEventListener("click", () => this.unfold(more, more.getAttribute("aria-expanded") !== "true"));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape" && more) this.unfold(more, false); });
    addEventListener("keydown", (event) => {
      const busy = /** @type {Element} */ (event.target).closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !busy) { event.preventDefault(); this.field("q").focus(); }
    });
  }

  /** @returns {HTMLElement[]} */
  get chips() { return [...this.form.querySelectorAll("[data-kind]")].filter((e) => e instanceof HTMLElement); }

  /** @param {string} name */
  field(name) { return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name)); }

  get query() { return this.field("q").value.trim(); }

  /** The words that contributions must hold: on the map a question may also have been that of a place. */
  get words() { return this.asks ? this.query : ""; }

  /** @param {Element} button @param {boolean} open */
  unfold(button, open) {
    button.setAttribute("aria-expanded", String(open));
    document.getElementById("more-filters")?.classList.toggle("is-open", open);
  }

  /** @param {HTMLElement} chip */
  toggle(chip) {
    const pressed = chip.getAttribute("aria-pressed") === "true";
    chip.setAttribute("aria-pressed", String(!pressed));
    // Showing nothing is never what is wanted: the last one taken away brings all back.
    if (this.chips.every((c) => c.getAttribute("aria-pressed") === "false")) this.chips.forEach((c) => c.setAttribute("aria-pressed", "true"));
    this.changed();
  }

  /** What the server understands; empty values are left out. */
  params() {
    const params = new URLSearchParams();
    const on = this.chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.kind || "");
    if (on.length < this.chips.length) params.set("kind", on.join(","));
    for (const name of ["category", "state", "zone", "period"]) {
      const field = this.field(name);
      if (field?.value && !(name === "period" && field.value === "365")) params.set(name, field.value);
    }
    const sort = this.field("sort")?.value;
    if (sort && sort !== "newest") params.set("sort", sort);
    for (const name of ["mine", "supported"]) if (this.field(name)?.checked) params.set(name, "1");
    if (this.words) params.set("q", this.words);
    return params;
  }

  changed() {
    const params = this.params();
    history.replaceState(null, "", `${location.pathname}${params.size ? `?${params}` : ""}${location.hash}`);
    const folded = ["category", "state", "zone", "mine", "supported"].some((name) => params.has(name));
    this.form.querySelector(".in-use")?.toggleAttribute("hidden", !folded);
    this.dispatchEvent(new Event("change"));
  }
}
