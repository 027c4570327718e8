import { describe, expect, it } from 'vitest';
import { guestMachine, runToEnd } from '../../test/support/machine.js';
import { parseHost } from '../host/frequency.js';
import { Session, type SessionEvent } from './session.js';
import { parseWhen } from './when.js';

const MS = 1_000_000_000n;
const B_SELF = 0x14000000;

/** Machine that loops for ever. */
function looping() {
  const machine = guestMachine('hello');
  const ram = machine.vm.memory()[0]!.bytes;
  new Uint32Array(ram.buffer, ram.byteOffset, 1)[0] = B_SELF;
  machine.vm.psci.start(0, 0x4000_0000n, 0n);
  return machine;
}

const at = (text: string) => parseWhen(text, 'test');
const stopAt = (text: string): SessionEvent => ({ when: at(text), action: { kind: 'stop' } });

describe('events', () => {
  it('happen once each, at their instants, in the order of time', () => {
    const machine = looping();
    const { host } = machine;
    const heard: [string, bigint, number][] = [];
    const call = (name: string, when: string): SessionEvent => ({
      when: at(when),
      action: { kind: 'call', run: () => void heard.push([name, host.now(), host.instructions]) },
    });
    const events = [
      call('c', 't=2ms'),
      call('a', 'insn=5'),
      stopAt('t=3ms'),
      call('b', 't=1ms'),
      call('d', 'insn=2000001'),
    ];
    expect(new Session(machine, events, () => {}).run()).toBe('stopped');
    expect(heard).toEqual([
      ['a', 5000n, 5],
      ['b', MS, 1_000_000],
      ['c', 2n * MS, 2_000_000],
      ['d', 2n * MS + 1000n, 2_000_001],
    ]);
    expect(host.now()).toBe(3n * MS);
  });

  it('that are past happen at once', () => {
    const machine = looping();
    machine.host.run({ instructions: 100 });
    expect(new Session(machine, [stopAt('insn=50')], () => {}).run()).toBe('stopped');
    expect(machine.host.instructions).toBe(100);
  });

  it('can be added on the way, and those that did not happen are told', () => {
    const machine = looping();
    const session = new Session(machine, [stopAt('t=9ms')], () => {});
    session.schedule(stopAt('t=1ms'));
    expect(session.run()).toBe('stopped');
    expect(session.pending).toEqual([stopAt('t=9ms')]);
  });

  it('leave control to a poll between them', () => {
    const machine = looping();
    const session = new Session(machine, [stopAt('insn=1000000')], () => {});
    expect(session.run(() => true)).toBe('yielded');
    expect(machine.host.instructions).toBeLessThan(1_000_000);
    expect(session.run()).toBe('stopped');
    expect(machine.host.instructions).toBe(1_000_000);
  });
});

describe('the console', () => {
  it('makes an event behind the character that completes the match', () => {
    const { status, console } = runToEnd(guestMachine('hello'), [stopAt('console=/hello from E/')]);
    expect(status).toBe('stopped');
    expect(console).toMatch(/hello from E$/);
  });

  it('is matched line by line', () => {
    const { status } = runToEnd(guestMachine('hello'), [stopAt('console=/13\\s+hello/')]);
    expect(status).not.toBe('stopped');
    const anchored = runToEnd(guestMachine('hello'), [stopAt('console=/^hello from EL1/')]);
    expect(anchored.status).toBe('stopped');
  });

  it('takes what is typed', () => {
    const machine = looping();
    const type: SessionEvent = { when: at('insn=7'), action: { kind: 'type', text: 'hé\n' } };
    const session = new Session(machine, [type, stopAt('insn=8')], () => {});
    session.run();
    session.type(Uint8Array.of(0x21));
    const { rxFifo, rxQueue } = machine.vm.board.uart.save();
    expect([...rxFifo, ...rxQueue]).toEqual([0x68, 0xc3, 0xa9, 0x0a, 0x21]);
  });
});

describe('the power key', () => {
  it('goes down and, 100 ms later, up', () => {
    const machine = looping();
    const down = (): number => machine.vm.board.gpio.save().inputs & 8;
    const key: SessionEvent = { when: at('t=1ms'), action: { kind: 'power-key', down: true } };
    const look = (when: string, held: number[]): SessionEvent => ({
      when: at(when),
      action: { kind: 'call', run: () => void held.push(down()) },
    });
    const held: number[] = [];
    const looks = ['t=999us', 't=1.001ms', 't=100.999ms', 't=101.001ms'].map((when) => look(when, held));
    new Session(machine, [key, ...looks, stopAt('t=102ms')], () => {}).run();
    expect(held).toEqual([0, 8, 8, 0]);
  });
});

describe('migrations', () => {
  const to = parseHost('1GHz');

  it('are recorded, and told', () => {
    const machine = looping();
    const migrate: SessionEvent = {
      when: at('t=1ms'),
      action: { kind: 'migrate', to, strategy: 'offset', downtime: 5n * MS },
    };
    const session = new Session(machine, [migrate, stopAt('t=7ms')], () => {});
    let told = 0;
    session.onMigration = () => told++;
    expect(session.run()).toBe('stopped');
    expect(told).toBe(1);
    expect(session.migrations).toMatchObject([{ stop: MS, resume: 6n * MS, instructions: 1_000_000, to }]);
    expect(machine.host.counter.freqHz).toBe(1_000_000_000);
  });

  it('that are refused are told, and the run goes on where it was', () => {
    const machine = looping();
    const migrate: SessionEvent = {
      when: at('t=1ms'),
      action: { kind: 'migrate', to, strategy: 'refuse', downtime: 5n * MS },
    };
    const session = new Session(machine, [migrate, stopAt('t=2ms')], () => {});
    const heard: string[] = [];
    session.onRefusal = (message) => heard.push(message);
    expect(session.run()).toBe('stopped');
    expect(session.migrations).toEqual([]);
    expect(heard).toEqual([expect.stringMatching(/^migration refused: .*1000000000 Hz.*25000000 Hz/)]);
    expect(session.refusals).toEqual(heard);
    expect(machine.host.now()).toBe(2n * MS);
  });
});
