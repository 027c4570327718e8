/** Instants that a user can name: host time, an instruction count, or something the guest prints. */
import type { Ps } from '../arch/timer/time.js';
import { formatDuration, parseDuration, shown } from '../host/time-spec.js';

export type When =
  | { readonly kind: 'time'; readonly at: Ps }
  /** Instructions retired by all vCPUs. */
  | { readonly kind: 'instructions'; readonly count: number }
  /** The line that the guest is printing matches. */
  | { readonly kind: 'console'; readonly pattern: RegExp };

const SAY = 'say t=2.5s, insn=1e9 or console=/text/';

/**
 * Reads 't=2.5s', 'insn=1e9' or 'console=/regex/flags'.
 * @throws RangeError with the text and the way out
 */
export function parseWhen(text: string, option: string): When {
  const subject = `${option} ${shown(text)}`;
  const [, key, value] = /^(t|insn|console)=([\s\S]+)$/.exec(text.trim()) ?? [];
  if (key === 't') return { kind: 'time', at: parseDuration(value!, subject) };
  if (key === 'insn') {
    const count = /^\d+(\.\d+)?(e\d{1,2})?$/.test(value!) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(count)) throw new RangeError(`${subject}: not a whole number of instructions; ${SAY}`);
    return { kind: 'instructions', count };
  }
  if (key === 'console') return { kind: 'console', pattern: parsePattern(value!, subject) };
  throw new RangeError(`${subject}: no instant; ${SAY}`);
}

function parsePattern(text: string, subject: string): RegExp {
  const [, source, flags] = /^\/([\s\S]+)\/([imsu]*)$/.exec(text) ?? [];
  if (source === undefined) throw new RangeError(`${subject}: no pattern between slashes; say console=/login:/`);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new RangeError(`${subject}: ${(error as Error).message}`);
  }
}

/**
 * Splits '<when> to <rest>' or '<when> type <rest>' at the word; a pattern may hold spaces.
 * @throws RangeError where the word is missing
 */
export function splitWhen(text: string, word: string, option: string): [When, string] {
  const match = new RegExp(`^((?:t|insn)=\\S+|console=/(?:[^/\\\\]|\\\\.)+/[imsu]*)\\s+${word}\\s([\\s\\S]*)$`).exec(
    text.trim(),
  );
  if (!match) throw new RangeError(`${option} ${shown(text)}: say "<when> ${word} ...", where <when> is like t=2.5s`);
  return [parseWhen(match[1]!, option), match[2]!];
}

/** The text that `parseWhen` reads. */
export function describeWhen(when: When): string {
  if (when.kind === 'time') return `t=${formatDuration(when.at).replace(' ', '')}`;
  return when.kind === 'instructions' ? `insn=${when.count}` : `console=${when.pattern}`;
}
