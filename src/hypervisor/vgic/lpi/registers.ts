/** GICR's LPI registers (IHI 0069H, 12.11): RAZ/WI where there are no LPIs. */

import type { VgicModel } from '../model.js';
import type { Access, SingleRow } from '../register-table.js';
import { disableLpis, enableLpis } from './lpis.js';
import type { LpiRegisters } from './model.js';

const CTLR_ENABLE_LPIS = 1n << 0n;
/** Clear Enable Supported: EnableLPIs can be cleared again. */
const CTLR_CES = 1n << 1n;

const PENDBASER_PTZ = 1n << 62n;
/** OuterCache, Physical_Address, Shareability, InnerCache; and IDbits. */
const PROPBASER_MASK = 0x070f_ffff_ffff_ff9fn;
const PENDBASER_MASK = 0x070f_ffff_ffff_0f80n | PENDBASER_PTZ;

const of = (model: VgicModel, { redistributor }: Access): LpiRegisters | undefined =>
  model.lpis?.redistributors[redistributor];

const CTLR: SingleRow = {
  kind: 'single',
  name: 'GICR_CTLR',
  offset: 0,
  bytes: 4,
  sizes: [4],
  read: (model, access) => {
    const it = of(model, access);
    return it ? CTLR_CES | (it.enabled ? CTLR_ENABLE_LPIS : 0n) : 0n;
  },
  write: (model, value, access) => {
    const it = of(model, access);
    const enabled = (value & CTLR_ENABLE_LPIS) !== 0n;
    if (!it || it.enabled === enabled) return;
    if (!enabled) disableLpis(model, access.redistributor, access.accessor);
    it.enabled = enabled;
    if (enabled) enableLpis(model, access.redistributor, (it.pendbaser & PENDBASER_PTZ) !== 0n);
  },
};

/** A table's address: it stays while EnableLPIs is set (writing it then is UNPREDICTABLE). */
function base(name: 'PROPBASER' | 'PENDBASER', offset: number, mask: bigint, reads: bigint): SingleRow {
  const field = name === 'PROPBASER' ? 'propbaser' : 'pendbaser';
  return {
    kind: 'single',
    name: `GICR_${name}`,
    offset,
    bytes: 8,
    sizes: [4, 8],
    read: (model, access) => (of(model, access)?.[field] ?? 0n) & reads,
    write: (model, value, access) => {
      const it = of(model, access);
      if (it && !it.enabled) it[field] = value & mask;
    },
  };
}

export const LPI_REGISTERS: readonly SingleRow[] = [
  CTLR,
  base('PROPBASER', 0x70, PROPBASER_MASK, PROPBASER_MASK),
  // PTZ is write-only.
  base('PENDBASER', 0x78, PENDBASER_MASK, PENDBASER_MASK & ~PENDBASER_PTZ),
];
