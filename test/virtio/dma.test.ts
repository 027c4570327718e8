/** A guest that drives a virtio disk by itself: DMA into code, tables and monitors; cut anywhere by save and restore. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import { type BlockConfig, memoryContents } from '../../src/machine/virtio/index.js';
import { migrate } from '../../src/migration/migrate.js';
import { type Machine, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import type { SessionEvent } from '../../src/verify/session.js';
import { guestMachine, runToEnd } from '../support/machine.js';

const DISK = Uint8Array.from({ length: 64 * 1024 }, (_, i) => ((i >> 9) * 3 + i) & 0xff);
const SHA256 = createHash('sha256').update(DISK).digest('hex');
const backends = { disks: [{ contents: memoryContents(DISK, SHA256) }] };
const config: BlockConfig = {
  kind: 'block',
  bus: 'mmio',
  readOnly: false,
  size: DISK.length,
  sha256: SHA256,
  latency: 20_000,
};

const machineOf = (engine: 'interp' | 'jit' = 'interp') => guestMachine('dma', { devices: [config], backends, engine });
const restored = (machine: Machine, engine: 'interp' | 'jit' = 'interp') =>
  restoreSnapshot(saveSnapshot(machine), engine, {}, [], backends);
const stopAt = (count: number): SessionEvent => ({ when: { kind: 'instructions', count }, action: { kind: 'stop' } });
const inFlight = ({ vm }: Machine) => vm.board.virtio.devices[0]!.state.queues[0]!.inFlight;

it.each(['interp', 'jit'] as const)('a disk writes to memory as the guest itself would, on the %s engine', (engine) => {
  const machine = machineOf(engine);
  const { console, status } = runToEnd(machine);
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
  expect(console.match(/^ok /gm)).toHaveLength(10);
  expect(status).toBe('exit');
  expect([...machine.vm.board.virtio.disks[0]!.clusters.keys()].sort((a, b) => a - b)).toEqual([1, 2, 4, 8, 9]);
});

it('the guest notices where caches do not hear of what the disk writes', () => {
  const machine = machineOf();
  machine.vm.system.memoryWritten = () => {};
  const { console } = runToEnd(machine);
  expect(console).toMatch(/^not ok \d+ - code that a device has written is what runs/m);
});

describe('saved and restored', () => {
  const whole = machineOf();
  runToEnd(whole);
  const end = stateHash(whole);
  const total = whole.host.instructions;

  it('anywhere, in the middle of a request too, it is the same run', () => {
    let [first, cuts, served] = [machineOf(), 0, 0];
    for (let at = Math.floor(total * 0.15); at < total; at += Math.floor(total / 14)) {
      runToEnd(first, [stopAt(at)]);
      // Half of the cuts are where the disk is at work.
      for (let n = 0; cuts % 2 && !inFlight(first) && n < 500; n++) runToEnd(first, [stopAt((at += 97))]);
      if (inFlight(first)) served++;
      const second = restored(first, cuts++ % 2 ? 'jit' : 'interp');
      expect(stateHash(second)).toBe(stateHash(first));
      first = second;
    }
    runToEnd(first);
    expect(stateHash(first)).toBe(end);
    expect(cuts).toBeGreaterThan(5);
    expect(served).toBeGreaterThan(1);
  });

  it('it also migrates in the middle of a request', () => {
    const first = machineOf();
    for (let at = Math.floor(total / 2); !inFlight(first); at += 97) runToEnd(first, [stopAt(at)]);
    const second = restored(first);
    for (const machine of [first, second]) migrate(machine, parseHost('freq=1GHz'), 'offset', 5_000_000_000n);
    for (const machine of [first, second]) expect(runToEnd(machine).console).not.toMatch(/^(not ok|Bail out)/m);
    expect(stateHash(second)).toBe(stateHash(first));
  });

  it('it needs the contents that it was made with', () => {
    const snapshot = saveSnapshot(machineOf());
    expect(() => restoreSnapshot(snapshot, 'interp')).toThrow(/^drive 0 \(65536 bytes, .*say --drive FILE$/);
    const other = { disks: [{ contents: memoryContents(DISK, 'f'.repeat(64)) }] };
    expect(() => restoreSnapshot(snapshot, 'interp', {}, [], other)).toThrow(/another file is given/);
  });
});
