/** What a scenario says of how a run ends and what its verdicts are, read and compared. */
import { shown } from '../../host/time-spec.js';
import type { SessionStatus } from '../session.js';
import type { Verdict } from '../verdict.js';
import type { Node } from './document.js';
import { choice, Fields, items, map, number, type Problems, text, whole } from './reader.js';

export const END_STATUSES = ['exit', 'poweroff', 'reset', 'stopped', 'stalled'] as const satisfies SessionStatus[];
export type EndStatus = (typeof END_STATUSES)[number];

/** `well`: exit with code 0, poweroff, or stopped by an event. `any`: the same with any code. */
const LOOSE = ['well', 'any'] as const;

export interface ExpectedFailure {
  readonly name: string;
  /** What the verdict's value must be, with an absolute tolerance. */
  readonly value: number | null;
  readonly within: number;
}

export interface ConsolePattern {
  readonly pattern: RegExp;
  /** Whether some line must match, or none may. */
  readonly wanted: boolean;
  readonly text: string;
}

const HASHES = ['same-as-uninterrupted', 'other-than-uninterrupted'] as const;

export interface Expectation {
  readonly status: EndStatus | (typeof LOOSE)[number];
  readonly code: number | null;
  readonly console: readonly ConsolePattern[];
  /** These verdicts fail and no other. */
  readonly fails: readonly ExpectedFailure[];
  /** These verdicts pass: not-applicable is not enough. */
  readonly passes: readonly string[];
  /** Values that verdicts must have, failing or not. */
  readonly values: readonly ExpectedFailure[];
  /** Each must match the message of a migration that is refused; others must not be refused. */
  readonly refused: readonly RegExp[];
  readonly stateHash: (typeof HASHES)[number] | null;
  /** Whether the file says anything of the end or the console; where it does not, TAP failures count. */
  readonly tap: boolean;
}

export const NOTHING_EXPECTED: Expectation = {
  status: 'well',
  code: null,
  console: [],
  fails: [],
  passes: [],
  values: [],
  refused: [],
  stateHash: null,
  tap: true,
};

const MAX_LIST = 64;
const VERDICT_NAME = /^[a-z][a-z0-9-]{0,60}$/;

function pattern(node: Node, name: string): RegExp {
  const value = text(node, name);
  const [, source, flags] = /^\/([\s\S]+)\/([imsu]*)$/.exec(value) ?? [];
  if (source === undefined) throw new RangeError(`${name} ${shown(value)}: no pattern between slashes; say "/ok 3/"`);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new RangeError(`${name} ${shown(value)}: ${(error as Error).message}`);
  }
}

function consolePattern(node: Node, name: string): ConsolePattern {
  const value = text(node, name);
  const unwanted = value.startsWith('not ');
  const rest: Node = { kind: 'scalar', value: unwanted ? value.slice(4).trim() : value, text: value, line: node.line };
  return { pattern: pattern(rest, name), wanted: !unwanted, text: value };
}

function verdictName(value: string, name: string): string {
  if (!VERDICT_NAME.test(value))
    throw new RangeError(`${name} ${shown(value)}: not a verdict's name, such as timer-early`);
  return value;
}

function tolerance(node: Node, name: string, problems: Problems): Pick<ExpectedFailure, 'value' | 'within'> {
  if (node.kind === 'scalar' && typeof node.value === 'number') return { value: number(node, name), within: 0 };
  const fields = new Fields(map(node, name), name, problems);
  const value = fields.read('value', number);
  const within = fields.read('within', number);
  fields.finish();
  if (value === undefined) throw new RangeError(`${name}: no value; say { value: 40, within: 1e-6 }`);
  if (within !== undefined && within < 0) throw new RangeError(`${name}.within ${within}: not below 0`);
  return { value, within: within ?? 0 };
}

/** `timer-early`, or `{ counter-rate: { value: 40, within: 1e-6 } }`. */
function failures(node: Node, name: string, problems: Problems): ExpectedFailure[] {
  if (node.kind === 'scalar') return [{ name: verdictName(text(node, name), name), value: null, within: 0 }];
  return map(node, name).entries.map((e) => ({
    name: verdictName(e.key, name),
    ...tolerance(e.value, `${name}.${e.key}`, problems),
  }));
}

