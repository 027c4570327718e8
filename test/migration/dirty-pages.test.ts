/** Pre-copy rounds: every page that changed is in the round's set, and the guest's run does not notice them. */
import { describe, expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { isZeroPage } from '../../src/migration/pages.js';
import { type Machine, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

const CASES: [string, MachineOptions][] = [
  ['mmu', { cpu: 'neoverse-n1' }],
  ['mmu', { cpu: 'cortex-a57', engine: 'jit' }],
  ['smp', { vcpus: 3, cpu: 'neoverse-n1' }],
  ['smp', { vcpus: 2, engine: 'jit' }],
  ['steal', { vcpus: 2, steal: ['vcpu=0 every=1ms for=300us'] }],
  ['gic', { vcpus: 2 }],
];

const PAGE = 4096;

/** Pages of RAM whose bytes differ from the copy, which follows. */
function changed(ram: Uint8Array, copy: Uint8Array): number[] {
  const pages: number[] = [];
  for (let at = 0; at < ram.length; at += PAGE) {
    const now = ram.subarray(at, at + PAGE);
    if (Buffer.compare(now, copy.subarray(at, at + PAGE)) === 0) continue;
    pages.push(at / PAGE);
    copy.set(now, at);
  }
  return pages;
}

/** Runs in rounds of so many instructions; the pages of each round, and those that changed without being in it. */
function inRounds(machine: Machine, length: number): { console: string; rounds: number[][]; missed: number[] } {
  const [ram] = machine.vm.memory();
  const copy = ram!.view.slice();
  const { dirty } = machine.vm.system.mmu;
  const bytes: number[] = [];
  const rounds: number[][] = [];
  const missed: number[] = [];
  machine.host.onTransmit = (byte) => bytes.push(byte);
  dirty.start();
  for (let end = length; ; end += length) {
    const stop = machine.host.run({ instructions: end });
    const marks = dirty.take();
    rounds.push([...marks.entries()].flatMap(([page, mark]) => (mark ? [page] : [])));
    missed.push(...changed(ram!.view, copy).filter((page) => !marks[page]));
    if (stop !== 'limit') break;
  }
  dirty.stop();
  return { console: Buffer.from(bytes).toString('latin1').replaceAll('\r', ''), rounds, missed };
}

describe.each(CASES)('%s %j', (guest, options) => {
  const reference = guestMachine(guest, options);
  const { console } = runToEnd(reference);
  const hash = stateHash(reference);
  const { instructions } = reference.host;

  test.each([5, 17])('in %i rounds', (count) => {
    const machine = guestMachine(guest, options);
    const result = inRounds(machine, Math.ceil(instructions / count) + count);
    expect(result.missed).toEqual([]);
    expect(result.rounds.filter((r) => r.length).length).toBeGreaterThan(1);
    expect(result.console).toBe(console);
    expect(stateHash(machine)).toBe(hash);
    const cold = { ...options, engine: 'jit' as const };
    expect(inRounds(guestMachine(guest, cold), Math.ceil(instructions / count) + count).rounds).toEqual(result.rounds);
  });

  test('a round with nothing run is empty', () => {
    const { dirty } = reference.vm.system.mmu;
    dirty.start();
    expect(dirty.take().some((mark) => mark)).toBe(false);
    dirty.stop();
    expect(() => dirty.take()).toThrow(RangeError);
  });
});

test('memory that the platform writes is seen', () => {
  const { vm } = guestMachine('hello');
  const { dirty } = vm.system.mmu;
  dirty.start();
  vm.system.memoryWritten(vm.engine.map.ram + 3 * PAGE - 1, 2);
  expect([...dirty.take().entries()].filter(([, mark]) => mark).map(([page]) => page)).toEqual([2, 3]);
});

describe('used pages', () => {
  test.each(CASES)('every page that holds something is one: %s %j', (guest, options) => {
    const machine = guestMachine(guest, options);
    runToEnd(machine);
    const restored = restoreSnapshot(saveSnapshot(machine), 'interp');
    for (const { vm } of [machine, restored]) {
      const [ram] = vm.memory();
      const used = ram!.used;
      const words = new Int32Array(ram!.view.buffer, ram!.view.byteOffset, ram!.size / 4);
      let pages = 0;
      for (let page = 0; page < used.length; page++) {
        if (used[page]) pages++;
        else expect(isZeroPage(words, page * PAGE), `page ${page}`).toBe(true);
      }
      expect(pages).toBeLessThan(used.length);
    }
  });

  test('bytes that are handed out count as written', () => {
    const [ram] = guestMachine('hello').vm.memory();
    ram!.bytes[5 * PAGE] = 1;
    expect(ram!.used.every((u) => u === 1)).toBe(true);
  });
});
