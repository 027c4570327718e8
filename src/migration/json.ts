/** JSON with bigints, for the modelled state: `{"$": "-12"}` stands for -12n. */
import { BadSnapshot } from './errors.js';

export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value, (_key, v) => (typeof v === 'bigint' ? { $: v.toString() } : v));
  return new TextEncoder().encode(text);
}

/** @throws BadSnapshot for anything that is not such JSON */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), (_key, v) => {
      if (v === null || typeof v !== 'object' || !('$' in v)) return v;
      const digits: unknown = v.$;
      if (typeof digits !== 'string' || !/^-?\d{1,40}$/.test(digits)) throw new BadSnapshot('a number is not one');
      return BigInt(digits);
    });
  } catch (error) {
    throw error instanceof BadSnapshot ? error : new BadSnapshot('a section is not readable JSON');
  }
}

/**
 * Checks that `value` has the shape of `template`: the same fields with values of the same kinds. Where the template has
 * null, anything plain is allowed; an array's elements are checked against the template's first.
 * @throws BadSnapshot naming the first place that differs
 */
export function checkShape(value: unknown, template: unknown, path: string): void {
  if (template === null || value === null) {
    if (value !== null || template === null) return;
    throw new BadSnapshot(`${path} is missing`);
  }
  if (typeof value !== typeof template || Array.isArray(value) !== Array.isArray(template)) {
    throw new BadSnapshot(`${path} is ${kind(value)}, not ${kind(template)}`);
  }
  if (Array.isArray(value)) {
    const [first] = template as unknown[];
    if (first !== undefined) value.forEach((v, i) => checkShape(v, first, `${path}[${i}]`));
  } else if (typeof value === 'object') {
    for (const [key, t] of Object.entries(template as object)) {
      checkShape((value as Record<string, unknown>)[key] ?? null, t, `${path}.${key}`);
    }
  } else if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new BadSnapshot(`${path} is not a finite number`);
  }
}

const kind = (v: unknown): string => (Array.isArray(v) ? 'a list' : `a ${typeof v}`);
