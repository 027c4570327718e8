import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions } from '../../test/support/machine.js';
import { stateHash } from '../cli/state-hash.js';
import type { Machine } from '../migration/snapshot.js';
import { parseCosts } from './costs.js';
import { Host, type VcpuAccount } from './host.js';

const QUANTUM_SLOTS = 10_000;
const US = 1_000_000n;
const B_SELF = 0x14000000;
const WFI = 0xd503207f;
const NOP = 0xd503201f;

/** A machine whose vCPUs all run the same words, from the start of RAM. */
function machineOf(words: number[], options: MachineOptions = {}): Machine {
  const machine = guestMachine('hello', options);
  const { vm } = machine;
  new Uint32Array(vm.memory()[0]!.bytes.buffer, vm.memory()[0]!.bytes.byteOffset, words.length).set(words);
  for (let v = 0; v < vm.vcpus.length; v++) vm.psci.start(v, 0x4000_0000n, 0n);
  return machine;
}

interface Turn {
  vcpu: number;
  from: bigint;
  to: bigint;
}

/** Records every stretch that a vCPU runs. */
function record({ host, vm }: Machine): Turn[] {
  const turns: Turn[] = [];
  const enter = vm.enter.bind(vm);
  vm.enter = (vcpu, budget) => {
    const from = host.now();
    const exit = enter(vcpu, budget);
    turns.push({ vcpu, from, to: host.now() });
    return exit;
  };
  return turns;
}

const total = (a: Readonly<VcpuAccount>): bigint => a.running + a.idle + a.stolen + a.paused + a.off;

describe('limits', () => {
  it('stop at an instruction exactly', () => {
    const machine = machineOf([NOP, NOP, 0x17fffffe], { vcpus: 3 });
    for (const count of [1, 2, 9_999, 10_000, 10_001, 31_234, 100_000]) {
      expect(machine.host.run({ instructions: count })).toBe('limit');
      expect(machine.host.instructions).toBe(count);
    }
  });

  it('stop at the first slot that ends at an instant or behind it', () => {
    const { host } = machineOf([B_SELF]);
    for (const until of [1n, 1000n, 1001n, 123_456_789n]) {
      expect(host.run({ until })).toBe('limit');
      expect(host.now()).toBe(((until + 999n) / 1000n) * 1000n);
    }
  });

  it('that are reached already run nothing', () => {
    const { host } = machineOf([B_SELF]);
    host.run({ instructions: 5 });
    expect(host.run({ instructions: 4 })).toBe('limit');
    expect(host.run({ until: 3000n })).toBe('limit');
    expect(host.instructions).toBe(5);
  });

  it('do not change the run, and neither does a poll', () => {
    const options: MachineOptions = { vcpus: 3, steal: ['vcpu=1 every=90us for=20us jitter=30us'] };
    const whole = guestMachine('smp', options);
    whole.host.run();
    const cut = guestMachine('smp', options);
    let n = 0;
    let stop = '';
    while (stop !== 'ended') {
      n++;
      stop = cut.host.run({
        instructions: cut.host.instructions + 1 + ((n * 7919) % 20_000),
        until: cut.host.now() + BigInt((n * 104_729) % 30) * US,
        poll: () => n % 3 === 0,
      });
    }
    expect(n).toBeGreaterThan(50);
    expect(stateHash(cut)).toBe(stateHash(whole));
  });
});

