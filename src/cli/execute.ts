/** Runs a session to its end for `run`, `restore` and `receive`: what watches it, its console, its pace, its results. */
import { join } from 'node:path';
import { MachineTarget } from '../debug/machine-target.js';
import { serveGdb } from '../debug/server.js';
import type { ImageSymbol } from '../loader/index.js';
import type { Arrival } from '../migration/live/index.js';
import type { Machine } from '../migration/snapshot.js';
import { saveSnapshot } from '../migration/snapshot.js';
import { InterruptMarks } from '../verify/interrupt-marks.js';
import { runPage } from '../verify/run-report.js';
import { ActivityBands } from '../verify/scenario/bands.js';
import { Session } from '../verify/session.js';
import type { Verdict } from '../verify/verdict.js';
import { Watch } from '../verify/watch.js';
import { UsageError } from './errors.js';
import { checkOutput, makeFolder, writeOutput } from './files.js';
import { openKeyboard } from './keyboard.js';
import { Departures } from './live/departure.js';
import { readSecret } from './live/link.js';
import { log } from './log.js';
import { loop } from './loop.js';
import type { CommonOptions, Plan } from './options.js';
import { integer, planOf } from './options.js';
import { sayOutcome, startTape, type TapeOptions } from './replay.js';
import { anyFailed, exitCodeOf, guestExitOf, migrationJson, type RunResult, writeJson } from './result.js';
import { stateHash } from './state-hash.js';
import { parseTraceLimit, TraceFile } from './trace-file.js';
import { err, missedEvent, printStats, printVerdicts, sayMigration } from './words.js';

/** A machine with all that is to happen to it and all that looks at it. */
interface Setup {
  readonly machine: Machine;
  readonly image: string;
  readonly options: CommonOptions;
  readonly tapeOptions: TapeOptions;
  readonly plan: Plan;
  readonly session: Session;
  readonly departures: Departures;
  readonly watch: Watch;
  readonly bands: ActivityBands;
  readonly interrupts: InterruptMarks;
  readonly trace: TraceFile | null;
  /** Prints what the guest has printed. */
  readonly flush: () => void;
}

/** Mark on the process's timeline: a snapshot is about to be opened. */
export const OPENING = 'chronovisor: opening';

function timeToStart(): RunResult['startMs'] {
  const now = performance.now();
  const opening = performance.getEntriesByName(OPENING)[0]?.startTime;
  return { process: now, restore: opening === undefined ? null : now - opening };
}

/** @returns the wall milliseconds that it took */
function save(path: string, machine: Machine): number {
  const started = performance.now();
  writeOutput(path, saveSnapshot(machine));
  return performance.now() - started;
}

/** @returns the exit code */
export async function execute(
  machine: Machine,
  image: string,
  options: CommonOptions,
  symbols: readonly ImageSymbol[],
  tapeOptions: TapeOptions,
  arrival: Arrival | null = null,
): Promise<number> {
  const started = performance.now();
  const setup = setUp(machine, image, options, tapeOptions, arrival);
  const tape = startTape(setup.session, tapeOptions);
  const startMs = timeToStart();
  const status = await drive(setup);
  const saveMs = options.save && !options.saveAt ? save(options.save, machine) : null;

  const { session, watch, departures } = setup;
  // What was to happen here behind a guest that has left is no failure.
  const missed = status === 'migrated' ? [] : session.pending.flatMap((event) => missedEvent(event) ?? []);
  const verdicts = watch.verdicts(status === 'stalled');
  const guestExit = guestExitOf(machine.vm.end);
  const refused = session.refusals.length > 0;
  const exitCode = (replayed: readonly Verdict[]): number =>
    exitCodeOf(status, guestExit, refused, missed.length > 0 || anyFailed([...verdicts, ...replayed]));
  // A replay ends as the recorded run did.
  const replay = tape.end(status, (r) => r?.end?.exitCode || exitCode(r ? [r.verdict] : []));
  tape.close();
  if (replay) verdicts.push(replay.verdict);
  const result: RunResult = {
    status: (replay?.end?.status as RunResult['status'] | undefined) ?? status,
    exitCode: replay?.end?.exitCode || exitCode([]),
    guestExit,
    instructions: machine.host.instructions,
    hostTimeNs: Number(machine.host.now() / 1000n),
    wallMs: Math.round(performance.now() - started),
    startMs,
    saveMs,
    engine: options.engine,
    faults: [...machine.vm.faults],
    gic: machine.vm.vgic.policies,
    migrations: session.migrations.map(migrationJson),
    exits: machine.host.exits,
    departures: departures.records,
    verdicts,
  };
  log.info({ status: result.status, exitCode: result.exitCode, instructions: result.instructions }, 'end');
  if (options.hash) {
    result.stateHash = stateHash(machine);
    err(`state-hash: ${result.stateHash}`);
  }
  if (replay) err(sayOutcome(options.replay!, tapeOptions.log!, replay));
  if (verdicts.length && (session.migrations.length || anyFailed(verdicts))) printVerdicts(verdicts, symbols);
  if (options.engineStats) printStats(machine, result);
  if (options.report) writeReport(options.report, setup, result);
  if (options.json) writeJson(options.json, result);
  if (result.status === 'timeout') err(`chronovisor: --timeout ${options.timeout}: the guest was still running`);
  for (const what of missed) err(`chronovisor: ${what}`);
  if (result.status === 'stalled') err('chronovisor: the guest waits for an interrupt that nothing will raise');
  return result.exitCode;
}

