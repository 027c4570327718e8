import { describe, expect, it } from 'vitest';
import { PhysicalMemory } from './physical.js';

const PAGE = 4096;

/** 4 pages of RAM at 0x4000_0000, 1 of ROM; the second and the last page of RAM are to come. */
function deferred() {
  const ram = new PhysicalMemory([
    { base: 0x4000_0000, size: 4 * PAGE, host: 0x10000, writable: true },
    { base: 0x1000, size: PAGE, host: 0x8000, writable: false },
  ]);
  const put: [number, number][] = [];
  ram.defer(0x10000, Uint32Array.of(0, 7, 0, 9), (page, place) => put.push([page, place]));
  return { ram, put };
}

describe('pages that are put in place late', () => {
  it('come once, when an address in them is asked for, by either way', () => {
    const { ram, put } = deferred();
    ram.host(0x4000_0fff);
    ram.host(0x1000);
    ram.host(0x4000_4000);
    expect(put).toEqual([]);
    expect(ram.host(0x4000_1000)).toBe(0x11000);
    expect(put).toEqual([[1, 7]]);
    ram.host(0x4000_1fff);
    ram.region(0x4000_3abc);
    expect(put).toEqual([
      [1, 7],
      [3, 9],
    ]);
  });

  it('come with a range that reaches into them', () => {
    const { ram, put } = deferred();
    expect(ram.range(0x4000_2fff, 1)).toBe(0x12fff);
    expect(put).toEqual([]);
    expect(ram.range(0x4000_0ffc, 8)).toBe(0x10ffc);
    expect(put).toEqual([[1, 7]]);
    expect(ram.range(0x4000_2ffc, 0x1005)).toBe(-1);
    expect(ram.range(0x4000_2ffc, 0x1004)).toBe(0x12ffc);
    expect(put).toEqual([
      [1, 7],
      [3, 9],
    ]);
    expect(ram.range(0x0ffc, 8)).toBe(-1);
  });

  it('come all together for who looks at many', () => {
    const { ram, put } = deferred();
    ram.host(0x4000_3000);
    ram.complete();
    ram.complete();
    ram.host(0x4000_1000);
    expect(put).toEqual([
      [3, 9],
      [1, 7],
    ]);
  });
});
