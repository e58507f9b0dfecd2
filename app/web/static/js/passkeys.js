// @ts-check
/** Passkeys: `data-passkey="new"` makes one for this device, `data-passkey="use"` signs in with one. */

// A key belongs to a name: browsers make none for a bare number, as a trial on one machine has.
const named = !/^[\d.]+$|^\[/.test(location.hostname);
const supported = named && typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-passkey]"))) {
  if (!supported) continue;
  const button = /** @type {HTMLButtonElement} */ (box.querySelector("button[type=button]"));
  const words = /** @type {HTMLElement} */ (box.querySelector("[role=status]"));
  box.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    words.textContent = "";
    try {
      location.assign(await (box.dataset.passkey === "new" ? make(box) : use(box)));
    } catch (error) {
      console.warn("no passkey:", /** @type {Error} */ (error).message);
      words.textContent = box.dataset.refused || "";
      button.disabled = false;
    }
  });
}

/** @param {HTMLElement} box */
async function make(box) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await send(box, box.dataset.ask));
  const made = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  return (await send(box, box.dataset.url, made.toJSON())).next;
}

/** @param {HTMLElement} box */
async function use(box) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await send(box, box.dataset.ask));
  const used = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  return (await send(box, box.dataset.url, used.toJSON())).next;
}

/** @param {HTMLElement} box @param {string | undefined} url @param {object} [body] */
async function send(box, url, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": box.dataset.csrf || "" };
  const answer = await fetch(url || "", { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}
