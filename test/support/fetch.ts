/** Before any test: fetches the Debian image that some boot, once, so that they do not fetch it side by side. */
import { debian } from '../linux/debian.js';

export async function setup(): Promise<void> {
  const { image, ...rest } = await debian();
  if (!image) process.stdout.write(`Debian's kernel is not to be had: ${'reason' in rest ? rest.reason : ''}\n`);
}
