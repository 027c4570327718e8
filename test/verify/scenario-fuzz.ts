/** Scenario files made wrong: bytes, words, lines and trees of right ones, and what hostile YAML is made of. */
import { readScenario } from '../../src/cli/scenario/text.js';
import { MAX_SCENARIO } from '../../src/cli/scenario/yaml.js';
import type { Random } from '../conformance/random.js';

const WORDS = [
  ...['{', '}', '[', ']', ',', ': ', '- ', '? ', '| ', '> ', '# ', '"', "'", '\n', '  ', '\t', '\r', '\0', '\ufeff'],
  ...['&a ', '*a', '<<: ', '!!str ', '!!map ', '!t ', '---\n', '...\n', '%YAML 1.2\n', '~', 'null', 'true', 'false'],
  ...[
    '0',
    '-1',
    '1e999',
    '0x10',
    '0o7',
    '.inf',
    '.nan',
    '99999999999999999999',
    '1e-7',
    '9'.repeat(400),
    'é',
    '\ud800',
  ],
  ...['name', 'image', 'smp', 'memory', 'host', 'steal', 'events', 'at', 'migrate', 'type', 'stop', 'save-restore'],
  ...['expect', 'fails', 'console', 'status', 'code', 'faults', 'matrix', 'where', 'limit', 'strategy', 'pause', 'to'],
  ...['t=1s', 'insn=1e9', 'console=/x/', '/(/', 'not /x/', '25MHz', '1GHz', '64M', 'lpt', 'offset', 'exit', '10ms'],
  ...['__proto__', 'constructor', 'cntvoff-replayed', 'vcpu=0 every=10ms for=3ms', 'toString', 'value', 'within'],
];

/** What repeats into something large, with the parts behind it. */
const REPEATED: readonly (readonly [string, string])[] = [
  ['[', ''],
  ['{a: ', ''],
  ['- ', 'x'],
  ['? ', 'x'],
  ['!!map ', 'x'],
  ['&a ', 'x'],
  ['a:\n ', 'x'],
  ['*a, ', ''],
  ['9', ''],
  ['#', '\n'],
  ['"', ''],
];

const below = (random: Random, n: number): number => random.word() % n;
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** A range of lines. */
function lines(random: Random, text: string): { all: string[]; from: number; to: number } {
  const all = text.split('\n');
  const from = below(random, all.length);
  return { all, from, to: Math.min(all.length, from + 1 + below(random, 6)) };
}

type Mutation = (random: Random, text: string, other: string) => string;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  byte: (random, text) => {
    const at = below(random, text.length + 1);
    return text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + below(random, 2));
  },
  word: (random, text) => {
    const at = below(random, text.length + 1);
    return text.slice(0, at) + pick(random, WORDS) + text.slice(at + below(random, 8));
  },
  value: (random, text) => {
    const { all, from } = lines(random, text);
    all[from] = all[from]!.replace(/(: |- )(\S.*)?$/, (_all, colon: string) => colon + pick(random, WORDS));
    return all.join('\n');
  },
  lost: (random, text) => {
    const { all, from, to } = lines(random, text);
    all.splice(from, to - from);
    return all.join('\n');
  },
  twice: (random, text) => {
    const { all, from, to } = lines(random, text);
    all.splice(below(random, all.length + 1), 0, ...all.slice(from, to));
    return all.join('\n');
  },
  indent: (random, text) => {
    const { all, from, to } = lines(random, text);
    const by = ' '.repeat(1 + below(random, 4));
    for (let i = from; i < to; i++) all[i] = below(random, 2) ? by + all[i]! : all[i]!.replace(/^ {1,2}/, '');
    return all.join('\n');
  },
  splice: (random, text, other) => {
    const a = lines(random, text);
    const b = lines(random, other);
    return [...a.all.slice(0, a.to), ...b.all.slice(b.from)].join('\n');
  },
  cut: (random, text) => text.slice(0, below(random, text.length + 1)),
  anchor: (random, text) => {
    const { all, from, to } = lines(random, text);
    all[from] = all[from]!.replace(/(: |- )/, '$1&a ');
    all.splice(to, 0, `  ${pick(random, ['k: *a', '- *a', '<<: *a', '*a : x', 'k: [*a, *a]'])}`);
    return all.join('\n');
  },
  repeat: (random, text) => {
    const [part, end] = pick(random, REPEATED);
    const at = below(random, text.length + 1);
    // Mostly short: a long one is refused for its length or its depth at once.
    const times = below(random, 500) ? 1 + below(random, 60) : 1 + below(random, 20_000);
    return text.slice(0, at) + part.repeat(times) + end + text.slice(at);
  },
};

export interface Mutant {
  readonly kind: string;
  readonly text: string;
}

/** One to three mutations; the kind is the first's. */
export function mutate(random: Random, origins: readonly string[]): Mutant {
  const kinds = Object.keys(MUTATIONS);
  const kind = pick(random, kinds);
  let text = MUTATIONS[kind]!(random, pick(random, origins), pick(random, origins));
  for (let more = below(random, 3); more > 0; more--) {
    text = MUTATIONS[pick(random, kinds)]!(random, text, pick(random, origins));
  }
  return { kind, text };
}

/**
 * Reads a text as `verify` does.
 * @returns the number of its runs, or null where it was refused
 * @throws where it is neither, or a refusal is not as promised
 */
export function tryText(text: string): number | null {
  const parsed = readScenario(text, 'f.yaml');
  if ('runs' in parsed) {
    if (!parsed.runs.length || parsed.runs.length > 512) throw new Error(`${parsed.runs.length} runs`);
    return parsed.runs.length;
  }
  const { problems } = parsed;
  if (!problems.length || problems.length > 50) throw new Error(`${problems.length} problems`);
  const last = text.length > MAX_SCENARIO ? 1 : text.split('\n').length + 1;
  for (const problem of problems) {
    if (!Number.isInteger(problem.line) || problem.line < 1 || problem.line > last) {
      throw new Error(`line ${problem.line} of ${last}: ${problem.text}`);
    }
    if (/\p{Cc}/u.test(problem.text) || problem.text.length > 2000) throw new Error(`not a line: ${problem.text}`);
  }
  return null;
}
