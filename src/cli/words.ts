/** What `run` and `restore` say on standard error. */
import { formatDuration, formatFrequency } from '../host/time-spec.js';
import { type ImageSymbol, symbolize } from '../loader/index.js';
import type { MigrationRecord } from '../migration/migrate.js';
import type { Machine } from '../migration/snapshot.js';
import { hintsOf } from '../verify/hints.js';
import type { SessionEvent } from '../verify/session.js';
import type { Verdict } from '../verify/verdict.js';
import { describeWhen } from '../verify/when.js';
import type { RunResult } from './result.js';

export const err = (line: string): void => void process.stderr.write(`${line}\n`);

export function sayMigration(m: MigrationRecord): void {
  const hosts = `${formatFrequency(m.from.freqHz)} -> ${formatFrequency(m.to.freqHz)}`;
  const downtime = `${formatDuration(m.resume - m.stop)} ${m.policy}`;
  // What 8.24 fixed point costs.
  const scale = m.rateErrorPpb ? `, rate off by ${m.rateErrorPpb} ppb (8.24)` : '';
  err(
    `migrated at ${formatDuration(m.stop)} host time: ${hosts}, strategy ${m.strategy}, downtime ${downtime}${scale}`,
  );
}

/** What to say of an event that the user asked for and the run did not reach; null where the session made it. */
export function missedEvent({ when, action }: SessionEvent): string | null {
  const at = describeWhen(when);
  if (action.kind === 'call')
    return `${action.what ?? '--save-at'} ${at}: never reached, nothing ${action.what ? 'sent' : 'saved'}`;
  if (action.kind === 'power-key') return action.down ? `--power-key ${at}: the run ended before` : null;
  const options: Partial<Record<string, string>> = { migrate: '--migrate', type: '--input', stop: '--until' };
  const option = options[action.kind];
  return option ? `${option} ${at}: the run ended before` : null;
}

export function printVerdicts(verdicts: readonly Verdict[], symbols: readonly ImageSymbol[]): void {
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

export function printStats({ vm }: Machine, result: RunResult): void {
  const mips = result.instructions / 1000 / Math.max(1, result.wallMs);
  err(`engine: ${result.engine}, ${result.instructions} instructions in ${result.wallMs} ms (${mips.toFixed(1)} MIPS)`);
  err(`engine: ${vm.engine.handlers} out-of-line handlers, ${vm.engine.blocks?.compiled ?? 0} blocks compiled`);
}
