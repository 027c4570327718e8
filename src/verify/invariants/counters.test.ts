import { describe, expect, it } from 'vitest';
import { judge } from '../../../test/support/play.js';
import { counterAgreement } from './counter-agreement.js';
import { counterMonotonic } from './counter-monotonic.js';
import { counterRate } from './counter-rate.js';
import { counterStep } from './counter-step.js';
import { downtime } from './downtime.js';
import { pvContinuity } from './pv-continuity.js';
import { pvMonotonic } from './pv-monotonic.js';
import { pvRate } from './pv-rate.js';

const MS = 1_000_000_000n;
const SLOW = { name: '25MHz', freqHz: 25_000_000, ppm: 0 };
const FAST = { name: '1GHz', freqHz: 1_000_000_000, ppm: 0 };

const read = (time: bigint, value: bigint, more: object = {}) =>
  ({ kind: 'counter-read', register: 'CNTVCT_EL0', offset: 0n, time, value, ...more }) as const;

/** A migration at 10 ms that stops the guest for 5 ms; counters of both vCPUs before and after. */
function migration(after: readonly bigint[], more: object = {}) {
  const views = (list: readonly bigint[]) => list.map((virtual) => ({ virtual, physical: virtual }));
  const hosts = { from: SLOW, to: SLOW, strategy: 'offset', freqHz: 25_000_000 };
  return [
    { kind: 'migration-stop', time: 10n * MS, ...hosts, counters: views([250_000n, 250_000n]) },
    {
      kind: 'migration-resume',
      ...hosts,
      time: 15n * MS,
      stop: 10n * MS,
      hidden: 5n * MS,
      stolen: 0n,
      pvBefore: null,
      pvAfter: null,
      counters: views(after),
      ...more,
    },
  ] as const;
}

describe('counter-monotonic', () => {
  it('passes reads that grow or stay, and has nothing to say without reads', () => {
    expect(judge(counterMonotonic, [read(1n, 5n), read(2n, 5n, { vcpu: 1 }), read(3n, 6n)]).status).toBe('pass');
    expect(judge(counterMonotonic, []).status).toBe('not-applicable');
  });

  it('fails a step back on one vCPU, and one across vCPUs, and says where', () => {
    const verdict = judge(counterMonotonic, [read(1n, 9n), read(7_000n, 4n, { pc: 0x40n })]);
    expect(verdict).toMatchObject({ status: 'fail', value: 1, first: { timeNs: 7, vcpu: 0, pc: '0x40' } });
    expect(judge(counterMonotonic, [read(1n, 9n), read(2n, 8n, { vcpu: 1 })]).first!.vcpu).toBe(1);
    // vCPU 1 hides it from a look at the last value alone.
    expect(judge(counterMonotonic, [read(1n, 9n), read(2n, 5n, { vcpu: 1 }), read(3n, 7n)]).value).toBe(2);
  });

  it('leaves a guest that converts to pv-monotonic, from when it can', () => {
    const given = { kind: 'lpt-given' } as const;
    expect(judge(counterMonotonic, [given, read(1n, 9n), read(2n, 4n)]).status).toBe('not-applicable');
    expect(judge(counterMonotonic, [read(1n, 9n), read(2n, 4n), given]).status).toBe('fail');
  });
});

describe('counter-agreement', () => {
  it('passes equal offsets and fails one vCPU with another', () => {
    const reads = (offset: bigint) => [read(1n, 5n, { offset: 3n }), read(2n, 6n, { offset, vcpu: 1 })];
    expect(judge(counterAgreement, reads(3n)).status).toBe('pass');
    expect(judge(counterAgreement, reads(5n))).toMatchObject({ status: 'fail', value: 2, first: { vcpu: 1 } });
    expect(judge(counterAgreement, reads(5n), { vcpus: 1, stolen: [0n] }).status).toBe('not-applicable');
  });

  it('compares at a migration, too, and forgets the old host’s offset there', () => {
    const apart = migration([250_000n, 260_000n]);
    expect(judge(counterAgreement, apart)).toMatchObject({ status: 'fail', value: 10_000, first: { vcpu: 1 } });
    const moved = [
      read(1n, 5n, { offset: 3n }),
      ...migration([250_000n, 250_000n]),
      read(2n, 6n, { offset: 9n, vcpu: 1 }),
    ];
    expect(judge(counterAgreement, moved).status).toBe('pass');
  });
});

