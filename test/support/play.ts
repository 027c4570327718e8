/** For tests: feeds an invariant events and asks its verdict. */
import type { TraceEvent, TraceKind } from '../../src/trace/index.js';
import { type Facts, type Invariant, listenersOf, type RunEnd } from '../../src/verify/invariants/invariant.js';
import type { Verdict } from '../../src/verify/verdict.js';

const MS = 1_000_000_000n;

export const FACTS: Facts = {
  vcpus: 2,
  time: 0n,
  host: { name: '25MHz', freqHz: 25_000_000, ppm: 0 },
  freqHz: 25_000_000,
  pvFreqHz: 100_000_000,
  rtcEpoch: 1_000,
  stolenTimeCall: 0xc500_0021,
  stolen: [0n, 0n],
  timers: [],
  interrupts: [],
};

const NOTHING = { idle: 0n, stolen: 0n, paused: 0n, off: 0n };
export const END: RunEnd = {
  time: 100n * MS,
  stalled: false,
  accounts: [
    { ...NOTHING, running: 100n * MS },
    { ...NOTHING, running: 100n * MS },
  ],
  told: [0n, 0n],
  published: [0n, 0n],
  deliverable: () => true,
};

/** An event with what a test leaves out: vCPU 0, pc 0x1000. */
type Loose = { kind: TraceKind } & Record<string, unknown>;

/** Fields that every event has, and answers to what an event may be asked: all yes. */
const filled = (event: Loose): TraceEvent =>
  ({
    time: 0n,
    vcpu: 0,
    pc: 0x1000n,
    masked: false,
    pv: () => null,
    deliverable: () => true,
    timerCondition: () => true,
    timerHeld: () => 1n << 60n,
    priorityOf: () => 256,
    ...event,
  }) as unknown as TraceEvent;

export function judge(
  it: Invariant,
  events: readonly Loose[],
  facts: Partial<Facts> = {},
  end: Partial<RunEnd> = {},
): Omit<Verdict, 'name'> {
  const state = it.model.create({ ...FACTS, ...facts });
  const listeners = listenersOf(it.model, state) as Record<string, ((event: TraceEvent) => void) | undefined>;
  for (const event of events) listeners[event.kind]?.(filled(event));
  return it.verdict(state, { ...END, ...end });
}
