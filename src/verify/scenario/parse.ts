/** From a scenario file's tree to the runs that it asks for: one for each combination of its matrix, and each fault. */
import { shown } from '../../host/time-spec.js';
import { type FaultName, parseFaults } from '../../hypervisor/faults.js';
import type { MapNode, Node, Problem, ScalarNode } from './document.js';
import { readEvents, type ScenarioEvent } from './events.js';
import { type Expectation, NOTHING_EXPECTED, readExpectation } from './expect.js';
import { choice, Fields, items, map, Problems, text } from './reader.js';
import { type ImageNames, MATRIX_KEYS, type MachineSettings, readSettings } from './settings.js';

/** One run, as plain data that another thread can be given. */
export interface RunPlan {
  /** Name of the scenario, and what distinguishes this run of it: 'clock [strategy=lpt] fault counter-by-value'. */
  readonly title: string;
  readonly name: string;
  /** Id of a case in docs/cases, or null. */
  readonly caseId: string | null;
  /** The scenario's file, as it was given, and the line that asks for this run. */
  readonly file: string;
  readonly line: number;
  readonly combination: Readonly<Record<string, string>>;
  readonly fault: FaultName | null;
  readonly images: ImageNames;
  readonly machine: MachineSettings;
  readonly events: readonly ScenarioEvent[];
  /** Wall milliseconds. */
  readonly limitMs: number;
  /** What is measured beside the invariants. */
  readonly measure: 'linux-time' | null;
  readonly expect: Expectation;
}

export type ParsedScenario = { readonly runs: readonly RunPlan[] } | { readonly problems: readonly Problem[] };

const MAX_RUNS = 512;
const MAX_VALUES = 64;

type Combination = readonly { readonly key: string; readonly value: ScalarNode }[];

interface Where {
  readonly when: Readonly<Record<string, readonly string[]>>;
  readonly expect: Node | null;
}

interface Fault {
  readonly name: FaultName;
  readonly line: number;
  readonly expect: Node | null;
  readonly where: readonly Where[];
}

/** Every combination of the matrix's values; one empty one where there is no matrix. */
function readMatrix(fields: Fields): Combination[] {
  const read = fields.read('matrix', (node, name) =>
    map(node, name).entries.map(({ key, line, value }) => {
      if (!(MATRIX_KEYS as readonly string[]).includes(key)) {
        throw new RangeError(`matrix: ${shown(key)} cannot vary; keys are ${MATRIX_KEYS.join(', ')}`);
      }
      const values = items(value, `matrix.${key}`, MAX_VALUES).map((item): ScalarNode => {
        if (item.kind !== 'scalar' || item.value === null) throw new RangeError(`matrix.${key}: give a list of values`);
        return item;
      });
      if (!values.length) throw new RangeError(`matrix.${key}: an empty list makes no run; give it a value`);
      return { key, line, values };
    }),
  );
  const runs = (read ?? []).reduce((product, { values }) => product * values.length, 1);
  if (runs > MAX_RUNS) {
    fields.problems.add(fields.node.line, `matrix: ${runs} combinations; at most ${MAX_RUNS} runs a file`);
    return [];
  }
  let combinations: Combination[] = [[]];
  for (const { key, values } of read ?? []) {
    combinations = combinations.flatMap((c) => values.map((value) => [...c, { key, value }]));
  }
  return combinations;
}

/** `where` entries: expectations of those combinations alone that have the named values. */
function readWhere(fields: Fields): Where[] {
  const list = fields.read('where', (node, name) =>
    items(node, name, MAX_RUNS).map((item): Where => {
      const { entries } = map(item, name);
      const when = entries
        .filter((e) => e.key !== 'expect')
        .map((e) => {
          if (!(MATRIX_KEYS as readonly string[]).includes(e.key)) {
            throw new RangeError(`where: unknown key ${shown(e.key)}; keys are those of matrix, and expect`);
          }
          return [e.key, items(e.value, `where.${e.key}`, MAX_VALUES).map((n) => text(n, `where.${e.key}`))] as const;
        });
      return { when: Object.fromEntries(when), expect: entries.find((e) => e.key === 'expect')?.value ?? null };
    }),
  );
  return list ?? [];
}

function readFaults(fields: Fields): Fault[] {
  const { problems } = fields;
  const list = fields.read('faults', (node, name) => {
    if (node.kind === 'scalar' && node.value === null) return [];
    return items(node, name, MAX_VALUES).map((item, i) => {
      const own = new Fields(map(item, `faults[${i}]`), `faults[${i}]`, problems);
      const [fault] = own.read('name', (n, what) => parseFaults([text(n, what)], what)) ?? [];
      const expect = own.take('expect') ?? null;
      const where = readWhere(own);
      const named = own.node.entries.some((e) => e.key === 'name');
      own.finish();
      if (!named) problems.add(item.line, `faults[${i}]: no name; chronovisor inspect faults lists them`);
      return fault ? [{ name: fault, line: item.line, expect, where }] : [];
    });
  });
  return list?.flat() ?? [];
}