function list<T>(fields: Fields, key: string, read: (node: Node, name: string) => T): T[] | undefined {
  return fields.read(key, (node, name) => {
    if (node.kind === 'scalar' && node.value === null) return [];
    return items(node, name, MAX_LIST).flatMap(
      (item) => fields.problems.try(item.line, () => [read(item, name)]) ?? [],
    );
  });
}

/** Reads an expectation; what it does not say is as in `base`. */
export function readExpectation(node: Node, name: string, base: Expectation, problems: Problems): Expectation {
  const fields = new Fields(map(node, name), name, problems);
  const status = fields.read('status', (n, what) => choice(n, what, [...END_STATUSES, ...LOOSE]));
  const code = fields.read('code', (n, what) => whole(n, what, 0, 2 ** 31 - 1));
  const console = list(fields, 'console', consolePattern);
  const fails = list(fields, 'fails', (n, what) => failures(n, what, problems))?.flat();
  const passes = list(fields, 'passes', (n, what) => verdictName(text(n, what), what));
  const values = fields.read('values', (n, what) => failures(map(n, what), what, problems));
  const refused = list(fields, 'refused', pattern);
  const stateHash = fields.read('state-hash', (n, what) => choice(n, what, HASHES));
  fields.finish();
  const both = passes?.find((it) => fails?.some((f) => f.name === it));
  if (both !== undefined) problems.add(node.line, `${name}.passes ${both}: it is in fails, too; leave one out`);
  if (code !== undefined && status !== undefined && status !== 'exit') {
    problems.add(node.line, `${name}.code: only status exit has one; leave code out`);
  }
  return {
    status: status ?? (code !== undefined ? 'exit' : base.status),
    code: code ?? (status !== undefined && status !== 'exit' ? null : base.code),
    console: console ?? base.console,
    fails: fails ?? base.fails,
    // Of a verdict that `base` has passing and this one failing, this one is right.
    passes: passes ?? base.passes.filter((it) => !fails?.some((f) => f.name === it)),
    values: values ?? base.values,
    refused: refused ?? base.refused,
    stateHash: stateHash ?? base.stateHash,
    tap: base.tap && status === undefined && code === undefined && console === undefined,
  };
}

/** How a run went, as far as expectations look at it. */
export interface Outcome {
  readonly status: SessionStatus | 'limit';
  /** Of a guest that ended with status exit. */
  readonly code: number | null;
  readonly console: string;
  readonly verdicts: readonly Verdict[];
  readonly refusals: readonly string[];
  /** Events that did not happen, in words. */
  readonly missed: readonly string[];
  readonly stateHash: string;
  /** Of the run without its save-restore events, where that was asked for. */
  readonly uninterruptedHash: string | null;
}

/** One expectation that was not met. */
export interface Difference {
  readonly what: string;
  readonly want: string;
  readonly got: string;
  /** Where it was first seen, in words. */
  readonly place?: string;
}

const ended = ({ status, code }: Outcome): string => (status === 'exit' ? `exit, code ${code}` : status);

function endDifference(want: Expectation, got: Outcome): Difference[] {
  if (got.status === 'limit') return [{ what: 'limit', want: 'an end within it', got: 'still running' }];
  if (want.status === 'well' || want.status === 'any') {
    const byItself = got.status === 'poweroff' || got.status === 'stopped' || got.status === 'exit';
    if (byItself && (want.status === 'any' || !got.code)) return [];
    const code = want.status === 'any' ? '' : ' with code 0';
    return [{ what: 'status', want: `exit${code}, poweroff or stopped`, got: ended(got) }];
  }
  const code = want.status === 'exit' ? (want.code ?? 0) : null;
  if (want.status === got.status && (code === null || code === got.code)) return [];
  return [{ what: 'status', want: code === null ? want.status : `exit, code ${code}`, got: ended(got) }];
}

const inWords = (line: string): string => (line.length > 160 ? `${line.slice(0, 160)}...` : line);

function consoleDifferences(want: Expectation, lines: readonly string[]): Difference[] {
  const differences: Difference[] = [];
  for (const { pattern: p, wanted, text: given } of want.console) {
    const found = lines.find((line) => p.test(line));
    if (wanted && found === undefined) differences.push({ what: 'console', want: `a line like ${given}`, got: 'none' });
    if (!wanted && found !== undefined) {
      differences.push({ what: 'console', want: `no line like ${p}`, got: inWords(found) });
    }
  }
  if (want.tap) {
    for (const line of lines.filter((l) => /^(not ok|Bail out!)/.test(l)).slice(0, 5)) {
      differences.push({ what: 'console', want: 'no failed check of the guest', got: inWords(line) });
    }
  }
  return differences;
}

