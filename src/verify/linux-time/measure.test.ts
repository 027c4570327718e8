import { describe, expect, it } from 'vitest';
import type { MigrationRecord } from '../../migration/migrate.js';
import { LinuxTimeLog, measureLinuxTime } from './index.js';

const MS = 1_000_000_000n;

/** A log whose counter counts true microseconds. */
const logOf = (lines: readonly string[]): LinuxTimeLog => {
  const log = new LinuxTimeLog((counter) => (counter < 10n ** 9n ? counter * 1_000_000n : undefined));
  for (const line of lines) log.line(line);
  return log;
};

const migration = (stop: bigint, resume: bigint, hidden: bigint): MigrationRecord =>
  ({ stop: stop * MS, resume: resume * MS, hidden: hidden * MS }) as MigrationRecord;

describe('the measure', () => {
  it('tells rate, step, early and late from true time without what is hidden', () => {
    const log = logOf([
      'noise',
      'S 0 0 0 1000 3',
      'S 1 10000 10000000 10001000 3',
      // The clock stands still from 10 ms to 15 ms, has lost 1 ms more, and runs twice as fast.
      'S 2 16000 11000000 11001000 4',
      'S 3 20000 19000000 19001000 5',
      'N 0 9000 10000000',
      'F 0 10200 10000000',
      'X 9000 20000 10000000',
      'END',
    ]);
    const result = measureLinuxTime(log, [migration(10n, 15n, 5n)], 20n * MS);
    expect(result.rates).toEqual([1, 2]);
    expect(result.stepsNs).toEqual([-1_000_000]);
    expect(result).toMatchObject({ early: 2, waits: 3, earlyNs: 4_000_000, lateNs: 200_000, ended: true });
    expect(result).toMatchObject({ realtimeOffNs: -1_000_000, stealMs: 20, stolenMs: 20 });
  });

  it('says nothing of a host on which nothing was read, and does not believe a value that was never read', () => {
    const result = measureLinuxTime(logOf(['S 0 0 0 0 0', 'S 1 5 5000 5000 0']), [migration(10n, 15n, 5n)], 0n);
    expect(result).toMatchObject({ rates: [1, null], stepsNs: [null], ended: false });
    expect(() => logOf(['S 0 2000000000 0 0 0'])).toThrow('never read');
  });
});
