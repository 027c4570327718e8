/** Counts what a model found wrong; remembers the first and the worst. */
import type { Place } from '../../trace/index.js';
import type { Verdict } from '../verdict.js';

export class Offences {
  count = 0;
  /** Largest amount, in the model's unit. */
  worst = 0n;
  first: Place | null = null;

  add(amount: bigint, { time, vcpu, pc }: Place): void {
    this.count++;
    this.first ??= { time, vcpu, pc };
    if (amount > this.worst) this.worst = amount;
  }

  /** Status and first place of a verdict that fails where there is one. */
  get status(): Pick<Verdict, 'status' | 'first'> {
    return this.first ? { status: 'fail', first: shownPlace(this.first) } : { status: 'pass' };
  }
}

/** A verdict on a counter's steps back. @param seen what was looked at */
export const stepsBack = (back: Offences, seen: string): Omit<Verdict, 'name'> => ({
  ...back.status,
  value: back.count,
  bound: 0,
  unit: 'steps',
  text: back.count ? `${back.count} steps back, the largest of ${back.worst} ticks` : `0 steps back in ${seen}`,
});

export const ns = (ps: bigint): number => Number(ps / 1000n);

export const shownPlace = ({ time, vcpu, pc }: Place): NonNullable<Verdict['first']> => ({
  timeNs: ns(time),
  vcpu,
  pc: `0x${pc.toString(16)}`,
});
