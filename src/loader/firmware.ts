// Firmware: what flash and RAM hold before its first instruction, which is flash's first word, as QEMU's virt board has it.
import { BANK_BYTES } from '../machine/flash/index.js';
import type { Segment } from './elf.js';
import { BadImage } from './errors.js';
import { deviceTree, type LoadOptions, type LoadPlan } from './load.js';

export interface FirmwareOptions extends Omit<LoadOptions, 'initrd' | 'bootargs'> {
  /** What the second bank holds. */
  readonly vars?: { readonly name: string; readonly bytes: Uint8Array };
}

function inFlash(bank: number, bytes: Uint8Array, name: string): Segment {
  if (bytes.length === 0) throw new BadImage(`${name}: the file is empty`);
  if (bytes.length > BANK_BYTES) {
    throw new BadImage(`${name}: ${bytes.length} bytes; a bank of flash has ${BANK_BYTES}`);
  }
  return { address: BigInt(bank * BANK_BYTES), data: bytes, zeroFill: 0 };
}

/** Firmware in the first bank; the device tree at the start of RAM. Throws BadImage or BadDeviceTree. */
export function planFirmware(bytes: Uint8Array, options: FirmwareOptions): LoadPlan {
  const { name, vars, ramBase } = options;
  const tree: Segment = { address: ramBase, data: deviceTree(options), zeroFill: 0 };
  const segments = [inFlash(0, bytes, name), ...(vars ? [inFlash(1, vars.bytes, vars.name)] : []), tree];
  // x0 says nothing: this firmware knows where the device tree is.
  return { kind: 'firmware', segments, entry: 0n, dtbAddress: 0n, symbols: [] };
}
