/**
 * A vCPU's timers as the interrupt controller and the scheduler see them: two level lines and the next deadline.
 */

import type { GenericTimer } from '../../arch/timer/generic-timer.js';
import type { Ps, SystemCounter } from '../../arch/timer/time.js';

/** INTIDs of the EL1 timers' private peripheral interrupts (QEMU virt: PPI 11 and 14). */
export const VIRTUAL_TIMER_INTID = 27;
export const PHYSICAL_TIMER_INTID = 30;

export interface TimerLines {
  /** Level of INTID 27, the virtual timer. */
  virtual: boolean;
  /** Level of INTID 30, the non-secure EL1 physical timer. */
  physical: boolean;
}

/** The lines' levels at host time `now`. */
export function timerLines(timer: GenericTimer, counter: SystemCounter, now: Ps): TimerLines {
  const count = counter.count(now);
  return { virtual: timer.lineV(count), physical: timer.lineP(count) };
}

/**
 * The first instant after `now` at which a line rises, or null where none will until the guest touches a timer.
 * Levels at that instant, from `timerLines`, include the risen line: a wait until here is never early and never late.
 */
export function nextTimerDeadline(timer: GenericTimer, counter: SystemCounter, now: Ps): Ps | null {
  const count = timer.nextDeadlineCount(counter.count(now));
  return count === null ? null : counter.timeOf(count);
}

/** The first instant after `now` at which the event stream wakes a WFE; null where it is off. */
export function nextTimerEvent(timer: GenericTimer, counter: SystemCounter, now: Ps): Ps | null {
  const count = timer.nextEventCount(counter.count(now));
  return count === null ? null : counter.timeOf(count);
}
