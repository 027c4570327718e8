/**
 * Whether a VM may be migrated so: asked before the source stops, answered with the reason.
 */
import type { LptState } from '../pvtime/lpt.js';
import type { PvTimeProfile } from '../pvtime/profile.js';
import { type GuestTimeState, guestTimeOn, shownFrequency, type TimeHost } from './guest-time.js';
import type { DowntimePolicy, StrategyName } from './names.js';

/** What of a VM a strategy depends on. */
export interface TimedVm {
  readonly time: GuestTimeState;
  readonly lpt: LptState | null;
  readonly pvTime: PvTimeProfile;
}

/** @throws RangeError saying what cannot be had, and the way out */
export function admitMigration(
  strategy: StrategyName,
  downtime: DowntimePolicy,
  from: TimeHost,
  to: TimeHost,
  vm: TimedVm,
): void {
  admitDestination(strategy, downtime, to, vm.pvTime);
  if (strategy === 'refuse' && from.freqHz !== to.freqHz) {
    throw new RangeError(
      `migration refused: the destination's counter runs at ${to.freqHz} Hz, the source's at ${from.freqHz} Hz (--strategy offset, lpt, trap or scaled to go on)`,
    );
  }
  if (strategy === 'lpt' && !vm.lpt) {
    throw new RangeError('--strategy lpt: the VM has no LPT structure; start it with --pvtime rfc2020 or beta2018');
  }
  const shown = shownFrequency(vm.time, from.freqHz);
  const next = shownFrequency(guestTimeOn(strategy, vm.time, to.freqHz), to.freqHz);
  if (vm.lpt && strategy !== 'lpt' && shown !== next) {
    throw new RangeError(
      `migration refused: the VM offers LPT, and its PV counter would jump where the native frequency goes from ${shown} Hz to ${next} Hz under --strategy ${strategy} (--strategy lpt to go on)`,
    );
  }
}

/**
 * What of it can be said without knowing where the VM is.
 * @throws RangeError saying what cannot be had, and the way out
 */
export function admitDestination(
  strategy: StrategyName,
  downtime: DowntimePolicy,
  to: TimeHost,
  pvTime: PvTimeProfile,
): void {
  if (downtime === 'stolen' && pvTime === 'off') {
    throw new RangeError(
      '--downtime stolen: the VM has no stolen time structure to report it in; start it with --pvtime rfc2020, or say --downtime elapsed',
    );
  }
  if (strategy === 'trap') admitTraps(to);
  if (strategy === 'scaled' && !to.cntsc) {
    throw new RangeError(
      "migration refused: the destination's counter cannot be scaled (no FEAT_CNTSC); say --host freq=...,cntsc=1 if it can, or --strategy trap",
    );
  }
}

/** @throws RangeError where the host cannot trap what `trap` must */
export function admitTraps(host: TimeHost): void {
  if (host.ecv !== false) return;
  throw new RangeError(
    '--strategy trap: the host cannot trap the virtual counter and timer (no FEAT_ECV); choose a host without ecv=0, or --strategy scaled',
  );
}
