// @ts-check
/**
 * A proof of work (altcha, PBKDF2): asked for when a source sends unusually fast. The browser derives the keys outside of the
 * page's thread, so that nothing stops while it works; it is done in about a second.
 */

/** @typedef {{parameters: {algorithm: string, nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string, expiresAt?: number}, signature: string}} Challenge */

/** Keys derived at once, between two looks at the clock. */
const TOGETHER = 16;

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
const bytes = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
/** @param {ArrayBuffer} buffer */
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * What to send with the contribution; "" where this browser cannot do it, or not in time: it is then tried again later.
 * @param {Challenge} challenge
 * @returns {Promise<string>}
 */
export async function solve(challenge) {
  const { algorithm, nonce, salt, cost, keyLength, keyPrefix, expiresAt = Infinity } = challenge.parameters;
  const [, hash] = algorithm.split("PBKDF2/");
  if (!hash || !globalThis.crypto?.subtle) return "";
  const start = bytes(nonce);
  /** @param {number} counter @returns {Promise<[number, string]>} */
  const derive = async (counter) => {
    const password = new Uint8Array(start.length + 4);
    password.set(start);
    new DataView(password.buffer).setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    return [counter, hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt: bytes(salt), iterations: cost }, key, keyLength * 8))];
  };
  for (let counter = 0; Date.now() < expiresAt * 1000; counter += TOGETHER) {
    const keys = await Promise.all(Array.from({ length: TOGETHER }, (_, n) => derive(counter + n)));
    const found = keys.find(([, key]) => key.startsWith(keyPrefix));
    if (found) return btoa(JSON.stringify({ challenge, solution: { counter: found[0], derivedKey: found[1] } }));
  }
  return "";
}
