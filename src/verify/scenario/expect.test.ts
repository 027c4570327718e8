import { describe, expect, it } from 'vitest';
import type { Verdict } from '../verdict.js';
import { compare, describeDifference, type Expectation, NOTHING_EXPECTED, type Outcome } from './expect.js';

const verdict = (name: string, status: Verdict['status'], value = 0): Verdict => ({
  name,
  status,
  value,
  bound: 0,
  unit: 'steps',
  text: `${value} of them`,
  ...(status === 'fail' && { first: { timeNs: 7, vcpu: 1, pc: '0x40' } }),
});

const GOOD: Outcome = {
  status: 'exit',
  code: 0,
  console: 'hello\r\nok 1 - x\r\n',
  verdicts: [verdict('a', 'pass'), verdict('b', 'pass', 3)],
  refusals: [],
  missed: [],
  stateHash: 'h',
  uninterruptedHash: null,
};

const differences = (want: Partial<Expectation>, got: Partial<Outcome> = {}): string[] =>
  compare({ ...NOTHING_EXPECTED, ...want }, { ...GOOD, ...got }).map(describeDifference);

const console = (pattern: RegExp, wanted = true) => ({ pattern, wanted, text: String(pattern) });
const fails = (name: string, value: number | null = null, within = 0) => ({ name, value, within });
const failing = [verdict('a', 'fail', 40), verdict('b', 'pass', 3)];

describe('a run is as expected', () => {
  it.each<[Partial<Expectation>, Partial<Outcome>]>([
    [{}, {}],
    [{}, { status: 'poweroff', code: null }],
    [{}, { status: 'stopped', code: null }],
    [{ status: 'any' }, { code: 5 }],
    [{ status: 'exit', code: 5 }, { code: 5 }],
    [{ status: 'stalled' }, { status: 'stalled', code: null }],
    [{ console: [console(/^ok 1/), console(/^not ok/, false), console(/1 - x$/)] }, {}],
    [{ fails: [fails('a')] }, { verdicts: failing }],
    [{ fails: [fails('a', 39.5, 0.5)], values: [fails('b', 3)] }, { verdicts: failing }],
    [{ passes: ['b'] }, { verdicts: [verdict('b', 'pass', 3)] }],
    [{ refused: [/MIDR/] }, { refusals: ['no: MIDR_EL1'] }],
    [{ stateHash: 'same-as-uninterrupted' }, { uninterruptedHash: 'h' }],
    [{ stateHash: 'other-than-uninterrupted' }, { uninterruptedHash: 'g' }],
    [{ tap: false }, { console: 'not ok 1' }],
  ])('%j %j', (want, got) => expect(differences(want, got)).toEqual([]));
});

describe('a difference', () => {
  it.each<[Partial<Expectation>, Partial<Outcome>, string]>([
    [{}, { code: 1 }, 'status: want exit with code 0, poweroff or stopped; got exit, code 1'],
    [{}, { status: 'stalled', code: null }, 'status: want exit with code 0, poweroff or stopped; got stalled'],
    [{ status: 'any' }, { status: 'reset', code: null }, 'status: want exit, poweroff or stopped; got reset'],
    [{ status: 'exit' }, { code: 2 }, 'status: want exit, code 0; got exit, code 2'],
    [{ status: 'stalled' }, {}, 'status: want stalled; got exit, code 0'],
    [{ status: 'any' }, { status: 'limit' }, 'limit: want an end within it; got still running'],
    [{}, { missed: ['stop at t=1s'] }, 'event: want stop at t=1s; got the run ended before'],
    [{ console: [console(/^1/)] }, {}, 'console: want a line like /^1/; got none'],
    [{ console: [console(/ell/, false)] }, {}, 'console: want no line like /ell/; got hello'],
    [{}, { console: 'a\nnot ok 2 - y' }, 'console: want no failed check of the guest; got not ok 2 - y'],
    [{}, { console: 'Bail out! x' }, 'console: want no failed check of the guest; got Bail out! x'],
    [{ fails: [fails('b')] }, {}, 'b: want FAIL; got pass: 3 of them'],
    [{ fails: [fails('c')] }, {}, 'c: want FAIL; got no such verdict in this run'],
    [
      { fails: [fails('a', 39, 0.5)] },
      { verdicts: failing },
      'a: want FAIL with 39 within 0.5; got 40 steps; first seen at 7 ns on vCPU 1, pc 0x40',
    ],
    [{}, { verdicts: failing }, 'a: want pass; got FAIL: 40 of them; first seen at 7 ns on vCPU 1, pc 0x40'],
    [{ passes: ['b'] }, { verdicts: [verdict('b', 'not-applicable')] }, 'b: want pass; got not-applicable: 0 of them'],
    [{ passes: ['c'] }, {}, 'c: want pass; got no such verdict in this run'],
    [{ values: [fails('b', 4)] }, {}, 'b: want 4; got 3 steps'],
    [{ values: [fails('c', 4)] }, {}, 'c: want 4; got no such verdict in this run'],
    [{ refused: [/MIDR/] }, {}, 'migration: want refused with /MIDR/; got no refusal'],
    [{}, { refusals: ['no'] }, 'migration: want done; got refused: no'],
    [{ stateHash: 'same-as-uninterrupted' }, { uninterruptedHash: 'g' }, 'state-hash: want g, as uninterrupted; got h'],
    [{ stateHash: 'other-than-uninterrupted' }, { uninterruptedHash: 'h' }, 'state-hash: want another than h; got h'],
  ])('%j %j', (want, got, text) => expect(differences(want, got)).toEqual([text]));
});
