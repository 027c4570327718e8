// The error of an image that cannot be had here; the caller can always name files of its own in its place.

/** Fetching did not work: `message` is one line with the reason and what to pass by hand. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';

  constructor(reason: string) {
    super(
      `${reason}; pass an arm64 kernel and initrd by hand: chronovisor run <Image> --initrd <file> --append console=ttyAMA0`,
    );
  }
}
