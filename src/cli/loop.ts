/** The loop around a session: it gives the guest's time to the keyboard, signals, the wall clock and the time limit. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session, SessionStatus } from '../verify/session.js';
import type { Departures } from './live/departure.js';

/** Wall milliseconds between two looks at the keyboard, signals and the clock. */
const LOOK = 20;
/** Wall milliseconds that a guest which is up with the wall clock rests for. */
const REST = 5;

const PS_PER_MS = 1e9;

export interface LoopOptions {
  readonly timeoutMs: number;
  readonly pace: 'fast' | 'real';
  /** Where the pace is real: whether host time jumps to the wall clock when the guest is too slow for it. */
  readonly follow: boolean;
  /** Whether somebody may type, so that a guest that waits for ever is waited for. */
  readonly interactive: boolean;
  /** Called before every rest. */
  flush(): void;
  /** Migrations to other processes. */
  readonly departures: Departures;
}

export type LoopEnd = SessionStatus | 'timeout' | 'interrupted' | 'migrated' | 'held';

/**
 * Runs a session to its end. What comes from outside reaches the guest by `session.inject` only, so that it can be
 * recorded and replayed: keys (the caller's), the wall clock, and the end that a signal or the time limit makes.
 */
export async function loop(session: Session, options: LoopOptions): Promise<LoopEnd> {
  const { host } = session.machine;
  const { departures } = options;
  const started = performance.now();
  const origin = host.now();
  const real = options.pace === 'real';
  let interrupted = false;
  /** Why the run is being stopped from outside. */
  let stopping: 'timeout' | 'interrupted' | null = null;
  const onSignal = (): void => {
    if (!departures.cancel()) interrupted = true;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    for (;;) {
      const sliceEnd = performance.now() + LOOK;
      const wallPs = (): bigint => origin + BigInt(Math.floor((performance.now() - started) * PS_PER_MS));
      const target = real ? wallPs() : null;
      const status = session.run(() => performance.now() >= sliceEnd || departures.due, target);
      if (stopping && status === 'stopped') return stopping;
      const waits = status === 'stalled' && options.interactive;
      if (status !== 'yielded' && !waits) return status;
      if (departures.due && !interrupted) {
        const end = await departures.leave(session);
        if (end) return end;
        continue;
      }
      if (!stopping && interrupted) stopping = 'interrupted';
      else if (!stopping && performance.now() - started >= options.timeoutMs) stopping = 'timeout';
      else {
        const behind = target !== null && host.now() < target;
        if (behind && options.follow) session.inject({ kind: 'follow', to: wallPs() });
        options.flush();
        await sleep(waits ? LOOK : target !== null && !behind ? REST : 0);
        continue;
      }
      session.inject({ kind: 'stop' });
    }
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}
