/** YAML 1.2 text to the tree that scenarios are read from, with every part's line; bounded whatever the text says. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type MapEntry, type Node, oneLine, type Problem, type Scalar } from '../../verify/scenario/index.js';

/** Bytes of a scenario file. */
export const MAX_SCENARIO = 256 * 1024;
/** Nodes of a file, aliases written out. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 24;

export type ReadYaml = { readonly root: Node } | { readonly problems: readonly Problem[] };

/** A mistake in the text, at an offset into it. */
class BadYaml extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  #nodes = 0;
  /** Where the alias that is being written out stands: its contents have their lines elsewhere. */
  #alias: number | null = null;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  read(value: unknown, at: number, depth: number): Node {
    const offset = this.#alias ?? rangeOf(value) ?? at;
    if (++this.#nodes > MAX_NODES) {
      throw new BadYaml(`more than ${MAX_NODES} values, aliases written out; split the file`, offset);
    }
    if (depth > MAX_DEPTH) throw new BadYaml(`nested more than ${MAX_DEPTH} deep; a scenario needs 6`, offset);
    const { line } = this.#lines.linePos(offset);
    if (isAlias(value)) return this.#written(value, offset, depth);
    if (isMap(value)) return { kind: 'map', entries: this.#entries(value.items, offset, depth), line };
    if (isSeq(value)) {
      return { kind: 'list', items: value.items.map((item) => this.read(item, offset, depth + 1)), line };
    }
    if (value === null || value === undefined) return { kind: 'scalar', value: null, text: '', line };
    if (!isScalar(value)) throw new BadYaml('neither a value, a list nor a table', offset);
    const scalar = value.value as Scalar;
    if (scalar !== null && !['string', 'number', 'boolean'].includes(typeof scalar)) {
      throw new BadYaml('not a text, a number or true or false; put it in quotes', offset);
    }
    return { kind: 'scalar', value: scalar, text: value.source ?? String(scalar ?? ''), line };
  }

  #written(alias: import('yaml').Alias.Parsed | import('yaml').Alias, offset: number, depth: number): Node {
    const target = alias.resolve(this.#document);
    if (!target) throw new BadYaml(`*${alias.source.slice(0, 40)}: no such anchor before it`, offset);
    const outer = this.#alias;
    this.#alias = offset;
    try {
      return this.read(target, offset, depth + 1);
    } finally {
      this.#alias = outer;
    }
  }

  #entries(pairs: readonly { key: unknown; value: unknown }[], at: number, depth: number): MapEntry[] {
    const seen = new Set<string>();
    return pairs.map((pair) => {
      const key = this.read(pair.key, at, depth + 1);
      const offset = this.#alias ?? rangeOf(pair.key) ?? at;
      if (key.kind !== 'scalar' || key.value === null) throw new BadYaml('a key that is not a plain word', offset);
      const name = typeof key.value === 'string' ? key.value : key.text;
      if (seen.has(name)) throw new BadYaml(`${name.slice(0, 40)} is given twice`, offset);
      seen.add(name);
      return { key: name, line: key.line, value: this.read(pair.value, offset, depth + 1) };
    });
  }
}

function rangeOf(value: unknown): number | null {
  const range = (value as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? null;
}

/** How deep brackets and dashes nest at most; the parser recurses, so this is asked before it is. */
function nestingOf(text: string): { deep: number; at: number } {
  let depth = 0;
  let worst = { deep: 0, at: 0 };
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') depth = Math.max(0, depth - 1);
    if (depth > worst.deep) worst = { deep: depth, at };
  }
  return worst;
}

/** Unbalanced brackets inside texts are fine; a hostile file has thousands. */
const MAX_BRACKETS = 200;
/** Indicators one behind another on a line that each open a list or a table. */
const INDICATORS = /(?:[-?:][ \t]+){40}/;
const NOTHING_DEEP = 'nested too deep; a scenario needs 6 levels';

/** Reads one YAML document. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const problem = (line: number, what: string): ReadYaml => ({ problems: [{ line, text: oneLine(what) }] });
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  if (text.length > MAX_SCENARIO) {
    return problem(1, `${text.length} characters; a scenario has at most ${MAX_SCENARIO}; split it`);
  }
  const nesting = nestingOf(text);
  if (nesting.deep > MAX_BRACKETS) return problem(lineAt(nesting.at), NOTHING_DEEP);
  const indicators = INDICATORS.exec(text);
  if (indicators) return problem(lineAt(indicators.index), NOTHING_DEEP);
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      strict: true,
      uniqueKeys: false,
      schema: 'core',
      merge: false,
      logLevel: 'silent',
      stringKeys: false,
    });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length) {
      return {
        problems: faults.slice(0, 20).map((fault) => ({
          line: lines.linePos(fault.pos[0]).line || 1,
          text: oneLine(`not YAML: ${fault.message.split('\n')[0]}`),
        })),
      };
    }
    return { root: new Reader(document, lines).read(document.contents, 0, 0) };
  } catch (error) {
    if (error instanceof BadYaml) return problem(lines.linePos(error.offset).line || 1, error.message);
    if (error instanceof RangeError && /call stack/.test(error.message)) return problem(1, NOTHING_DEEP);
    throw error;
  }
}
