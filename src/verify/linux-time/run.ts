/** Runs a Linux that is about to start `cv-time` over two migrations, and measures what it saw. */
import { PS_PER_MILLISECOND, PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import type { HostSpec } from '../../host/frequency.js';
import type { DowntimePolicy, StrategyName } from '../../hypervisor/strategy/index.js';
import { beginWith, type MigrationRecord } from '../../migration/migrate.js';
import type { Machine } from '../../migration/snapshot.js';
import { ReadRecorder } from '../demo/clock.js';
import { Session, type SessionEvent } from '../session.js';
import { LinuxTimeLog } from './log.js';
import { type LinuxTimeResult, measureLinuxTime } from './measure.js';

/** What the kernel is told to run: the marker at which the machine is to be handed over, and the program. */
export const LINUX_TIME_COMMAND = 'echo CV-TIME; cv-time 20';
export const LINUX_TIME_MARKER = /^CV-TIME$/;

/** How long a stop is: so that a tick of /proc/stat, 10 ms, is a small part of it. */
const PAUSE: Ps = 100n * PS_PER_MILLISECOND;
/** The program takes some 1.5 s of its own time and 0.1 * 10^9 instructions; a guest that has lost its time is not waited for. */
const LIMIT: Ps = 8n * PS_PER_SECOND;
const LIMIT_INSTRUCTIONS = 600_000_000;

export interface LinuxTimeCase {
  readonly strategy: StrategyName;
  readonly policy: DowntimePolicy;
  /** Where it goes, one after the other. */
  readonly hosts: readonly HostSpec[];
}

export interface LinuxTimeRun extends LinuxTimeResult {
  readonly migrations: readonly MigrationRecord[];
  readonly refusals: readonly string[];
}

/** @param machine at the line LINUX_TIME_MARKER of a kernel that runs LINUX_TIME_COMMAND */
export function runLinuxTime(machine: Machine, { strategy, policy, hosts }: LinuxTimeCase): LinuxTimeRun {
  const { host } = machine;
  beginWith(machine, strategy);
  const recorder = new ReadRecorder(machine);
  const log = new LinuxTimeLog((counter) => recorder.times.get(counter));
  const stolenBefore = host.accounts.reduce((sum, a) => sum + a.stolen, 0n);
  const events = hosts.map(
    (to, i): SessionEvent => ({
      when: { kind: 'console', pattern: new RegExp(`^PHASE ${i + 1}$`) },
      action: { kind: 'migrate', to, strategy, downtime: PAUSE, policy },
    }),
  );
  events.push({ when: { kind: 'console', pattern: /^END$/ }, action: { kind: 'stop' } });
  events.push({ when: { kind: 'time', at: host.now() + LIMIT }, action: { kind: 'stop' } });
  const count = host.instructions + LIMIT_INSTRUCTIONS;
  events.push({ when: { kind: 'instructions', count }, action: { kind: 'stop' } });
  let line = '';
  const session = new Session(machine, events, (byte) => {
    if (byte !== 10) {
      line += String.fromCharCode(byte);
      return;
    }
    log.line(line.trimEnd());
    line = '';
  });
  session.run();
  if (line.trimEnd() === 'END') log.line('END');
  const stolen = host.accounts.reduce((sum, a) => sum + a.stolen, 0n) - stolenBefore;
  const { migrations, refusals } = session;
  return { ...measureLinuxTime(log, migrations, stolen), migrations, refusals };
}
