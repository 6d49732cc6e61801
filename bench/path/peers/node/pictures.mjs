// The ways of using sharp. Each tells `made` its outputs as soon as they are there.
import exifReader from 'exif-reader';
import sharp from 'sharp';

const SIDES = [600, 300, 150];
const jpeg = { quality: 80, chromaSubsampling: '4:2:0' };
const inside = { fit: 'inside', withoutEnlargement: true };
const MAX_PIXELS = 100_000_000;

// Two photos at the same time have two cores busy already, and no photo comes twice.
sharp.concurrency(1);
sharp.cache(false);

// Upright, in sRGB and without metadata; the last two are what sharp does unless told.
const open = (photo) => sharp(photo, { limitInputPixels: MAX_PIXELS }).autoOrient();
const buffer = (picture) => picture.toBuffer({ resolveWithObject: true });
const pixels = async (picture) => {
  const { data, info: { width, height, channels } } = await buffer(picture.raw());
  return () => sharp(data, { raw: { width, height, channels } });
};

/**
 * One decode to pixels and everything from those, the smaller thumbnails from the largest. One call after the other:
 * more at a time would only need more memory where all cores are busy.
 */
async function once(photo, made) {
  const whole = await pixels(open(photo));
  const small = await pixels(whole().resize(SIDES[0], SIDES[0], inside));
  for (const side of SIDES) {
    made(String(side), await buffer(small().resize(side, side, inside).jpeg(jpeg)));
  }
  made('optimized', await buffer(whole().jpeg(jpeg)));
}

/** As sharp's documentation has it: one input and a clone for each output, all awaited together. */
async function clone(photo, made) {
  const input = open(photo);
  const thumbnail = async (side) => made(String(side), await buffer(input.clone().resize(side, side, inside).jpeg(jpeg)));
  const optimized = async () => made('optimized', await buffer(input.clone().jpeg(jpeg)));
  await Promise.all([...SIDES.map(thumbnail), optimized()]);
}

export const WAYS = { once, clone };

/** What the file says about the photo, without the place. */
export async function metadataOf(photo) {
  const { format, width, height, orientation, exif } = await sharp(photo).metadata();
  const { Image, Photo } = exif ? exifReader(exif) : {};
  return { format, width, height, orientation, make: Image?.Make, model: Image?.Model, takenAt: Photo?.DateTimeOriginal };
}

