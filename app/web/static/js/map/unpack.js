// @ts-check
/**
 * What the PMTiles library would unpack with where a browser cannot. Each browser that knows import maps, which the map
 * needs anyway, unpacks by itself (`DecompressionStream`), but for Firefox 108 to 112: there the map stays without tiles.
 */

/** @returns {never} */
export function decompressSync() {
  throw new Error("this browser cannot unpack the tiles of the map");
}
