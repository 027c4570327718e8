// Loading guest images: from bytes to a plan of what goes where in RAM.
export type { Segment } from './elf.js';
export { BadImage } from './errors.js';
export { planFirmware } from './firmware.js';
export { isLinuxImage, type LinuxImageHeader, readLinuxHeader } from './linux-image.js';
export { type LoadOptions, type LoadPlan, planLoad } from './load.js';
export { formatMemorySize, parseMemorySize } from './memory-size.js';
export { type ImageSymbol, symbolize } from './symbols.js';
