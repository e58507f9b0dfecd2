/**
 * A map drawn by the processor, where there is no graphics card. The browser then stops the whole page, at each frame, until
 * the picture is drawn and read back. Here it is drawn aside, read back when it is done, and shown on a second canvas: taps and
 * scrolling are answered meanwhile.
 */

/** Whether the processor draws what this context is asked. */
function byProcessor(gl: WebGL2RenderingContext): boolean {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

/** Milliseconds between two pictures of a map that has not all its tiles yet. */
const PATIENCE = 400;

/** Have a map that has drawn nothing yet drawn aside, if the processor draws it. */
export function unhurried(map: any): void {
  const { painter } = map;
  const { context } = painter;
  if (!byProcessor(context.gl)) return;
  const aside = new Aside(context.gl, map.getCanvas());
  const bind = context.bindFramebuffer;
  const set = bind.set.bind(bind);
  bind.set = (target: WebGLFramebuffer | null) => set(target || aside.frame);
  const wanted = new Set<any>();
  // Shaders are compiled beside the page. One that is not ready draws nothing; the picture is shown when none was missing.
  context.later = (program: any) => wanted.add(program);
  const draw = painter.render.bind(painter);
  let busy = false;
  let again = false;
  let idle = false;
  let whole = false;
  let late: number | undefined;
  let here: any;
  let coming: any;
  let shown = performance.now();
  // MapLibre draws after each touch. Where nothing has changed since, the picture stands.
  map.resting = () => idle && !again && !map._styleDirty && !map._sourcesDirty && !map._placementDirty && !map.isMoving();
  map.on("idle", () => { idle = true; });
  painter.render = (...what: any[]) => {
    idle = false;
    again = busy;
    if (busy || context.gl.isContextLost()) return;
    whole ||= map.areTilesLoaded();
    clearTimeout(late);
    const left = whole ? 0 : shown + PATIENCE - performance.now();
    if (left > 0) { again = true; late = setTimeout(() => map.triggerRepaint(), left); return; }
    aside.fit();
    draw(...what);
    busy = true;
    const { center, zoom, centerPoint, height } = what[1];
    coming = { center, zoom, centerPoint, height };
    if (!wanted.size) aside.take();
    settled(context.gl, wanted.size ? finish : show);
  };
  const show = () => {
    aside.show();
    here = coming;
    follow();
    shown = performance.now();
    busy = false;
    if (again) map.triggerRepaint();
  };
  // One at a time: each takes a while.
  const finish = () => {
    const [program] = wanted;
    wanted.delete(program);
    program?.finish();
    if (program) { setTimeout(finish); return; }
    busy = false;
    again = true;
    map.triggerRepaint();
  };
  // Until the next picture comes, this one goes where the map goes.
  const follow = () => {
    if (!here) return;
    const { x, y } = map.project(here.center);
    const scale = 2 ** (map.getZoom() - here.zoom);
    const { centerPoint, height } = here;
    aside.place(x - scale * centerPoint.x, y + scale * (height - centerPoint.y), scale);
  };
  map.on("move", follow);
  map.once("webglcontextrestored", () => {
    map.off("move", follow);
    aside.shown.remove();
    unhurried(map);
  });
}

/** Once all that was asked for is done. */
function settled(gl: WebGL2RenderingContext, run: () => void): void {
  const end = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  const look = () => {
    if (end && gl.getSyncParameter(end, gl.SYNC_STATUS) === gl.UNSIGNALED) { setTimeout(look, 8); return; }
    gl.deleteSync(end);
    run();
  };
  setTimeout(look, 8);
}

/** A picture beside the page, and the canvas that shows it. */
class Aside {
  gl: WebGL2RenderingContext;
  frame: WebGLFramebuffer;
  colour: WebGLRenderbuffer;
  depth: WebGLRenderbuffer;
  buffer: WebGLBuffer;
  shown: HTMLCanvasElement;
  page: CanvasRenderingContext2D;
  image: ImageData;

  /** `canvas`: where MapLibre believes to draw. */
  constructor(gl: WebGL2RenderingContext, canvas: HTMLCanvasElement) {
    this.gl = gl;
    this.frame = gl.createFramebuffer();
    this.colour = gl.createRenderbuffer();
    this.depth = gl.createRenderbuffer();
    this.buffer = gl.createBuffer();
    this.shown = document.createElement("canvas");
    this.shown.className = "map-aside";
    this.shown.setAttribute("aria-hidden", "true");
    this.shown.width = this.shown.height = 0;
    canvas.after(this.shown);
    // Nothing will be drawn there: the browser need not read it back either.
    canvas.style.opacity = "0";
    this.page = this.shown.getContext("2d", { alpha: false });
    this.image = new ImageData(1, 1);
  }

  /** As large as MapLibre's canvas, which may have changed. */
  fit(): void {
    const { gl } = this;
    const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
    if (width === this.image.width && height === this.image.height) return;
    this.image = new ImageData(width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    for (const [buffer, format, point] of [[this.colour, gl.RGBA8, gl.COLOR_ATTACHMENT0], [this.depth, gl.DEPTH24_STENCIL8, gl.DEPTH_STENCIL_ATTACHMENT]]) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, Number(format), width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, Number(point), gl.RENDERBUFFER, buffer);
    }
  }

  /** Its lower left corner at (x, y): what is read back stands on its head. */
  place(x: number, y: number, scale: number): void {
    const [left, bottom] = [x, y].map((at) => Math.round(at * 100) / 100);
    this.shown.style.transform = `translate(${left}px,${bottom}px) scale(${scale},${-scale})`;
  }

  /** Ask for what was drawn. */
  take(): void {
    const { gl, image } = this;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.frame);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, image.data.length, gl.STREAM_READ);
    gl.readPixels(0, 0, image.width, image.height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  }

  /** What was asked for has come. */
  show(): void {
    const { gl, image, shown } = this;
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, image.data);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    if (shown.width !== image.width || shown.height !== image.height) Object.assign(shown, { width: image.width, height: image.height });
    this.page.putImageData(image, 0, 0);
  }
}
