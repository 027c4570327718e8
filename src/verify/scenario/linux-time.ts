/** `measure: linux-time`: what `cv-time`, run by an unmodified Linux, saw of time, as verdicts. */
import type { Ps } from '../../arch/timer/time.js';
import type { MigrationRecord } from '../../migration/migrate.js';
import type { Machine } from '../../migration/snapshot.js';
import { LinuxTimeLog, type LinuxTimeResult, measureLinuxTime } from '../linux-time/index.js';
import type { Verdict } from '../verdict.js';

/** Printed before the program starts: counter reads are kept from there on. */
const MARKER = 'CV-TIME';
/** Counter reads that are kept; the program makes some thousands. */
const MAX_READS = 2_000_000;
/** What crystals differ by. */
const RATE_BOUND_PPM = 50;
/** The hundred instructions between the program's read of the counter and the kernel's, where the clock runs x40. */
const STEP_BOUND_NS = 20_000;
/** Two ticks of /proc/stat: one at each end. */
const STEAL_BOUND_MS = 20;

export class LinuxTimeMeasure {
  readonly #times = new Map<bigint, Ps>();
  readonly #log = new LinuxTimeLog((counter) => this.#times.get(counter));
  #line = '';
  #machine: Machine;
  /** Stolen from all vCPUs when the program started; null before. */
  #stolenBefore: Ps | null = null;
  /** Why the program's lines cannot be understood. */
  #broken = '';

  constructor(machine: Machine) {
    this.#machine = machine;
    this.follow(machine);
  }

  /** Goes on with a machine that was made of the one before. */
  follow(machine: Machine): void {
    this.#machine = machine;
    machine.vm.trace.listen({
      'counter-read': ({ register, value, time }) => {
        if (this.#stolenBefore === null || register !== 'CNTVCT_EL0' || this.#times.size >= MAX_READS) return;
        this.#times.set(value, time);
      },
    });
  }

  /** A byte of the console. */
  byte(byte: number): void {
    if (byte !== 10) {
      if (this.#line.length < 4096) this.#line += String.fromCharCode(byte);
      return;
    }
    this.#take(this.#line.trimEnd());
    this.#line = '';
  }

  verdicts(migrations: readonly MigrationRecord[]): Verdict[] {
    this.#take(this.#line.trimEnd());
    this.#line = '';
    const stolen = this.#stolenBefore === null ? 0n : this.#stolen() - this.#stolenBefore;
    return verdictsOf(measureLinuxTime(this.#log, migrations, stolen), this.#broken);
  }

  #stolen(): Ps {
    return this.#machine.host.accounts.reduce((sum, a) => sum + a.stolen, 0n);
  }

  #take(line: string): void {
    if (line === MARKER) this.#stolenBefore ??= this.#stolen();
    if (this.#broken || this.#stolenBefore === null) return;
    try {
      this.#log.line(line);
    } catch (error) {
      this.#broken = (error as Error).message;
    }
  }
}

const judged = (name: string, value: number, bound: number, unit: string, text: string): Verdict => ({
  name,
  status: Math.abs(value) <= bound ? 'pass' : 'fail',
  value,
  bound,
  unit,
  text,
});

const absent = (name: string, text: string): Verdict => ({
  name,
  status: 'not-applicable',
  value: 0,
  bound: null,
  unit: '',
  text,
});

const worst = (list: readonly number[]): number => list.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);

function verdictsOf(r: LinuxTimeResult, broken: string): Verdict[] {
  const rates = r.rates.flatMap((rate) => (rate === null ? [] : [(rate - 1) * 1e6]));
  const steps = r.stepsNs.flatMap((step) => (step === null ? [] : [step]));
  const ppm = worst(rates);
  const step = worst(steps);
  return [
    judged(
      'linux-ended',
      r.ended ? 0 : 1,
      0,
      'programs',
      broken || (r.ended ? 'cv-time ended' : 'cv-time never ended'),
    ),
    rates.length
      ? judged('linux-rate', ppm, RATE_BOUND_PPM, 'ppm', `CLOCK_MONOTONIC is off by ${ppm.toFixed(2)} ppm at most`)
      : absent('linux-rate', 'too few readings'),
    steps.length
      ? judged('linux-step', step, STEP_BOUND_NS, 'ns', `CLOCK_MONOTONIC steps by ${step.toFixed(0)} ns at most`)
      : absent('linux-step', 'too few readings about a migration'),
    r.waits
      ? judged(
          'linux-early',
          r.early,
          0,
          'waits',
          `${r.early} of ${r.waits} sleeps and timers early, at most by ${r.earlyNs.toFixed(0)} ns`,
        )
      : absent('linux-early', 'no sleep and no timer'),
    judged(
      'linux-steal',
      r.stealMs - r.stolenMs,
      STEAL_BOUND_MS,
      'ms',
      `/proc/stat says ${r.stealMs} ms of ${r.stolenMs.toFixed(3)} ms`,
    ),
  ];
}
