/**
 * A VM's time: which counter is behind its registers on the host that runs it now, and how far its readings are from
 * the guest time that has really passed.
 */
import { CounterView } from '../../arch/timer/counter-view.js';
import type { SystemCounter } from '../../arch/timer/time.js';
import type { StrategyName } from './names.js';

/** What a strategy needs to know of a host. */
export interface TimeHost {
  /** Counter frequency in Hz. */
  readonly freqHz: number;
  /** Whether its counter can be scaled in hardware (FEAT_CNTSC); absent: no. */
  readonly cntsc?: boolean;
  /** Whether EL2 can trap the virtual counter and timer (FEAT_ECV); absent: yes. */
  readonly ecv?: boolean;
}

/** Plain state. */
export interface GuestTimeState {
  /** The frequency that the guest began with, Hz: `trap` and `scaled` present it for ever. */
  firstHz: number;
  /**
   * Behind the guest's counters is: `native`, the host's counter; `trapped`, what the hypervisor makes of it at each
   * trapped access; `scaled`, what the host's hardware makes of it.
   */
  kind: 'native' | 'trapped' | 'scaled';
  /** CNTSCR.ScaleVal, 8.24 fixed point, 1 to 2^32 - 1, where `scaled`; else 0. */
  scaleValue: number;
  /**
   * How far the counters are ahead of guest time, in 2^-64 ticks, less than one tick: a host's counter ticks when it
   * ticks, so that its readings fit guest time to within a tick; what remains is kept, so that it does not add up.
   */
  leads: { virtual: bigint; physical: bigint };
}

/** Fraction bits of CNTSCR.ScaleVal. */
const SCALE_BITS = 24;
const MAX_SCALE = 2 ** 32 - 1;

export const firstGuestTime = (firstHz: number): GuestTimeState => ({
  firstHz,
  kind: 'native',
  scaleValue: 0,
  leads: { virtual: 0n, physical: 0n },
});

/** The counter behind the guest's registers, before CNTVOFF and CNTPOFF, on a host with this system counter. */
export function guestCounter({ kind, firstHz, scaleValue }: GuestTimeState, system: SystemCounter): SystemCounter {
  if (kind === 'native') return system;
  if (kind === 'scaled') return new CounterView(system, BigInt(scaleValue), 1n << BigInt(SCALE_BITS), firstHz);
  return new CounterView(system, BigInt(firstHz), BigInt(system.freqHz), firstHz);
}

/** The frequency that the guest is shown on a host of `hostHz`, in Hz. */
export const shownFrequency = ({ kind, firstHz }: GuestTimeState, hostHz: number): number =>
  kind === 'native' ? hostHz : firstHz;

/**
 * CNTSCR.ScaleVal that comes closest to making `toHz` of `fromHz`.
 * @throws RangeError where 8.24 fixed point cannot hold it
 */
export function scaleValueFor(fromHz: number, toHz: number): number {
  const doubled = ((BigInt(toHz) << BigInt(SCALE_BITS + 1)) / BigInt(fromHz) + 1n) >> 1n;
  if (doubled < 1n || doubled > BigInt(MAX_SCALE)) {
    throw new RangeError(
      `migration refused: a counter of ${fromHz} Hz cannot be scaled to ${toHz} Hz; ScaleVal is 8.24 fixed point, from 2^-24 to less than 256 (--strategy trap to go on)`,
    );
  }
  return Number(doubled);
}

/** How much faster a counter of `fromHz` runs with this ScaleVal than at `toHz`, in parts per billion; 0 where exact. */
export function scaleErrorPpb(fromHz: number, toHz: number, scaleValue: number): number {
  const wanted = BigInt(toHz) << BigInt(SCALE_BITS);
  const error = BigInt(fromHz) * BigInt(scaleValue) - wanted;
  // Thousandths of a ppb, so that the quotient is exact before it becomes a number.
  return Number((error * 1_000_000_000_000n) / wanted) / 1000;
}

/** The VM's time on a host that a strategy brings it to; the leads are left for the plan to find. */
export function guestTimeOn(strategy: StrategyName, state: GuestTimeState, hostHz: number): GuestTimeState {
  if (strategy === 'refuse') return state;
  const kind = strategy === 'trap' ? 'trapped' : strategy === 'scaled' ? 'scaled' : 'native';
  return { ...state, kind, scaleValue: kind === 'scaled' ? scaleValueFor(hostHz, state.firstHz) : 0 };
}
