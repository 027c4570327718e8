/** The invariants, in the order of reports. docs/verdicts.md says of each what it checks and what fails it. */
import { counterAgreement } from './counter-agreement.js';
import { counterMonotonic } from './counter-monotonic.js';
import { counterRate } from './counter-rate.js';
import { counterStep } from './counter-step.js';
import { downtime } from './downtime.js';
import { eventStream } from './event-stream.js';
import { interruptDuplicate } from './interrupt-duplicate.js';
import { interruptLost } from './interrupt-lost.js';
import { interruptPriority } from './interrupt-priority.js';
import type { Invariant } from './invariant.js';
import { pvContinuity } from './pv-continuity.js';
import { pvMonotonic } from './pv-monotonic.js';
import { pvRate } from './pv-rate.js';
import { rtcAgreement } from './rtc-agreement.js';
import { stolenIdentity } from './stolen-identity.js';
import { stolenMonotonic } from './stolen-monotonic.js';
import { timerEarly } from './timer-early.js';
import { timerLate } from './timer-late.js';
import { timerLost } from './timer-lost.js';
import { timerSpurious } from './timer-spurious.js';

export type { Facts, Invariant, Model, RunEnd } from './invariant.js';
export { listenersOf } from './invariant.js';

export const INVARIANTS: readonly Invariant[] = [
  counterMonotonic,
  counterStep,
  counterRate,
  counterAgreement,
  pvMonotonic,
  pvContinuity,
  pvRate,
  downtime,
  timerEarly,
  timerLate,
  timerLost,
  timerSpurious,
  eventStream,
  stolenIdentity,
  stolenMonotonic,
  interruptLost,
  interruptDuplicate,
  interruptPriority,
  rtcAgreement,
];

/** Verdicts that a scenario can name. `state-hash` comes from replay and save/restore, not from watching one run. */
export const VERDICT_NAMES: readonly string[] = [...INVARIANTS.map((i) => i.name), 'state-hash'];