/** @throws UsageError or RangeError where the options cannot be had */
function setUp(
  machine: Machine,
  image: string,
  options: CommonOptions,
  tapeOptions: TapeOptions,
  arrival: Arrival | null,
): Setup {
  const { vm, host } = machine;
  host.onRefused = (what) => log.debug({ what }, 'refused');
  const plan = planOf(
    options,
    vm.config.pvTime,
    (path) => writeOutput(path, saveSnapshot(machine)),
    (order) => departures.request(order),
  );
  const departs = plan.events.some(({ action }) => action.kind === 'call' && action.what);
  if (options.record !== undefined && departs) {
    throw new UsageError('--record: not with a migration to another process: the guest would not end in this log');
  }
  if (departs && vm.board.virtio.disks.length) {
    throw new UsageError('--migrate: a guest with a drive cannot go to another process: its file is here; save it');
  }
  checkOutputs(options);
  const out: number[] = [];
  const flush = (): void => {
    if (out.length) process.stdout.write(Uint8Array.from(out.splice(0)));
  };
  const departures = new Departures({
    secret: readSecret(options.secretFile),
    deterministic: options.pace === 'fast',
    held: options.held,
    flush,
  });
  log.info({ config: vm.config, host: host.counter.spec, engine: options.engine, events: plan.events.length }, 'run');
  const watch = options.verdicts === 'off' ? new Watch(machine, []) : new Watch(machine);
  const bands = new ActivityBands(vm.vcpus.length);
  const interrupts = new InterruptMarks();
  if (options.report) {
    vm.trace.listen({
      activity: (e) => bands.add(e.vcpu, e.activity, e.from, e.to),
      acknowledged: (e) => interrupts.add(e),
    });
  }
  const traceLimit = parseTraceLimit(options.traceLimit);
  const trace = options.trace === undefined ? null : new TraceFile(options.trace, traceLimit, machine, image);
  const session = new Session(machine, plan.events, (byte) => {
    out.push(byte);
    if (byte === 10 || out.length > 4096) flush();
  });
  session.onMigration = (m) => {
    flush();
    log.info({ from: m.from.name, to: m.to.name, strategy: m.strategy, instructions: m.instructions }, 'migrated');
    sayMigration(m);
  };
  session.onRefusal = (message) => {
    flush();
    err(`chronovisor: ${message}`);
  };
  if (arrival) {
    session.line = arrival.line;
    session.migrations.push(arrival.record);
    session.onMigration(arrival.record);
  }
  return { machine, image, options, tapeOptions, plan, session, departures, watch, bands, interrupts, trace, flush };
}

/** Runs the session, under gdb first where that was asked for; how it ended. */
async function drive(setup: Setup): Promise<RunResult['status']> {
  const { machine, options, plan, session, departures, trace, flush } = setup;
  const replayed = setup.tapeOptions.log !== null;
  const gdbPort = options.gdb === undefined ? null : integer(options.gdb, '--gdb', 0, 65535);
  const keyboard = openKeyboard(session, replayed);
  const tell = (): void => {
    flush();
    const full = trace?.look(machine);
    if (full) err(`chronovisor: ${full}`);
  };
  try {
    const debugged = gdbPort === null ? null : await debug(machine, session, gdbPort);
    if (debugged) return debugged;
    return await loop(session, {
      timeoutMs: plan.timeoutMs,
      pace: options.pace as 'fast' | 'real',
      follow: !replayed,
      interactive: keyboard.open && !replayed,
      flush: tell,
      departures,
    });
  } finally {
    keyboard.close();
    tell();
    trace?.close();
  }
}

/** Serves gdb until it lets go; how the run ended, or null where it goes on without gdb. */
async function debug(machine: Machine, session: Session, port: number): Promise<RunResult['status'] | null> {
  const target = new MachineTarget(machine, session);
  const end = await serveGdb(target, port, (bound) =>
    err(`gdb: waiting on 127.0.0.1:${bound}; say: gdb-multiarch -ex 'target remote :${bound}'`),
  );
  log.info({ end }, 'gdb');
  if (end === 'killed') return 'stopped';
  return end === 'exited' ? target.ended : null;
}

/** Output that cannot be written is bad input: known before the run, not behind it. */
function checkOutputs({ save, json, report }: CommonOptions): void {
  if (save !== undefined) checkOutput(save);
  if (json !== undefined && json !== '-') checkOutput(json);
  if (report === undefined) return;
  makeFolder(report);
  checkOutput(join(report, 'index.html'));
}

function writeReport(
  folder: string,
  { machine, image, session, watch, bands, interrupts }: Setup,
  result: RunResult,
): void {
  const { host } = machine;
  const { migrations } = session;
  const path = join(folder, 'index.html');
  const page = runPage({
    image,
    status: result.status,
    faults: result.faults,
    verdicts: result.verdicts,
    migrations,
    firstHz: (migrations[0]?.from ?? host.counter.spec).freqHz,
    accounts: host.accounts,
    hostTime: host.now(),
    bands: bands.bands,
    interrupts,
    lateness: watch.lateness,
    samples: watch.samples.list,
  });
  writeOutput(path, page);
  err(`report: ${path}`);
}
