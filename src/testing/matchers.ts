/** What a test may expect of a guest's time; each says what, how much, where first, and what to try. */
import { hintsOf } from '../verify/hints.js';
import type { Verdict } from '../verify/verdict.js';
import type { TestVm } from './vm.js';

export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

export interface MonotonicOptions {
  /** The largest error of the counter's rate, parts per million of its first. Absent: the check's own bound. */
  readonly rateErrorPpm?: number;
}

/** One verdict in lines. */
function shown(vm: TestVm, verdict: Verdict): string {
  const { name, status, text, bound, unit, first } = verdict;
  const limit = bound === null ? '' : ` (bound ${bound} ${unit})`;
  const where = first
    ? `\n    first at ${first.timeNs} ns on vCPU ${first.vcpu}, pc ${vm.place(BigInt(first.pc))}`
    : '';
  const [hint] = hintsOf([verdict]);
  return `  ${name} ${status}: ${text}${limit}${where}${hint ? `\n    hint: ${hint}` : ''}`;
}

function result(vm: TestVm, expected: string, offences: readonly Verdict[], judged: readonly Verdict[]): MatcherResult {
  const pass = offences.length === 0;
  return {
    pass,
    message: () =>
      pass
        ? `expected the guest not to ${expected}, and it did:\n${judged.map((v) => shown(vm, v)).join('\n')}`
        : `expected the guest to ${expected}:\n${offences.map((v) => shown(vm, v)).join('\n')}`,
  };
}

/** The verdicts of the names, of those that the run has. @throws RangeError where it has none */
function judged(vm: TestVm, names: readonly string[]): Verdict[] {
  const all = vm.verdicts();
  const found = all.filter((v) => names.includes(v.name) && isJudged(v));
  if (found.length) return found;
  throw new RangeError(
    `no verdict ${names.join(' or ')} of this run; there are ${all
      .filter(isJudged)
      .map((v) => v.name)
      .join(', ')}`,
  );
}

/** Whether the guest uses Live Physical Time: then it is the PV counter that it tells time by. */
const usesLpt = (vm: TestVm): boolean => vm.verdicts().some((v) => v.name === 'pv-rate' && isJudged(v));

// A check that nothing happened for says so.
const isJudged = (v: Verdict): boolean => v.status !== 'not-applicable';

const isFailed = (v: Verdict): boolean => v.status === 'fail';

/** How far a rate is off, in parts per million; null for a verdict that is not of a rate. */
function ratePpm({ name, value }: Verdict): number | null {
  if (name === 'counter-rate') return Math.abs(value - 1) * 1e6;
  return name === 'pv-rate' ? value / 1000 : null;
}

/** @throws TypeError for anything that `boot` and `restore` did not make */
function vmOf(received: unknown): TestVm {
  if (typeof (received as Partial<TestVm> | null)?.verdicts === 'function') return received as TestVm;
  throw new TypeError('expect(...): not a VM of boot or restore');
}

export const matchers = {
  /** Its counter never went back and kept its rate; for a guest that uses Live Physical Time, its PV counter. */
  toKeepMonotonicTime(received: unknown, { rateErrorPpm }: MonotonicOptions = {}): MatcherResult {
    const vm = vmOf(received);
    const list = judged(vm, usesLpt(vm) ? ['pv-monotonic', 'pv-rate'] : ['counter-monotonic', 'counter-rate']);
    const offends = (v: Verdict): boolean => {
      const ppm = ratePpm(v);
      return rateErrorPpm === undefined || ppm === null ? isFailed(v) : ppm > rateErrorPpm;
    };
    const bound = rateErrorPpm === undefined ? '' : `, its rate within ${rateErrorPpm} ppm`;
    return result(vm, `keep monotonic time${bound}`, list.filter(offends), list);
  },

  /** No check of its time failed. What the native counter does once the guest converts through LPT fails none (docs/verdicts.md). */
  toKeepTime(received: unknown): MatcherResult {
    const vm = vmOf(received);
    const list = vm.verdicts().filter(isJudged);
    return result(vm, 'keep time', list.filter(isFailed), list);
  },

  /** No interrupt was lost on its way, or given twice. */
  toHaveLostNoInterrupts(received: unknown): MatcherResult {
    const vm = vmOf(received);
    const list = judged(vm, ['interrupt-lost', 'interrupt-duplicate', 'timer-lost']);
    return result(vm, 'have lost no interrupts', list.filter(isFailed), list);
  },

  /** The check of the name failed: what a fault, or a guest that cannot know, is expected to do. */
  toHaveFailed(received: unknown, name: string): MatcherResult {
    const vm = vmOf(received);
    const verdict = vm.verdict(name);
    const line = shown(vm, verdict);
    const pass = isFailed(verdict);
    return {
      pass,
      message: () => `expected ${name} ${pass ? 'not ' : ''}to have failed:\n${line}`,
    };
  },
} as const;
