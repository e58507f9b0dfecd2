// How rolldown makes our MapLibre of the published sources (app/web/scripts/vendor.py runs it). A town's map is flat: what a globe,
// a terrain, a sky, the debugging of tiles, films and MapLibre Tiles need stays out, and what the page and the worker both need is
// one file that travels once. Two things are changed, for a page that must not wait until a map is drawn (unhurried.ts): a
// shader is asked how it was linked when it first draws, not when it is made; and a map at rest may be left as it is.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const sources = "/maplibre-gl/src/";
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Files that are left out, and what stands for what others take from them: `new` a class, `()` a function; neither does anything. */
const absent = {
  "source/vector_tile_mlt.ts": ["new MLTVectorTile"],
  "source/canvas_source.ts": ["new CanvasSource"],
  "source/video_source.ts": ["new VideoSource"],
  "render/terrain.ts": ["new Terrain"],
  "webgl/render_to_texture.ts": ["new RenderToTexture"],
  "webgl/draw/draw_sky.ts": ["drawSky()", "drawAtmosphere()"],
  "webgl/draw/draw_terrain.ts": ["drawDepth()", "drawTerrainHeightMap()"],
  "webgl/draw/draw_debug.ts": ["drawDebug()", "drawDebugPadding()", "selectDebugSource()"],
  "webgl/draw/draw_collision_debug.ts": ["drawCollisionDebug()"],
  "ui/control/attribution_control.ts": ["new AttributionControl", "defaultAttributionControlOptions()"],
  "ui/control/logo_control.ts": ["new LogoControl"],
};
const shaders = /glsl\/(_projection_globe|atmosphere|sky|terrain|terrain_depth|terrain_height|debug|collision_box|collision_circle)\.\w+\.glsl\.g\.ts$/;

/** What is written otherwise, for a map that the processor draws: file, then what stands there and what comes instead. */
const changed = {
  "ui/map.ts": [["        let crossFading = false;\n", "        if (this.resting?.()) return this;\n$&"], ["    _resizeObserver: ResizeObserver;\n", "$&    resting: (() => boolean) | undefined;\n"]],
  "webgl/program.ts": [
    ["        if (!gl.getProgramParameter(this.program, gl.LINK_STATUS)) {", "        this.finish = () => {\n        this.finish = null;\n$&"],
    ["configuration.getUniforms(context, uniformLocations) : [];\n", "$&        };\n"],
    ["        if (this.failedToCreate) return;\n", "        if (this.finish && context.later?.(this)) return;\n        this.finish?.();\n$&"],
    ["    failedToCreate: boolean;\n", "$&    finish: (() => void) | null;\n"],
  ],
};
const rewritten = (id, name) => changed[name].reduce((code, [from, to]) => {
  if (code.split(from).length !== 2) throw new Error(`${name} has not, once, ${from}`);
  return code.replace(from, to);
}, readFileSync(id, "utf-8"));

const written = (name) => {
  if (name.startsWith("new ")) return `export class ${name.slice(4)} { constructor() { throw new Error("${name.slice(4)} is not in this build of MapLibre"); } }`;
  return `export function ${name} {}`;
};

const flat = {
  name: "flat",
  load(id) {
    if (id.endsWith("/maplibre-gl/package.json")) return { code: `export default { version: "${process.env.VERSION}" };`, moduleType: "js" };
    const at = id.indexOf(sources);
    if (at < 0) return null;
    const name = id.slice(at + sources.length);
    if (name in changed) return { code: rewritten(id, name), moduleType: "ts" };
    if (name in absent) return { code: absent[name].map(written).join("\n"), moduleType: "js" };
    return shaders.test(name) ? { code: "export default '';", moduleType: "js" } : null;
  },
  resolveId(id, importer) {
    // One projection, which is Mercator's, instead of the choice between three.
    return id.endsWith("/projection_factory.ts") && importer?.includes(sources) ? here("projection_factory.ts") : null;
  },
};

export default {
  input: { "maplibre-gl": here("map.ts"), "maplibre-gl-worker": "maplibre-gl/worker" },
  resolve: { modules: [process.env.PACKAGES], alias: { "maplibre-gl/src": `${process.env.PACKAGES}${sources}`.replace(/\/$/, ""), "maplibre-gl/worker": `${process.env.PACKAGES}${sources}source/worker.ts` } },
  // As MapLibre's own build reads its sources: a field that is only declared writes nothing over what a parent class put there.
  transform: { assumptions: { setPublicClassFields: true }, typescript: { removeClassFieldsWithoutInitializer: true } },
  plugins: [flat],
  output: { dir: process.env.OUT, format: "esm", minify: true, entryFileNames: "[name].mjs", chunkFileNames: "shared-[hash:16].mjs", hashCharacters: "hex", postBanner: `//# allFunctionsCalledOnLoad\n/*! MapLibre GL JS ${process.env.VERSION}, without what a flat map has no use for. BSD-3-Clause: LICENSE.txt */` },
};