const near = (value: number, e: ExpectedFailure): boolean => e.value === null || Math.abs(value - e.value) <= e.within;
const inBounds = (e: ExpectedFailure): string => `${e.value}${e.within ? ` within ${e.within}` : ''}`;

const placeOf = ({ first }: Verdict): Pick<Difference, 'place'> =>
  first ? { place: `at ${first.timeNs} ns on vCPU ${first.vcpu}, pc ${first.pc}` } : {};

function verdictDifferences(want: Expectation, verdicts: readonly Verdict[]): Difference[] {
  const differences: Difference[] = [];
  for (const expected of want.fails) {
    const verdict = verdicts.find((v) => v.name === expected.name);
    if (!verdict) differences.push({ what: expected.name, want: 'FAIL', got: 'no such verdict in this run' });
    else if (verdict.status !== 'fail') {
      differences.push({ what: expected.name, want: 'FAIL', got: `${verdict.status}: ${verdict.text}` });
    } else if (!near(verdict.value, expected)) {
      const got = `${verdict.value} ${verdict.unit}`;
      differences.push({ what: expected.name, want: `FAIL with ${inBounds(expected)}`, got, ...placeOf(verdict) });
    }
  }
  for (const name of want.passes) {
    const verdict = verdicts.find((v) => v.name === name);
    // One that fails is a difference already.
    if (verdict?.status === 'pass' || verdict?.status === 'fail') continue;
    const got = verdict ? `${verdict.status}: ${verdict.text}` : 'no such verdict in this run';
    differences.push({ what: name, want: 'pass', got });
  }
  for (const verdict of verdicts) {
    if (verdict.status !== 'fail' || want.fails.some((e) => e.name === verdict.name)) continue;
    differences.push({ what: verdict.name, want: 'pass', got: `FAIL: ${verdict.text}`, ...placeOf(verdict) });
  }
  for (const expected of want.values) {
    const verdict = verdicts.find((v) => v.name === expected.name);
    if (verdict && near(verdict.value, expected)) continue;
    const got = verdict ? `${verdict.value} ${verdict.unit}` : 'no such verdict in this run';
    differences.push({ what: expected.name, want: inBounds(expected), got });
  }
  return differences;
}

function refusalDifferences(want: Expectation, refusals: readonly string[]): Difference[] {
  const missing = want.refused
    .filter((p) => !refusals.some((r) => p.test(r)))
    .map((p) => ({ what: 'migration', want: `refused with ${p}`, got: refusals[0] ?? 'no refusal' }));
  const surplus = refusals
    .filter((r) => !want.refused.some((p) => p.test(r)))
    .map((r) => ({ what: 'migration', want: 'done', got: `refused: ${r}` }));
  return [...missing, ...surplus];
}

/** What differs between an expectation and a run; empty where the run is as expected. */
export function compare(want: Expectation, got: Outcome): Difference[] {
  const lines = got.console.split('\n').map((line) => line.replaceAll('\r', ''));
  const differences = [
    ...endDifference(want, got),
    ...got.missed.map((missed) => ({ what: 'event', want: missed, got: 'the run ended before' })),
    ...consoleDifferences(want, lines),
    ...verdictDifferences(want, got.verdicts),
    ...refusalDifferences(want, got.refusals),
  ];
  const same = got.stateHash === got.uninterruptedHash;
  if (want.stateHash && same !== (want.stateHash === 'same-as-uninterrupted')) {
    const uninterrupted = got.uninterruptedHash ?? 'that of an uninterrupted run';
    const wanted = same ? `another than ${uninterrupted}` : `${uninterrupted}, as uninterrupted`;
    differences.push({ what: 'state-hash', want: wanted, got: got.stateHash });
  }
  return differences;
}

/** A difference in one line. */
export const describeDifference = ({ what, want, got, place }: Difference): string =>
  `${what}: want ${want}; got ${got}${place ? `; first seen ${place}` : ''}`;
