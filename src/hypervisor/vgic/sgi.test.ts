import { describe, expect, test } from 'vitest';
import { sgiTargets } from './sgi.js';

const IRM = 1n << 40n;

describe('SGI targets', () => {
  test('a bit of the target list names Aff0 within the cluster', () => {
    expect(sgiTargets(0b0100n, 0, 2, 2)).toBe(true);
    expect(sgiTargets(0b0100n, 0, 3, 3)).toBe(false);
    expect(sgiTargets(0b0100n | (1n << 16n), 0, 2, 2)).toBe(false);
    expect(sgiTargets(0b0100n | (1n << 16n), 0, 2, 0x102)).toBe(true);
  });

  test('all affinity levels count', () => {
    const value = (0xa5n << 48n) | (0x5an << 32n) | (0xc3n << 16n) | 1n;
    expect(sgiTargets(value, 0, 1, 0xa55ac300)).toBe(true);
    for (const other of [0xa45ac300, 0xa55bc300, 0xa55ac200, 0xa55ac301])
      expect(sgiTargets(value, 0, 1, other)).toBe(false);
  });

  test('the range selector takes Aff0 in steps of 16', () => {
    const value = (3n << 44n) | (1n << 5n);
    expect(sgiTargets(value, 0, 1, 0x35)).toBe(true);
    expect(sgiTargets(value, 0, 1, 0x05)).toBe(false);
  });

  test('IRM names all but the sender, whatever the list says', () => {
    expect(sgiTargets(IRM, 1, 0, 0)).toBe(true);
    expect(sgiTargets(IRM | 0b10n, 1, 1, 1)).toBe(false);
  });
});
