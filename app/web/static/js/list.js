// @ts-check
/** The list as a page of its own: filters act at once, by loading the page that they describe. */

import { Filters } from "./filters.js";

const form = document.getElementById("filters");
if (form instanceof HTMLFormElement) {
  const filters = new Filters(form);
  const go = () => {
    filters.asks = true;
    const params = filters.params();
    location.assign(`${location.pathname}${params.size ? `?${params}` : ""}`);
  };
  filters.addEventListener("change", go);
  filters.addEventListener("search", go);
}
