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
