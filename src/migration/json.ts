/** JSON with bigints, for the modelled state: `{"$": "-12"}` stands for -12n. */
import type { ByteSource } from './container.js';
import { BadSnapshot } from './errors.js';

/** Most bytes of a section where its reader allows no more. Values take up to 24 times the bytes of their text. */
const MAX_SECTION = 2 ** 20;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value, (_key, v) => (typeof v === 'bigint' ? { $: v.toString() } : v));
  return new TextEncoder().encode(text);
}

/**
 * The value of a section, which is read only where it has at most so many bytes.
 * @throws BadSnapshot as `decodeJson` does, and where it is longer
 */
export function readJson(section: ByteSource, most = MAX_SECTION): unknown {
  const { length } = section;
  if (length > most) throw new BadSnapshot(`a section of ${length} bytes of JSON; at most ${most}`);
  return decodeJson(section.read(0, length));
}

/** @throws BadSnapshot for anything that is not such JSON */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return revive(JSON.parse(UTF8.decode(bytes)));
  } catch (error) {
    throw error instanceof BadSnapshot ? error : new BadSnapshot('a section is not readable JSON');
  }
}

/** Puts bigints in place of what stands for them. */
function revive(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('$' in value) {
    if (typeof value.$ !== 'string' || !/^-?\d{1,40}$/.test(value.$)) throw new BadSnapshot('a number is not one');
    return BigInt(value.$);
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const field = fields[key];
    if (typeof field === 'object') fields[key] = revive(field);
  }
  return value;
}
