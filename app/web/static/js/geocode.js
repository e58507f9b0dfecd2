// @ts-check
/** Asking the site's geocoder: what has these words, or what is at this place. It proposes; who asks decides. */

/** @typedef {{label: string, at: [number, number], away: number | null}} Found a place: its name, longitude and latitude, metres from what was asked */

/**
 * @param {string | undefined} address of the geocoder; none knows no place
 * @param {Record<string, string>} asked `q`, or `lon` and `lat`; `limit`
 * @returns {Promise<Found[]>} likeliest first; none when nobody answers
 */
export async function geocode(address, asked) {
  if (!address) return [];
  try {
    const answer = await fetch(`${address}?${new URLSearchParams(asked)}`);
    const data = answer.ok ? await answer.json() : {};
    return (data.features ?? []).map((/** @type {any} */ { geometry, properties }) => ({ label: properties.label, at: geometry.coordinates, away: properties.distance_m }));
  } catch {
    return [];
  }
}
