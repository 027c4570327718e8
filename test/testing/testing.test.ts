/** `chronovisor/test`: what its calls do with guests that behave and guests that do not. */
import { describe, expect, test } from 'vitest';
import { boot, GuestError, hosts, matchers, restore } from '../../src/testing/index.js';
import { guestPath } from '../support/machine.js';

const clock = {
  image: guestPath('clock'),
  append: 'exit=semihosting every=0 samples=400 lpt=on',
  memory: '16M',
  costs: 'all=0',
};
const hello = { image: guestPath('hello'), append: 'exit=semihosting', memory: '16M' };

/** Instructions at 0x40000000. */
const program = (...words: number[]) => ({ image: new Uint8Array(Uint32Array.from(words).buffer), memory: '16M' });
const LOOP = program(0x14000000);
/** With interrupts and timers off. */
const WAIT = program(0xd503207f, 0x17ffffff);

const failure = (run: Promise<unknown>): Promise<Error> =>
  run.then(
    () => expect.unreachable('it succeeded'),
    (error: Error) => error,
  );

describe('running', () => {
  test('console finds lines one behind the other, also those that are there already', async () => {
    const vm = await boot(hello);
    const [line] = await vm.console(/hello from EL(\d)/);
    expect(line).toBe('hello from EL1');
    expect(vm.output).toMatch(/hello from EL1$/);
    const end = await vm.runToEnd();
    expect(end).toEqual({ kind: 'exit', code: 0 });
    const [, count] = await vm.console(/^1\.\.(\d+)$/);
    expect(Number(count)).toBeGreaterThan(0);
    const error = await failure(vm.console(/^1\.\./));
    expect(error).toBeInstanceOf(GuestError);
    expect(error.message).toMatch(/^vm\.console\(\/\^1\\\.\\\.\/\): the guest ended \(exit\) before it printed that/);
    expect(error.message).toMatch(/its last lines:\n {2}\| /);
  });

  test('a line that never comes is an error in guest time, whatever the wall says', async () => {
    const vm = await boot(LOOP);
    const error = await failure(vm.console(/READY/, { within: '3 ms' }));
    expect(error.message).toMatch(
      /it printed that did not come within 3 ms of guest time .*; pc 0x40\w+; .*\(it has printed nothing\)$/s,
    );
    expect(vm.time).toBe(3_000_000_000n);
    const wait = await failure((await boot(WAIT)).runToEnd());
    expect(wait.message).toMatch(/the guest waits for an interrupt that nothing will raise before its end/);
  });

  test('runFor and runUntil stop exactly', async () => {
    const vm = await boot(LOOP);
    await vm.runFor('2.5 us');
    expect([vm.time, vm.instructions]).toEqual([2_500_000n, 2500]);
    await vm.runUntil('insn=4000');
    expect(vm.instructions).toBe(4000);
    await vm.runUntil(() => vm.instructions > 4000);
    expect(vm.instructions).toBeGreaterThan(4000);
    const early = await failure((await boot({ ...hello })).runFor('100 s'));
    expect(early.message).toMatch(/the guest ended \(exit\) before that time was over/);
    const never = await failure(vm.runUntil('console=/x/', { within: '1ms' }));
    expect(never.message).toMatch(/that instant did not come within 1ms/);
  });

  test('how a test cuts the run does not change it', async () => {
    const [whole, cut] = [await boot(clock), await boot(clock)];
    await whole.runToEnd();
    for (let n = 1; n < 30; n++) await cut.runUntil(`insn=${n * 7919}`);
    await cut.console(/READY/);
    await cut.runToEnd();
    expect(cut.stateHash()).toBe(whole.stateHash());
    expect(cut.output).toBe(whole.output);
  });

  test('save and restore go on with the same run', async () => {
    const vm = await boot(clock);
    await vm.runUntil('insn=50000');
    const other = await restore(vm.save(), { engine: 'jit' });
    await Promise.all([vm.runToEnd(), other.runToEnd()]);
    expect(other.stateHash()).toBe(vm.stateHash());
  });

  test('what is typed and pressed reaches the guest', async () => {
    const vm = await boot(LOOP);
    vm.type('hé\n');
    vm.pressPowerKey();
    await vm.runFor('1 us');
    const { uart, gpio } = vm.machine.vm.board.save();
    expect([...uart.rxFifo, ...uart.rxQueue]).toEqual([0x68, 0xc3, 0xa9, 0x0a]);
    expect(gpio.inputs & 8).toBe(8);
    await vm.runFor('101 ms');
    expect(vm.machine.vm.board.save().gpio.inputs & 8).toBe(0);
  });
});

