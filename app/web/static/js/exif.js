// @ts-check
/** Where a JPEG says it was taken. Read on the device only, to propose the pin; the server removes it from what is shown. */

/**
 * @param {Blob} file
 * @returns {Promise<{lat: number, lon: number} | null>} null when the file says nothing, or nothing readable
 */
export async function place(file) {
  try {
    const view = new DataView(await file.slice(0, 262144).arrayBuffer());
    return view.getUint16(0) === 0xffd8 ? inSegments(view) : null;
  } catch {
    // A file cut short or badly written reads beyond its end: it says nothing.
    return null;
  }
}

/** @param {DataView} view */
function inSegments(view) {
  for (let at = 2; at + 4 < view.byteLength;) {
    const marker = view.getUint16(at);
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return null;
    // "Exif" then two zeroes
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return inTiff(new DataView(view.buffer, at + 10));
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} tiff */
function inTiff(tiff) {
  const little = tiff.getUint16(0) === 0x4949;
  const gps = entries(tiff, tiff.getUint32(4, little), little).get(0x8825);
  if (!gps) return null;
  const found = entries(tiff, tiff.getUint32(gps + 8, little), little);
  const lat = degrees(tiff, found.get(2), little);
  const lon = degrees(tiff, found.get(4), little);
  if (lat === null || lon === null || (lat === 0 && lon === 0)) return null;
  const south = letter(tiff, found.get(1)) === "S";
  const west = letter(tiff, found.get(3)) === "W";
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat: south ? -lat : lat, lon: west ? -lon : lon } : null;
}

/**
 * Tag to offset of its entry.
 * @param {DataView} tiff
 * @param {number} at
 * @param {boolean} little
 * @returns {Map<number, number>}
 */
function entries(tiff, at, little) {
  const found = new Map();
  const count = tiff.getUint16(at, little);
  for (let i = 0; i < count; i += 1) found.set(tiff.getUint16(at + 2 + i * 12, little), at + 2 + i * 12);
  return found;
}

/** @param {DataView} tiff @param {number | undefined} entry */
const letter = (tiff, entry) => (entry === undefined ? "" : String.fromCharCode(tiff.getUint8(entry + 8)));

/**
 * @param {DataView} tiff
 * @param {number | undefined} entry
 * @param {boolean} little
 */
function degrees(tiff, entry, little) {
  if (entry === undefined) return null;
  const at = tiff.getUint32(entry + 8, little);
  const part = (/** @type {number} */ i) => tiff.getUint32(at + 8 * i, little) / tiff.getUint32(at + 8 * i + 4, little);
  const value = part(0) + part(1) / 60 + part(2) / 3600;
  return Number.isFinite(value) ? value : null;
}
