import { expect, test } from 'vitest';
import { guestMachine } from '../../../test/support/machine.js';
import { readContainer, writeContainer } from '../container.js';
import { MigrationFailed } from './errors.js';
import { decodeState, encodeState } from './messages.js';

const machine = guestMachine('hello', { ramBytes: 4 << 20 });
const { ramBytes } = machine.vm.config;
const good = encodeState(machine, 'a line');

/** The state with other text in one of its sections: host, vm, console. */
function withText(at: number, text: string): Uint8Array {
  const sections = readContainer(good);
  const payload = new TextEncoder().encode(text);
  return writeContainer(sections.map((section, i) => (i === at ? { ...section, payload } : section)));
}

test('a state comes with the line that the guest is printing', () => {
  expect(decodeState(good, ramBytes)).toMatchObject({ line: 'a line', vm: { config: { ramBytes } } });
});

test.each<[string, number, string, RegExp]>([
  ['no console', 2, 'null', /console is null, not an object/],
  ['a console that is a number', 2, '{"$":"1"}', /console is 1, not an object/],
  ['a line that is none', 2, '{"line":5}', /console\.line is not a line/],
  ['a line without end', 2, JSON.stringify({ line: 'x'.repeat(4097) }), /console\.line is not a line/],
  ['no host', 0, 'null', /host is null/],
  ['no VM', 1, '[]', /vm is a list/],
  ['a VM longer than its guest allows', 1, ' '.repeat(2 ** 21 + 1), /2097153 bytes of JSON; at most 2097152/],
])('a state with %s is refused', (_name, at, text, reason) => {
  expect(() => decodeState(withText(at, text), ramBytes)).toThrow(MigrationFailed);
  expect(() => decodeState(withText(at, text), ramBytes)).toThrow(reason);
});
