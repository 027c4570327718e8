import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isContainer, readContainer, type Section, writeContainer } from './container.js';
import { crc32 } from './crc32.js';
import { BadSnapshot } from './errors.js';

fc.configureGlobal({ seed: 1 });

const section: fc.Arbitrary<Section> = fc.record({
  name: fc.stringMatching(/^[a-z-]{1,12}$/),
  version: fc.integer({ min: 0, max: 65535 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});
const sections = fc.array(section, { maxLength: 6 });

const sample = writeContainer([
  { name: 'host', version: 1, payload: Uint8Array.of(1, 2, 3) },
  { name: 'ram', version: 7, payload: new Uint8Array(20) },
]);
/** Offsets of the names and versions, which carry no checksum: their reader knows what they may be. */
const UNCHECKED = [25, 26, 27, 28, 29, 30, 47, 48, 49, 50, 51];

describe('CRC-32', () => {
  it('is the one of gzip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const zipped = gzipSync(bytes);
        expect(crc32(bytes)).toBe(zipped.readUInt32LE(zipped.length - 8));
      }),
    );
  });
});

describe('a container', () => {
  it('reads as what was written', () => {
    fc.assert(
      fc.property(sections, (list) => {
        const bytes = writeContainer(list);
        expect(isContainer(bytes)).toBe(true);
        expect(readContainer(bytes)).toEqual(list);
        // Also where it lies at an odd place of a larger buffer.
        const within = new Uint8Array(bytes.length + 3);
        within.set(bytes, 3);
        expect(readContainer(within.subarray(3))).toEqual(list);
      }),
    );
  });

  it('is refused where it is cut off anywhere or goes on behind its end', () => {
    for (let n = 0; n < sample.length; n++)
      expect(() => readContainer(sample.subarray(0, n)), `${n}`).toThrow(BadSnapshot);
    const longer = new Uint8Array(sample.length + 1);
    longer.set(sample);
    expect(() => readContainer(longer)).toThrow(/bytes long, its header says/);
  });

  it('is refused with any bit changed', () => {
    for (let at = 0; at < sample.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = sample.slice();
        bytes[at]! ^= 1 << bit;
        if (UNCHECKED.includes(at)) readContainer(bytes);
        else expect(() => readContainer(bytes), `byte ${at}`).toThrow(BadSnapshot);
      }
    }
  });

  it.each<[string, (view: DataView) => void, RegExp]>([
    ['a later format', (v) => v.setUint32(8, 2, true), /format version 2; this Chronovisor reads version 1/],
    ['sections without end', (v) => v.setUint32(12, 0xffff_ffff, true), /4294967295 sections; at most 64/],
    ['a section longer than the file', (v) => v.setBigUint64(31, 1n << 63n, true), /section 0 is cut off/],
    ['a section less', (v) => v.setUint32(12, 1, true), /bytes behind the last section/],
    ['a section more', (v) => v.setUint32(12, 3, true), /section 2 is cut off/],
  ])('says what is wrong of %s', (_name, change, message) => {
    const bytes = sample.slice();
    change(new DataView(bytes.buffer));
    expect(() => readContainer(bytes)).toThrow(message);
  });
});
