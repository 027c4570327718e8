/**
 * The banks that GICD and GICR's SGI frame share (IHI 0069H, 12.9 and 12.11): one field an interrupt, one security state.
 */

import { PRIORITY_MASK } from '../../arch/gic/registers.js';
import { type Interrupt, isPending } from './interrupt.js';
import { learn, setActiveState } from './list-registers.js';
import { change } from './lists.js';
import type { VgicModel } from './model.js';
import type { Access, AccessSize, BankRow } from './register-table.js';

const WORD: readonly AccessSize[] = [4];
const WORD_OR_BYTE: readonly AccessSize[] = [1, 4];

function bit(value: boolean): number {
  return value ? 1 : 0;
}

/** Changes a field that is not live, only where it differs: other vCPUs are left in the guest otherwise. */
function configure<K extends 'enabled' | 'group' | 'priority' | 'edge'>(
  model: VgicModel,
  irq: Interrupt,
  key: K,
  value: Interrupt[K],
  access: Access,
): void {
  if (irq[key] === value) return;
  learn(model, irq, access.accessor);
  change(model, irq, (it) => {
    it[key] = value;
  });
}

function setLatch(model: VgicModel, irq: Interrupt, latch: boolean): void {
  if (irq.latch === latch && !irq.again) return;
  if (latch) model.host.trace?.interruptPending(irq.target, irq.intid, -1);
  else model.host.trace?.interruptState(irq.target, irq.intid, 'unpended');
  change(model, irq, (it) => {
    it.latch = latch;
    it.again = false;
  });
}

function setActive(model: VgicModel, irq: Interrupt, active: boolean, access?: Access): void {
  if (knownActive(irq, access) === active) return;
  model.host.trace?.interruptState(irq.target, irq.intid, active ? 'activated' : 'deactivated');
  if (access && isElsewhere(model, irq, access.accessor)) {
    irq.written = active;
    model.vcpus[irq.owner]!.marked = true;
    return;
  }
  change(model, irq, (it) => setActiveState(it, active));
}

/** Whether policy `local` leaves the active state to another vCPU that is in the guest with it. */
function isElsewhere({ policies, host }: VgicModel, irq: Interrupt, accessor: number): boolean {
  return policies.activeRead === 'local' && irq.lr >= 0 && irq.owner !== accessor && host.resident(irq.owner);
}

/** Active as far as a vCPU knows: what another wrote counts for all but the one that has yet to take it over. */
function knownActive(irq: Interrupt, access?: Access): boolean {
  return access?.accessor === irq.owner ? irq.active : (irq.written ?? irq.active);
}

/** ICFGR has effect on PPIs and SPIs only. */
function setConfiguration(model: VgicModel, irq: Interrupt, field: number, access: Access): void {
  if (irq.intid >= 16) configure(model, irq, 'edge', (field & 2) !== 0, access);
}

export const INTERRUPT_BANKS: readonly BankRow[] = [
  {
    kind: 'bank',
    name: 'IGROUPR',
    offset: 0x80,
    bits: 1,
    sizes: WORD,
    live: null,
    read: (irq) => irq.group,
    write: (model, irq, field, access) => configure(model, irq, 'group', field ? 1 : 0, access),
  },
  {
    kind: 'bank',
    name: 'ISENABLER',
    offset: 0x100,
    bits: 1,
    sizes: WORD,
    live: null,
    read: (irq) => bit(irq.enabled),
    write: (model, irq, field, access) => {
      if (field) configure(model, irq, 'enabled', true, access);
    },
    restore: (model, irq, field) => {
      change(model, irq, (it) => {
        it.enabled = field === 1;
      });
    },
  },
  {
    kind: 'bank',
    name: 'ICENABLER',
    offset: 0x180,
    bits: 1,
    sizes: WORD,
    live: null,
    read: (irq) => bit(irq.enabled),
    write: (model, irq, field, access) => {
      if (field) configure(model, irq, 'enabled', false, access);
    },
    restore: () => {},
  },
  {
    kind: 'bank',
    name: 'ISPENDR',
    offset: 0x200,
    bits: 1,
    sizes: WORD,
    live: 'pending',
    read: (irq) => bit(isPending(irq)),
    write: (model, irq, field) => {
      if (field) setLatch(model, irq, true);
    },
    restore: (model, irq, field) => setLatch(model, irq, field === 1),
  },
  {
    kind: 'bank',
    name: 'ICPENDR',
    offset: 0x280,
    bits: 1,
    sizes: WORD,
    live: 'pending',
    read: (irq) => bit(isPending(irq)),
    write: (model, irq, field) => {
      if (field) setLatch(model, irq, false);
    },
    restore: () => {},
  },
  {
    kind: 'bank',
    name: 'ISACTIVER',
    offset: 0x300,
    bits: 1,
    sizes: WORD,
    live: 'active',
    read: (irq, access) => bit(knownActive(irq, access)),
    write: (model, irq, field, access) => {
      if (field) setActive(model, irq, true, access);
    },
    restore: (model, irq, field) => setActive(model, irq, field === 1),
  },
  {
    kind: 'bank',
    name: 'ICACTIVER',
    offset: 0x380,
    bits: 1,
    sizes: WORD,
    live: 'active',
    read: (irq, access) => bit(knownActive(irq, access)),
    write: (model, irq, field, access) => {
      if (field) setActive(model, irq, false, access);
    },
    restore: () => {},
  },
  {
    kind: 'bank',
    name: 'IPRIORITYR',
    offset: 0x400,
    bits: 8,
    sizes: WORD_OR_BYTE,
    live: null,
    read: (irq) => irq.priority,
    write: (model, irq, field, access) => configure(model, irq, 'priority', field & PRIORITY_MASK, access),
  },
  {
    kind: 'bank',
    name: 'ICFGR',
    offset: 0xc00,
    bits: 2,
    sizes: WORD,
    live: null,
    read: (irq) => (irq.edge ? 2 : 0),
    write: setConfiguration,
  },
];
