import { describe, expect, it } from 'vitest';
import { guestMachine, runToEnd } from '../../test/support/machine.js';
import { MemoryMeter } from '../../test/support/memory-meter.js';
import { MAX_VCPUS } from '../arch/engine/layout.js';
import { stateHash } from '../cli/state-hash.js';
import { RX_QUEUE_MAX } from '../machine/devices/index.js';
import { inMemory, readContainer, writeContainer } from './container.js';
import { BadSnapshot } from './errors.js';
import { decodeJson, encodeJson } from './json.js';
import { PAGE } from './pages.js';
import { readSnapshot, type SavedHost } from './read-snapshot.js';
import { describeSnapshot, restoreSnapshot, saveSnapshot } from './snapshot.js';

const machine = guestMachine('smp', {
  vcpus: 2,
  ramBytes: 4 << 20,
  lpt: true,
  steal: ['vcpu=1 every=700us for=100us jitter=200us'],
});
machine.host.run({ instructions: 30_000 });
const good = saveSnapshot(machine);

interface State {
  host: SavedHost;
  vm: ReturnType<typeof machine.vm.save>;
}

/** The snapshot with its state changed and its checksums right. */
function changed(change: (state: State) => void): Uint8Array {
  const [host, vm, ...memories] = readContainer(good);
  const state = { host: decodeJson(host!.payload), vm: decodeJson(vm!.payload) } as State;
  change(state);
  return writeContainer([
    { ...host!, payload: encodeJson(state.host) },
    { ...vm!, payload: encodeJson(state.vm) },
    ...memories,
  ]);
}

