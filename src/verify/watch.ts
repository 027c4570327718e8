/**
 * The invariants of a run, checked from outside: what the guest reads of its counters and when its timers reach it,
 * against the true time that only the platform knows.
 */
import { PS_PER_SECOND, type Ps } from '../arch/timer/time.js';
import type { LptState } from '../hypervisor/pvtime/index.js';
import { pvCount } from '../hypervisor/pvtime/index.js';
import type { VmObserver } from '../hypervisor/vm/observer.js';
import { PPI } from '../machine/virt.js';
import type { MigrationRecord } from '../migration/migrate.js';
import type { Machine } from '../migration/snapshot.js';
import { CounterSamples } from './samples.js';
import type { Verdict } from './verdict.js';

interface Place {
  time: Ps;
  vcpu: number;
  pc: bigint;
}

/** Counts offences and remembers the first and the worst. */
class Offences {
  count = 0;
  worst: bigint = 0n;
  first: Place | null = null;

  add(amount: bigint, place: Place): void {
    this.count++;
    this.first ??= place;
    if (amount > this.worst) this.worst = amount;
  }
}

/** First and last read of a counter on one host. */
interface Segment {
  readonly freqHz: number;
  firstTime: Ps;
  firstValue: bigint;
  lastTime: Ps;
  lastValue: bigint;
  firstPlace: Place;
}

/** What the guest meant when it armed a timer. */
interface Armed {
  /** Host time at which a guest that believes its frequency expects the interrupt. */
  intended: Ps;
  /** Host time at which the line rises. */
  deadline: Ps | null;
}

type TimerName = 'virtual' | 'physical';

/** Rate errors beyond this are a failure: a crystal is better, and so is what quantisation leaves of a long run. */
const RATE_BOUND_PPB = 50_000;
/** A timer may be early by less than this for rounding to ticks. */
const EARLY_BOUND: Ps = 2_000_000n;

