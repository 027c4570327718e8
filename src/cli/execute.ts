/** Runs a session to its end for `run` and `restore`: console, pace, time limit, results. */
import { join } from 'node:path';
import { MachineTarget } from '../debug/machine-target.js';
import { serveGdb } from '../debug/server.js';
import { formatDuration, formatFrequency } from '../host/time-spec.js';
import type { ImageSymbol } from '../loader/index.js';
import { symbolize } from '../loader/index.js';
import type { Arrival } from '../migration/live/index.js';
import type { MigrationRecord } from '../migration/migrate.js';
import type { Machine } from '../migration/snapshot.js';
import { saveSnapshot } from '../migration/snapshot.js';
import { hintsOf } from '../verify/hints.js';
import { runPage } from '../verify/run-report.js';
import { ActivityBands } from '../verify/scenario/bands.js';
import { Session, type SessionEvent, type SessionStatus } from '../verify/session.js';
import type { Verdict } from '../verify/verdict.js';
import { Watch } from '../verify/watch.js';
import { describeWhen } from '../verify/when.js';
import { EXIT, UsageError } from './errors.js';
import { checkOutput, makeFolder, writeOutput } from './files.js';
import { type DepartureRecord, Departures } from './live/departure.js';
import { readSecret } from './live/link.js';
import { log } from './log.js';
import { loop } from './loop.js';
import type { CommonOptions } from './options.js';
import { integer, planOf } from './options.js';
import { sayOutcome, startTape, type TapeOptions } from './replay.js';
import { stateHash } from './state-hash.js';
import { parseTraceLimit, TraceFile } from './trace-file.js';

export interface RunResult {
  status: SessionStatus | 'timeout' | 'interrupted' | 'migrated' | 'held';
  exitCode: number;
  guestExit: number | null;
  instructions: number;
  hostTimeNs: number;
  wallMs: number;
  engine: string;
  /** Misbehaviours that were asked for. */
  faults: readonly string[];
  stateHash?: string;
  migrations: object[];
  /** Migrations to other processes, tried and made. */
  departures: readonly DepartureRecord[];
  /** Exits with a modelled cost. */
  exits: Readonly<Record<string, number>>;
  verdicts: Verdict[];
}