describe('a snapshot', () => {
  it('reads as what was saved', () => {
    const { host, vm } = readSnapshot(inMemory(good));
    expect(vm).toEqual(machine.vm.save());
    expect(host.state).toEqual(machine.host.save());
    expect(host.spec).toEqual(machine.host.counter.spec);
    expect(describeSnapshot(good)).toMatchObject({ config: machine.vm.config, spec: host.spec });
  });

  it('is the same bytes when it is saved again at once', () => {
    const copy = restoreSnapshot(good, 'interp');
    expect(Buffer.compare(saveSnapshot(copy), good)).toBe(0);
    expect(stateHash(copy)).toBe(stateHash(machine));
  });

  it.each(['interp', 'jit'] as const)(
    'is read page by page as its guest needs them, and runs the same (%s)',
    (engine) => {
      const linger = (copy: typeof machine): typeof machine => {
        copy.host.run({ instructions: machine.host.instructions + 5000 });
        return copy;
      };
      const reads: number[] = [];
      const copy = linger(
        restoreSnapshot(
          {
            length: good.length,
            read(at, length) {
              if (length === PAGE) reads.push(at);
              return good.slice(at, at + length);
            },
          },
          engine,
        ),
      );
      const { numbers } = readSnapshot(inMemory(good)).memory.get('ram')!;
      expect(reads.length).toBeGreaterThan(0);
      expect(reads.length).toBeLessThan(numbers.length);
      expect(stateHash(copy)).toBe(stateHash(linger(restoreSnapshot(good, 'interp'))));
      expect(reads.length).toBeGreaterThanOrEqual(numbers.length);
      expect(new Set(reads).size).toBe(reads.length);
    },
  );

  it.each<[string, (state: State) => void, RegExp]>([
    ['a missing field', ({ vm }) => Reflect.deleteProperty(vm.board.uart, 'cr'), /vm\.board\.uart\.cr is missing/],
    ['an unknown field', ({ host }) => Object.assign(host, { extra: 1 }), /host has a field "extra"/],
    ['a RAM too large', ({ vm }) => Object.assign(vm.config, { ramBytes: 2 ** 40 }), /1099511627776: a multiple of 2M/],
    ['another RAM', ({ vm }) => Object.assign(vm.config, { ramBytes: 2 ** 21 }), /memory of 4194304 bytes.* 2097152/],
    ['another CPU', ({ vm }) => Object.assign(vm.config, { cpu: 'toString' }), /vm\.config\.cpu is a string/],
    ['fewer vCPUs', ({ vm }) => void vm.vcpus.pop(), /1 vCPU states for 2 vCPUs/],
    ['other vCPUs', ({ vm }) => Object.assign(vm.config, { vcpus: 3 }), /2 vCPU states for 3 vCPUs/],
    ['a last vCPU that is none', ({ vm }) => Object.assign(vm, { last: 2 }), /vCPU 2 ran last, of 2/],
    ['a turn that is none', ({ host }) => Object.assign(host.state, { turn: 2 }), /turn of vCPU 2, of 2/],
    ['fewer accounts', ({ host }) => void host.state.accounts.pop(), /1 host accounts for 2 vCPUs/],
    ['fewer alarms', ({ host }) => void host.state.alarms.pop(), /1 host alarms for 2 vCPUs/],
    [
      'a start of a vCPU that is on',
      ({ vm }) => Object.assign(vm.vcpus[0]!, { start: { entry: 0n, contextId: 0n } }),
      /vCPU 0 is on/,
    ],
    ['a core of EL2', ({ vm }) => Object.assign(vm.vcpus[0]!.core, { el: 2 }), /core\.el is 2/],
    [
      'a register of 65 bits',
      ({ vm }) => Object.assign(vm.vcpus[0]!.core.x, { 3: 1n << 64n }),
      /core\.x\[3\] is 18446744073709551616/,
    ],
    [
      'no system register',
      ({ vm }) => Reflect.deleteProperty(vm.vcpus[0]!.core.system, 'TCR_EL1'),
      /system\.TCR_EL1 is missing/,
    ],
    ['no LPT', ({ vm }) => Object.assign(vm, { lpt: null }), /vm\.lpt is not what vm\.config says/],
    ['another LPT', ({ vm }) => Object.assign(vm.lpt!, { pvFreqHz: 5 }), /vm\.lpt is not what vm\.config says/],
    ['an SPI less', ({ vm }) => void vm.vgic.spis.pop(), /vgic\.spis has 223 elements, not 224/],
    [
      'an interrupt that is listed and not pending',
      ({ vm }) => Object.assign(vm.vgic.vcpus[0]!, { list: [5] }),
      /vGIC state/,
    ],
    [
      'a filled list register',
      ({ vm }) => Object.assign(vm.vgic.vcpus[0]!.cpuInterface.lr, { 0: 1n << 62n }),
      /has nothing that is in its list register 0/,
    ],
    ['a counter of 0 Hz', ({ host }) => Object.assign(host.spec, { freqHz: 0 }), /host\.spec\.freqHz is 0/],
    ['slots of no whole picoseconds', ({ host }) => Object.assign(host, { ips: 7_000_000 }), /7000000: a divisor/],
    ['a quantum of nothing', ({ host }) => Object.assign(host, { quantum: 0n }), /host\.quantum is 0 ps/],
    [
      'all time stolen',
      ({ host }) => Object.assign(host.steal.patterns[0]!, { length: host.steal.patterns[0]!.every }),
      /host\.steal/,
    ],
  ])('with %s is refused', (_name, change, message) => {
    expect(() => readSnapshot(inMemory(changed(change)))).toThrow(BadSnapshot);
    expect(() => readSnapshot(inMemory(changed(change)))).toThrow(message);
  });

  it.each<[string, (sections: ReturnType<typeof readContainer>) => ReturnType<typeof readContainer>, RegExp]>([
    ['without RAM', (s) => s.filter((x) => x.name !== 'ram'), /no section 'ram'/],
    ['with RAM twice', (s) => [...s, s[2]!], /two sections 'ram'/],
    ['with another section', (s) => [...s, { ...s[2]!, name: 'disk' }], /unknown name/],
    ['of a later version', (s) => s.map((x) => ({ ...x, version: 2 })), /section 'ram' has version 2/],
    [
      'with its memories mixed up',
      ([h, v, a, b]) => [h!, v!, { ...a!, payload: b!.payload }, { ...b!, payload: a!.payload }],
      /memory of 65536 bytes/,
    ],
  ])('%s is refused', (_name, change, message) => {
    const bytes = writeContainer(change(readContainer(good)));
    expect(() => readSnapshot(inMemory(bytes))).toThrow(BadSnapshot);
    expect(() => readSnapshot(inMemory(bytes))).toThrow(message);
  });
});

