import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadSnapshot } from './errors.js';
import { decodeJson, encodeJson } from './json.js';

fc.configureGlobal({ seed: 1 });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = fc.stringMatching(/^[a-z_]{1,8}$/).filter((k) => k !== '__proto__');
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n }),
    fc.integer(),
    fc.boolean(),
    fc.string(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('JSON with bigints', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(decodeJson(encodeJson(value))).toEqual(value);
      }),
    );
  });

  it.each([
    ['', 'not readable'],
    ['{', 'not readable'],
    ['{"$":12}', 'a number is not one'],
    ['{"$":"0x12"}', 'a number is not one'],
    ['{"a":{"$":""}}', 'a number is not one'],
    [`{"$":"${'9'.repeat(41)}"}`, 'a number is not one'],
    ['{"$":{"$":"1"}}', 'a number is not one'],
    ['[1,NaN]', 'not readable'],
    ['['.repeat(1_000_000), 'not readable'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'not readable'],
  ])('is refused for %.30s', (text, message) => {
    expect(() => decodeJson(bytes(text))).toThrow(BadSnapshot);
    expect(() => decodeJson(bytes(text))).toThrow(message);
  });

  it('is refused for what is not UTF-8', () => {
    expect(() => decodeJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(BadSnapshot);
  });
});
