// @ts-check
/** The photos of a comment: made light, turned, ordered and blacked out on the device, as in the form of a contribution. */

import { settings } from "./base.js";
import { Photos } from "./photos.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("write"));
const photos = new Photos(settings("comment-config"), () => {}, () => {});
let ready = false;

form.addEventListener("submit", (event) => {
  if (ready) return;
  event.preventDefault();
  // What is being made light, or changed, leaves as it is wished. A form does not send itself from within its own event.
  photos.ready.then(() => setTimeout(() => {
    ready = true;
    form.requestSubmit();
  }));
});
// Come back to: there may be other photos.
addEventListener("pageshow", () => { ready = false; });
