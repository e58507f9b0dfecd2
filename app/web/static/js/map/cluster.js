// @ts-check
/**
 * Marks that do not touch: contributions (single, or already counted by cell on the server) are gathered until every disc
 * and pin stands free on the screen. Pure geometry in pixels, so that it can be tested without a map.
 */

/**
 * What stands at one place.
 * @typedef {object} Mark
 * @property {string} key stays the same for the same thing, so that what moves can be told from what is new
 * @property {number} lng
 * @property {number} lat
 * @property {number} n
 * @property {[number, number, number]} kinds how many problems, praise, proposals
 * @property {number} done how many are resolved
 * @property {string} [ref] reference, when n is 1
 * @property {number} [bubble] pixels across of the disc of an idea that people carry
 * @property {string} [kind] kind, when n is 1
 * @property {string} [state] public state, when n is 1
 */

export const KINDS = /** @type {const} */ (["problem", "praise", "proposal"]);

/**
 * Diameter of a disc, in pixels.
 * @param {number} n
 */
export const diameter = (n) => (n < 20 ? 44 : n < 60 ? 50 : n < 200 ? 58 : 66);

/** Half of what a mark needs around it, in pixels: a disc, or the silhouette of a pin. */
const reach = (/** @type {number} */ n) => (n === 1 ? 15 : diameter(n) / 2 + 2);

/**
 * A mark from a feature of the tiles.
 * @param {any} properties of layer `cells` or `points`
 * @param {[number, number]} place longitude, latitude
 * @returns {Mark}
 */
export function toMark(properties, [lng, lat]) {
  const n = Number(properties.n ?? 1);
  const kind = properties.kind;
  const kinds = /** @type {[number, number, number]} */ (
    kind && n === 1 ? KINDS.map((k) => Number(k === kind)) : KINDS.map((k) => Number(properties[k] ?? 0))
  );
  const done = Number(properties.done ?? Number(properties.state === "done"));
  const mark = /** @type {Mark} */ ({ key: "", lng, lat, n, kinds, done });
  if (n === 1 && properties.ref) Object.assign(mark, { ref: properties.ref, kind: kind || leading(mark), state: properties.state, bubble: Number(properties.bubble ?? 0) });
  return named(mark);
}

/** @param {Mark} mark */
function named(mark) {
  mark.key = mark.ref || `${mark.n}@${mark.lng.toFixed(5)},${mark.lat.toFixed(5)}`;
  return mark;
}

/**
 * The kind that is said most, in the fixed order when equal.
 * @param {Mark} mark
 */
export const leading = (mark) => KINDS[mark.kinds.indexOf(Math.max(...mark.kinds))];

/**
 * One mark instead of two. It stays where the heavier one is: a disc that jumps says something false.
 * @param {Mark} into
 * @param {Mark} from
 * @returns {Mark}
 */
function joined(into, from) {
  const n = into.n + from.n;
  const part = into.n < 8 * from.n ? from.n / n : 0;
  return named({
    key: "",
    lng: into.lng + (from.lng - into.lng) * part,
    lat: into.lat + (from.lat - into.lat) * part,
    n,
    kinds: /** @type {[number, number, number]} */ (into.kinds.map((count, i) => count + from.kinds[i])),
    done: into.done + from.done,
  });
}

/**
 * Gather marks until none touches another.
 * @param {Mark[]} marks
 * @param {(mark: Mark) => [number, number]} project to pixels of the screen
 * @param {number} [rounds] a joined mark may touch a third one: look again, at most so many times
 * @returns {Mark[]}
 */
export function gather(marks, project, rounds = 4) {
  let result = marks;
  for (let round = 0; round < rounds; round += 1) {
    const before = result.length;
    result = gatherOnce(result, project);
    if (result.length === before) break;
  }
  return result;
}

const STEP = 72; // pixels; two discs of the largest size touch within it

/**
 * @param {Mark[]} marks
 * @param {(mark: Mark) => [number, number]} project
 */
function gatherOnce(marks, project) {
  const order = [...marks].sort((a, b) => b.n - a.n || (a.key < b.key ? -1 : 1));
  /** @type {{mark: Mark, x: number, y: number}[]} */
  const kept = [];
  /** @type {Map<string, number[]>} */
  const grid = new Map();
  for (const mark of order) {
    const [x, y] = project(mark);
    const at = touching(kept, grid, mark, x, y);
    if (at >= 0) {
      kept[at].mark = joined(kept[at].mark, mark);
    } else {
      const cell = `${Math.floor(x / STEP)},${Math.floor(y / STEP)}`;
      grid.set(cell, [...(grid.get(cell) || []), kept.length]);
      kept.push({ mark, x, y });
    }
  }
  return kept.map(({ mark }) => mark);
}

/**
 * Index of the nearest kept mark that `mark` would touch at (x, y), or -1.
 * @param {{mark: Mark, x: number, y: number}[]} kept
 * @param {Map<string, number[]>} grid
 * @param {Mark} mark
 * @param {number} x
 * @param {number} y
 */
function touching(kept, grid, mark, x, y) {
  const column = Math.floor(x / STEP);
  const row = Math.floor(y / STEP);
  let best = -1;
  let least = Infinity;
  for (let i = column - 1; i <= column + 1; i += 1) {
    for (let j = row - 1; j <= row + 1; j += 1) {
      for (const index of grid.get(`${i},${j}`) || []) {
        const other = kept[index];
        const apart = Math.hypot(other.x - x, other.y - y);
        if (apart < reach(mark.n) + reach(other.mark.n) && apart < least) [best, least] = [index, apart];
      }
    }
  }
  return best;
}

/**
 * Arcs of the ring: shares of problem, praise, proposal, clockwise from noon, in that order, with a small gap between.
 * @param {[number, number, number]} kinds
 * @param {number} radius pixels
 * @returns {{kind: string, path: string}[]}
 */
export function arcs(kinds, radius) {
  const total = kinds[0] + kinds[1] + kinds[2];
  const present = KINDS.filter((_, i) => kinds[i] > 0);
  if (present.length === 1) {
    return [{ kind: present[0], path: `M0 ${-radius}A${radius} ${radius} 0 1 1 -.01 ${-radius}` }];
  }
  const gap = 1.3 / radius;
  let turn = 0;
  return KINDS.flatMap((kind, i) => {
    if (!kinds[i]) return [];
    const from = turn + gap;
    turn += (kinds[i] / total) * 2 * Math.PI;
    // A share too thin to see still shows: at least a dot of the ring.
    const to = Math.max(turn - gap, from + .02);
    const point = (/** @type {number} */ a) => `${(radius * Math.sin(a)).toFixed(1)} ${(-radius * Math.cos(a)).toFixed(1)}`;
    return [{ kind, path: `M${point(from)}A${radius} ${radius} 0 ${Number(to - from > Math.PI)} 1 ${point(to)}` }];
  });
}
