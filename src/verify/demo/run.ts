/** Runs the demo's guests and measures them. */
import type { Ps } from '../../arch/timer/time.js';
import { PS_PER_MILLISECOND } from '../../arch/timer/time.js';
import { DEFAULT_COSTS } from '../../host/costs.js';
import type { HostSpec } from '../../host/frequency.js';
import { parseSteal, StealSchedule } from '../../host/steal.js';
import { formatFrequency } from '../../host/time-spec.js';
import type { StrategyName } from '../../hypervisor/strategy/index.js';
import { beginWith, type MigrationRecord } from '../../migration/migrate.js';
import { createMachine, type Machine } from '../../migration/snapshot.js';
import { Session, type SessionEvent, type SessionStatus } from '../session.js';
import { Watch } from '../watch.js';
import { type CounterMeasure, measureCounter, parseSample, ReadRecorder, type Sample } from './clock.js';
import { deviations, hasPv, type RowSpec, rateAfter, type TrapMeasure } from './rows.js';

/** Puts a guest's image and its command line into a machine; the caller knows files and formats. */
export type LoadGuest = (machine: Machine, guest: string, bootargs: string) => void;

const PV_HZ = 100_000_000;
/** A slow modelled processor: much guest time for few instructions. */
const IPS = 10_000_000;
const DOWNTIME: Ps = 18n * PS_PER_MILLISECOND;

export interface ClockResult {
  readonly row: RowSpec;
  readonly samples: readonly Sample[];
  readonly migration: MigrationRecord;
  readonly native: CounterMeasure;
  readonly pv: CounterMeasure | null;
  readonly trap: TrapMeasure;
  readonly deviations: readonly string[];
  readonly guestTimePs: Ps;
}

const host = (freqHz: number): HostSpec => ({
  name: formatFrequency(freqHz),
  freqHz,
  ppm: 0,
  start: 0n,
  cntsc: true,
});

interface Setup {
  fromHz: number;
  vcpus: number;
  strategy: StrategyName;
  steal: readonly string[];
}

function build({ fromHz, vcpus, strategy, steal }: Setup): Machine {
  return createMachine(
    {
      spec: host(fromHz),
      ips: IPS,
      quantum: 100_000_000n,
      costs: DEFAULT_COSTS,
      steal: new StealSchedule(
        steal.map((text) => parseSteal(text)),
        1,
      ),
    },
    {
      cpu: 'cortex-a57',
      vcpus,
      ramBytes: 32 * 2 ** 20,
      pvTime: 'rfc2020',
      lpt: strategy === 'lpt',
      pvFreqHz: PV_HZ,
      listRegisters: 4,
      startEpoch: 0,
      semihosting: true,
    },
    'interp',
  );
}

/** Runs to the end and hands over each line that the guest prints. */
function runLines(machine: Machine, events: SessionEvent[], onLine: (line: string) => void): Session {
  let line = '';
  const session = new Session(machine, events, (byte) => {
    if (byte === 10) {
      onLine(line.replace(/\r$/, ''));
      line = '';
    } else line += String.fromCharCode(byte);
  });
  const status: SessionStatus = session.run();
  if (status !== 'exit' && status !== 'poweroff') throw new Error(`the guest ended with '${status}'`);
  return session;
}

const migrateAt = (pattern: RegExp, toHz: number, strategy: StrategyName): SessionEvent => ({
  when: { kind: 'console', pattern },
  action: { kind: 'migrate', to: host(toHz), strategy, downtime: DOWNTIME },
});

export function runClock(row: RowSpec, load: LoadGuest): ClockResult {
  const machine = build({ fromHz: row.fromHz, vcpus: 1, strategy: row.strategy, steal: [] });
  beginWith(machine, row.strategy);
  const recorder = new ReadRecorder(machine);
  load(machine, 'clock', `samples=400 work=25000 report=only exit=semihosting${row.aware ? ' lpt=on' : ''}`);
  const samples: Sample[] = [];
  const session = runLines(machine, [migrateAt(/^READY/, row.toHz, row.strategy)], (line) => {
    const sample = parseSample(line, recorder);
    if (sample) samples.push(sample);
  });
  const [migration] = session.migrations;
  if (!migration) throw new Error('the guest never said READY');
  const rates = { before: row.fromHz, after: rateAfter(row) };
  const native = measureCounter(samples, (s) => s.native, migration, row.fromHz, rates, Math.min(row.fromHz, row.toHz));
  const seen = samples.every((s) => s.pv !== null);
  const pvRates = { before: PV_HZ, after: PV_HZ };
  const tick = Math.min(row.fromHz, row.toHz, PV_HZ);
  const pv = seen && hasPv(row) ? measureCounter(samples, (s) => s.pv!, migration, PV_HZ, pvRates, tick) : null;
  const { exits, exitTime } = machine.host;
  const trap = { reads: recorder.reads, exits: exits.trap, costNs: Number(exitTime.trap) / 1000 };
  return {
    row,
    samples,
    migration,
    native,
    pv,
    trap,
    deviations: deviations(row, native, pv, trap, migration.rateErrorPpb),
    guestTimePs: machine.host.now(),
  };
}

