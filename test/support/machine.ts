/** Machines for tests: a prebuilt guest or image on a small board. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ZERO_COSTS } from '../../src/host/costs.js';
import { parseHost } from '../../src/host/frequency.js';
import { parseSteal, StealSchedule } from '../../src/host/steal.js';
import { boardOf } from '../../src/hypervisor/vm/board-of.js';
import { DEFAULT_CONFIG, type VmConfig } from '../../src/hypervisor/vm/config.js';
import { planLoad } from '../../src/loader/index.js';
import type { VirtioBackends } from '../../src/machine/virtio/index.js';
import { createMachine, type Machine } from '../../src/migration/snapshot.js';
import { Session, type SessionEvent, type SessionStatus } from '../../src/verify/session.js';

export const ROOT = resolve(import.meta.dirname, '../..');
export const guestPath = (name: string): string => `${ROOT}/guests/${name}/${name}.elf`;

export interface MachineOptions extends Partial<VmConfig> {
  bootargs?: string;
  host?: string;
  steal?: string[];
  ips?: number;
  engine?: 'interp' | 'jit';
  backends?: VirtioBackends;
}

/** A machine about to run a prebuilt guest. */
export function guestMachine(guest: string, options: MachineOptions = {}): Machine {
  const {
    bootargs = 'exit=semihosting',
    host = '25MHz',
    steal = [],
    ips = 1e9,
    engine = 'interp',
    backends = {},
    ...config
  } = options;
  const machine = createMachine(
    {
      spec: parseHost(host),
      ips,
      quantum: 10_000_000n,
      costs: ZERO_COSTS,
      steal: new StealSchedule(
        steal.map((s) => parseSteal(s)),
        1,
      ),
    },
    { ...DEFAULT_CONFIG, ...config },
    engine,
    backends,
  );
  const { vm } = machine;
  const plan = planLoad(readFileSync(guestPath(guest)), {
    name: guest,
    ramBase: 0x4000_0000n,
    ramSize: BigInt(vm.config.ramBytes),
    bootargs,
    board: boardOf(vm.config),
  });
  const [ram] = vm.memory();
  for (const { address, data } of plan.segments) ram!.write(Number(address) - ram!.base, data);
  vm.boot(plan.entry, plan.dtbAddress);
  return machine;
}

/** Runs a machine to its end or an event's stop; what it printed and how it ended. `each` sees it print. */
export function runToEnd(
  machine: Machine,
  events: SessionEvent[] = [],
  each: (byte: number) => void = () => {},
): { status: SessionStatus; console: string; session: Session } {
  const bytes: number[] = [];
  const session = new Session(machine, events, (b) => {
    bytes.push(b);
    each(b);
  });
  const status = session.run();
  return { status, console: Buffer.from(bytes).toString('latin1').replaceAll('\r', ''), session };
}
