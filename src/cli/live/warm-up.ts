/** Makes and throws away a small machine, so that V8 has compiled what a guest's arrival needs before it is there. */

import { DEFAULT_COSTS } from '../../host/costs.js';
import { parseHost } from '../../host/frequency.js';
import { StealSchedule } from '../../host/steal.js';
import { createMachine, restoreSnapshot, saveSnapshot } from '../../migration/snapshot.js';

export function warmUp(engine: 'interp' | 'jit'): void {
  const machine = createMachine(
    {
      spec: parseHost('25MHz'),
      ips: 1e9,
      quantum: 10_000_000n,
      costs: DEFAULT_COSTS,
      steal: new StealSchedule([], 1),
    },
    {
      cpu: 'cortex-a57',
      vcpus: 1,
      ramBytes: 2 * 2 ** 20,
      pvTime: 'rfc2020',
      lpt: false,
      pvFreqHz: 100_000_000,
      listRegisters: 4,
      startEpoch: 0,
      semihosting: true,
    },
    engine,
  );
  restoreSnapshot(saveSnapshot(machine), engine);
}