export class Watch implements VmObserver {
  /** What the guest read of its virtual counter, for pictures. */
  readonly samples = new CounterSamples();
  #machine: Machine;
  readonly #believed: number[];
  #aware = false;
  #last: { value: bigint; place: Place } | null = null;
  #lastPv: bigint | null = null;
  readonly #segments: Segment[] = [];
  #pvSegment: { time: Ps; pv: bigint; lastTime: Ps; lastPv: bigint } | null = null;
  #paused: Ps = 0n;
  readonly #armed: Record<TimerName, (Armed | null)[]> = { virtual: [], physical: [] };
  readonly #back = new Offences();
  readonly #pvBack = new Offences();
  readonly #early = new Offences();
  #lateMax: Ps = 0n;
  #fired = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#believed = machine.vm.vcpus.map(() => machine.vm.counter.freqHz);
    machine.vm.observer = this;
  }

  /** Goes on with a machine that was made of the one before, in the same state. */
  follow(machine: Machine): void {
    this.#machine.vm.observer = null;
    this.#machine = machine;
    machine.vm.observer = this;
  }

  counterRead(vcpu: number, register: 'CNTVCT_EL0' | 'CNTPCT_EL0', value: bigint): void {
    if (register !== 'CNTVCT_EL0') return;
    const { vm, host } = this.#machine;
    const place: Place = { time: host.now(), vcpu, pc: vm.engine.cpu.pc };
    if (this.#last && value < this.#last.value) this.#back.add(this.#last.value - value, place);
    this.#last = { value, place };
    this.samples.add(place.time, value);
    const segment = this.#segments.at(-1);
    if (segment && segment.freqHz === host.counter.freqHz) {
      segment.lastTime = place.time;
      segment.lastValue = value;
    } else this.#segments.push(newSegment(host.counter.freqHz, value, place));
    if (this.#aware && vm.lpt) this.#readPv(vm.lpt, value, place);
  }

  frequencyRead(vcpu: number, freqHz: number): void {
    this.#believed[vcpu] = freqHz;
  }

  lptGiven(): void {
    this.#aware = true;
  }

  timerWritten(vcpu: number, timer: TimerName): void {
    const { vm, host } = this.#machine;
    const { state } = vm.vcpus[vcpu]!.timer;
    const comparator = timer === 'virtual' ? state.cntv : state.cntp;
    const offset = timer === 'virtual' ? state.cntvoff : state.cntpoff;
    if ((comparator.ctl & 3) !== 1) {
      this.#armed[timer][vcpu] = null;
      return;
    }
    const now = host.now();
    const view = BigInt.asUintN(64, vm.counter.count(now) - offset);
    const ticks = comparator.cval - view;
    const believed = BigInt(this.#aware ? vm.counter.freqHz : this.#believed[vcpu]!);
    const intended = now - this.#paused + (ticks * PS_PER_SECOND) / believed;
    this.#armed[timer][vcpu] = { intended, deadline: vm.counter.timeOf(comparator.cval + offset) };
  }

  acknowledged(vcpu: number, intid: number): void {
    const timer = intid === PPI.virtualTimer ? 'virtual' : intid === PPI.physicalTimer ? 'physical' : null;
    const armed = timer && this.#armed[timer][vcpu];
    if (!timer || !armed) return;
    this.#armed[timer][vcpu] = null;
    this.#fired++;
    const { vm, host } = this.#machine;
    const now = host.now();
    const late = now - this.#paused - armed.intended;
    if (late < -EARLY_BOUND) this.#early.add(-late, { time: now, vcpu, pc: vm.engine.cpu.pc });
    else if (late > this.#lateMax) this.#lateMax = late;
  }

  /** Tells of a migration that has happened. */
  migrated(record: MigrationRecord): void {
    this.#paused += record.hidden;
  }

  verdicts(): Verdict[] {
    return [
      this.#monotonic(),
      ...this.#rate(),
      ...this.#pv(),
      {
        name: 'timer-early',
        ...failIf(this.#early),
        value: this.#early.count,
        bound: 0,
        unit: 'interrupts',
        text: this.#early.count
          ? `${this.#early.count} of ${this.#fired} early, at most by ${ns(this.#early.worst)} ns`
          : `0 of ${this.#fired} early`,
      },
      {
        name: 'timer-late',
        status: 'pass',
        value: ns(this.#lateMax),
        bound: null,
        unit: 'ns',
        text: `at most ${ns(this.#lateMax)} ns from the deadline to the acknowledge (masked and stolen time included)`,
      },
      ...this.#identity(),
    ];
  }

  #readPv(lpt: LptState, native: bigint, place: Place): void {
    const pv = pvCount(lpt, native);
    if (this.#lastPv !== null && pv < this.#lastPv) this.#pvBack.add(this.#lastPv - pv, place);
    this.#lastPv = pv;
    const time = place.time - this.#paused;
    if (!this.#pvSegment) this.#pvSegment = { time, pv, lastTime: time, lastPv: pv };
    else Object.assign(this.#pvSegment, { lastTime: time, lastPv: pv });
  }

  #monotonic(): Verdict {
    const { count, worst } = this.#back;
    const text = count
      ? `${count} steps back, the largest of ${worst} ticks`
      : `0 steps back on ${this.#machine.vm.vcpus.length} vCPU${this.#machine.vm.vcpus.length > 1 ? 's' : ''}`;
    return { name: 'counter-monotonic', ...failIf(this.#back), value: count, bound: 0, unit: 'steps', text };
  }

  /** Each host's rate, as the guest's own reads show it, against the first host's. */
  #rate(): Verdict[] {
    const measured = this.#segments.filter((s) => s.lastTime > s.firstTime);
    const [first] = measured;
    if (!first) return [];
    const rate = (s: Segment): number =>
      (Number(s.lastValue - s.firstValue) / Number(s.lastTime - s.firstTime)) * Number(PS_PER_SECOND);
    let worst = { ratio: 1, segment: first };
    for (const segment of measured) {
      const ratio = rate(segment) / rate(first);
      const resolution = 2 / Math.max(1, Number(segment.lastValue - segment.firstValue));
      if (Math.abs(ratio - 1) > Math.abs(worst.ratio - 1) + resolution) worst = { ratio, segment };
    }
    const ppb = Math.abs(worst.ratio - 1) * 1e9;
    const bad = segmentChanges(measured) && ppb > RATE_BOUND_PPB;
    const place = worst.segment.firstPlace;
    return [
      {
        name: 'counter-rate',
        status: bad ? 'fail' : 'pass',
        value: bad ? worst.ratio : 1,
        bound: 1 + RATE_BOUND_PPB / 1e9,
        unit: 'x its first rate',
        text: bad ? `${worst.ratio.toFixed(6)}x its rate before the migration` : 'constant',
        ...(bad && { first: shownPlace(place) }),
      },
    ];
  }

  #pv(): Verdict[] {
    const { lpt } = this.#machine.vm;
    if (!this.#aware || !lpt || !this.#pvSegment) return [];
    const { count, worst } = this.#pvBack;
    const { time, pv, lastTime, lastPv } = this.#pvSegment;
    const expected = (lastTime - time) * BigInt(lpt.pvFreqHz);
    const actual = (lastPv - pv) * PS_PER_SECOND;
    const slack = PS_PER_SECOND * BigInt(2 * (this.#segments.length + 1)) * BigInt(lpt.pvFreqHz);
    const slowest = BigInt(Math.min(...this.#segments.map((s) => s.freqHz), lpt.pvFreqHz));
    const error = actual > expected ? actual - expected : expected - actual;
    const ppb = expected ? Number((error * 1_000_000_000n) / expected) : 0;
    const boundPpb = expected ? Number((slack * 1_000_000_000n) / slowest / expected) + 1 : 0;
    return [
      {
        name: 'pv-monotonic',
        ...failIf(this.#pvBack),
        value: count,
        bound: 0,
        unit: 'steps',
        text: count ? `${count} steps back, the largest of ${worst} ticks` : '0 steps back',
      },
      {
        name: 'pv-rate',
        status: ppb <= boundPpb ? 'pass' : 'fail',
        value: ppb,
        bound: boundPpb,
        unit: 'ppb',
        text: `${ppb} ppb from ${lpt.pvFreqHz} Hz over ${ns(lastTime - time)} ns`,
      },
    ];
  }

  /** running + idle + stolen + paused + off = wall, on every vCPU. */
  #identity(): Verdict[] {
    const { host, vm } = this.#machine;
    const wall = host.now();
    const wrong = host.accounts.filter((a) => a.running + a.idle + a.stolen + a.paused + a.off !== wall).length;
    const stolen = host.accounts.reduce((sum, a) => sum + a.stolen, 0n);
    const reported = vm.vcpus.reduce((sum, v) => sum + v.stolen, 0n);
    const bad = wrong || stolen !== reported;
    return [
      {
        name: 'stolen-identity',
        status: bad ? 'fail' : 'pass',
        value: wrong,
        bound: 0,
        unit: 'vCPUs',
        text: `${ns(stolen)} ns stolen by the host, ${ns(reported)} ns told to the guest; identity ${wrong ? 'broken' : 'exact'}`,
      },
    ];
  }
}

const ns = (ps: Ps): number => Number(ps / 1000n);

const segmentChanges = (segments: readonly Segment[]): boolean => segments.length > 1;

const newSegment = (freqHz: number, value: bigint, place: Place): Segment => ({
  freqHz,
  firstTime: place.time,
  firstValue: value,
  lastTime: place.time,
  lastValue: value,
  firstPlace: place,
});

const shownPlace = ({ time, vcpu, pc }: Place): NonNullable<Verdict['first']> => ({
  timeNs: ns(time),
  vcpu,
  pc: `0x${pc.toString(16)}`,
});

function failIf(offences: Offences): { status: 'pass' | 'fail'; first?: NonNullable<Verdict['first']> } {
  return offences.first ? { status: 'fail', first: shownPlace(offences.first) } : { status: 'pass' };
}
