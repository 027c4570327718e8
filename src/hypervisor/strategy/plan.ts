/**
 * What a migration does to a VM's time: pure functions from both hosts' counters and the VM's timers to the timers,
 * offsets and LPT structure that it continues with. Downtime is `paused`: guest time stands still between the instants.
 */

import type { TimerState } from '../../arch/timer/generic-timer.js';
import type { Ps, SystemCounter } from '../../arch/timer/time.js';
import { encodeLpt } from '../pvtime/layout.js';
import { type LptState, leastNative, migratedLpt, pvCount, pvCountUnbounded } from '../pvtime/lpt.js';
import type { StrategyName } from './names.js';
import { type CounterStep, rebasedCounter, rebasedTimer } from './rebase.js';

export interface MigrationInput {
  /** The counter of the host that the VM leaves. */
  from: SystemCounter;
  /** The counter of the host that it goes to. */
  to: SystemCounter;
  /** The instant, in the source's host time, after which no vCPU runs there. */
  stop: Ps;
  /** The instant, in the destination's host time, from which vCPUs run there. */
  resume: Ps;
  /** The timers of every vCPU, in order; all have the same CNTVOFF and CNTPOFF. */
  timers: readonly TimerState[];
  /** The VM's LPT, or null where it offers none. */
  lpt: LptState | null;
}

export interface MigrationPlan {
  /** CNTVOFF_EL2 on the destination, the same on every vCPU. */
  cntvoff: bigint;
  timers: TimerState[];
  lpt: LptState | null;
  /** The LPT structure to store before any vCPU runs; null where the VM has none. */
  lptPage: Uint8Array | null;
  /** CNTVCT at the stop, and at the resume. */
  virtualBefore: bigint;
  virtualAfter: bigint;
  /** The PV counter that a guest derives at the stop, and at the resume; null without LPT. */
  pvBefore: bigint | null;
  pvAfter: bigint | null;
}

/**
 * Says whether the strategy allows a migration between these frequencies: to be asked before the source stops.
 * @throws RangeError with both frequencies, or where `lpt` has no LPT to go by.
 */
export function admitMigration(strategy: StrategyName, fromHz: number, toHz: number, lpt: LptState | null): void {
  if (strategy === 'refuse' && fromHz !== toHz) {
    throw new RangeError(
      `migration refused: the destination's counter runs at ${toHz} Hz, the source's at ${fromHz} Hz (--strategy offset or lpt to go on)`,
    );
  }
  if (strategy === 'lpt' && !lpt) {
    throw new RangeError('--strategy lpt: the VM has no LPT structure; start it with --pvtime rfc2020 or beta2018');
  }
}

/**
 * The plan of one migration.
 * @throws RangeError as `admitMigration`, where the vCPUs' offsets differ, or where a counter would not fit 64 bits.
 */
export function planMigration(strategy: StrategyName, input: MigrationInput): MigrationPlan {
  const { from, to, timers, lpt } = input;
  admitMigration(strategy, from.freqHz, to.freqHz, lpt);
  const { cntvoff, cntpoff } = commonOffsets(timers);
  const stopCount = from.count(input.stop);
  const resumeCount = to.count(input.resume);
  const nextLpt = lpt && migratedLpt(lpt, to.freqHz);

  const scale = { from: BigInt(from.freqHz), to: BigInt(to.freqHz) };
  const view = (offset: bigint, continued: LptState | null): CounterStep => {
    const before = BigInt.asUintN(64, stopCount - offset);
    if (strategy !== 'lpt') return { before, after: before };
    const least = lpt && continued ? leastNative(continued, pvCountUnbounded(lpt, before)) : 0n;
    return rebasedCounter(before, least, scale);
  };
  const virtual = view(cntvoff, nextLpt);
  const physical = view(cntpoff, null);

  const offsetFor = (step: CounterStep) => BigInt.asUintN(64, resumeCount - step.after);
  const offsets = { cntvoff: offsetFor(virtual), cntpoff: offsetFor(physical) };
  return {
    cntvoff: offsets.cntvoff,
    timers: timers.map((timer) => ({
      ...timer,
      ...offsets,
      cntv: strategy === 'lpt' ? rebasedTimer(timer.cntv, virtual, scale) : { ...timer.cntv },
      cntp: strategy === 'lpt' ? rebasedTimer(timer.cntp, physical, scale) : { ...timer.cntp },
    })),
    lpt: nextLpt,
    lptPage: nextLpt && encodeLpt(nextLpt),
    virtualBefore: virtual.before,
    virtualAfter: virtual.after,
    pvBefore: lpt && pvCount(lpt, virtual.before),
    pvAfter: nextLpt && pvCount(nextLpt, virtual.after),
  };
}

function commonOffsets(timers: readonly TimerState[]): { cntvoff: bigint; cntpoff: bigint } {
  const [first] = timers;
  if (!first) throw new RangeError('migration: no vCPU; a VM has at least one');
  for (const [vcpu, timer] of timers.entries()) {
    if (timer.cntvoff !== first.cntvoff || timer.cntpoff !== first.cntpoff) {
      throw new RangeError(`migration: vCPU ${vcpu}'s counter offsets differ from vCPU 0's; one VM has one time`);
    }
  }
  return first;
}
