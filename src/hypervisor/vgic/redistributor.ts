/**
 * GICR registers (IHI 0069H, 12.10 and 12.11): two 64 KB frames a vCPU, RD_base and SGI_base. What is not in the table
 * is RAZ/WI: GICR_SETLPIR, INVLPIR and the like, as DirectLPI and IR are not reported.
 */

import { constant, identification } from './identification.js';
import { INTERRUPT_BANKS } from './interrupt-registers.js';
import { LPI_REGISTERS } from './lpi/registers.js';
import { RegisterTable, type SingleRow } from './register-table.js';

/** Bytes of one vCPU's redistributor. */
export const REDISTRIBUTOR_STRIDE = 0x20000;
const SGI_BASE = 0x10000;

const TYPER_PLPIS = 1n << 0n;
const TYPER_LAST = 1n << 4n;
const WAKER_PROCESSOR_SLEEP = 1n << 1n;
const WAKER_CHILDREN_ASLEEP = 1n << 2n;

const TYPER = constant('GICR_TYPER', 8, 8, (model, { redistributor }) => {
  const last = redistributor === model.vcpus.length - 1 ? TYPER_LAST : 0n;
  const plpis = model.lpis ? TYPER_PLPIS : 0n;
  return (BigInt(model.vcpus[redistributor]!.affinity) << 32n) | (BigInt(redistributor) << 8n) | last | plpis;
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
    ...LPI_REGISTERS,
    ...identification('GICR', 4),
    ...INTERRUPT_BANKS.map((row) => ({ ...row, offset: SGI_BASE + row.offset })),
  ],
  32,
);
