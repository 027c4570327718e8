import { expect, test } from 'vitest';
import { parseGic } from './gic-option.js';

test('settings, each once, in any order', () => {
  expect(parseGic('listRegisters=16')).toEqual({ listRegisters: 16 });
  expect(parseGic('its=on,listRegisters=1')).toEqual({ listRegisters: 1, its: true });
  expect(parseGic('its=off')).toEqual({ listRegisters: 4 });
});

test.each([
  ['lr=4', '--gic lr=4: no such setting; there are listRegisters and its'],
  ['constructor=1', '--gic constructor=1: no such setting'],
  ['its', '--gic its: its is on or off'],
  ['its=on=off', '--gic its=on=off: its is on or off'],
  ['listRegisters=x', '--gic listRegisters=x: listRegisters is 1..16'],
  ['its=on,its=on', '--gic its=on: its is there twice'],
])('%s is refused', (text, message) => {
  expect(() => parseGic(text)).toThrow(message);
});