const applies = (where: Where, combination: Combination): boolean =>
  Object.entries(where.when).every(([key, values]) =>
    values.includes(combination.find((c) => c.key === key)?.value.text ?? ''),
  );

/** The file's table with the combination's values in place of its own. */
function combined(root: MapNode, combination: Combination): MapNode {
  const kept = root.entries.filter((e) => !combination.some((c) => c.key === e.key));
  const own = combination.map(({ key, value }) => ({ key, line: value.line, value }));
  return { ...root, entries: [...kept, ...own] };
}

interface Common {
  readonly file: string;
  readonly root: MapNode;
  readonly where: readonly Where[];
  readonly faults: readonly Fault[];
  readonly problems: Problems;
}

/** With a fault, what is not said of the end is free: any end of the guest's own, and no look at its checks. */
const FAULTY: Expectation = { ...NOTHING_EXPECTED, status: 'any', tap: false };

function runsOf(combination: Combination, { file, root, where, faults, problems }: Common): RunPlan[] {
  const fields = new Fields(combined(root, combination), '', problems);
  const name = fields.read('name', (n, what) => text(n, what, 120)) ?? 'scenario';
  const caseId = fields.read('case', (n, what) => {
    const id = text(n, what);
    if (!/^[A-Z]\d{1,3}$/.test(id)) throw new RangeError(`${what} ${shown(id)}: not the id of a case, such as T3`);
    return id;
  });
  const measure = fields.read('measure', (n, what) => choice(n, what, ['linux-time'] as const)) ?? null;
  const { images, machine, migration, limitMs } = readSettings(fields);
  const events = readEvents(fields, migration);
  for (const key of ['matrix', 'where', 'faults']) fields.take(key);
  const expect = fields.take('expect') ?? null;
  fields.finish();
  const expected = (own: Node | null, name: string, entries: readonly Where[], base: Expectation): Expectation => {
    const applying = entries.filter((entry) => applies(entry, combination));
    return [own, ...applying.map((entry) => entry.expect)]
      .filter((node) => node !== null)
      .reduce(
        (before, node) => problems.try(node.line, () => readExpectation(node, name, before, problems)) ?? before,
        base,
      );
  };
  const strategies = events.flatMap((e) => e.actions).map((a) => (a.kind === 'migrate' ? a.strategy : null));
  const lpt = migration.strategy === 'lpt' || strategies.includes('lpt');
  const suffix = combination.length ? ` [${combination.map((c) => `${c.key}=${c.value.text}`).join(', ')}]` : '';
  const run = {
    title: `${name}${suffix}`,
    name,
    caseId: caseId ?? null,
    file,
    line: root.line,
    combination: Object.fromEntries(combination.map((c) => [c.key, c.value.text])),
    fault: null,
    images,
    machine: { ...machine, config: { ...machine.config, lpt } },
    events,
    limitMs,
    measure,
    expect: expected(expect, 'expect', where, NOTHING_EXPECTED),
  };
  const faulty = faults.map((fault) => ({
    ...run,
    title: `${run.title} fault ${fault.name}`,
    line: fault.line,
    fault: fault.name,
    machine: { ...run.machine, config: { ...run.machine.config, faults: [fault.name] } },
    expect: expected(fault.expect, 'faults.expect', fault.where, FAULTY),
  }));
  return [run, ...faulty];
}

/** @param file the name that plans carry */
export function parseScenario(root: Node, file: string): ParsedScenario {
  const problems = new Problems();
  if (root.kind !== 'map') {
    return { problems: [{ line: root.line, text: 'not a scenario: a table of keys is wanted, with name and image' }] };
  }
  const fields = new Fields(root, '', problems);
  const combinations = readMatrix(fields);
  const common = { file, root, where: readWhere(fields), faults: readFaults(fields), problems };
  const many = combinations.length * (1 + common.faults.length);
  if (many > MAX_RUNS) problems.add(root.line, `${many} runs; at most ${MAX_RUNS} a file`);
  const runs: RunPlan[] = [];
  if (many <= MAX_RUNS) {
    for (const combination of combinations) {
      // The same mistake would be found in each.
      if (!problems.list.length) runs.push(...runsOf(combination, common));
    }
  }
  return problems.list.length ? { problems: problems.list } : { runs };
}
