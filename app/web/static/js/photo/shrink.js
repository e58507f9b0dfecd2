// @ts-check
/** Photos made light on the device: at most 2048 pixels, JPEG. What a browser cannot draw is sent as it is. */

export const LONGEST = 2048;
const QUALITY = 0.85;
/** A JPEG below this weight and size is left alone, in bytes. */
const LIGHT = 1_200_000;

/**
 * @param {Blob} file
 * @returns {Promise<Blob>} upright, without metadata; the file itself when it is light already or cannot be drawn
 */
export async function shrink(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (share === 1 && file.type === "image/jpeg" && file.size <= LIGHT) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * share);
    canvas.height = Math.round(picture.height * share);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await encoded(canvas);
    return made.size < file.size || share < 1 ? made : file;
  } catch {
    // A format that this browser does not read (HEIC in most), a canvas that it keeps for itself: the server reads it.
    return file;
  }
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} rejects where the browser gives no picture back */
export const encoded = (canvas) => new Promise((resolve, reject) => {
  canvas.toBlob((blob) => (blob?.type === "image/jpeg" ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
});

/** The name of a picture that became a JPEG. @param {string} name @param {Blob} blob */
export const named = (name, blob) => (blob.type === "image/jpeg" && !/\.jpe?g$/i.test(name) ? `${name.replace(/\.\w+$/, "")}.jpg` : name);
