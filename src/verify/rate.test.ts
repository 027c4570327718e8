import { describe, expect, it } from 'vitest';
import { rateText } from './rate.js';

describe('a rate in words', () => {
  it.each([
    [39.999878, 0.0003, '40.000'],
    [39.999999, 0.000004, '40.00000'],
    [40.000003, 0.000004, '40.00000'],
    [39.9999996, 0.0000005, '40.000000'],
    [0.0250000001, 1e-12, '0.025000'],
    [40.4, 3, '40'],
  ])('%d, known to %d, is %s', (ratio, uncertainty, text) => expect(rateText(ratio, uncertainty)).toBe(text));

  it('is right for whatever ticks the two ends of a measurement lose', () => {
    for (let n = 1000; n < 1e8; n = Math.round(n * 1.7)) {
      for (const lost of [-1, -0.5, 0, 0.5, 1]) {
        expect(Number(rateText((40 * n + lost) / n, 1 / n))).toBe(40);
      }
    }
  });
});
