/** The machine as gdb's target, without gdb: what it sees, what it stops at, and that the guest does not notice. */
import { expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { MachineTarget } from '../../src/debug/machine-target.js';
import type { Allowance, Stop } from '../../src/debug/target.js';
import type { Machine } from '../../src/migration/snapshot.js';
import { TRACE_KINDS } from '../../src/trace/index.js';
import { Session } from '../../src/verify/session.js';
import { guestMachine, type MachineOptions } from '../support/machine.js';

const ENTRY = 0x4020_0000;
const DATA = 0x4030_0000;
const PC = 32;

function attach(machine: Machine): MachineTarget {
  return new MachineTarget(machine, new Session(machine, [], () => {}));
}

/** A vCPU about to run these words at ENTRY, with the MMU off. */
function bare(words: readonly number[], options: MachineOptions = {}): { machine: Machine; target: MachineTarget } {
  const machine = guestMachine('hello', options);
  const [ram] = machine.vm.memory();
  const view = new DataView(ram!.bytes.buffer, ram!.bytes.byteOffset);
  for (const [i, word] of words.entries()) view.setUint32(ENTRY - ram!.base + i * 4, word, true);
  return { machine, target: attach(machine) };
}

function until(target: MachineTarget, allowances: readonly Allowance[], kind: Stop['kind']): Stop {
  for (let i = 0; i < 100_000; i++) {
    const stop = target.run(allowances);
    if (stop?.kind === kind) return stop;
    if (stop && stop.kind !== 'step') throw new Error(`stopped by ${stop.kind}`);
  }
  throw new Error(`no ${kind}`);
}

test('reading every register and memory changes no state and tells no observer, wherever the guest is', () => {
  let told = 0;
  const tell = (): void => void told++;
  for (let at = 500; at < 600_000; at += 60_013) {
    const machine = guestMachine('smp', { vcpus: 3 });
    const target = attach(machine);
    machine.host.run({ instructions: at });
    const before = stateHash(machine);
    machine.vm.trace.listen(Object.fromEntries(TRACE_KINDS.map((kind) => [kind, tell])));
    for (let vcpu = 0; vcpu < 3; vcpu++) {
      for (let n = 0; n < target.registers.length; n++) expect(target.readRegister(vcpu, n)).not.toBeNull();
      target.readMemory(vcpu, BigInt(ENTRY), 8192);
    }
    expect(stateHash(machine), `at ${at}`).toBe(before);
  }
  expect(told).toBe(0);
});

test.each(['interp', 'jit'] as const)('a run of single steps is the run (%s)', (engine) => {
  const plain = guestMachine('smp', { vcpus: 2, engine });
  const stepped = guestMachine('smp', { vcpus: 2, engine });
  const target = attach(stepped);
  // Both vCPUs are up from here on.
  plain.host.run({ instructions: 60_000 });
  stepped.host.run({ instructions: 60_000 });
  for (let i = 0; i < 3000; i++) {
    const [a, b] = stepped.vm.engine.retired;
    const stop = until(target, ['step', 'step'], 'step');
    const now = stepped.vm.engine.retired;
    expect([now[0]! - a!, now[1]! - b!]).toEqual('vcpu' in stop && stop.vcpu === 0 ? [1, 0] : [0, 1]);
  }
  plain.host.run({ instructions: stepped.host.instructions });
  expect(stateHash(stepped)).toBe(stateHash(plain));
});

test('a held vCPU retires nothing', () => {
  const machine = guestMachine('smp', { vcpus: 2 });
  const target = attach(machine);
  machine.host.run({ instructions: 60_000 });
  const held = machine.vm.engine.retired[1];
  for (let i = 0; i < 100; i++) target.run(['run', 'hold']);
  expect(machine.vm.engine.retired[1]).toBe(held);
  expect(target.run(['run', 'hold'])?.kind ?? 'runs').not.toBe('exited');
});

/** movz x1, #DATA >> 16, lsl #16; mov x2, #1; mov x3, #2; str x2, [x1]; str x3, [x1]; ldr x4, [x1]; ldp x5, x6, [x1, #-8] */
const STORES = [0xd2a80601, 0xd2800022, 0xd2800043, 0xf9000022, 0xf9000023, 0xf9400024, 0xa97f9825, 0x14000000];

test.each(['interp', 'jit'] as const)('a watchpoint stops before the access, once (%s)', (engine) => {
  const { machine, target } = bare(STORES, { engine });
  const word = (): number => target.readMemory(0, BigInt(DATA), 1)![0]!;
  target.setWatchpoint('access', BigInt(DATA), 8, true);
  const seen = [3, 4, 5, 6].map((index) => {
    const stop = until(target, ['run'], 'watchpoint');
    expect(stop).toEqual({ kind: 'watchpoint', vcpu: 0, watch: 'access', address: BigInt(DATA) });
    expect(target.programCounter(0)).toBe(BigInt(ENTRY + index * 4));
    expect(machine.host.instructions).toBe(index);
    return word();
  });
  expect(seen).toEqual([0, 1, 2, 2]);
});

test('kinds and ranges of watchpoints', () => {
  const at = (kind: 'read' | 'write', address: number, length: number): bigint | null => {
    const { target } = bare(STORES);
    target.setWatchpoint(kind, BigInt(address), length, true);
    for (let i = 0; i < 40; i++) if (target.run(['step'])?.kind === 'watchpoint') return target.programCounter(0);
    return null;
  };
  expect(at('read', DATA, 8)).toBe(BigInt(ENTRY + 5 * 4));
  expect(at('write', DATA + 7, 1)).toBe(BigInt(ENTRY + 3 * 4));
  expect(at('read', DATA - 8, 1)).toBe(BigInt(ENTRY + 6 * 4));
  expect(at('write', DATA - 8, 8)).toBeNull();
  expect(at('write', DATA + 8, 8)).toBeNull();
});

test.each(['interp', 'jit'] as const)(
  'a breakpoint stops where it is, not at the same offset of another page (%s)',
  (engine) => {
    // An encoding that is not allocated, behind two moves: the exception goes to VBAR_EL1, which is 0 and not memory.
    const words = [0xd2800022, 0xd2800043, 0xffffffff];
    const { machine, target } = bare(words, { engine });
    target.setBreakpoint(BigInt(ENTRY + 0x1008), true);
    target.setBreakpoint(BigInt(ENTRY + 0x1000), true);
    for (let i = 0; i < 3; i++) until(target, ['step'], 'step');
    expect(target.programCounter(0)).toBe(0x200n);
    expect(machine.host.instructions).toBe(3);
    expect(target.writeRegister(0, PC, BigInt(ENTRY))).toBe(true);
    target.setBreakpoint(BigInt(ENTRY + 4), true);
    expect(until(target, ['run'], 'breakpoint')).toEqual({ kind: 'breakpoint', vcpu: 0 });
    expect(target.programCounter(0)).toBe(BigInt(ENTRY + 4));
    expect(machine.host.instructions).toBe(4);
    // It goes on from there without the breakpoint being taken out.
    until(target, ['step'], 'step');
    expect(target.programCounter(0)).toBe(BigInt(ENTRY + 8));
  },
);

test('nothing of a debugger stays when it is gone', () => {
  const { machine, target } = bare(STORES);
  target.setBreakpoint(BigInt(ENTRY + 8), true);
  target.setWatchpoint('write', BigInt(DATA), 8, true);
  target.release();
  for (let i = 0; i < 10; i++) expect(target.run(['run'])).toBeNull();
  expect(machine.vm.engine.breakOffsets.size).toBe(0);
});

test('a vCPU that has not started yet shows where it will, and can be told otherwise', () => {
  const { target } = bare(STORES);
  const cpsr = 33;
  expect(target.programCounter(0)).toBe(BigInt(ENTRY));
  expect(target.readRegister(0, cpsr)).toBe(0x3c5n);
  expect(target.writeRegister(0, PC, BigInt(ENTRY + 4))).toBe(true);
  until(target, ['step'], 'step');
  expect(target.programCounter(0)).toBe(BigInt(ENTRY + 8));
  expect(target.readRegister(0, 2)).toBe(1n);
  expect(target.readRegister(0, 1)).toBe(0n);
});

test('code that is written over runs as written, however much of it', () => {
  const { target } = bare([...STORES.slice(0, 3), ...new Array<number>(64).fill(0xd503201f)]);
  until(target, ['step'], 'step');
  const patch = new Uint8Array(64 * 4);
  // add x7, x7, #1
  for (let i = 0; i < 64; i++) new DataView(patch.buffer).setUint32(i * 4, 0x910004e7, true);
  expect(target.writeMemory(0, BigInt(ENTRY + 12), patch)).toBe(true);
  for (let i = 0; i < 66; i++) until(target, ['step'], 'step');
  expect(target.readRegister(0, 7)).toBe(64n);
  expect(target.writeMemory(0, 0x4000_0000n + 16n * 2n ** 20n - 4n, patch)).toBe(false);
  expect(target.readMemory(0, 0x4000_0000n + 16n * 2n ** 20n - 4n, 64)!.length).toBe(4);
});
