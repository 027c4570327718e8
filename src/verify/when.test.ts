import { describe, expect, it } from 'vitest';
import { describeWhen, parseWhen, splitWhen } from './when.js';

describe('instants', () => {
  it.each([
    ['t=2.5s', { kind: 'time', at: 2_500_000_000_000n }],
    [' t=10us ', { kind: 'time', at: 10_000_000n }],
    ['insn=12', { kind: 'instructions', count: 12 }],
    ['insn=1.5e9', { kind: 'instructions', count: 1_500_000_000 }],
    ['console=/login:/', { kind: 'console', pattern: /login:/ }],
    ['console=/a b\\/c/i', { kind: 'console', pattern: /a b\/c/i }],
    ['console=/x/y/', { kind: 'console', pattern: /x\/y/ }],
  ])('%s', (text, when) => {
    expect(parseWhen(text, '--until')).toEqual(when);
  });

  it.each([
    '',
    't=',
    't=5',
    't=-1s',
    'insn=',
    'insn=-1',
    'insn=1.5',
    'insn=1e99',
    'insn=0x10',
    'console=login',
    'console=//',
    'console=/(/',
    'console=/x/g',
    'pc=0x80000',
    `console=/${'('.repeat(5000)}/`,
  ])('%j is none', (text) => {
    expect(() => parseWhen(text, '--until')).toThrow(RangeError);
    expect(() => parseWhen(text, '--until')).toThrow(/^--until /);
  });

  it.each(['t=2.5s', 't=18ms', 'insn=1500', 'console=/a\\/b c/i'])('%s is described as it was given', (text) => {
    expect(describeWhen(parseWhen(text, 'x'))).toBe(text);
    expect(parseWhen(describeWhen(parseWhen(text, 'x')), 'x')).toEqual(parseWhen(text, 'x'));
  });
});

describe('an instant and what to do then', () => {
  it.each([
    ['t=1s to 1GHz', 'to', 't=1s', '1GHz'],
    ['console=/go to bed/ to freq=1GHz,name=b', 'to', 'console=/go to bed/', 'freq=1GHz,name=b'],
    ['console=/a\\/ to b/i to 25MHz', 'to', 'console=/a\\/ to b/i', '25MHz'],
    ['console=/login:/ type root\\n', 'type', 'console=/login:/', 'root\\n'],
    ['insn=5 type  two spaces ', 'type', 'insn=5', ' two spaces'],
  ])('%s', (text, word, when, rest) => {
    expect(splitWhen(text, word, '--x')).toEqual([parseWhen(when, ''), rest]);
  });

  it.each(['', 't=1s', 't=1s to', 'to 1GHz', 't=1sto 1GHz', 'console=/x to 1GHz', 't=1s type x'])(
    '%j has none',
    (text) => {
      expect(() => splitWhen(text, 'to', '--migrate')).toThrow(/^--migrate .*say "<when> to \.\.\."/);
    },
  );
});
