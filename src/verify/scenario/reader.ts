/** Reads values out of a document's tree and collects what is wrong with it, all of it, each with its line. */
import { shown } from '../../host/time-spec.js';
import { kindOf, type MapNode, type Node, oneLine, type Problem } from './document.js';

/** More are not told: the rest is most likely the same mistake. */
const MAX_PROBLEMS = 50;

export class Problems {
  readonly list: Problem[] = [];

  add(line: number, text: string): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push({ line, text: oneLine(text) });
  }

  /** The result of `read`, or undefined where it throws a RangeError, which becomes a problem at the line. */
  try<T>(line: number, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.add(line, error.message);
      return undefined;
    }
  }
}

/** The keys of one table. Each is taken once; `finish` names those that nobody took. */
export class Fields {
  readonly node: MapNode;
  readonly problems: Problems;
  /** What the table is, for errors: '', or 'expect' and the like. */
  readonly what: string;
  readonly #left: Map<string, Node>;
  readonly #known: string[] = [];

  constructor(node: MapNode, what: string, problems: Problems) {
    this.node = node;
    this.what = what;
    this.problems = problems;
    this.#left = new Map(node.entries.map((e) => [e.key, e.value]));
  }

  name(key: string): string {
    return this.what ? `${this.what}.${key}` : key;
  }

  take(key: string): Node | undefined {
    this.#known.push(key);
    const node = this.#left.get(key);
    this.#left.delete(key);
    return node;
  }

  /** A value that is there must be read by `read`; what it throws as RangeError is the problem's text. */
  read<T>(key: string, read: (node: Node, name: string) => T | undefined): T | undefined {
    const node = this.take(key);
    return node && this.problems.try(node.line, () => read(node, this.name(key)));
  }

  finish(): void {
    for (const [key, node] of this.#left) {
      const line = this.node.entries.find((e) => e.key === key)?.line ?? node.line;
      const where = this.what ? `${this.what}: ` : '';
      this.problems.add(line, `${where}unknown key ${shown(key)}; keys are ${this.#known.join(', ')}`);
    }
  }
}

const wrong = (name: string, node: Node, wanted: string): RangeError =>
  new RangeError(`${name}: ${kindOf(node)}; give ${wanted}`);

/** A text; a number or yes/no is taken as it was written. @param most characters */
export function text(node: Node, name: string, most = 1024): string {
  if (node.kind !== 'scalar' || node.value === null) throw wrong(name, node, 'a text');
  const value = typeof node.value === 'string' ? node.value : node.text;
  if (value.length > most) throw new RangeError(`${name}: ${value.length} characters; at most ${most}`);
  return value;
}

export function whole(node: Node, name: string, min: number, max: number): number {
  const value = node.kind === 'scalar' && typeof node.value === 'number' ? node.value : Number.NaN;
  if (!(Number.isSafeInteger(value) && value >= min && value <= max)) {
    const given = node.kind === 'scalar' ? shown(node.text) : kindOf(node);
    throw new RangeError(`${name} ${given}: a whole number from ${min} to ${max}`);
  }
  return value;
}

export function number(node: Node, name: string): number {
  if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isFinite(node.value)) {
    throw new RangeError(`${name}: ${node.kind === 'scalar' ? shown(node.text) : kindOf(node)} is not a number`);
  }
  return node.value;
}

export function flag(node: Node, name: string): boolean {
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') throw wrong(name, node, 'true or false');
  return node.value;
}

export function map(node: Node, name: string): MapNode {
  if (node.kind !== 'map') throw wrong(name, node, 'a table of keys');
  return node;
}

/** The items of a list; one thing alone stands for a list of one. */
export function items(node: Node, name: string, most: number): readonly Node[] {
  const list = node.kind === 'list' ? node.items : [node];
  if (list.length > most) throw new RangeError(`${name}: ${list.length} entries; at most ${most}`);
  return list;
}

export function choice<T extends string>(node: Node, name: string, choices: readonly T[]): T {
  const value = text(node, name);
  const found = choices.find((c) => c === value);
  if (found === undefined) throw new RangeError(`${name} ${shown(value)}: not one of ${choices.join(', ')}`);
  return found;
}
