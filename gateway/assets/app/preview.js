// Small local previews of chosen files, one at a time: decoding a large photo takes hundreds of megabytes.

const SIDE = 640;
let last = Promise.resolve();

/** Resolves to a canvas that shows the file, or to null where the browser can't decode it. */
export function previewOf(file) {
  const mine = last.then(() => drawn(file));
  last = mine;
  return mine;
}

async function drawn(file) {
  try {
    const bitmap = await createImageBitmap(file, { resizeWidth: SIDE, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas;
  } catch {
    return null;
  }
}
