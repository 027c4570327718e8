import { expect, test } from 'vitest';
import { formatPolicies, resolvePolicies } from '../vgic/index.js';
import { parseGic } from './gic-option.js';

test('settings, each once, in any order', () => {
  expect(parseGic('listRegisters=16')).toEqual({ listRegisters: 16 });
  expect(parseGic('its=on,listRegisters=1')).toEqual({ listRegisters: 1, its: true });
  expect(parseGic('its=off')).toEqual({ listRegisters: 4 });
  expect(parseGic('activeRead=local,trap.dir=on,trap.common=off,lazySync=on')).toEqual({
    listRegisters: 4,
    gic: { activeRead: 'local', trap: { dir: true, common: false }, lazySync: true },
  });
});

test('reads what policies are reported as', () => {
  const { listRegisters, gic } = parseGic('listRegisters=7,inflightMove=prune,eoiMaintenance=all');
  const policies = resolvePolicies(listRegisters, gic!);
  expect({ listRegisters, ...parseGic(formatPolicies(policies)).gic }).toEqual(policies);
});

test.each([
  ['lr=4', '--gic lr=4: no such setting; there are listRegisters, its, lazySync, eoi'],
  ['constructor=1', '--gic constructor=1: no such setting'],
  ['its', '--gic its: its is on or off'],
  ['its=on=off', '--gic its=on=off: its is on or off'],
  ['listRegisters=x', '--gic listRegisters=x: listRegisters is 1..16'],
  ['its=on,its=on', '--gic its=on: its is there twice'],
  ['activeRead=never', '--gic activeRead=never: activeRead is sync, local or abort'],
  ['listRegisters=17', '--gic listRegisters=17: a GIC has 1 to 16'],
  ['directLpi=on', '--gic directLpi=on: LPIs go through list registers only'],
  ['inflightMove=prune,lazySync=on', '--gic inflightMove=prune: looks at the list registers at every exit'],
])('%s is refused', (text, message) => {
  expect(() => parseGic(text)).toThrow(message);
});
