// Runs the batches of a campaign on our engines and the oracle, and counts what was hit by line and class.
import type { Instruction } from '../../src/arch/a64/pattern.js';
import { type BatchId, BatchSource, batchText, enginesOf } from './campaign-batches.js';
import { compareBatch, normalize } from './compare.js';
import { Core, type EngineKind } from './core.js';
import { Oracle, type OracleProgram, type Reply } from './oracle.js';
import type { Batch } from './placement.js';
import { describeMismatch } from './report.js';

/** What a line of the table had. */
export interface LineCount {
  /** Cases of this line alone. */
  single: number;
  /** Occurrences in sequences. */
  sequence: number;
  faults: number;
  mismatches: number;
}

/** Handlers after which an engine is replaced: its function table has 65536 entries. */
const MOST_HANDLERS = 30000;
/** Full descriptions of mismatches kept. */
const MOST_REPORTS = 10;

/** One profile's part of a campaign. */
export class ProfileRun {
  readonly source: BatchSource;
  readonly lines = new Map<string, LineCount>();
  /** Words that decode to nothing. */
  readonly undefined: LineCount = { single: 0, sequence: 0, faults: 0, mismatches: 0 };
  readonly reports: string[] = [];
  /** States compared with the oracle's, by engine. */
  readonly compared: Record<EngineKind, number> = { interpreter: 0, inline: 0, pairs: 0, blocks: 0 };
  /** Distinct inputs. */
  cases = 0;
  /** Instructions in them. */
  instructions = 0;
  mismatches = 0;
  readonly #table: readonly Instruction[];
  readonly #program: OracleProgram;
  readonly #oracle: Oracle;
  readonly #onReport: (report: string) => void;
  readonly #cores = new Map<EngineKind, { core: Core; key: number }>();

  /** @param onReport gets each description of a mismatch when it is made */
  constructor(
    profile: string,
    table: readonly Instruction[],
    program: OracleProgram,
    onReport: (report: string) => void = () => {},
  ) {
    this.#onReport = onReport;
    this.source = new BatchSource(profile, table);
    this.#table = table;
    this.#program = program;
    this.#oracle = new Oracle(program, profile);
    for (const e of this.source.encodings) this.#line(e.instruction.name);
  }

  /** Runs batches in order, asking the oracle ahead. */
  async run(ids: Iterable<BatchId>): Promise<void> {
    const ahead: { id: BatchId; batch: Batch; reply: Promise<Reply> }[] = [];
    const finishOne = async (): Promise<void> => {
      const { id, batch, reply } = ahead.shift()!;
      await this.#finish(id, batch, await reply);
    };
    for (const id of ids) {
      const batch = this.source.batch(id);
      ahead.push({ id, batch, reply: this.#oracle.exchange(batch) });
      if (ahead.length > 2) await finishOne();
    }
    while (ahead.length) await finishOne();
  }

  close(): void {
    this.#oracle.close();
  }

  async #finish(id: BatchId, batch: Batch, reply: Reply): Promise<void> {
    const endings = normalize(batch, reply);
    this.#count(batch, endings);
    for (const kind of enginesOf(id)) {
      const core = this.#core(kind, id);
      const mismatches = await compareBatch(core, batch, reply, endings, {
        breathe: () => new Promise((resolve) => setImmediate(resolve)),
      });
      this.compared[kind] += batch.cases.length;
      this.mismatches += mismatches.length;
      for (const [nth, m] of mismatches.entries()) {
        const c = batch.cases[m.index];
        for (const line of c?.lines ?? []) this.#line(line?.instruction.name).mismatches++;
        // Those behind the first of a batch may be due to it.
        if (nth || this.reports.length >= MOST_REPORTS) continue;
        const text = await describeMismatch({ core, oracle: this.#oracle, program: this.#program, batch, reply }, m);
        const report = `${text}\n  replay: ${batchText(id)} (case ${m.index} on ${kind})`;
        this.reports.push(report);
        this.#onReport(report);
      }
    }
  }

  #count(batch: Batch, endings: readonly string[]): void {
    this.cases += batch.cases.length;
    batch.cases.forEach((c, i) => {
      this.instructions += c.words.length;
      const fault = endings[i] !== 'end' || c.expected !== undefined;
      for (const line of c.lines) {
        const count = this.#line(line?.instruction.name);
        if (c.words.length === 1) count.single++;
        else count.sequence++;
        if (fault && c.words.length === 1) count.faults++;
      }
    });
  }

  #line(name: string | undefined): LineCount {
    if (name === undefined) return this.undefined;
    let count = this.lines.get(name);
    if (!count) {
      count = { single: 0, sequence: 0, faults: 0, mismatches: 0 };
      this.lines.set(name, count);
    }
    return count;
  }

  #hot(kind: EngineKind, { seed, index }: BatchId): ConstructorParameters<typeof Core>[3] {
    if (kind === 'inline') return { words: this.source.models(seed, index), pairs: [] };
    if (kind !== 'pairs') return undefined;
    const pairs = this.source.pairs(seed, index);
    return { words: [...new Set(pairs.flat())], pairs };
  }

  #core(kind: EngineKind, id: BatchId): Core {
    const key = kind === 'inline' || kind === 'pairs' ? this.source.modelsKey(id.index) : 0;
    const known = this.#cores.get(kind);
    if (known && known.key === key && known.core.engine.handlers < MOST_HANDLERS) return known.core;
    const core = new Core(id.profile, this.#table, kind, this.#hot(kind, id));
    this.#cores.set(kind, { core, key });
    return core;
  }
}

/** Lines of the table by class, as the summary prints them. */
export interface Classes {
  readonly [name: string]: readonly Instruction[];
}

/** One row a class: lines, cases, fewest cases of a line, faults, mismatches. */
export function summary(run: ProfileRun, classes: Classes): string[] {
  const rows = [['class', 'lines', 'alone', 'least', 'in sequences', 'faults', 'mismatches']];
  for (const [name, list] of Object.entries(classes)) {
    const counts = [...new Set(list.map((i) => i.name))].flatMap((n) => run.lines.get(n) ?? []);
    const sum = (f: (c: LineCount) => number): number => counts.reduce((total, c) => total + f(c), 0);
    if (!counts.length) continue;
    const least = Math.min(...counts.map((c) => c.single));
    rows.push([
      name,
      ...[counts.length, sum((c) => c.single), least, sum((c) => c.sequence)].map(String),
      ...[sum((c) => c.faults), sum((c) => c.mismatches)].map(String),
    ]);
  }
  const u = run.undefined;
  rows.push(['(undefined words)', '', String(u.single), '', '', String(u.faults), String(u.mismatches)]);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  '));
}
