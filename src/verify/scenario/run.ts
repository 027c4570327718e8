/** One run of a scenario: makes the machine, runs it to its end or its limit, and compares with what is expected. */

import type { Ps } from '../../arch/timer/time.js';
import type { VcpuAccount } from '../../host/host.js';
import { StealSchedule } from '../../host/steal.js';
import { boardOf } from '../../hypervisor/vm/board-of.js';
import { planLoad } from '../../loader/index.js';
import { VIRT } from '../../machine/virt.js';
import { beginWith, type MigrationRecord } from '../../migration/migrate.js';
import { createMachine, type Machine, restoreSnapshot, saveSnapshot } from '../../migration/snapshot.js';
import { InterruptMarks, type Interrupts } from '../interrupt-marks.js';
import { Session, type SessionEvent, type SessionStatus } from '../session.js';
import type { Verdict } from '../verdict.js';
import { Watch } from '../watch.js';
import { describeWhen } from '../when.js';
import { ActivityBands, type Bands } from './bands.js';
import type { ScenarioAction, ScenarioEvent } from './events.js';
import { compare, type Difference } from './expect.js';
import { LinuxTimeMeasure } from './linux-time.js';
import type { RunPlan } from './parse.js';

/** The bytes behind a plan's image names. */
export interface Images {
  readonly image: Uint8Array;
  readonly initrd?: Uint8Array | undefined;
  readonly dtb?: Uint8Array | undefined;
}

/** What a run needs of where it runs. */
export interface RunEnvironment {
  /** Wall milliseconds from any origin. */
  clock(): number;
  stateHash(machine: Machine): string;
  /** Told now and then how far the run is. */
  progress?(hostTime: Ps): void;
  /** Begins a trace of the run. */
  trace?(machine: Machine): RunTrace;
}

/** A trace of a run, wherever it is written. */
export interface RunTrace {
  /** Goes on with the machine that has taken the place of the one before. */
  follow(machine: Machine): void;
  /** Told now and then. */
  look(machine: Machine): void;
  close(): void;
}

export interface RunOutcome {
  /** Empty: as expected. */
  readonly differences: readonly Difference[];
  readonly status: SessionStatus | 'limit';
  readonly code: number | null;
  readonly stateHash: string;
  readonly instructions: number;
  readonly hostTime: Ps;
  readonly verdicts: readonly Verdict[];
  readonly migrations: readonly MigrationRecord[];
  readonly refusals: readonly string[];
  readonly console: string;
  /** Exits by kind, since the last restore. */
  readonly exits: Readonly<Record<string, number>>;
  readonly pictures: Pictures;
}

/** What the report draws. */
export interface Pictures {
  /** [true time, guest time by the first frequency] in seconds. */
  readonly samples: readonly (readonly [number, number])[];
  readonly bands: Bands;
  readonly accounts: readonly Readonly<VcpuAccount>[];
  /** [n] counts timer interrupts that were late by less than 2^n ns and not by less than 2^(n-1). */
  readonly lateness: readonly number[];
  readonly interrupts: Interrupts;
}

/** Characters of the console that are kept: the last ones of a guest that prints more. */
const MAX_CONSOLE = 4 * 2 ** 20;

/** @throws RangeError or BadImage where the image cannot be loaded or the machine cannot be made */
export function buildMachine(plan: RunPlan, images: Images): Machine {
  const { config, steal, seed, engine, spec, ips, quantum, costs } = plan.machine;
  const load = planLoad(images.image, {
    name: plan.images.image,
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(config.ramBytes),
    ...(images.initrd && { initrd: images.initrd }),
    ...(images.dtb && { dtb: images.dtb }),
    ...(plan.images.append !== null && { bootargs: plan.images.append }),
    board: boardOf(config),
  });
  const machine = createMachine({ spec, ips, quantum, costs, steal: new StealSchedule(steal, seed) }, config, engine);
  const [first] = plan.events.flatMap((e) => e.actions.filter((a) => a.kind === 'migrate'));
  if (first) beginWith(machine, first.strategy);
  const [ram] = machine.vm.memory();
  for (const { address, data } of load.segments) ram!.write(Number(address) - ram!.base, data);
  machine.vm.boot(load.entry, load.dtbAddress);
  return machine;
}

function sessionAction(action: ScenarioAction, engine: 'interp' | 'jit'): SessionEvent['action'] {
  switch (action.kind) {
    case 'migrate':
      return {
        kind: 'migrate',
        to: action.to,
        strategy: action.strategy,
        downtime: action.pause,
        policy: action.downtime,
        allow: action.allow,
      };
    case 'type':
      return action;
    case 'power-key':
      return { kind: 'power-key', down: true };
    case 'stop':
      return action;
    case 'save-restore':
      return { kind: 'replace', make: (machine) => restoreSnapshot(saveSnapshot(machine), engine) };
  }
}