describe('a state that is long', () => {
  /** The snapshot with its VM's state replaced. */
  const withState = (text: string, ramBytes?: number): Uint8Array => {
    const [host, vm, ram, pvTime] = readContainer(good);
    const pages = ram!.payload.slice();
    if (ramBytes !== undefined) new DataView(pages.buffer).setBigUint64(0, BigInt(ramBytes), true);
    const payload = new TextEncoder().encode(text);
    return writeContainer([host!, { ...vm!, payload }, { ...ram!, payload: pages }, pvTime!]);
  };
  const MIB = 2 ** 20;

  it('is refused unread where its values would take more than the guest', () => {
    for (const [text, ramBytes] of [
      [`[${'[],'.repeat(800_000)}[]]`, 4 * MIB],
      [' '.repeat(5 * MIB), 128 * MIB],
      [' '.repeat(17 * MIB), 2 ** 40],
    ] as const) {
      const bytes = withState(text, ramBytes);
      const meter = new MemoryMeter();
      expect(() => meter.measure(() => readSnapshot(inMemory(bytes)))).toThrow(
        /a section of \d+ bytes of JSON; at most \d+$/,
      );
      expect(meter.most).toBeLessThan(MIB);
    }
  });

  it('takes no more than 48 MiB for the smallest guest, and its own RAM for others', () => {
    const dense = (bytes: number): string =>
      `[${Array.from({ length: bytes / 12 }, (_, n) => `{"${n.toString(36)}":0}`).join(',')}]`;
    for (const [text, ramBytes, most] of [
      [dense(1.9 * MIB), 4 * MIB, 48 * MIB],
      [dense(7.8 * MIB), 256 * MIB, 256 * MIB],
    ] as const) {
      const bytes = withState(text, ramBytes);
      const meter = new MemoryMeter();
      expect(() => meter.measure(() => readSnapshot(inMemory(bytes)))).toThrow(/^snapshot: vm is a list/);
      expect(meter.most).toBeLessThan(most);
    }
  });

  it('is read where it is the longest that a guest can have', () => {
    const large = guestMachine('hello', { vcpus: MAX_VCPUS, ramBytes: 4 * MIB, listRegisters: 16, cpu: 'neoverse-n1' });
    large.vm.board.uart.receive(new Uint8Array(RX_QUEUE_MAX + 1).fill(255));
    const bytes = saveSnapshot(large);
    expect(readContainer(bytes)[1]!.payload.length).toBeGreaterThan(4 * RX_QUEUE_MAX);
    expect(readSnapshot(inMemory(bytes)).vm).toEqual(large.vm.save());
  });
});

describe('the snapshot of a guest that has ended', () => {
  it.each(['exit=semihosting', ''])('ends at once in the same way (%s)', (bootargs) => {
    const ended = guestMachine('hello', { bootargs });
    const { status } = runToEnd(ended);
    const copy = restoreSnapshot(saveSnapshot(ended), 'jit');
    const again = runToEnd(copy);
    expect(again).toMatchObject({ status, console: '' });
    expect(copy.vm.end).toEqual(ended.vm.end);
    expect(copy.host.instructions).toBe(ended.host.instructions);
  });
});

describe('an event stream whose event is due at the instant of the snapshot', () => {
  it('wakes the guest of the copy, too', () => {
    const waiting = guestMachine('hello');
    const { host, vm } = waiting;
    const ram = vm.memory()[0]!.bytes;
    // mov x0, #0x44; msr cntkctl_el1, x0 (an event every 32 ticks); wfe; b .-4
    new Uint32Array(ram.buffer, ram.byteOffset, 4).set([0xd2800880, 0xd518e100, 0xd503205f, 0x17ffffff]);
    vm.psci.start(0, 0x4000_0000n, 0n);
    let waits = 0;
    for (let n = 0; n < 50; n++) {
      host.run({ until: vm.deadline(0) ?? host.now() + 1n });
      if (!vm.runnable(0)) waits++;
      const copy = restoreSnapshot(saveSnapshot(waiting), 'interp');
      expect(copy.host.run({ instructions: copy.host.instructions + 3 })).toBe('limit');
      expect(host.run({ instructions: host.instructions + 3 })).toBe('limit');
      expect(stateHash(copy)).toBe(stateHash(waiting));
    }
    expect(waits).toBeGreaterThan(20);
  });
});
