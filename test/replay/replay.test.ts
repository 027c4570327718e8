/** A replay is the recorded run bit for bit, on either engine, from its start or from any snapshot of it; or says not. */
import { describe, expect, test } from 'vitest';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { type LogRecord, readLog } from '../../src/verify/replay/index.js';
import { parseWhen } from '../../src/verify/when.js';
import { Random } from '../conformance/random.js';
import { guestMachine, type MachineOptions } from '../support/machine.js';
import { record, replay, sealed } from './tape.js';

const CASES: [string, MachineOptions, number?][] = [
  ['smp', { vcpus: 3, cpu: 'neoverse-n1' }],
  ['steal', { vcpus: 2, steal: ['vcpu=0 every=1ms for=300us', 'vcpu=1 every=700us for=100us jitter=200us'] }, 1e7],
  ['ticks', { bootargs: 'exit=semihosting rounds=1 long=4 lines=0' }, 1e7],
  ['clock', { lpt: true, bootargs: 'exit=semihosting lpt=on every=0 samples=400' }],
  ['gic', { vcpus: 2, listRegisters: 1 }],
];

const stopAt = (instructions: number) =>
  [{ when: { kind: 'instructions', count: instructions }, action: { kind: 'stop' } }] as const;

describe.each(CASES)('%s %j', (guest, options, every = 700_001) => {
  const recorded = record(guestMachine(guest, options), { random: new Random(7), every });

  test('the log has what came from outside, and checkpoints', () => {
    const kinds = new Set(recorded.log.records.map((r) => (r.kind === 'input' ? r.action.kind : r.kind)));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['receive', 'follow', 'migrate', 'power-key', 'checkpoint', 'end']),
    );
    expect(recorded.log.cut).toBe(false);
  });

  test.each(['interp', 'jit'] as const)('a replay is the same run on %s', (engine) => {
    const again = replay(guestMachine(guest, { ...options, engine }), recorded.log);
    expect(again.verdict).toMatchObject({ name: 'state-hash', status: 'pass' });
    expect(again.complete).toBe(true);
    expect(again.end?.hash).toBe(recorded.hash);
    expect([again.hash, again.console, again.status]).toEqual([recorded.hash, recorded.console, recorded.status]);
  });

  test('a snapshot taken at any instant of a replay goes on as the recorded run', () => {
    const random = new Random(11);
    const last = recorded.log.records.at(-1)!;
    for (let n = 0; n < 5; n++) {
      const at = random.word() % last.instructions;
      const first = guestMachine(guest, options);
      const begun = replay(first, recorded.log, { events: stopAt(at) });
      expect([begun.complete, begun.verdict.status]).toEqual([false, 'pass']);
      expect(begun.verdict.text).toMatch(/stopped before the log's end/);
      const second = restoreSnapshot(saveSnapshot(first), n % 2 ? 'jit' : 'interp');
      const rest = replay(second, recorded.log, { resumed: true });
      expect(rest.verdict).toMatchObject({ status: 'pass' });
      expect([rest.complete, rest.hash]).toEqual([true, recorded.hash]);
      expect(begun.console + rest.console).toBe(recorded.console);
    }
  });

  test('a snapshot taken at the very instant of an input holds it', () => {
    const inputs = recorded.log.records.filter((r) => r.kind === 'input');
    for (const { time } of inputs.filter((_, i) => i % 13 === 3)) {
      const first = guestMachine(guest, options);
      let snapshot: Uint8Array | null = null;
      const run = (): void => {
        snapshot = saveSnapshot(first);
      };
      const save = [{ when: { kind: 'time', at: time }, action: { kind: 'call', run } }] as const;
      expect(replay(first, recorded.log, { events: save }).complete).toBe(true);
      const rest = replay(restoreSnapshot(snapshot!, 'interp'), recorded.log, { resumed: true });
      expect([rest.complete, rest.hash]).toEqual([true, recorded.hash]);
    }
  });

  test('a recording of the replay has the same records', () => {
    const bytes = record(guestMachine(guest, options), {
      every,
      events: recorded.log.records.flatMap((r) =>
        r.kind === 'input' ? [{ when: { kind: 'time', at: r.time }, action: { ...r.action } }] : [],
      ),
    }).bytes;
    expect(Buffer.from(bytes).equals(Buffer.from(recorded.bytes))).toBe(true);
  });
});