describe('turns', () => {
  it('are a quantum long where several run, in the order of vCPUs', () => {
    const machine = machineOf([B_SELF], { vcpus: 3 });
    const turns = record(machine);
    machine.host.run({ instructions: 10 * QUANTUM_SLOTS });
    expect(turns.map((t) => t.vcpu)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    // Three side by side: a turn of 10000 slots of 1 ns takes a third of 10 us.
    for (const [n, { to }] of turns.entries()) expect(to).toBe((BigInt(n + 1) * 10n * US) / 3n);
  });

  it('go on where a limit cut them', () => {
    const [a, b] = [machineOf([B_SELF], { vcpus: 2 }), machineOf([B_SELF], { vcpus: 2 })];
    a.host.run({ instructions: 25_000 });
    for (let n = 1_000; n <= 25_000; n += 1_000) b.host.run({ instructions: n });
    expect(b.vm.engine.retired).toEqual(a.vm.engine.retired);
    expect(a.vm.engine.retired).toEqual([15_000, 10_000]);
  });

  it('advance time by the slots of all over their number', () => {
    const { host } = machineOf([B_SELF], { vcpus: 4 });
    host.run({ instructions: 8 * QUANTUM_SLOTS });
    expect(host.now()).toBe(2n * BigInt(QUANTUM_SLOTS) * 1000n);
  });
});

describe('stolen time', () => {
  const steal = ['vcpu=0 every=100us for=30us phase=10us', 'vcpu=1 every=70us for=7us jitter=20us'];

  it('is none that the vCPU runs in, and no other vCPU loses any', () => {
    const machine = machineOf([B_SELF], { vcpus: 3, steal });
    const { host } = machine;
    const turns = record(machine);
    host.run({ until: 2000n * US });
    expect(turns.length).toBeGreaterThan(100);
    for (const { vcpu, from, to } of turns) {
      expect(host.options.steal.stolenUntil(from, vcpu)).toBe(null);
      const next = host.options.steal.nextStealStart(from, vcpu);
      // A slice ends with the slot that reaches the instant.
      if (next !== null) expect(to - next).toBeLessThan(1000n);
    }
    const [zero, one, two] = host.accounts;
    expect(zero!.stolen).toBeGreaterThan(599n * US);
    expect(zero!.stolen).toBeLessThan(601n * US);
    expect(one!.stolen).toBeGreaterThan(180n * US);
    expect(two!.stolen).toBe(0n);
  });

  it('is told to the guest as it was taken', () => {
    const machine = machineOf([B_SELF], { vcpus: 2, steal });
    const { host, vm } = machine;
    host.run({ until: 1000n * US });
    expect(vm.vcpus.map((v) => v.stolen)).toEqual(host.accounts.map((a) => a.stolen));
    const pv = vm.memory()[1]!.bytes;
    const told = (vcpu: number): bigint => new DataView(pv.buffer, pv.byteOffset + vcpu * 64).getBigUint64(8, true);
    // What was stolen since it last ran it learns when it runs next.
    expect(told(0)).toBeLessThanOrEqual(vm.vcpus[0]!.stolen / 1000n);
    expect(told(0)).toBeGreaterThan(240_000n);
  });

  it('is not taken from a vCPU that waits or is off', () => {
    const waiting = machineOf([WFI, 0x17ffffff], { vcpus: 1, steal: ['every=100us for=50us phase=50us'] });
    waiting.host.run({ until: 1000n * US });
    expect(waiting.host.accounts[0]!.stolen).toBe(0n);
    const { host } = guestMachine('hello', { vcpus: 2, steal: ['vcpu=1 every=10us for=5us'] });
    host.run();
    expect(host.accounts[1]).toEqual({ running: 0n, idle: 0n, stolen: 0n, paused: 0n, off: host.now() });
  });
});

describe('accounts', () => {
  it.each<[string, MachineOptions]>([
    ['smp', { vcpus: 3, steal: ['every=300us for=100us jitter=50us'] }],
    ['steal', { vcpus: 2, steal: ['vcpu=0 every=1ms for=300us'] }],
    ['ticks', { bootargs: 'exit=semihosting rounds=1 long=4 lines=0' }],
  ])('of %s add up to the wall time of every vCPU at every instant, to the picosecond', (guest, options) => {
    const { host } = guestMachine(guest, options);
    let looks = 0;
    for (let stop = ''; stop !== 'ended' && looks < 500; looks++) {
      stop = host.run({ instructions: host.instructions + 7_777 });
      for (const account of host.accounts) expect(total(account)).toBe(host.now());
      if (looks % 50 === 3) host.pause(123_457n);
    }
    expect(looks).toBeGreaterThan(5);
  });

  it('are what the stretches told to a listener add up to', () => {
    const { host, vm } = guestMachine('smp', { vcpus: 2, steal: ['every=300us for=100us'] });
    const heard = [0, 1].map((): VcpuAccount => ({ running: 0n, idle: 0n, stolen: 0n, paused: 0n, off: 0n }));
    const last = [0n, 0n];
    vm.trace.listen({
      activity: ({ vcpu, activity, from, to }) => {
        expect(from).toBe(last[vcpu]);
        last[vcpu] = to;
        heard[vcpu]![activity] += to - from;
      },
    });
    host.run();
    expect(heard).toEqual(host.accounts);
  });
});

describe('exits', () => {
  it('cost time in which no instruction is retired', () => {
    // strb w0, [x1] at the UART for ever.
    const words = [0xd2a12001, 0x39000020, 0x17ffffff];
    const free = machineOf(words);
    const dear = machineOf(words);
    const costly = { ...dear.host.options, costs: parseCosts('mmio-user=1000') };
    const host = new Host(costly);
    Object.assign(dear.vm, { host });
    host.attach(dear.vm);
    free.host.run({ instructions: 2001 });
    host.run({ instructions: 2001 });
    expect(free.host.now()).toBe(2001n * 1000n);
    expect(host.now()).toBe(2001n * 1000n + 1000n * US);
  });
});

describe('a machine that nothing will wake', () => {
  it('is stalled', () => {
    expect(machineOf([WFI, 0x17ffffff], { vcpus: 2 }).host.run()).toBe('stalled');
  });

  it('waits for a limit in time', () => {
    const { host } = machineOf([WFI, 0x17ffffff]);
    expect(host.run({ until: 5_000_000_001n })).toBe('limit');
    expect(host.now()).toBe(5_000_000_001n);
    expect(host.accounts[0]!.idle).toBe(5_000_000_001n - 1000n);
  });
});

describe('the wall clock', () => {
  it('takes what it is ahead by as stolen from those that could run', () => {
    const { host } = machineOf([B_SELF]);
    host.run({ instructions: 1000 });
    host.follow(10n * US);
    expect(host.now()).toBe(10n * US);
    expect(host.accounts[0]).toMatchObject({ running: 1n * US, stolen: 9n * US });
  });
});

describe('another host', () => {
  it('has its own counter, and the pause between is on the account', () => {
    const { host } = machineOf([B_SELF]);
    host.run({ instructions: 1000 });
    host.becomes({ name: 'b', freqHz: 1_000_000_000, ppm: 0, start: 77n }, 4n * US);
    expect(host.counter.count(host.now())).toBe(5000n + 77n);
    expect(host.accounts[0]).toMatchObject({ running: 1n * US, paused: 4n * US });
  });
});
