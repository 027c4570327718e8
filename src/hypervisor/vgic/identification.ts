/**
 * Identification registers that every GIC frame ends with (IHI 0069H, 12.1.2; the PIDR layout is that of CoreSight).
 */

import type { Access, SingleRow } from './register-table.js';

/** Implementer as Arm (JEP106 0x43b), product 'C'. */
export const IIDR = 0x4300_043bn;

const PIDR_CIDR: readonly (readonly [string, number, bigint])[] = [
  ['PIDR4', 0xffd0, 0x44n],
  ['PIDR0', 0xffe0, 0x92n],
  ['PIDR1', 0xffe4, 0xb4n],
  // ArchRev 3: GICv3.
  ['PIDR2', 0xffe8, 0x3bn],
  ['CIDR0', 0xfff0, 0x0dn],
  ['CIDR1', 0xfff4, 0xf0n],
  ['CIDR2', 0xfff8, 0x05n],
  ['CIDR3', 0xfffc, 0xb1n],
];

/** A read-only register. Restoring another value than it has is an error: the guest has seen that value. */
export function constant(name: string, offset: number, bytes: 4 | 8, read: SingleRow['read'] & {}): SingleRow {
  return {
    kind: 'single',
    name,
    offset,
    bytes,
    sizes: bytes === 8 ? [4, 8] : [4],
    read,
    restore: (model, value, access: Access) => {
      const here = read(model, access);
      if (value !== here) {
        throw new RangeError(
          `${name} 0x${value.toString(16)}: this GIC's is 0x${here.toString(16)}, and the guest has seen it`,
        );
      }
    },
  };
}

/** IIDR at the frame's offset, and the registers at its end. */
export function identification(prefix: string, iidrOffset: number): SingleRow[] {
  return [
    constant(`${prefix}_IIDR`, iidrOffset, 4, () => IIDR),
    ...PIDR_CIDR.map(([name, offset, value]) => constant(`${prefix}_${name}`, offset, 4, () => value)),
  ];
}
