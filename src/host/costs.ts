/**
 * What each exit from the guest costs in host time: published KVM figures on a current server, all settable.
 */

import { PS_PER_NANOSECOND, type Ps } from '../arch/timer/time.js';
import { shown } from './time-spec.js';

/** Exit costs in whole nanoseconds, 0 to 10^9 each. */
export interface ExitCosts {
  /** HVC handled by the hypervisor. */
  hypercall: number;
  /** MMIO to a device that the hypervisor emulates itself: distributor, redistributor. */
  mmioVgic: number;
  /** MMIO to a device emulated in user space: PL011 and the like. */
  mmioUser: number;
  /** End of an interrupt. */
  eoi: number;
  /** SGI sent and delivered to another vCPU. */
  ipi: number;
  /** LPI injected and delivered. */
  lpi: number;
  /** A trapped access to a counter, a timer (strategy `trap`) or the GIC's CPU interface (`--gic trap...`), or a trapped WFE. */
  trap: number;
  /** A vCPU taken out of the guest by another's doing: an interrupt for it, or its list registers wanted. It pays. */
  kick: number;
  /** A maintenance interrupt. */
  maintenance: number;
}

export const DEFAULT_COSTS: Readonly<ExitCosts> = {
  hypercall: 306,
  mmioVgic: 451,
  mmioUser: 1683,
  eoi: 14,
  ipi: 1926,
  lpi: 2179,
  // No figure of its own: the same way out and back as a hypercall.
  trap: 306,
  // None published apart from what an IPI or an LPI costs in all; to be set where policies are compared.
  kick: 0,
  maintenance: 0,
};

export const ZERO_COSTS: Readonly<ExitCosts> = {
  hypercall: 0,
  mmioVgic: 0,
  mmioUser: 0,
  eoi: 0,
  ipi: 0,
  lpi: 0,
  trap: 0,
  kick: 0,
  maintenance: 0,
};

const OPTION_NAMES: ReadonlyMap<string, keyof ExitCosts> = new Map([
  ['hypercall', 'hypercall'],
  ['mmio-vgic', 'mmioVgic'],
  ['mmio-user', 'mmioUser'],
  ['eoi', 'eoi'],
  ['ipi', 'ipi'],
  ['lpi', 'lpi'],
  ['trap', 'trap'],
  ['kick', 'kick'],
  ['maintenance', 'maintenance'],
]);

/**
 * Reads 'hypercall=306,mmio-user=0' over `base`, or 'all=0' for every kind; values are nanoseconds, 'ns' allowed.
 * @throws RangeError naming the part, the kinds or the limit.
 */
export function parseCosts(text: string, base: Readonly<ExitCosts> = DEFAULT_COSTS, option = '--cost'): ExitCosts {
  const costs = { ...base };
  for (const part of text.split(',')) {
    const match = /^\s*([a-z-]+)\s*=\s*(\d{1,10})\s*(?:ns)?\s*$/.exec(part);
    if (!match)
      throw new RangeError(`${option} ${shown(text)}: ${shown(part)} is not kind=nanoseconds, such as eoi=14`);
    const cost = Number(match[2]);
    if (cost > 1_000_000_000) throw new RangeError(`${option} ${shown(text)}: ${cost} ns is out of range; at most 1 s`);
    for (const kind of kinds(match[1]!, `${option} ${shown(text)}`)) costs[kind] = cost;
  }
  return costs;
}

/** The cost of one exit in host time. */
export function costOf(costs: Readonly<ExitCosts>, kind: keyof ExitCosts): Ps {
  return BigInt(costs[kind]) * PS_PER_NANOSECOND;
}

function kinds(name: string, subject: string): readonly (keyof ExitCosts)[] {
  if (name === 'all') return [...OPTION_NAMES.values()];
  const kind = OPTION_NAMES.get(name);
  if (!kind) {
    throw new RangeError(`${subject}: unknown exit ${name}; exits are ${[...OPTION_NAMES.keys()].join(', ')} and all`);
  }
  return [kind];
}
