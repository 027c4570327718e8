import { describe, expect, it } from 'vitest';
import { TRACE_KINDS, TraceStream } from './index.js';
import type { TraceSource } from './live.js';

let asked = 0;
const source: TraceSource = {
  now: () => BigInt(++asked),
  pc: () => 0x40n,
  pv: () => 7n,
  counter: () => 9n,
  timerCondition: () => true,
  timerHeld: () => 0n,
  masked: () => false,
  deliverable: () => true,
  priorityOf: () => 256,
};

describe('a stream', () => {
  it('tells every listener of a kind, in order, until it goes', () => {
    const stream = new TraceStream(source);
    const heard: string[] = [];
    const leave = ['a', 'b', 'c', 'd'].map((name) =>
      stream.listen({ wait: (e) => void heard.push(`${name}${e.vcpu}${e.instruction}`) }),
    );
    stream.wait(1, 'wfe');
    expect(heard.splice(0)).toEqual(['a1wfe', 'b1wfe', 'c1wfe', 'd1wfe']);
    leave[1]!();
    stream.wait(0, 'wfi');
    expect(heard.splice(0)).toEqual(['a0wfi', 'c0wfi', 'd0wfi']);
    for (const go of leave) go();
    stream.wait(0, 'wfi');
    expect(heard).toEqual([]);
    expect(stream.hears('wait')).toBe(false);
  });

  it('asks for time and pc only where a listener does', () => {
    const stream = new TraceStream(source);
    const before = asked;
    stream.listen({ acknowledged: () => {} });
    stream.acknowledged(0, 27, 0xa0, 0xff);
    expect(asked).toBe(before);
    stream.listen({ acknowledged: (e) => expect([e.time, e.pc]).toEqual([BigInt(before + 1), 0x40n]) });
    stream.acknowledged(0, 27, 0xa0, 0xff);
    expect(asked).toBe(before + 1);
  });

  it('keeps slices from those who want none, but for stolen time, unless another listener wants all', () => {
    const stream = new TraceStream(source);
    const heard: string[] = [];
    const [mine, other] = [{ wanted: 0 }, { wanted: 0 }];
    const leave = stream.listen({ activity: (e) => void heard.push(e.activity) }, mine);
    stream.listen({ activity: () => {} }, other);
    const slices = (): string[] => {
      for (const activity of ['running', 'idle', 'stolen'] as const) stream.activity(0, activity, 0n, 1n, false);
      return heard.splice(0);
    };
    expect(slices()).toEqual(['stolen']);
    other.wanted = 1;
    expect(slices()).toEqual(['running', 'idle', 'stolen']);
    other.wanted = 0;
    const all = stream.listen({ activity: () => {} });
    expect(slices()).toEqual(['running', 'idle', 'stolen']);
    all();
    expect(slices()).toEqual(['stolen']);
    leave();
    mine.wanted = 1;
    expect(slices()).toEqual([]);
  });

  it('is silent for a debugger, and goes on afterwards', () => {
    const stream = new TraceStream(source);
    let heard = 0;
    stream.listen(Object.fromEntries(TRACE_KINDS.map((kind) => [kind, () => void heard++])));
    stream.silently(() => stream.lptGiven(0));
    expect(() =>
      stream.silently(() => {
        throw new Error('look');
      }),
    ).toThrow('look');
    expect(heard).toBe(0);
    stream.lptGiven(0);
    expect(heard).toBe(1);
  });
});
