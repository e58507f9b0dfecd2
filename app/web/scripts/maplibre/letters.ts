/**
 * The letters of the map's names are drawn on this device, hundreds of them when the first tiles come. All at once, a phone would
 * stand still meanwhile: they are drawn a few at a time, and what a hand did comes between.
 */

import { GlyphManager } from "maplibre-gl/src/render/glyph_manager.ts";
import type { GlyphMap, GlyphRequests } from "maplibre-gl/src/style/style_glyph.ts";

/** Letters drawn without a pause: some three milliseconds of a computer, twelve of a phone. */
const AT_ONCE = 8;

const all = GlyphManager.prototype.getGlyphs;

GlyphManager.prototype.getGlyphs = async function (asked: GlyphRequests): Promise<GlyphMap> {
  for (const stack in asked) {
    for (const variant in asked[stack]) {
      const drawn = this.entries[stack]?.glyphs[variant] || {};
      const letters = [...asked[stack][variant]].filter((letter) => !(letter in drawn));
      for (let at = 0; at < letters.length; at += AT_ONCE) {
        await all.call(this, { [stack]: { [variant]: letters.slice(at, at + AT_ONCE) } });
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }
  return all.call(this, asked);
};
