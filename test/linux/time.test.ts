/** What an unmodified Debian kernel sees of time under each strategy: `cv-time` (guests/linux-time) against true time. */
import { describe, expect, test } from 'vitest';
import { linuxTimeRuns } from '../../src/cli/linux-time.js';
import { parseHost } from '../../src/host/frequency.js';
import type { LinuxTimeCase } from '../../src/verify/linux-time/index.js';
import { linuxTimeRow } from '../../src/verify/linux-time/index.js';
import { debian } from './debian.js';

const found = await debian();
const hosts = ['freq=1GHz,start=123456789,cntsc=1', 'freq=19.2MHz,start=77,cntsc=1'].map((text) => parseHost(text));
const CASES: LinuxTimeCase[] = [
  { strategy: 'offset', policy: 'paused', hosts },
  { strategy: 'trap', policy: 'stolen', hosts },
  { strategy: 'scaled', policy: 'paused', hosts },
  { strategy: 'lpt', policy: 'paused', hosts },
  { strategy: 'refuse', policy: 'paused', hosts },
];

describe.skipIf(!found.image)(
  found.image ? 'Debian 12 over 25 MHz -> 1 GHz -> 19.2 MHz' : `no Debian image: ${found.reason}`,
  () => {
    test('keeps time under trap and scaled, not under offset, and is lost under lpt', { timeout: 600_000 }, () => {
      const runs = [...linuxTimeRuns(found.image!.kernel, found.image!.initrd, CASES)];
      const [offset, trap, scaled, lpt, refuse] = runs.map(([, run]) => run);

      expect(offset!.rates[0]).toBeCloseTo(1, 5);
      expect(offset!.rates[1]).toBeCloseTo(40, 2);
      expect(offset!.rates[2]).toBeCloseTo(0.768, 4);
      expect(offset!.early).toBeGreaterThan(30);
      expect(offset!.ended).toBe(true);

      // Between the program's read of CNTVCT and the kernel's, some hundred instructions pass: less than a microsecond.
      for (const run of [trap!, scaled!]) {
        expect(run.rates).toHaveLength(3);
        expect(run.early).toBe(0);
        expect(run.ended).toBe(true);
        for (const ns of run.stepsNs) expect(Math.abs(ns!)).toBeLessThan(1000);
      }
      for (const rate of trap!.rates) expect(Math.abs(rate! - 1)).toBeLessThan(0.5e-6);
      expect((scaled!.rates[1]! - 1) * 1e6).toBeCloseTo(-0.95, 0);
      expect(scaled!.migrations.map((m) => m.rateErrorPpb)).toEqual([-953.674, -15.258]);

      // Stolen: the clocks include the stops, and /proc/stat says whose they were, in ticks of 10 ms.
      expect(Math.abs(trap!.realtimeOffNs!)).toBeLessThan(1000);
      expect(trap!.stolenMs).toBeCloseTo(200, 0);
      expect(Math.abs(trap!.stealMs - trap!.stolenMs)).toBeLessThanOrEqual(10);
      // Paused: they do not.
      expect(scaled!.realtimeOffNs! / -1e6).toBeCloseTo(200, 1);
      expect(scaled!.stealMs).toBe(0);

      expect(lpt!.stepsNs[0]).toBeGreaterThan(1e9);
      expect(lpt!.ended).toBe(false);
      expect(refuse!.refusals).toHaveLength(2);
      expect(refuse!.migrations).toEqual([]);
      for (const [one, run] of runs) expect(linuxTimeRow(one, run)).toHaveLength(8);
    });
  },
);