describe('counter-rate', () => {
  it('passes a counter that runs as its host, to a tick at each end', () => {
    expect(judge(counterRate, [read(0n, 0n), read(40n * MS, 1_000_001n)]).status).toBe('pass');
  });

  it('fails one that does not, on the first host as behind a migration', () => {
    expect(judge(counterRate, [read(0n, 0n), read(40n * MS, 40_000_000n)])).toMatchObject({
      status: 'fail',
      value: 40,
    });
    const moved = [
      read(0n, 0n),
      read(10n * MS, 250_000n),
      ...migration([250_000n, 250_000n], { to: FAST, freqHz: FAST.freqHz }),
      read(15n * MS, 250_000n, { vcpu: 1, pc: 0x77n }),
      read(16n * MS, 1_250_000n),
    ];
    expect(judge(counterRate, moved)).toMatchObject({
      status: 'fail',
      value: 40,
      first: { timeNs: 15_000_000, vcpu: 1, pc: '0x77' },
    });
  });

  it('leaves a guest that converts to pv-rate', () => {
    const events = [{ kind: 'lpt-given' } as const, read(0n, 0n), read(40n * MS, 40_000_000n)];
    expect(judge(counterRate, events).status).toBe('not-applicable');
  });
});

describe('counter-step and downtime', () => {
  it('pass a counter that stands still where the stop is hidden', () => {
    const still = migration([250_000n, 250_000n]);
    expect(judge(counterStep, still)).toMatchObject({ status: 'pass', value: 0 });
    expect(judge(downtime, still)).toMatchObject({ status: 'pass', value: 0 });
  });

  it('pass one that shows the stop where it is guest time', () => {
    const elapsed = migration([375_000n, 375_000n], { hidden: 0n });
    expect(judge(counterStep, elapsed).status).toBe('pass');
    expect(judge(downtime, elapsed).status).toBe('pass');
  });

  it('tell a stop that is seen though hidden, or hidden though guest time, from a step', () => {
    for (const [after, hidden] of [
      [375_000n, 5n * MS],
      [250_000n, 0n],
    ] as const) {
      const events = migration([after, after], { hidden });
      expect(judge(counterStep, events).status).toBe('pass');
      expect(judge(downtime, events)).toMatchObject({ status: 'fail', value: 5_000_000, unit: 'ns' });
    }
  });

  it('fail a step back and one beyond the stop, in ns', () => {
    const back = migration([250_000n, 225_000n]);
    expect(judge(counterStep, back)).toMatchObject({ status: 'fail', value: -1_000_000, first: { vcpu: 1 } });
    expect(judge(downtime, back).status).toBe('pass');
    const forward = migration([500_000n, 500_000n]);
    expect(judge(counterStep, forward)).toMatchObject({ status: 'fail', value: 5_000_000 });
    expect(judge(downtime, forward).status).toBe('not-applicable');
  });

  it('do not apply without a migration, nor the step to a guest that converts', () => {
    expect(judge(counterStep, []).status).toBe('not-applicable');
    expect(judge(downtime, []).status).toBe('not-applicable');
    const events = [{ kind: 'lpt-given' } as const, ...migration([500_000n, 500_000n])];
    expect(judge(counterStep, events).status).toBe('not-applicable');
  });
});

describe('the PV counter', () => {
  const given = { kind: 'lpt-given' } as const;
  const pvRead = (time: bigint, pv: bigint) => read(time, 1n, { pv: () => pv });

  it('is monotonic or not', () => {
    expect(judge(pvMonotonic, [given, pvRead(1n, 5n), pvRead(2n, 5n)]).status).toBe('pass');
    expect(judge(pvMonotonic, [given, pvRead(1n, 5n), pvRead(2n, 3n)])).toMatchObject({ status: 'fail', value: 1 });
    expect(judge(pvMonotonic, [pvRead(1n, 5n), pvRead(2n, 3n)]).status).toBe('not-applicable');
  });

  it('has its rate, hidden time left out, or not', () => {
    const over = (pv: bigint) => [given, pvRead(0n, 0n), ...migration([1n, 1n]), pvRead(105n * MS, pv)];
    expect(judge(pvRate, over(10_000_000n)).status).toBe('pass');
    expect(judge(pvRate, over(10_500_000n))).toMatchObject({ status: 'fail', value: 50_000_000 });
  });

  it('goes on over a migration, or steps', () => {
    const over = (pvAfter: bigint) => [given, ...migration([1n, 1n], { pvBefore: 1_000n, pvAfter })];
    // A tick of 25 MHz is four of 100 MHz; two roundings more.
    expect(judge(pvContinuity, over(1_006n)).status).toBe('pass');
    expect(judge(pvContinuity, over(1_007n))).toMatchObject({ status: 'fail', value: 70, bound: 60 });
    expect(judge(pvContinuity, over(999n)).status).toBe('fail');
    expect(judge(pvContinuity, over(1_000n).slice(1)).status).toBe('not-applicable');
  });
});
