/** `chronovisor demo`: guests over {same, other frequency} x {aware, unaware of LPT} x {offset, lpt}, and trap and scaled, measured. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { formatFrequency } from '../host/time-spec.js';
import { boardOf } from '../hypervisor/vm/board-of.js';
import { planLoad } from '../loader/index.js';
import { VIRT } from '../machine/virt.js';
import type { Machine } from '../migration/snapshot.js';
import { asExpected, type DemoResult, demoPage } from '../verify/demo/report.js';
import { describeNative, describePv, hostsOf, nameOf, ROWS } from '../verify/demo/rows.js';
import { runClock, runSteal, runTicks, TICKS_ROWS } from '../verify/demo/run.js';
import { EXIT } from './errors.js';
import { checkOutput, makeFolder, writeOutput } from './files.js';

const GUESTS = fileURLToPath(new URL('../../guests/', import.meta.url));

/** One of the scenarios that make the demo's rows, as the user would name it. */
const SCENARIO = relative(
  process.cwd(),
  join(fileURLToPath(new URL('../../demo/', import.meta.url)), 'clock-aware-lpt.yaml'),
);

/** Puts a prebuilt guest into a machine. */
export function loadGuest({ vm }: Machine, guest: string, bootargs: string): void {
  const path = join(GUESTS, guest, `${guest}.elf`);
  const plan = planLoad(readFileSync(path), {
    name: path,
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(vm.config.ramBytes),
    bootargs,
    board: boardOf(vm.config),
  });
  const [ram] = vm.memory();
  for (const { address, data } of plan.segments) ram!.write(Number(address) - ram!.base, data);
  vm.boot(plan.entry, plan.dtbAddress);
}

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const verdict = (deviations: readonly string[]): string =>
  deviations.length ? paint(31, `differs: ${deviations.join('; ')}`) : paint(32, 'as expected');

/** Runs one step of the demo with a line that says how it went. */
function step<T>(name: string, work: () => T, sum: (result: T) => string): T {
  if (colour) process.stdout.write(`  ${name} ...`);
  const started = performance.now();
  const result = work();
  const took = ((performance.now() - started) / 1000).toFixed(2);
  if (colour) process.stdout.write('\r\x1b[K');
  out(`  ${name.padEnd(44)} ${sum(result)} in ${took} s`);
  return result;
}

function measure(): DemoResult {
  const clock = ROWS.map((row) =>
    step(
      nameOf(row),
      () => runClock(row, loadGuest),
      (r) => `${(Number(r.guestTimePs) / 1e12).toFixed(2)} s host time`,
    ),
  );
  const steal = step(
    'steal, 2 vCPUs',
    () => runSteal(loadGuest),
    (s) => `${ms(sum(s.stolenNs))} stolen`,
  );
  const ticks = TICKS_ROWS.map(([from, to, strategy]) =>
    step(
      `ticks, ${strategy}, ${formatFrequency(from)} -> ${formatFrequency(to)}`,
      () => runTicks(from, to, strategy, loadGuest),
      (t) => t.earlyText,
    ),
  );
  return { clock, steal, ticks };
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const ms = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;

function printTable({ clock, steal, ticks }: DemoResult): void {
  const rows = clock.map((r) => [
    hostsOf(r.row),
    r.row.aware ? 'aware' : 'unaware',
    r.row.strategy,
    describeNative(r.row, r.native, Number((r.migration.resume - r.migration.stop) / 1000n), r.trap),
    r.pv ? describePv(r.pv) : '-',
    verdict(r.deviations),
  ]);
  const heads = ['hosts', 'guest', 'strategy', 'native counter', 'PV counter', 'verdict'];
  const widths = heads.map((h, i) => Math.max(h.length, ...rows.map((r) => (i === 5 ? 0 : r[i]!.length))));
  const line = (cells: readonly string[]): string =>
    `  ${cells
      .map((c, i) => c.padEnd(widths[i]!))
      .join('   ')
      .trimEnd()}`;
  out('What the guest saw of time across the migration');
  out(line(heads));
  for (const row of rows) out(line(row));
  out('Timers, armed for the frequency read at boot');
  for (const t of ticks) {
    const hosts = `${formatFrequency(t.fromHz)} -> ${formatFrequency(t.toHz)}`;
    out(`  ${hosts.padEnd(widths[0]!)}   ${t.strategy.padEnd(8)}   ${t.earlyText}   ${verdict(t.deviations)}`);
  }
  out(
    `Stolen time: ${ms(sum(steal.stolenNs))} stolen by the host, ${ms(sum(steal.reportedNs))} read by the guest on ` +
      `${steal.vcpus} vCPUs, ${verdict(steal.deviations)}`,
  );
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run guests over migrations of every kind and print what they saw of time')
    .option('--report <folder>', 'where to write the report', 'out/demo')
    .action((options: { report: string }) => {
      makeFolder(options.report);
      const path = join(options.report, 'index.html');
      checkOutput(path);
      out(`chronovisor demo · ${ROWS.length + 1 + TICKS_ROWS.length} runs of 3 guests · deterministic, seed 1`);
      const result = measure();
      printTable(result);
      writeOutput(path, demoPage(result));
      out(`report: ${path}     replay any row: chronovisor verify ${SCENARIO}`);
      process.exitCode = asExpected(result) ? EXIT.ok : EXIT.failed;
    });
}
