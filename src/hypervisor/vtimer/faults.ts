/**
 * A vCPU's timers as a hypervisor with faults sees them, in place of `timerLines` and `nextTimerDeadline`. Pure functions;
 * docs/cases says what each fault is made after.
 */
import { CTL_ENABLE, CTL_IMASK } from '../../arch/timer/comparator.js';
import { GenericTimer } from '../../arch/timer/generic-timer.js';
import { PS_PER_SECOND, type Ps, type SystemCounter } from '../../arch/timer/time.js';
import type { FaultName } from '../faults.js';
import { nextTimerDeadline, nextTimerEvent, PHYSICAL_TIMER_INTID, timerLines, VIRTUAL_TIMER_INTID } from './vtimer.js';

type Faults = ReadonlySet<FaultName>;

const PS_PER_NANOSECOND = PS_PER_SECOND / 1_000_000_000n;

/** What becomes of the lines; null: a line that is left as it is. */
export interface SpoiledTimers {
  virtual: boolean;
  physical: boolean | null;
  deadline: Ps | null;
}

/** @param armed the deadline for which the host's timer is armed until now */
export function spoiledTimers(
  faults: Faults,
  timer: GenericTimer,
  counter: SystemCounter,
  now: Ps,
  armed: Ps | null,
): SpoiledTimers {
  const seen = faults.has('cval-truncated') ? truncated(timer) : timer;
  const { virtual, physical } = timerLines(seen, counter, now);
  let deadline = nextTimerDeadline(seen, counter, now);
  if (faults.has('ticks-as-nanoseconds')) {
    const ticks = fewestTicks(seen, counter.count(now));
    deadline = ticks && now + ticks.left * PS_PER_NANOSECOND;
  }
  // T7: nobody cancels the host's timer. What the event stream armed it for is no deadline of a timer's.
  const stale = armed !== null && armed > now && armed !== nextTimerEvent(timer, counter, now);
  if (faults.has('soft-timer-spurious') && stale && (deadline === null || armed < deadline)) deadline = armed;
  // T6: only the rise is passed on. T7: not even that, where no host timer goes off.
  const leave = faults.has('soft-timer-missed') || (faults.has('physical-line-stuck') && !physical);
  return { virtual, physical: leave ? null : physical, deadline };
}

/** The interrupts that the host's timer, armed for `armed`, makes pending when it goes off. */
export function signalsAtExpiry(
  faults: Faults,
  timer: GenericTimer,
  counter: SystemCounter,
  now: Ps,
  armed: Ps | null,
): number[] {
  const { virtual, physical } = timerLines(timer, counter, now);
  const nothing = !virtual && !physical;
  const signals: number[] = [];
  if (faults.has('soft-timer-spurious') && nothing) signals.push(PHYSICAL_TIMER_INTID);
  if (faults.has('soft-timer-missed') && physical && counter.timeOf(deadlineP(timer)) === armed) {
    signals.push(PHYSICAL_TIMER_INTID);
  }
  if (faults.has('ticks-as-nanoseconds') && nothing) {
    const nearest = fewestTicks(timer, counter.count(now));
    if (nearest) signals.push(nearest.intid);
  }
  return signals;
}

/** The host's count at which the physical timer's condition is met. */
const deadlineP = ({ state }: GenericTimer): bigint => state.cntp.cval + state.cntpoff;

/** T13: the timer whose CVALs have gone through 32 bits. */
function truncated({ state }: GenericTimer): GenericTimer {
  const cut = ({ ctl, cval }: { ctl: number; cval: bigint }) => ({ ctl, cval: BigInt.asUintN(32, cval) });
  return new GenericTimer({ ...state, cntv: cut(state.cntv), cntp: cut(state.cntp) });
}

/** The armed timer that is due next, and the ticks until then. */
function fewestTicks(timer: GenericTimer, count: bigint): { left: bigint; intid: number } | null {
  const { cntv, cntp } = timer.state;
  const armed = [
    { intid: VIRTUAL_TIMER_INTID, ctl: cntv.ctl, left: cntv.cval - timer.cntvct(count) },
    { intid: PHYSICAL_TIMER_INTID, ctl: cntp.ctl, left: cntp.cval - timer.cntpct(count) },
  ].filter(({ ctl, left }) => (ctl & (CTL_ENABLE | CTL_IMASK)) === CTL_ENABLE && left > 0n);
  return armed.reduce<(typeof armed)[0] | null>((best, one) => (best && best.left <= one.left ? best : one), null);
}