const err = (line: string): void => void process.stderr.write(`${line}\n`);

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
  const plan = planOf(
    options,
    machine.vm.config.pvTime,
    (path) => writeOutput(path, saveSnapshot(machine)),
    (order) => departures.request(order),
  );
  checkOutputs(options);
  const departures = new Departures({
    secret: readSecret(options.secretFile),
    deterministic: options.pace === 'fast',
    held: options.held,
    flush: () => flush(),
  });
  const { config } = machine.vm;
  log.info({ config, host: machine.host.counter.spec, engine: options.engine, events: plan.events.length }, 'run');
  const watch = new Watch(machine);
  const bands = new ActivityBands(machine.vm.vcpus.length);
  if (options.report) machine.vm.trace.listen({ activity: (e) => bands.add(e.vcpu, e.activity, e.from, e.to) });
  const traceLimit = parseTraceLimit(options.traceLimit);
  const trace = options.trace === undefined ? null : new TraceFile(options.trace, traceLimit, machine, image);
  const out: number[] = [];
  const flush = (): void => {
    if (out.length) process.stdout.write(Uint8Array.from(out.splice(0)));
  };
  const session = new Session(machine, plan.events, (byte) => {
    out.push(byte);
    if (byte === 10 || out.length > 4096) flush();
  });
  session.onMigration = (m) => {
    flush();
    log.info({ from: m.from.name, to: m.to.name, strategy: m.strategy, instructions: m.instructions }, 'migrated');
    const hosts = `${formatFrequency(m.from.freqHz)} -> ${formatFrequency(m.to.freqHz)}`;
    const downtime = formatDuration(m.resume - m.stop);
    err(
      `migrated at ${formatDuration(m.stop)} host time: ${hosts}, strategy ${m.strategy}, downtime ${downtime} ${m.policy}${scaleNote(m)}`,
    );
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
  if (options.record !== undefined && plan.events.some(({ action }) => action.kind === 'call' && action.what)) {
    throw new UsageError('--record: not with a migration to another process: the guest would not end in this log');
  }
  const tape = startTape(session, tapeOptions);
  const gdbPort = options.gdb === undefined ? null : integer(options.gdb, '--gdb', 0, 65535);
  const console = openConsole(session, tapeOptions.log !== null);
  const tell = (): void => {
    flush();
    sayFull(trace, machine);
  };
  let status: RunResult['status'];
  try {
    const debugged = gdbPort === null ? null : await debug(machine, session, gdbPort);
    const pace = options.pace as 'fast' | 'real';
    const { timeoutMs } = plan;
    const replayed = tapeOptions.log !== null;
    const common = {
      timeoutMs,
      pace,
      follow: !replayed,
      interactive: console.open && !replayed,
      flush: tell,
      departures,
    };
    status = debugged ?? (await loop(session, common));
  } finally {
    console.close();
    tell();
    trace?.close();
  }
  if (options.save && !options.saveAt) writeOutput(options.save, saveSnapshot(machine));
  const failed = (list: readonly Verdict[]): boolean => list.some((v) => v.status === 'fail');
  // What was to happen here behind a guest that has left is no failure.
  const missed = status === 'migrated' ? [] : session.pending.flatMap((event) => missedEvent(event) ?? []);
  const guestExit = machine.vm.end?.kind === 'exit' ? machine.vm.end.code : null;
  const verdicts = watch.verdicts(status === 'stalled');
  const exitCode = (replayed: Verdict[], recorded: number | null): number => {
    const own = exitCodeOf(
      status,
      guestExit,
      session.refusals.length + missed.length > 0 || failed([...verdicts, ...replayed]),
    );
    return recorded || own;
  };
  const replay = tape.end(status, (r) => exitCode(r ? [r.verdict] : [], r?.end?.exitCode ?? null));
  tape.close();
  if (replay) verdicts.push(replay.verdict);
  if (replay?.end) status = replay.end.status as RunResult['status'];
  const result: RunResult = {
    status,
    exitCode: exitCode([], replay?.end?.exitCode ?? null),
    guestExit,
    instructions: machine.host.instructions,
    hostTimeNs: Number(machine.host.now() / 1000n),
    wallMs: Math.round(performance.now() - started),
    engine: options.engine,
    faults: [...machine.vm.faults],
    migrations: session.migrations.map((m) => ({
      when: { hostTimeNs: Number(m.stop / 1000n), instructions: m.instructions },
      from: m.from,
      to: m.to,
      strategy: m.strategy,
      policy: m.policy,
      virtualCounterBefore: m.virtualBefore,
      virtualCounterAfter: m.virtualAfter,
      pvCounterBefore: m.pvBefore,
      pvCounterAfter: m.pvAfter,
      downtimeNs: Number((m.resume - m.stop) / 1000n),
      hiddenNs: Number(m.hidden / 1000n),
      stolenNs: Number(m.stolen / 1000n),
      rateErrorPpb: m.rateErrorPpb,
    })),
    exits: machine.host.exits,
    departures: departures.records,
    verdicts,
  };
  log.info({ status, exitCode: result.exitCode, instructions: result.instructions, wallMs: result.wallMs }, 'end');
  if (options.hash) {
    result.stateHash = stateHash(machine);
    err(`state-hash: ${result.stateHash}`);
  }
  if (replay) err(sayOutcome(options.replay!, tapeOptions.log!, replay));
  if (session.migrations.length || failed(verdicts)) printVerdicts(verdicts, symbols);
  if (options.engineStats) printStats(machine, result);
  if (options.report) {
    const path = join(options.report, 'index.html');
    const { host } = machine;
    const { migrations } = session;
    const firstHz = (migrations[0]?.from ?? host.counter.spec).freqHz;
    const common = {
      image,
      status,
      faults: [...machine.vm.faults],
      verdicts,
      migrations,
      firstHz,
      accounts: host.accounts,
      hostTime: host.now(),
      bands: bands.bands,
      lateness: watch.lateness,
    };
    writeOutput(path, runPage({ ...common, samples: watch.samples.list }));
    err(`report: ${path}`);
  }
  if (options.json) writeJson(options.json, result);
  if (status === 'timeout') err(`chronovisor: --timeout ${options.timeout}: the guest was still running`);
  for (const what of missed) err(`chronovisor: ${what}`);
  if (status === 'stalled') err('chronovisor: the guest waits for an interrupt that nothing will raise');
  return result.exitCode;
}

