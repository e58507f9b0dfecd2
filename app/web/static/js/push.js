// @ts-check
/** "Be told on this device": asks the browser for a subscription when somebody presses the button, and never before. */

const box = document.getElementById("push");
if (box && "PushManager" in window && navigator.serviceWorker) start(box).catch((error) => console.warn("no push:", error.message));

/** @param {HTMLElement} box */
async function start(box) {
  const button = /** @type {HTMLButtonElement} */ (box.querySelector("button"));
  const words = /** @type {HTMLElement} */ (box.querySelector(".push-words"));
  const registered = await navigator.serviceWorker.ready;
  let known = await registered.pushManager.getSubscription();
  const show = () => {
    words.textContent = known ? box.dataset.on || "" : "";
    words.hidden = !known;
    if (button.lastChild) button.lastChild.textContent = (known ? box.dataset.stop : box.dataset.off) || "";
    box.hidden = false;
  };
  show();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      if (known) {
        await tell(box, "DELETE", { endpoint: known.endpoint });
        await known.unsubscribe();
        known = null;
      } else {
        const made = await registered.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key || "") });
        await tell(box, "POST", made.toJSON());
        known = made;
      }
      show();
    } catch (error) {
      words.hidden = false;
      words.textContent = box.dataset.refused || "";
      console.warn("push refused:", /** @type {Error} */ (error).message);
    } finally {
      button.disabled = false;
    }
  });
}

/** @param {HTMLElement} box @param {string} method @param {object} body */
async function tell(box, method, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": box.dataset.csrf || "" };
  const answer = await fetch(box.dataset.url || "", { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

/** A key in base64url as bytes. @param {string} key */
function bytes(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (key.length % 4)) % 4));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