describe('a replay that goes another way', () => {
  const options = { vcpus: 2, bootargs: 'exit=semihosting' };
  const recorded = record(guestMachine('smp', options), { random: new Random(3), every: 300_001 });
  const { header, records } = recorded.log;
  const changed = (change: (list: LogRecord[]) => LogRecord[]): ReturnType<typeof replay> =>
    replay(guestMachine('smp', options), readLog(sealed([header, ...change([...records])])));

  const first = (kind: string): number => records.findIndex((r) => r.kind === 'input' && r.action.kind === kind);

  test.each(['receive', 'follow', 'migrate'])('is seen where the log lacks a %s', (kind) => {
    const at = first(kind);
    const { verdict, complete } = changed((list) => list.filter((_, n) => n !== at));
    expect(complete).toBe(false);
    expect(verdict.status).toBe('fail');
    expect(verdict.text).toMatch(/^differs at .* \(instruction \d+\), as recorded until /);
    // In the interval from the last thing before it to the next checkpoint behind it.
    const next = records.findIndex((r, n) => n > at && r.kind === 'checkpoint');
    const until = records[next === -1 ? records.length - 1 : next]!;
    expect(verdict.first!.timeNs).toBeLessThanOrEqual(Number(until.time / 1000n));
    expect(verdict.first!.timeNs).toBeGreaterThanOrEqual(Number(records[at]!.time / 1000n));
  });

  test('is seen where counters were read against a wall clock that nobody wrote down (cases.md R1)', () => {
    const unlogged = record(guestMachine('smp', options), { random: new Random(3), every: 300_001, omit: ['follow'] });
    expect(unlogged.hash).toBe(recorded.hash);
    const { verdict } = replay(guestMachine('smp', options), unlogged.log);
    expect(verdict.status).toBe('fail');
    expect(verdict.text).toMatch(/^differs at .*, as recorded until /);
  });

  test('is seen where an input is another or at another instant', () => {
    const at = first('receive');
    const other = changed((list) => {
      const record = list[at]!;
      if (record.kind !== 'input') throw new Error('no input');
      list[at] = { ...record, action: { kind: 'receive', bytes: [1] } };
      return list;
    });
    expect(other.verdict.text).toMatch(/registers, devices or memory differ/);
    const later = changed((list) => {
      const record = list[at]!;
      if (record.kind !== 'input') throw new Error('no input');
      list[at] = { ...record, time: record.time + 1n };
      return list;
    });
    expect(later.verdict.status).toBe('fail');
  });

  test('is seen in memory alone', () => {
    const machine = guestMachine('smp', options);
    machine.vm.memory()[0]!.write(15 * 2 ** 20, Uint8Array.of(1));
    expect(replay(machine, recorded.log).verdict.status).toBe('fail');
  });

  test('is seen where the guest ends sooner or goes on', () => {
    const end = records.at(-1)!;
    if (end.kind !== 'end') throw new Error('no end');
    const sooner = changed((list) => [
      ...list.slice(0, -1),
      { ...end, time: end.time + 9n, instructions: end.instructions + 9 },
    ]);
    expect(sooner.verdict.text).toMatch(/the recorded run ended at/);
    const kept = records.slice(0, 10);
    const cut = kept.at(-1)!;
    const goesOn = changed(() => [...kept, { ...end, time: cut.time, instructions: cut.instructions }]);
    expect(goesOn.verdict.text).toMatch(/the guest goes on where it ended \(exit\)/);
    const input = {
      kind: 'input',
      time: end.time + 5n,
      instructions: end.instructions,
      action: { kind: 'stop' },
    } as const;
    const early = changed((list) => [...list.slice(0, -1), input]);
    expect(early.verdict.text).toMatch(/the guest ended \(exit\) before/);
  });
});

describe('a log that was cut off', () => {
  const recorded = record(guestMachine('smp', { vcpus: 2 }), { random: new Random(5), most: 6 });

  test('at any byte behind the header is replayed up to there', () => {
    const random = new Random(1);
    const header = sealed([recorded.log.header]).length;
    for (let n = 0; n < 8; n++) {
      const length = header + (random.word() % (recorded.bytes.length - header));
      const log = readLog(recorded.bytes.subarray(0, length));
      expect(log.cut).toBe(true);
      const machine = guestMachine('smp', { vcpus: 2 });
      const { verdict, complete, end } = replay(machine, log);
      expect([complete, end, verdict.status]).toEqual([true, null, 'pass']);
      expect(verdict.text).toMatch(/the log is cut off there/);
      const last = log.records.at(-1) ?? log.header.start;
      expect(machine.host.instructions).toBe(last.instructions);
    }
  });

  test('within the header is no log', () => {
    for (let length = 0; length < sealed([recorded.log.header]).length; length += 7) {
      expect(() => readLog(recorded.bytes.subarray(0, length))).toThrow(/^replay log: (not a|cut off before)/);
    }
  });

  test('with a byte changed anywhere in a whole record is refused', () => {
    const random = new Random(2);
    for (let n = 0; n < 200; n++) {
      const bytes = Uint8Array.from(recorded.bytes);
      const at = random.word() % bytes.length;
      bytes[at]! ^= 1 << (random.word() % 8);
      // A changed length may read as a record that was being written: the log then ends there.
      let log: ReturnType<typeof readLog> | null = null;
      try {
        log = readLog(bytes);
      } catch (error) {
        expect((error as Error).message).toMatch(/^replay log: [ -~]{1,200}$/);
      }
      if (log) expect(log.cut).toBe(true);
    }
  });
});

test('host time that does not tell instructions apart cannot be recorded', () => {
  const machine = guestMachine('smp', { vcpus: 3, ips: 1e12 });
  expect(() => record(machine)).toThrow(/--record: --ips 1000000000000 with 3 vCPUs/);
});

test('planned events are in the log, and need not be planned again', () => {
  const events = [
    { when: parseWhen('console=/^READY/', 'test'), action: { kind: 'type', text: 'hé\n' } },
    { when: parseWhen('insn=900000', 'test'), action: { kind: 'power-key', down: true } },
    { when: parseWhen('t=110ms', 'test'), action: { kind: 'stop' } },
  ] as const;
  const options = { bootargs: 'exit=semihosting every=0 samples=20000' };
  const recorded = record(guestMachine('clock', options), { events, every: 2 ** 24 });
  expect(recorded.status).toBe('stopped');
  const actions = recorded.log.records.flatMap((r) => (r.kind === 'input' ? [r.action] : []));
  expect(actions).toEqual([
    { kind: 'power-key', down: true, hold: true },
    { kind: 'type', text: 'hé\n' },
    { kind: 'power-key', down: false, hold: true },
    { kind: 'stop' },
  ]);
  const again = replay(guestMachine('clock', options), recorded.log);
  expect([again.complete, again.hash]).toEqual([true, recorded.hash]);
});
