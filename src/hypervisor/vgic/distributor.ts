/**
 * GICD registers (IHI 0069H, 12.9) of one security state with affinity routing: DS and ARE are RAO/WI. What is not in
 * the table is RAZ/WI: the GICv2 registers (ITARGETSR, SGIR, [CS]PENDSGIR), the second security state's (IGRPMODR,
 * NSACR), message-based SPIs and extended ranges.
 */

import { constant, identification } from './identification.js';
import { INTERRUPT_BANKS } from './interrupt-registers.js';
import { bringOut } from './list-registers.js';
import { requeue, unload } from './lists.js';
import type { VgicModel } from './model.js';
import { reroute } from './move.js';
import { type Access, type BankRow, RegisterTable, type SingleRow } from './register-table.js';

const CTLR_GROUPS = 0b11n;
const CTLR_ARE = 1n << 4n;
const CTLR_DS = 1n << 6n;

/** INTID bits minus 1, as the CPU interface has them. */
const TYPER_IDBITS = 15n << 19n;
/** Wherever there are LPIs, all INTIDs from 8192 on are. */
const TYPER_LPIS = 1n << 17n;
const TYPER_A3V = 1n << 24n;
const TYPER_NO1N = 1n << 25n;
const TYPER_RSS = 1n << 26n;

const CTLR: SingleRow = {
  kind: 'single',
  name: 'GICD_CTLR',
  offset: 0,
  bytes: 4,
  sizes: [4],
  read: (model) => CTLR_DS | CTLR_ARE | BigInt(model.groups),
  write: (model, value, access) => setGroups(model, Number(value & CTLR_GROUPS), access),
};

function setGroups(model: VgicModel, groups: number, access: Access): void {
  if (groups === model.groups) return;
  for (const vcpu of model.vcpus) if (vcpu.list.length > 0) bringOut(model, vcpu.index, access.accessor);
  model.groups = groups;
  for (const irqs of [
    ...model.vcpus.map((vcpu) => vcpu.privates),
    model.spis,
    [...(model.lpis?.live.values() ?? [])],
  ]) {
    for (const irq of irqs) {
      unload(model, irq);
      requeue(model, irq);
    }
  }
}

const TYPER = constant(
  'GICD_TYPER',
  4,
  4,
  (model) =>
    BigInt(model.spis.length / 32) | (model.lpis ? TYPER_LPIS : 0n) | TYPER_IDBITS | TYPER_A3V | TYPER_NO1N | TYPER_RSS,
);

/** Aff3 in [39:32], the others in [23:0]. A routed interrupt that is active stays where it is until it is deactivated. */
const IROUTER: BankRow = {
  kind: 'bank',
  name: 'IROUTER',
  offset: 0x6000,
  bits: 64,
  sizes: [4, 8],
  live: null,
  read: ({ affinity }) => (affinity >>> 24) * 2 ** 32 + (affinity & 0xffffff),
  write: (model, irq, field, access) => {
    const affinity = ((Math.floor(field / 2 ** 32) << 24) | (field & 0xffffff)) >>> 0;
    if (affinity !== irq.affinity) reroute(model, irq, affinity, access.accessor);
  },
};

const ROWS = [CTLR, TYPER, ...identification('GICD', 8), ...INTERRUPT_BANKS, IROUTER];

const tables = new Map<number, RegisterTable>();

/** The table for INTIDs 32 to 31 + spis. */
export function distributorTable(spis: number): RegisterTable {
  const table = tables.get(spis) ?? new RegisterTable(ROWS, spis + 32);
  tables.set(spis, table);
  return table;
}
