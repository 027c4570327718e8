/** A scenario file as a tree whose every part knows its line, whatever text format it was written in. */

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** The text as written, without quotes: what a number was before it was one. */
  readonly text: string;
  readonly line: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly line: number;
}

export interface MapEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Node;
}

export interface MapNode {
  readonly kind: 'map';
  /** Keys are distinct. */
  readonly entries: readonly MapEntry[];
  readonly line: number;
}

export type Node = ScalarNode | ListNode | MapNode;

/** Something wrong with a file, at a line (from 1). */
export interface Problem {
  readonly line: number;
  /** What, the limit, what to do; one line. */
  readonly text: string;
}

/** What a node is, in words for an error. */
export const kindOf = (node: Node): string =>
  node.kind === 'map'
    ? 'a table of keys'
    : node.kind === 'list'
      ? 'a list'
      : node.value === null
        ? 'nothing'
        : `${typeof node.value === 'string' ? 'a text' : `a ${typeof node.value}`}`;

/** Longer messages quote something endless. */
const MAX_MESSAGE = 400;

/** A message as one line that a terminal can show: what a file says is quoted in it. */
export function oneLine(text: string): string {
  const short = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}...` : text;
  return short.replace(/\p{Cc}|\u2028|\u2029/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
