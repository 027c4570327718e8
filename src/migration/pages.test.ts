import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inMemory } from './container.js';
import { BadSnapshot } from './errors.js';
import { encodePages, findPages, isZeroPage, PAGE } from './pages.js';

fc.configureGlobal({ seed: 1 });

const SIZE = 16 * PAGE;

/** A memory with single bytes set. */
const memoryWith = (bytes: readonly (readonly [number, number])[]): Uint8Array => {
  const memory = new Uint8Array(SIZE);
  for (const [at, value] of bytes) memory[at] = value;
  return memory;
};
const memories = fc
  .array(fc.tuple(fc.integer({ min: 0, max: SIZE - 1 }), fc.integer({ min: 1, max: 255 })), { maxLength: 8 })
  .map(memoryWith);

describe('pages', () => {
  it('give back the memory', () => {
    fc.assert(
      fc.property(memories, (memory) => {
        const pages = encodePages(memory);
        const { numbers, contents } = findPages(inMemory(pages), SIZE);
        const copy = new Uint8Array(SIZE);
        numbers.forEach((page, index) => copy.set(contents(index), page * PAGE));
        expect(Buffer.compare(copy, memory)).toBe(0);
      }),
    );
  });

  it('are only those that hold something, wherever in the page it is', () => {
    expect(encodePages(new Uint8Array(SIZE))).toHaveLength(8);
    for (const at of [0, 1, 7, 8, PAGE - 1, 3 * PAGE + 17, SIZE - 1]) {
      expect(encodePages(memoryWith([[at, 0x80]]))).toHaveLength(8 + 4 + PAGE);
    }
    expect(isZeroPage(new Int32Array(PAGE / 2), PAGE)).toBe(true);
  });

  const good = encodePages(
    memoryWith(
      [
        [PAGE, 1],
        [2 * PAGE, 2],
      ].map(([a, b]): [number, number] => [a!, b!]),
    ),
  );
  it.each<[string, (bytes: Uint8Array, view: DataView) => Uint8Array | undefined, RegExp]>([
    ['nothing', () => new Uint8Array(0), /cut off/],
    ['half a page', (b) => b.subarray(0, 100), /cut off/],
    ['another size', (_b, v) => void v.setBigUint64(0, 1n << 62n, true), /memory of 4611686018427387904 bytes/],
    ['a page outside', (_b, v) => void v.setUint32(8 + 4 + PAGE, 16, true), /page 16 is out of place/],
    ['a page far outside', (_b, v) => void v.setUint32(8 + 4 + PAGE, 0xffff_ffff, true), /out of place/],
    ['a page twice', (_b, v) => void v.setUint32(8 + 4 + PAGE, 1, true), /page 1 is out of place/],
    ['pages out of order', (_b, v) => void v.setUint32(8, 9, true), /page 2 is out of place/],
  ])('are refused where they are %s', (_name, change, message) => {
    const bytes = good.slice();
    const changed = change(bytes, new DataView(bytes.buffer)) ?? bytes;
    expect(() => findPages(inMemory(changed), SIZE)).toThrow(BadSnapshot);
    expect(() => findPages(inMemory(changed), SIZE)).toThrow(message);
  });
});
