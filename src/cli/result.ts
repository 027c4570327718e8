/** What `run` and `restore` give back: the object of `--json`, and the exit status. */

import type { VgicPolicies } from '../hypervisor/vgic/index.js';
import type { GuestEnd } from '../hypervisor/vm/host.js';
import type { MigrationRecord } from '../migration/migrate.js';
import type { SessionStatus } from '../verify/session.js';
import type { Verdict } from '../verify/verdict.js';
import { EXIT } from './errors.js';
import { writeOutput } from './files.js';
import type { DepartureRecord } from './live/departure.js';

export interface RunResult {
  status: SessionStatus | 'timeout' | 'interrupted' | 'migrated' | 'held';
  exitCode: number;
  guestExit: number | null;
  instructions: number;
  hostTimeNs: number;
  wallMs: number;
  /** Wall milliseconds to the first instruction: from the process's start, and from opening the snapshot. */
  startMs: { process: number; restore: number | null };
  /** Wall milliseconds that making and writing the snapshot at the end took. */
  saveMs: number | null;
  engine: string;
  /** Misbehaviours that were asked for. */
  faults: readonly string[];
  /** The vGIC's policies as they took effect. */
  gic: VgicPolicies;
  stateHash?: string;
  migrations: object[];
  /** Migrations to other processes, tried and made. */
  departures: readonly DepartureRecord[];
  /** Exits with a modelled cost. */
  exits: Readonly<Record<string, number>>;
  verdicts: Verdict[];
}

/** The code that the guest ended with, null where it did not say one. */
export const guestExitOf = (end: GuestEnd | null): number | null => (end?.kind === 'exit' ? end.code : null);

export const anyFailed = (verdicts: readonly Verdict[]): boolean => verdicts.some((v) => v.status === 'fail');

/**
 * @param refused a migration that was asked for cannot be had: bad input, found late
 * @param failed a verdict is FAIL, or something asked for did not happen
 */
export function exitCodeOf(
  status: RunResult['status'],
  guestExit: number | null,
  refused: boolean,
  failed: boolean,
): number {
  if (status === 'timeout') return EXIT.timeout;
  if (status === 'interrupted') return 130;
  if (refused) return EXIT.usage;
  if (status === 'stalled' || status === 'debug' || status === 'held') return EXIT.failed;
  return (guestExit ?? 0) !== 0 || failed ? EXIT.failed : EXIT.ok;
}

const ns = (t: bigint): number => Number(t / 1000n);

export const migrationJson = (m: MigrationRecord): object => ({
  when: { hostTimeNs: ns(m.stop), instructions: m.instructions },
  from: m.from,
  to: m.to,
  strategy: m.strategy,
  policy: m.policy,
  virtualCounterBefore: m.virtualBefore,
  virtualCounterAfter: m.virtualAfter,
  pvCounterBefore: m.pvBefore,
  pvCounterAfter: m.pvAfter,
  downtimeNs: ns(m.resume - m.stop),
  hiddenNs: ns(m.hidden),
  stolenNs: ns(m.stolen),
  rateErrorPpb: m.rateErrorPpb,
});

/** @param path - for standard error */
export function writeJson(path: string, result: RunResult): void {
  const text = `${JSON.stringify(result, (_k, v) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`;
  if (path === '-') process.stderr.write(text);
  else writeOutput(path, text);
}
