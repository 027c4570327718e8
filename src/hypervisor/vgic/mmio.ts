/**
 * MMIO accesses to the frames: from an offset and a size to rows, fields and interrupts.
 */

import type { Interrupt } from './interrupt.js';
import { bringOut } from './list-registers.js';
import type { VgicModel } from './model.js';
import type { Access, AccessSize, BankRow, RegisterTable, SingleRow } from './register-table.js';

export interface Frame {
  readonly table: RegisterTable;
  /** The vCPU of the redistributor; null: the distributor. */
  readonly redistributor: number | null;
}

/** The fields that an access to a bank covers. */
interface Fields {
  /** INTID of the first, and how many. */
  readonly first: number;
  readonly count: number;
}

function fieldsOf(row: BankRow, offset: number, size: AccessSize): Fields {
  return {
    first: Math.floor(((offset - row.offset) * 8) / row.bits),
    count: Math.max(1, (size * 8) / row.bits),
  };
}

/** The redistributor has INTIDs 0 to 31, the distributor those from 32. */
function find({ vcpus, spis }: VgicModel, { redistributor }: Frame, intid: number): Interrupt | undefined {
  if (redistributor !== null) return vcpus[redistributor]!.privates[intid];
  return intid < 32 ? undefined : spis[intid - 32];
}

function accessOf(frame: Frame, accessor: number): Access {
  return { accessor, redistributor: frame.redistributor ?? accessor };
}

/** Whether the access takes an external abort: policy `abort`, and another vCPU may have the active state. */
function aborts({ policies, vcpus }: VgicModel, row: BankRow, { redistributor }: Frame, accessor: number): boolean {
  return row.live === 'active' && policies.activeRead === 'abort' && vcpus.length > 1 && redistributor !== accessor;
}

/** Makes the fields true: those of list registers are synced, as far as the policy goes. */
function settle(model: VgicModel, frame: Frame, row: BankRow, fields: Fields, accessor: number): void {
  const stays = row.live === 'active' && model.policies.activeRead === 'local';
  let holders = 0;
  for (let n = 0; n < fields.count; n++) {
    const irq = find(model, frame, fields.first + n);
    if (irq && irq.lr >= 0) holders |= 1 << irq.owner;
  }
  for (let vcpu = 0; holders >> vcpu; vcpu++) {
    if (!((holders >> vcpu) & 1)) continue;
    if (!stays || vcpu === accessor || !model.host.resident(vcpu)) bringOut(model, vcpu, accessor);
  }
}

/** A read; RAZ where there is nothing. Null: an external abort. */
export function readFrame(
  model: VgicModel,
  frame: Frame,
  offset: number,
  size: AccessSize,
  accessor: number,
): bigint | null {
  const row = frame.table.find(offset, size);
  if (!row) return 0n;
  const access = accessOf(frame, accessor);
  if (row.kind === 'single') {
    const whole = row.read?.(model, access) ?? 0n;
    return BigInt.asUintN(size * 8, whole >> BigInt((offset - row.offset) * 8));
  }
  if (aborts(model, row, frame, accessor)) return null;
  const fields = fieldsOf(row, offset, size);
  if (row.live) settle(model, frame, row, fields, accessor);
  if (row.bits === 64) {
    const irq = find(model, frame, fields.first);
    return irq ? BigInt.asUintN(size * 8, BigInt(row.read(irq, access)) >> BigInt((offset % 8) * 8)) : 0n;
  }
  let value = 0;
  for (let n = 0; n < fields.count; n++) {
    const irq = find(model, frame, fields.first + n);
    if (irq) value |= row.read(irq, access) << (n * row.bits);
  }
  return BigInt(value >>> 0);
}

/**
 * A write; WI where there is nothing. `restoring`: the write of a restore, without what the guest's would set off.
 * False: an external abort.
 */
export function writeFrame(
  model: VgicModel,
  frame: Frame,
  offset: number,
  size: AccessSize,
  value: bigint,
  accessor: number,
  restoring = false,
): boolean {
  const row = frame.table.find(offset, size);
  if (!row) return true;
  const access = accessOf(frame, accessor);
  if (row.kind === 'single') {
    const apply = restoring ? (row.restore ?? row.write) : row.write;
    apply?.(model, merged(model, row, offset, size, value, access), access);
    return true;
  }
  if (!restoring && aborts(model, row, frame, accessor)) return false;
  const fields = fieldsOf(row, offset, size);
  if (row.live || restoring) settle(model, frame, row, fields, accessor);
  const apply = restoring ? (row.restore ?? row.write) : row.write;
  const low = Number(BigInt.asUintN(32, value));
  const mask = 2 ** row.bits - 1;
  for (let n = 0; n < fields.count; n++) {
    const irq = find(model, frame, fields.first + n);
    if (!irq) continue;
    const field = row.bits === 64 ? whole(row, irq, offset, size, value, access) : (low >>> (n * row.bits)) & mask;
    apply.call(row, model, irq, field, access);
  }
  return true;
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

/** A field of 64 bits, its low 40 as a number. */
function whole(row: BankRow, irq: Interrupt, offset: number, size: AccessSize, value: bigint, access: Access): number {
  const all = size === 8 ? value : replaceHalf(BigInt(row.read(irq, access)), offset % 8, BigInt.asUintN(32, value));
  return Number(BigInt.asUintN(40, all));
}

function replaceHalf(whole: bigint, at: number, half: bigint): bigint {
  return at === 0 ? ((whole >> 32n) << 32n) | half : (half << 32n) | BigInt.asUintN(32, whole);
}
