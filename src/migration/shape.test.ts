import { describe, expect, it } from 'vitest';
import { BadSnapshot } from './errors.js';
import { big, byKind, flag, int, list, nullable, oneOf, real, record, type Shape, word } from './shape.js';

const point = record({ x: int(0, 9), y: nullable(big(0n, 9n)) });

describe('shapes', () => {
  it.each<[Shape, unknown]>([
    [int(-1, 3), -1],
    [int(0, 3), 3],
    [real(-1, 1), 0.5],
    [big(0n, 5n), 5n],
    [flag, false],
    [oneOf('a', 'b'), 'b'],
    [word(3), 'x-1'],
    [nullable(flag), null],
    [list(flag, 0, 2), []],
    [point, { x: 1, y: null }],
    [point, { y: 9n, x: 9 }],
    [byKind({ p: record({ kind: oneOf('p') }) }), { kind: 'p' }],
  ])('allow what they describe (%#)', (shape, value) => {
    expect(() => shape(value, 'v')).not.toThrow();
  });

  it.each<[Shape, unknown, string]>([
    [int(0, 3), 4, 'v is 4, not a whole number from 0 to 3'],
    [int(0, 3), 1.5, 'v is 1.5, not a whole number'],
    [int(0, 3), Number.NaN, 'v is NaN'],
    [int(0, 3), '1', 'v is a string'],
    [int(0, 3), 1n, 'v is 1, not a whole number'],
    [int(0, 3), undefined, 'v is missing'],
    [real(0, 1), Number.POSITIVE_INFINITY, 'v is Infinity, not a number from 0 to 1'],
    [big(0n, 5n), -1n, 'v is -1, not a bigint from 0 to 5'],
    [big(0n, 5n), 1, 'v is 1, not a bigint'],
    [flag, 0, 'v is 0, not true or false'],
    [oneOf('a', 'b'), 'c', "v is a string, not 'a' or 'b'"],
    [word(3), 'four', 'v is a string, not a word of at most 3 characters'],
    [word(3), 'a b', 'v is a string'],
    [word(3), '\n', 'v is a string'],
    [list(flag, 2, 2), [true], 'v has 1 elements, not 2'],
    [list(flag, 0, 2), [true, 1], 'v[1] is 1'],
    [list(flag, 0, 2), { length: 1 }, 'v is a object, not a list'],
    [point, null, 'v is null, not an object'],
    [point, [], 'v is a list, not an object'],
    [point, { x: 1 }, 'v.y is missing'],
    [point, { x: 1, y: null, z: 1 }, 'v has a field "z"'],
    [point, JSON.parse('{"x":1,"y":null,"__proto__":{}}'), 'v has a field "__proto__"'],
    [record({ toString: flag }), {}, 'v.toString is missing'],
    [byKind({ p: record({ kind: oneOf('p') }) }), { kind: 'toString' }, 'v is a object, not of kind p'],
  ])('refuse the rest in one line (%#)', (shape, value, message) => {
    expect(() => shape(value, 'v')).toThrow(BadSnapshot);
    expect(() => shape(value, 'v')).toThrow(`snapshot: ${message}`);
  });
});