/** What 8.24 fixed point costs. */
const scaleNote = ({ rateErrorPpb }: MigrationRecord): string =>
  rateErrorPpb ? `, rate off by ${rateErrorPpb} ppb (8.24)` : '';

/** Output that cannot be written is bad input: known before the run, not behind it. */
function checkOutputs({ save, json, report }: CommonOptions): void {
  if (save !== undefined) checkOutput(save);
  if (json !== undefined && json !== '-') checkOutput(json);
  if (report === undefined) return;
  makeFolder(report);
  checkOutput(join(report, 'index.html'));
}

/** What to say of an event that the user asked for and the run did not reach; null where the session made it. */
function missedEvent({ when, action }: SessionEvent): string | null {
  const at = describeWhen(when);
  if (action.kind === 'call')
    return `${action.what ?? '--save-at'} ${at}: never reached, nothing ${action.what ? 'sent' : 'saved'}`;
  if (action.kind === 'power-key') return action.down ? `--power-key ${at}: the run ended before` : null;
  const options: Partial<Record<string, string>> = { migrate: '--migrate', type: '--input', stop: '--until' };
  const option = options[action.kind];
  return option ? `${option} ${at}: the run ended before` : null;
}

function sayFull(trace: TraceFile | null, machine: Machine): void {
  const full = trace?.look(machine);
  if (full) err(`chronovisor: ${full}`);
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

interface Console {
  readonly open: boolean;
  close(): void;
}

/** Connects standard input to the guest's console where somebody is there to type. */
function openConsole(session: Session, replayed: boolean): Console {
  const { stdin } = process;
  if (!stdin.isTTY) return { open: false, close: () => {} };
  stdin.setRawMode(true);
  stdin.resume();
  const onData = (data: Buffer): void => {
    // Ctrl-A x ends the run, as in QEMU.
    if (data.includes(1)) process.kill(process.pid, 'SIGINT');
    else if (!replayed) session.inject({ kind: 'receive', bytes: [...data] });
  };
  stdin.on('data', onData);
  return {
    open: true,
    close() {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

function exitCodeOf(status: RunResult['status'], guestExit: number | null, failed: boolean): number {
  if (status === 'timeout') return EXIT.timeout;
  if (status === 'interrupted') return 130;
  if (status === 'stalled' || status === 'debug' || status === 'held') return EXIT.failed;
  return (guestExit ?? 0) !== 0 || failed ? EXIT.failed : EXIT.ok;
}

function printVerdicts(verdicts: readonly Verdict[], symbols: readonly ImageSymbol[]): void {
  err('verdicts');
  for (const v of verdicts.filter((it) => it.status !== 'not-applicable')) {
    const where = v.first ? `; first seen ${place(v.first, symbols)}` : '';
    err(`  ${v.name.padEnd(20)} ${v.status === 'pass' ? 'pass' : 'FAIL'}   ${v.text}${where}`);
  }
  for (const hint of hintsOf(verdicts)) err(`hint: ${hint}`);
}

function place(first: NonNullable<Verdict['first']>, symbols: readonly ImageSymbol[]): string {
  const symbol = symbolize(symbols, BigInt(first.pc));
  const at = symbol ? ` (${symbol.name}+0x${symbol.offset.toString(16)})` : '';
  return `at ${first.timeNs} ns on vCPU ${first.vcpu}, pc ${first.pc}${at}`;
}

function printStats({ vm }: Machine, result: RunResult): void {
  const mips = result.instructions / 1000 / Math.max(1, result.wallMs);
  err(`engine: ${result.engine}, ${result.instructions} instructions in ${result.wallMs} ms (${mips.toFixed(1)} MIPS)`);
  err(`engine: ${vm.engine.handlers} out-of-line handlers, ${vm.engine.blocks?.compiled ?? 0} blocks compiled`);
}

function writeJson(path: string, result: RunResult): void {
  const text = `${JSON.stringify(result, (_k, v) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`;
  if (path === '-') process.stderr.write(text);
  else writeOutput(path, text);
}