const nameOf = (event: ScenarioEvent): string =>
  `${event.actions.map((a) => a.kind).join(', ')} at ${describeWhen(event.when)} (line ${event.line})`;

interface Finished {
  readonly session: Session;
  readonly watch: Watch;
  readonly linux: LinuxTimeMeasure | null;
  readonly status: SessionStatus | 'limit';
  readonly console: string;
  readonly missed: readonly string[];
  readonly bands: ActivityBands;
  readonly interrupts: InterruptMarks;
}

/** Runs the plan's events one after another: each waits for the one before it. */
function execute(plan: RunPlan, events: readonly ScenarioEvent[], images: Images, env: RunEnvironment): Finished {
  const deadline = env.clock() + plan.limitMs;
  const machine = buildMachine(plan, images);
  const watch = new Watch(machine);
  const linux = plan.measure === 'linux-time' ? new LinuxTimeMeasure(machine) : null;
  let console = '';
  const session = new Session(machine, [], (byte) => {
    console += String.fromCharCode(byte);
    linux?.byte(byte);
    if (console.length > 2 * MAX_CONSOLE) console = console.slice(-MAX_CONSOLE);
  });
  const bands = new ActivityBands(machine.vm.vcpus.length);
  const interrupts = new InterruptMarks();
  const trace = env.trace?.(machine);
  const draw = ({ vm }: Machine): void => {
    vm.trace.listen({
      activity: ({ vcpu, activity, from, to }) => bands.add(vcpu, activity, from, to),
      acknowledged: (e) => interrupts.add(e),
    });
  };
  draw(machine);
  session.onReplace = (next) => {
    watch.follow(next);
    linux?.follow(next);
    trace?.follow(next);
    draw(next);
  };
  let done = 0;
  const scheduleNext = (): void => {
    const event = events[done];
    if (!event) return;
    const { when } = event;
    for (const action of event.actions) session.schedule({ when, action: sessionAction(action, plan.machine.engine) });
    const run = (): void => {
      done++;
      scheduleNext();
    };
    session.schedule({ when, action: { kind: 'call', run } });
  };
  scheduleNext();
  let status: SessionStatus | 'limit' = 'yielded';
  let told = 0;
  try {
    while (status === 'yielded') {
      status = session.run(() => env.clock() >= Math.min(deadline, told + 200));
      told = env.clock();
      env.progress?.(session.machine.host.now());
      trace?.look(session.machine);
      if (status === 'yielded' && told >= deadline) status = 'limit';
    }
  } finally {
    trace?.close();
  }
  return { session, watch, linux, status, console, bands, interrupts, missed: events.slice(done).map(nameOf) };
}

function picturesOf(plan: RunPlan, { session, watch, bands, interrupts }: Finished): Pictures {
  const [first] = watch.samples.list;
  const seconds = (t: Ps): number => Number(t) / 1e12;
  const hz = plan.machine.spec.freqHz;
  return {
    samples: watch.samples.list.map((s) => [
      seconds(s.time),
      seconds(first!.time) + Number(s.value - first!.value) / hz,
    ]),
    bands: bands.bands,
    accounts: session.machine.host.accounts,
    lateness: watch.lateness,
    interrupts: { lanes: interrupts.lanes, left: interrupts.left },
  };
}

const withoutSaves = (events: readonly ScenarioEvent[]): ScenarioEvent[] =>
  events.map((e) => ({ ...e, actions: e.actions.filter((a) => a.kind !== 'save-restore') }));

/** @throws RangeError, BadImage or BadDeviceTree where the machine cannot be made */
export function runScenario(plan: RunPlan, images: Images, env: RunEnvironment): RunOutcome {
  const finished = execute(plan, plan.events, images, env);
  const { session, watch, linux, status, console, missed } = finished;
  const { machine } = session;
  const code = status === 'exit' && machine.vm.end?.kind === 'exit' ? machine.vm.end.code : null;
  const verdicts = [...watch.verdicts(status === 'stalled'), ...(linux?.verdicts(session.migrations) ?? [])];
  const stateHash = env.stateHash(machine);
  let uninterruptedHash: string | null = null;
  if (plan.expect.stateHash) {
    const { trace: _, ...untraced } = env;
    uninterruptedHash = env.stateHash(execute(plan, withoutSaves(plan.events), images, untraced).session.machine);
  }
  const { refusals } = session;
  const outcome = { status, code, console, verdicts, refusals, missed, stateHash, uninterruptedHash };
  return {
    differences: compare(plan.expect, outcome),
    status,
    code,
    stateHash,
    instructions: machine.host.instructions,
    hostTime: machine.host.now(),
    verdicts,
    migrations: session.migrations,
    refusals,
    console,
    exits: machine.host.exits,
    pictures: picturesOf(plan, finished),
  };
}
