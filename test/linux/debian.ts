/** Debian's cloud kernel for the tests in this folder: fetched once, kept in the cache, with a machine about to boot it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_COSTS } from '../../src/host/costs.js';
import { parseHost } from '../../src/host/frequency.js';
import { parseSteal, StealSchedule } from '../../src/host/steal.js';
import { boardOf } from '../../src/hypervisor/vm/board-of.js';
import type { VmConfig } from '../../src/hypervisor/vm/config.js';
import { type DebianCloudImage, debianCloud, FetchFailed } from '../../src/loader/debian/index.js';
import { planLoad } from '../../src/loader/index.js';
import { createMachine, type Machine } from '../../src/migration/snapshot.js';
import { ROOT } from '../support/machine.js';

export type Debian = { image: DebianCloudImage } | { image: null; reason: string };

/** The image, of a suite where one is named, or why there is none here: no apt, or no network. */
export async function debian(suite?: string): Promise<Debian> {
  const cacheDir = process.env.CHRONOVISOR_CACHE ?? join(ROOT, 'out/cache');
  try {
    return { image: await debianCloud({ cacheDir, log: () => {}, ...(suite !== undefined && { suite }) }) };
  } catch (error) {
    if (error instanceof FetchFailed) return { image: null, reason: error.message };
    throw error;
  }
}

export interface DebianOptions {
  vcpus: number;
  cpu: string;
  memory: number;
  append: string;
  steal?: string[];
  /** What else differs from a plain run. */
  config?: Partial<VmConfig>;
}

/** A machine about to boot Debian, as `chronovisor run --host 25MHz` makes it. */
export function debianMachine(image: DebianCloudImage, options: DebianOptions): Machine {
  const { vcpus, cpu, memory, append, steal = [], config = {} } = options;
  const machine = createMachine(
    {
      spec: parseHost('25MHz'),
      ips: 1e9,
      quantum: 10_000_000n,
      costs: DEFAULT_COSTS,
      steal: new StealSchedule(
        steal.map((s) => parseSteal(s)),
        1,
      ),
    },
    {
      cpu,
      vcpus,
      ramBytes: memory,
      pvTime: 'rfc2020',
      lpt: false,
      pvFreqHz: 100_000_000,
      listRegisters: 4,
      startEpoch: 1_767_225_600,
      semihosting: true,
      ...config,
    },
    'interp',
  );
  const { vm } = machine;
  const plan = planLoad(readFileSync(image.kernel), {
    name: 'debian',
    ramBase: 0x4000_0000n,
    ramSize: BigInt(memory),
    initrd: readFileSync(image.initrd),
    bootargs: append,
    board: boardOf(vm.config),
  });
  const [ram] = vm.memory();
  for (const { address, data } of plan.segments) ram!.write(Number(address) - ram!.base, data);
  vm.boot(plan.entry, plan.dtbAddress);
  return machine;
}
