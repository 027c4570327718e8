// The one error that the loader throws for an image it cannot load.

/** A guest image is not usable: `message` is one line that names the image, what is wrong, and the limit or the way out. */
export class BadImage extends Error {
  override readonly name = 'BadImage';
}
