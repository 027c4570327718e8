import { describe, expect, it } from 'vitest';
import { symbolize } from './symbols.js';

const symbols = [
  { name: 'first', value: 0x100n, size: 0x10n },
  { name: 'open', value: 0x200n, size: 0n },
  { name: 'high', value: 0xffff_ffff_ffff_ff00n, size: 0x80n },
];

describe('symbolize', () => {
  it.each<[bigint, string | undefined, bigint]>([
    [0xffn, undefined, 0n],
    [0x100n, 'first', 0n],
    [0x10fn, 'first', 0xfn],
    [0x110n, undefined, 0n],
    [0x1_0000n, 'open', 0xfe00n],
    [0xffff_ffff_ffff_ff7fn, 'high', 0x7fn],
    [0xffff_ffff_ffff_ff80n, undefined, 0n],
  ])('0x%x', (address, name, offset) => {
    expect(symbolize(symbols, address)).toEqual(name === undefined ? undefined : { name, offset });
  });

  it('finds nothing among nothing', () => {
    expect(symbolize([], 5n)).toBeUndefined();
  });
});
