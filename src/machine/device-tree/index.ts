// Device trees: the blob format, the tree of our board, and patches for booting.
export { MAX_FDT_DEPTH, MAX_FDT_SIZE, readFdt, writeFdt } from './fdt.js';
export { type BootPatch, patchForBoot } from './patch.js';
export * from './tree.js';
export { type VirtBoard, virtDeviceTree } from './virt.js';