export interface StealResult {
  readonly vcpus: number;
  /** Stolen by the host until the guest's last look, and what the guest read then; ns, by vCPU. */
  readonly stolenNs: readonly number[];
  readonly reportedNs: readonly number[];
  readonly deviations: readonly string[];
}

export function runSteal(load: LoadGuest): StealResult {
  const vcpus = 2;
  const steal = ['vcpu=0 every=10ms for=3ms', 'vcpu=1 every=7ms for=1ms phase=2ms'];
  const machine = build({ fromHz: 25_000_000, vcpus, strategy: 'offset', steal });
  const watch = new Watch(machine);
  load(machine, 'steal', 'samples=400 work=10000 exit=semihosting');
  const wrong: string[] = [];
  const reported = new Array<number>(vcpus).fill(0);
  const stolen = new Array<number>(vcpus).fill(0);
  runLines(machine, [], (line) => {
    const match = /^T (\d+) \d+ (\d+)$/.exec(line);
    if (match) {
      const vcpu = Number(match[1]);
      reported[vcpu] = Number(match[2]);
      stolen[vcpu] = Number(machine.host.accounts[vcpu]!.stolen / 1000n);
    }
    if (/^not ok/.test(line)) wrong.push(line);
  });
  for (const v of watch.verdicts()) if (v.status === 'fail') wrong.push(`${v.name}: ${v.text}`);
  for (let v = 0; v < vcpus; v++) {
    // Between the guest's read and the end of its line the host may steal once more.
    if (reported[v]! > stolen[v]! || stolen[v]! - reported[v]! > 3_000_000) {
      wrong.push(`vCPU ${v} was told ${reported[v]} ns of ${stolen[v]} ns`);
    }
    if (!reported[v]) wrong.push(`vCPU ${v} saw no stolen time`);
  }
  return { vcpus, stolenNs: stolen, reportedNs: reported, deviations: wrong };
}

export interface TicksResult {
  readonly fromHz: number;
  readonly toHz: number;
  readonly strategy: StrategyName;
  /** Interrupts that came before the instant that the guest meant, by true time; and whether the guest saw any early. */
  readonly early: number;
  readonly earlyText: string;
  readonly guestFailed: number;
  readonly deviations: readonly string[];
}

/** Timers over a migration: a guest that does not know of the change arms them for its old frequency. */
export function runTicks(fromHz: number, toHz: number, strategy: StrategyName, load: LoadGuest): TicksResult {
  const machine = build({ fromHz, vcpus: 1, strategy, steal: [] });
  beginWith(machine, strategy);
  const watch = new Watch(machine);
  load(machine, 'ticks', 'rounds=2 lines=0 exit=semihosting');
  let guestFailed = 0;
  const onLine = (line: string): void => {
    if (/^not ok/.test(line)) guestFailed++;
  };
  runLines(machine, [migrateAt(/^READY/, toHz, strategy)], onLine);
  const early = watch.verdicts().find((v) => v.name === 'timer-early')!;
  const wrong: string[] = [];
  const kept = strategy === 'trap' || strategy === 'scaled';
  if (early.value > 0 !== (toHz > fromHz && !kept)) wrong.push(`timers early in true time: ${early.text}`);
  if (guestFailed) wrong.push(`${guestFailed} of the guest's own checks failed`);
  return { fromHz, toHz, strategy, early: early.value, earlyText: early.text, guestFailed, deviations: wrong };
}

export const TICKS_ROWS: readonly (readonly [number, number, StrategyName])[] = [
  [25_000_000, 25_000_000, 'offset'],
  [25_000_000, 1_000_000_000, 'offset'],
  [25_000_000, 1_000_000_000, 'lpt'],
  [1_000_000_000, 25_000_000, 'offset'],
  [25_000_000, 1_000_000_000, 'trap'],
  [25_000_000, 1_000_000_000, 'scaled'],
];
