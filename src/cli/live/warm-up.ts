/** Lets a small machine arrive and throws it away, again and again, so that V8 has optimized what a guest waits for. */

import { DEFAULT_COSTS } from '../../host/costs.js';
import { parseHost } from '../../host/frequency.js';
import { StealSchedule } from '../../host/steal.js';
import { DEFAULT_CONFIG, type VmConfig } from '../../hypervisor/vm/config.js';
import { type Offer, reserveRoom } from '../../migration/live/index.js';
import { encodeState } from '../../migration/live/messages.js';
import { createMachine } from '../../migration/snapshot.js';

/** Arrivals until the time of one no longer falls much: from 40 ms of CPU to about 10. */
const ARRIVALS = 12;

const CONFIG: VmConfig = { ...DEFAULT_CONFIG, ramBytes: 2 * 2 ** 20 };

export function warmUp(engine: 'interp' | 'jit'): void {
  const spec = parseHost('25MHz');
  const costs = DEFAULT_COSTS;
  const machine = createMachine(
    { spec, ips: 1e9, quantum: 10_000_000n, costs, steal: new StealSchedule([], 1) },
    CONFIG,
    engine,
  );
  const state = encodeState(machine, '');
  const offer: Offer = {
    id: '0'.repeat(32),
    config: machine.vm.config,
    memories: [],
    spec,
    strategy: 'offset',
    downtime: 'paused',
    pause: 0n,
    allow: [],
  };
  const room = reserveRoom(offer, spec, engine, {}, machine.vm.engine);
  for (let n = 0; n < ARRIVALS; n++) room.build(state)();
}
