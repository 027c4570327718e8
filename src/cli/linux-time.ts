/** `chronovisor linux-time`: what an unmodified Debian kernel sees of time under every strategy, as a table. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { DEFAULT_COSTS } from '../host/costs.js';
import { parseHost } from '../host/frequency.js';
import { StealSchedule } from '../host/steal.js';
import { DOWNTIME_POLICIES, STRATEGIES } from '../hypervisor/strategy/index.js';
import { boardOf } from '../hypervisor/vm/board-of.js';
import { debianCloud } from '../loader/debian/index.js';
import { planLoad } from '../loader/index.js';
import { VIRT } from '../machine/virt.js';
import { createMachine, restoreSnapshot, saveSnapshot } from '../migration/snapshot.js';
import {
  LINUX_TIME_COMMAND,
  LINUX_TIME_HEADS,
  LINUX_TIME_MARKER,
  type LinuxTimeCase,
  type LinuxTimeRun,
  linuxTimeRow,
  runLinuxTime,
} from '../verify/linux-time/index.js';
import { Session } from '../verify/session.js';
import { cacheFolder } from './image.js';

const MEMORY = 256 * 2 ** 20;
const HOSTS = ['freq=1GHz,start=123456789,cntsc=1', 'freq=19.2MHz,start=77,cntsc=1'].map((text) => parseHost(text));
/** Every strategy under every downtime; a refusal is the same under each. */
const CASES: readonly LinuxTimeCase[] = STRATEGIES.flatMap((strategy) =>
  (strategy === 'refuse' ? (['paused'] as const) : DOWNTIME_POLICIES).map((policy) => ({
    strategy,
    policy,
    hosts: HOSTS,
  })),
);

/** A snapshot of Debian at the line behind which the program starts. */
export function bootedLinux(kernel: string, initrd: string, lpt: boolean): Uint8Array {
  const machine = createMachine(
    {
      spec: parseHost('25MHz'),
      ips: 1e9,
      quantum: 10_000_000n,
      costs: DEFAULT_COSTS,
      steal: new StealSchedule([]),
    },
    {
      cpu: 'cortex-a57',
      vcpus: 1,
      ramBytes: MEMORY,
      pvTime: 'rfc2020',
      lpt,
      pvFreqHz: 100_000_000,
      listRegisters: 4,
      startEpoch: Date.UTC(2026, 0, 1) / 1000,
      semihosting: true,
    },
    'interp',
  );
  const { vm } = machine;
  const plan = planLoad(readFileSync(kernel), {
    name: kernel,
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(MEMORY),
    initrd: readFileSync(initrd),
    bootargs: `console=ttyAMA0 quiet cv.nomodules cv.run="${LINUX_TIME_COMMAND}"`,
    board: boardOf(vm.config),
  });
  const [ram] = vm.memory();
  for (const { address, data } of plan.segments) ram!.write(Number(address) - ram!.base, data);
  vm.boot(plan.entry, plan.dtbAddress);
  const stop = { when: { kind: 'console', pattern: LINUX_TIME_MARKER }, action: { kind: 'stop' } } as const;
  const status = new Session(machine, [stop], () => {}).run();
  if (status !== 'stopped') throw new Error(`Debian ended with '${status}' before it ran cv-time`);
  return saveSnapshot(machine);
}

/** The cases one after the other. `lpt` needs a boot of its own: LPT is offered from the beginning or not at all. */
export function* linuxTimeRuns(
  kernel: string,
  initrd: string,
  cases: readonly LinuxTimeCase[] = CASES,
): Generator<[LinuxTimeCase, LinuxTimeRun]> {
  const boots = new Map<boolean, Uint8Array>();
  for (const one of cases) {
    const lpt = one.strategy === 'lpt';
    const boot = boots.get(lpt) ?? bootedLinux(kernel, initrd, lpt);
    boots.set(lpt, boot);
    yield [one, runLinuxTime(restoreSnapshot(boot, 'interp'), one)];
  }
}

export function addLinuxTime(program: Command): void {
  program
    .command('linux-time')
    .description('what an unmodified Debian kernel sees of time under every strategy: 25 MHz -> 1 GHz -> 19.2 MHz')
    .action(async () => {
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      const { kernel, initrd, source } = await debianCloud({ cacheDir: cacheFolder(), log });
      log(`${source}, 25 MHz -> 1 GHz -> 19.2 MHz, each stop 100 ms`);
      const line = (cells: readonly string[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
      line(LINUX_TIME_HEADS);
      line(LINUX_TIME_HEADS.map(() => '---'));
      for (const [one, run] of linuxTimeRuns(kernel, initrd)) line(linuxTimeRow(one, run));
    });
}
