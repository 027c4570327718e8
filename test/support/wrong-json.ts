/** JSON made wrong in its text, so that a wrong copy costs no more than copying the text. Bigints as snapshots have them. */
import { encodeJson } from '../../src/migration/json.js';
import type { Random } from '../conformance/random.js';

const textOf = (value: unknown): string => new TextDecoder().decode(encodeJson(value));

/** What a value may be replaced by; some of it no encoder writes. */
const EXTREMES: readonly string[] = [
  ...[0, 1, -1, 7, 8, 16, 255, 256, 1020, 0.5, 2 ** 31, 2 ** 32, -(2 ** 31), 2 ** 53, 1e300].map(textOf),
  ...['-0', '1e999', '-1e999', '0.1e-400', '9'.repeat(400)],
  ...['', 'on', 'off', 'wfi', 'all', '__proto__', '\0', '\ud800', null, true, false, [], {}, [[]]].map(textOf),
  ...['{"__proto__":1}', '{"length":1}', '{"$":1}', '{"$":""}', '{"$":"1","x":2}'],
  ...[0n, 1n, -1n, 1n << 31n, 1n << 48n, (1n << 63n) - 1n, (1n << 64n) - 1n, 1n << 64n].map(textOf),
  ...[1n << 100n, -(1n << 100n), 10n ** 39n].map(textOf),
];

/** A value and where it is in the text. */
interface Place {
  readonly value: unknown;
  /** Where its member begins: at its key, where it has one. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly inner: readonly Place[];
  /** The list or object that it is in, and its number there. */
  readonly within: Place | null;
  readonly n: number;
}

/** A piece of text put in place of another. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const below = (random: Random, n: number): number => random.word() % n;
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

export class WrongJson {
  readonly #text: string;
  readonly #root: Place;

  constructor(value: unknown) {
    let text = '';
    const write = (it: unknown, start: number, within: Place | null, n: number): Place => {
      const inner: Place[] = [];
      const from = text.length;
      const place = { value: it, start, from, to: from, inner, within, n };
      if (it === null || typeof it !== 'object') {
        text += textOf(it);
      } else {
        const isList = Array.isArray(it);
        text += isList ? '[' : '{';
        for (const [key, child] of Object.entries(it).filter(([, child]) => child !== undefined)) {
          if (inner.length) text += ',';
          const at = text.length;
          if (!isList) text += `${JSON.stringify(key)}:`;
          inner.push(write(child, at, place, inner.length));
        }
        text += isList ? ']' : '}';
      }
      place.to = text.length;
      return place;
    };
    this.#root = write(value, 0, null, 0);
    this.#text = text;
  }

  /** The text as it is right. */
  right(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.#text);
  }

  /** The text with up to so many changes: those that fall into one another are left out. */
  mutate(random: Random, count: number): Uint8Array<ArrayBuffer> {
    const changes: Change[] = [];
    for (let n = 0; n < count; n++) {
      for (const change of this.#change(random)) {
        if (changes.every((other) => change.to <= other.from || other.to <= change.from)) changes.push(change);
      }
    }
    let text = '';
    let at = 0;
    for (const change of changes.sort((a, b) => a.from - b.from)) {
      text += this.#text.slice(at, change.from) + change.text;
      at = change.to;
    }
    return new TextEncoder().encode(text + this.#text.slice(at));
  }

  /** A random place below the root: deep ones as likely as shallow ones. */
  #place(random: Random): Place {
    for (let place = this.#root; ; ) {
      place = pick(random, place.inner);
      if (!place.inner.length || random.chance(1, 8)) return place;
    }
  }

  #textAt({ from, to }: { from: number; to: number }): string {
    return this.#text.slice(from, to);
  }

  #change(random: Random): Change[] {
    const place = this.#place(random);
    const { from, to, start } = place;
    switch (below(random, 7)) {
      case 0:
      case 1:
        return [{ from, to, text: pick(random, EXTREMES) }];
      case 2:
        return [{ from, to, text: textOf(nearby(random, place.value)) }];
      case 3: {
        const { inner } = place.within!;
        const next = inner[place.n + 1];
        if (next) return [{ from: start, to: next.start, text: '' }];
        return [{ from: inner[place.n - 1]?.to ?? start, to, text: '' }];
      }
      case 4: {
        const key = start === from ? '' : `${this.#textAt({ from: start, to: from }).slice(0, -2)}2":`;
        return [{ from: start, to: start, text: `${key}${this.#textAt(place)},` }];
      }
      case 5:
        return [{ from, to, text: this.#textAt(this.#place(random)) }];
      default: {
        const other = this.#place(random);
        return [
          { from, to, text: this.#textAt(other) },
          { from: other.from, to: other.to, text: this.#textAt(place) },
        ];
      }
    }
  }
}

/** A value a little beside. */
function nearby(random: Random, value: unknown): unknown {
  if (typeof value === 'number') return value + pick(random, [1, -1, 0.5, 1 << below(random, 31)]);
  if (typeof value === 'bigint') return value ^ (1n << BigInt(below(random, 66)));
  return typeof value === 'boolean' ? !value : [value];
}