describe('looking', () => {
  test('registers, memory and symbols', async () => {
    const vm = await boot(hello);
    await vm.console(/hello/);
    expect(vm.register('pc')).toBeGreaterThan(0x4000_0000n);
    expect(vm.register('MPIDR_EL1')).toBe(0x8000_0000n);
    const main = vm.symbol('guest_main');
    expect(vm.place(main + 4n)).toBe(`0x${(main + 4n).toString(16)} (guest_main+0x4)`);
    expect(vm.value('guest_main', 4)).toBe(BigInt(new DataView(vm.memory(main, 4).buffer).getUint32(0, true)));
    expect(() => vm.register('x99')).toThrow(/vm\.register\('x99', 0\): no such register/);
    expect(() => vm.register('x0', 7)).toThrow(/no such register/);
    expect(() => vm.memory(0x900_0000n, 4)).toThrow(/0 bytes of that are RAM/);
    expect(() => vm.symbol('nosuch')).toThrow(/no such symbol/);
    expect(() => vm.verdict('nosuch')).toThrow(/there are counter-monotonic, /);
  });

  test('hosts', () => {
    expect(hosts.mhz(19.2)).toMatchObject({ freqHz: 19_200_000, ppm: 0, start: 0n });
    expect(hosts.ghz(1, { ppm: -2.5, start: 7n })).toMatchObject({ freqHz: 1_000_000_000, ppm: -2.5, start: 7n });
    expect(hosts.hz(62_500_000).freqHz).toBe(hosts.named('62.5MHz').freqHz);
    expect(() => hosts.ghz(9)).toThrow(RangeError);
  });

  test('options that cannot be are refused by name', async () => {
    expect((await failure(boot({ ...hello, cpu: 'x' }))).message).toMatch(/x: no such profile/);
    expect((await failure(boot({ ...hello, image: '/nosuch' }))).message).toMatch(/nosuch/);
    expect((await failure(boot({ ...hello, faults: ['x'] }))).message).toMatch(/^faults x: no such fault/);
    expect((await failure(restore(Uint8Array.of(1)))).message).toMatch(/^snapshot: /);
  });
});

describe('expecting', () => {
  const migrated = async (strategy: 'lpt' | 'offset') => {
    const vm = await boot({ ...clock, host: hosts.mhz(25), strategy });
    await vm.console(/READY/);
    await vm.migrate(hosts.ghz(1), { pause: '5 ms' });
    await vm.runFor('1 ms');
    return vm;
  };

  test('a guest that converts keeps time over a migration', async () => {
    const vm = await migrated('lpt');
    expect(vm.migrations).toHaveLength(1);
    expect(vm).toKeepMonotonicTime();
    expect(vm).toKeepMonotonicTime({ rateErrorPpm: 100 });
    expect(vm).toKeepTime();
    expect(vm).not.toHaveFailed('timer-early');
    expect(vm).not.toKeepMonotonicTime({ rateErrorPpm: -1 });
  });

  test('one that does not is told what, how much, where and what to try', async () => {
    const vm = await migrated('offset');
    expect(vm).toHaveFailed('counter-rate');
    expect(vm).not.toKeepTime();
    expect(vm).not.toKeepMonotonicTime({ rateErrorPpm: 1000 });
    const { pass, message } = matchers.toKeepMonotonicTime(vm, { rateErrorPpm: 1 });
    expect(pass).toBe(false);
    expect(message()).toMatch(
      /^expected the guest to keep monotonic time, its rate within 1 ppm:\n {2}counter-rate fail: .*\d\d\.\d+x its first rate.*\n {4}first at \d+ ns on vCPU 0, pc 0x\w+ \(\w+\+0x\w+\)\n {4}hint: /,
    );
    expect(() => expect(vm).toKeepTime()).toThrow(/expected the guest to keep time:\n {2}counter-rate fail/);
    expect(() => expect(vm).not.toHaveFailed('counter-rate')).toThrow(/expected counter-rate not to have failed/);
  });

  test('a migration that is refused is an error', async () => {
    const vm = await boot({ ...hello, host: '25MHz' });
    const error = await failure(vm.migrate('1GHz', { strategy: 'refuse' }));
    expect(error).toBeInstanceOf(GuestError);
    expect(error.message).toMatch(/^vm\.migrate: migration refused: .*25000000 Hz/);
    expect((await failure(vm.migrate('1GHz', { downtime: 'x' as 'paused' }))).message).toMatch(/downtime x/);
  });

  test('anything else than a VM is not judged', () => {
    expect(() => expect({}).toKeepTime()).toThrow(/not a VM of boot or restore/);
  });
});
