/**
 * GICR registers (IHI 0069H, 12.10 and 12.11): two 64 KB frames a vCPU, RD_base and SGI_base. There are no LPIs, so
 * CTLR, PROPBASER, PENDBASER and the like are RAZ/WI, as is what else is not in the table.
 */

import { constant, identification } from './identification.js';
import { INTERRUPT_BANKS } from './interrupt-registers.js';
import { RegisterTable, type SingleRow } from './register-table.js';

/** Bytes of one vCPU's redistributor. */
export const REDISTRIBUTOR_STRIDE = 0x20000;
const SGI_BASE = 0x10000;

const TYPER_LAST = 1n << 4n;
const WAKER_PROCESSOR_SLEEP = 1n << 1n;
const WAKER_CHILDREN_ASLEEP = 1n << 2n;

const TYPER = constant('GICR_TYPER', 8, 8, (model, { redistributor }) => {
  const last = redistributor === model.vcpus.length - 1 ? TYPER_LAST : 0n;
  return (BigInt(model.vcpus[redistributor]!.affinity) << 32n) | (BigInt(redistributor) << 8n) | last;
});

/** ChildrenAsleep follows ProcessorSleep at once. Neither holds interrupts back: there is no power to save. */
const WAKER: SingleRow = {
  kind: 'single',
  name: 'GICR_WAKER',
  offset: 0x14,
  bytes: 4,
  sizes: [4],
  read: (model, { redistributor }) =>
    model.vcpus[redistributor]!.asleep ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0n,
  write: (model, value, { redistributor }) => {
    model.vcpus[redistributor]!.asleep = (value & WAKER_PROCESSOR_SLEEP) !== 0n;
  },
};

export const REDISTRIBUTOR_TABLE = new RegisterTable(
  [
    TYPER,
    WAKER,
    ...identification('GICR', 4),
    ...INTERRUPT_BANKS.map((row) => ({ ...row, offset: SGI_BASE + row.offset })),
  ],
  32,
);
