import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GenericTimer, resetTimerState } from '../../arch/timer/generic-timer.js';
import { HostCounter } from '../../host/counter.js';
import { parseHost } from '../../host/frequency.js';
import { nextTimerDeadline, nextTimerEvent, timerLines } from './vtimer.js';

fc.configureGlobal({ seed: 1 });

describe('timer lines and deadlines in host time', () => {
  it('rises at the deadline and not one picosecond before', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('19.2MHz', 'freq=25MHz,ppm=30,start=123456', '1GHz', 'freq=121.875MHz,ppm=-7.125', '1Hz'),
        fc.bigInt({ min: 0n, max: 10n ** 16n }),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.boolean(),
        (host, now, ticks, physical) => {
          const counter = new HostCounter(parseHost(host));
          const timer = new GenericTimer(resetTimerState(counter.count(now) - 77n));
          const count = counter.count(now);
          const names = physical
            ? (['CNTP_CVAL_EL0', 'CNTP_CTL_EL0'] as const)
            : (['CNTV_CVAL_EL0', 'CNTV_CTL_EL0'] as const);
          timer.write(names[0], (physical ? count : 77n) + ticks, count);
          timer.write(names[1], 1n, count);
          const deadline = nextTimerDeadline(timer, counter, now)!;
          expect(deadline).toBeGreaterThan(now);
          expect(timerLines(timer, counter, deadline)).toEqual({ virtual: !physical, physical });
          expect(timerLines(timer, counter, deadline - 1n)).toEqual({ virtual: false, physical: false });
          expect(nextTimerDeadline(timer, counter, deadline)).toBeNull();
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('knows the next event of the event stream', () => {
    const counter = new HostCounter(parseHost('25MHz'));
    const timer = new GenericTimer({ ...resetTimerState(), cntkctl: 0x94n });
    expect(nextTimerEvent(timer, counter, 0n)).toBe(512n * 40_000n);
    expect(nextTimerEvent(timer, counter, 512n * 40_000n)).toBe(1536n * 40_000n);
    expect(nextTimerEvent(new GenericTimer(), counter, 0n)).toBeNull();
  });
});
