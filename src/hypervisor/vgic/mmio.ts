/**
 * MMIO accesses to the frames: from an offset and a size to rows, fields and interrupts.
 */

import type { Interrupt } from './interrupt.js';
import { bringOut } from './list-registers.js';
import type { VgicModel } from './model.js';
import type { Access, AccessSize, BankRow, RegisterTable, SingleRow } from './register-table.js';

/** Interrupts by INTID: the redistributor's 0 to 31, or the distributor's from 32. */
type Lookup = (intid: number) => Interrupt | undefined;

function lookup(model: VgicModel, redistributor: number | null): Lookup {
  if (redistributor === null) return (intid) => (intid < 32 ? undefined : model.spis[intid - 32]);
  return (intid) => model.vcpus[redistributor]!.privates[intid];
}

/** Syncs every vCPU that has one of the interrupts in a list register. */
function bringOutHolders(model: VgicModel, interrupts: readonly (Interrupt | undefined)[], accessor: number): void {
  let holders = 0;
  for (const irq of interrupts) if (irq && irq.lr >= 0) holders |= 1 << irq.owner;
  for (let vcpu = 0; holders >> vcpu; vcpu++) if ((holders >> vcpu) & 1) bringOut(model, vcpu, accessor);
}

/** Interrupts whose fields an access to a bank covers. */
function covered(row: BankRow, offset: number, size: AccessSize, find: Lookup): (Interrupt | undefined)[] {
  const first = Math.floor(((offset - row.offset) * 8) / row.bits);
  const count = Math.max(1, (size * 8) / row.bits);
  return Array.from({ length: count }, (_, n) => find(first + n));
}

export interface Frame {
  readonly table: RegisterTable;
  /** The vCPU of the redistributor; null: the distributor. */
  readonly redistributor: number | null;
}

function accessOf(frame: Frame, accessor: number): Access {
  return { accessor, redistributor: frame.redistributor ?? accessor };
}

/** A read; RAZ where there is nothing. */
export function readFrame(model: VgicModel, frame: Frame, offset: number, size: AccessSize, accessor: number): bigint {
  const row = frame.table.find(offset, size);
  if (!row) return 0n;
  if (row.kind === 'single') {
    const whole = row.read?.(model, accessOf(frame, accessor)) ?? 0n;
    return BigInt.asUintN(size * 8, whole >> BigInt((offset - row.offset) * 8));
  }
  const interrupts = covered(row, offset, size, lookup(model, frame.redistributor));
  if (row.live) bringOutHolders(model, interrupts, accessor);
  if (row.bits === 64) {
    const irq = interrupts[0];
    return irq ? BigInt.asUintN(size * 8, row.read(irq) >> BigInt((offset % 8) * 8)) : 0n;
  }
  let value = 0n;
  for (const [n, irq] of interrupts.entries()) if (irq) value |= row.read(irq) << BigInt(n * row.bits);
  return value;
}

/** A write; WI where there is nothing. `restoring`: the write of a restore, without what the guest's would set off. */
export function writeFrame(
  model: VgicModel,
  frame: Frame,
  offset: number,
  size: AccessSize,
  value: bigint,
  accessor: number,
  restoring = false,
): void {
  const row = frame.table.find(offset, size);
  if (!row) return;
  const access = accessOf(frame, accessor);
  if (row.kind === 'single') {
    const apply = restoring ? (row.restore ?? row.write) : row.write;
    apply?.(model, merged(model, row, offset, size, value, access), access);
    return;
  }
  const interrupts = covered(row, offset, size, lookup(model, frame.redistributor));
  if (row.live || restoring) bringOutHolders(model, interrupts, accessor);
  const apply = restoring ? (row.restore ?? row.write) : row.write;
  for (const [n, irq] of interrupts.entries()) {
    if (irq) apply.call(row, model, irq, fieldOf(row, irq, n, offset, size, value), access);
  }
}

/** The whole register with the written half replaced. */
function merged(
  model: VgicModel,
  row: SingleRow,
  offset: number,
  size: AccessSize,
  value: bigint,
  access: Access,
): bigint {
  const part = BigInt.asUintN(size * 8, value);
  if (size === row.bytes) return part;
  return replaceHalf(row.read?.(model, access) ?? 0n, offset - row.offset, part);
}

function fieldOf(row: BankRow, irq: Interrupt, n: number, offset: number, size: AccessSize, value: bigint): bigint {
  if (row.bits < 64) return BigInt.asUintN(row.bits, value >> BigInt(n * row.bits));
  return size === 8 ? value : replaceHalf(row.read(irq), offset % 8, BigInt.asUintN(32, value));
}

function replaceHalf(whole: bigint, at: number, half: bigint): bigint {
  return at === 0 ? ((whole >> 32n) << 32n) | half : (half << 32n) | BigInt.asUintN(32, whole);
}
