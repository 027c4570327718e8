import { describe, expect, it } from 'vitest';
import { formatMemorySize, parseMemorySize } from './memory-size.js';

describe('memory sizes', () => {
  it.each<[string, bigint]>([
    ['512M', 512n << 20n],
    ['512MiB', 512n << 20n],
    ['2gb', 2n << 30n],
    ['64k', 65536n],
    ['1T', 1n << 40n],
    ['0x20000000', 0x2000_0000n],
    ['4096', 4096n],
    ['4096B', 4096n],
    [' 1M ', 1n << 20n],
  ])('%s', (text, bytes) => {
    expect(parseMemorySize(text)).toBe(bytes);
  });

  it.each(['', 'M', '1.5G', '-1M', '1e9', '512 M', '1MM', '0x', '9'.repeat(30), '512M\n512M'])('refuses %j', (text) => {
    expect(() => parseMemorySize(text, '--size')).toThrow(RangeError);
    expect(() => parseMemorySize(text, '--size')).toThrow(/^--size ".*": not a size/);
  });

  it('are written so that they are read again', () => {
    const sizes = {
      '512M': 512n << 20n,
      '1G': 1n << 30n,
      '1025K': 1025n << 10n,
      '0': 0n,
      '7': 7n,
      '1536M': 1536n << 20n,
    };
    for (const [text, bytes] of Object.entries(sizes)) {
      expect(formatMemorySize(bytes)).toBe(text);
      expect(parseMemorySize(text)).toBe(bytes);
    }
  });
});
