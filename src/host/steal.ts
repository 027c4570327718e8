/**
 * When the host runs something else on a vCPU's physical CPU: fixed patterns, functions of host time alone.
 */

import type { Ps } from '../arch/timer/time.js';
import { parseDuration, shown } from './time-spec.js';

/** Steals [phase + n * every + jitter_n, ... + length) for n = 0, 1, 2... */
export interface StealPattern {
  /** The vCPU it hits, or every one. */
  vcpu: number | 'all';
  every: Ps;
  /** Time stolen in each period, more than 0 and less than `every`. */
  length: Ps;
  /** Start of the first period. */
  phase: Ps;
  /** Largest delay of a steal within its period, 0 to every - length; the delay comes from the seed. */
  jitter: Ps;
}

/**
 * Reads 'vcpu=0 every=10ms for=3ms [phase=1ms] [jitter=2ms]'; vcpu=all or no vcpu hits every vCPU.
 * @throws RangeError with the text, the limit and the way out.
 */
export function parseSteal(text: string, option = '--steal'): StealPattern {
  const subject = `${option} "${shown(text)}"`;
  const values = new Map<string, string>();
  for (const part of text.trim().split(/[\s,]+/)) {
    const match = /^(vcpu|every|for|phase|jitter)=(.+)$/.exec(part);
    if (!match) throw new RangeError(`${subject}: unknown part ${shown(part)}; say "vcpu=0 every=10ms for=3ms"`);
    if (values.has(match[1]!)) throw new RangeError(`${subject}: ${match[1]} is given twice`);
    values.set(match[1]!, match[2]!);
  }
  const duration = (key: string): Ps | null =>
    values.has(key) ? parseDuration(values.get(key)!, `${subject}: ${key}`) : null;
  const every = duration('every');
  const length = duration('for');
  if (every === null) throw new RangeError(`${subject}: no period; add every=10ms`);
  if (length === null) throw new RangeError(`${subject}: no length; add for=3ms`);
  const jitter = duration('jitter') ?? 0n;
  if (length === 0n) throw new RangeError(`${subject}: for=0 steals nothing; give it a length or leave the option out`);
  if (length >= every) throw new RangeError(`${subject}: for is not less than every; the vCPU would never run`);
  if (jitter > every - length) {
    throw new RangeError(`${subject}: jitter is more than every - for; a steal must end in its period`);
  }
  return {
    vcpu: parseVcpu(values.get('vcpu') ?? 'all', subject),
    every,
    length,
    phase: duration('phase') ?? 0n,
    jitter,
  };
}

/** Several patterns at once; where they overlap, a vCPU is stolen once. */
export class StealSchedule {
  readonly patterns: readonly StealPattern[];
  readonly seed: number;
  readonly #perVcpu = new Map<number, readonly StealPattern[]>();

  /**
   * @param seed of the jitter, a 32-bit integer.
   * @throws RangeError where the patterns together leave a vCPU no time.
   */
  constructor(patterns: readonly StealPattern[], seed = 0) {
    this.patterns = patterns;
    this.seed = seed;
    // Any vCPU without a pattern of its own is covered by -1.
    const named = patterns.flatMap((p) => (p.vcpu === 'all' ? [] : [p.vcpu]));
    for (const vcpu of new Set([-1, ...named])) assertSomeTimeLeft(this.#patternsOf(vcpu), vcpu);
  }

  /** The instant at which the vCPU, stolen at `t`, gets its CPU back; null where it is not stolen at `t`. */
  stolenUntil(t: Ps, vcpu: number): Ps | null {
    let until: Ps | null = null;
    for (let found = true; found; ) {
      found = false;
      for (const pattern of this.#patternsOf(vcpu)) {
        const [start, end] = this.#intervalAtOrAfter(pattern, until ?? t, vcpu);
        if (start <= (until ?? t)) {
          until = end;
          found = true;
        }
      }
    }
    return until;
  }

  /** The first instant >= `t` at which the vCPU is stolen (`t` itself where it is now); null where no pattern names it. */
  nextStealStart(t: Ps, vcpu: number): Ps | null {
    let next: Ps | null = null;
    for (const pattern of this.#patternsOf(vcpu)) {
      const [start] = this.#intervalAtOrAfter(pattern, t, vcpu);
      const at = start > t ? start : t;
      if (next === null || at < next) next = at;
    }
    return next;
  }

  #patternsOf(vcpu: number): readonly StealPattern[] {
    let patterns = this.#perVcpu.get(vcpu);
    if (!patterns) {
      patterns = this.patterns.filter((p) => p.vcpu === 'all' || p.vcpu === vcpu);
      this.#perVcpu.set(vcpu, patterns);
    }
    return patterns;
  }

  /** The pattern's first interval that ends after `t`. */
  #intervalAtOrAfter(pattern: StealPattern, t: Ps, vcpu: number): [Ps, Ps] {
    let n = t <= pattern.phase ? 0n : (t - pattern.phase) / pattern.every;
    for (;;) {
      const start = pattern.phase + n * pattern.every + this.#delay(pattern, n, vcpu);
      const end = start + pattern.length;
      if (end > t) return [start, end];
      n += 1n;
    }
  }

  #delay(pattern: StealPattern, n: bigint, vcpu: number): Ps {
    if (pattern.jitter === 0n) return 0n;
    const low = BigInt(mix(this.seed ^ mix(vcpu + 1) ^ mix(Number(n & 0xffff_ffffn))));
    const high = BigInt(mix(Number(low) ^ Number((n >> 32n) & 0xffff_ffffn)));
    return ((high << 32n) | low) % (pattern.jitter + 1n);
  }
}

function assertSomeTimeLeft(patterns: readonly StealPattern[], vcpu: number): void {
  // The shares as one exact fraction: below 1 there is a gap in every long enough stretch of time.
  let [stolen, whole] = [0n, 1n];
  for (const p of patterns) [stolen, whole] = [stolen * p.every + p.length * whole, whole * p.every];
  if (stolen < whole) return;
  const who = vcpu < 0 ? 'all vCPUs' : `vCPU ${vcpu}`;
  throw new RangeError(`--steal: the patterns of ${who} together take all of the time; leave them some to run in`);
}

function parseVcpu(text: string, subject: string): number | 'all' {
  if (text === 'all') return 'all';
  if (!/^\d{1,3}$/.test(text))
    throw new RangeError(`${subject}: vcpu ${shown(text)} is not a number; say vcpu=0 or all`);
  return Number(text);
}

/** A 32-bit integer hash with full avalanche (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
