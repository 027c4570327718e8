/** Implementations that a VM may meet: what KVM's DISCOVER_IMPL hypercalls tell a guest, so that it is ready for all. */
import { PROFILES } from '../../arch/profiles.js';
import type { Identity } from '../../arch/system/identity.js';

/** One implementation, by the registers that errata go by. Plain data. */
export interface Implementation {
  midr: bigint;
  revidr: bigint;
  aidr: bigint;
}

/** How many a VM may be told of. */
export const MAX_IMPLEMENTATIONS = 31;

export const implementationOf = ({ MIDR_EL1, REVIDR_EL1, AIDR_EL1 }: Identity): Implementation => ({
  midr: MIDR_EL1,
  revidr: REVIDR_EL1,
  aidr: AIDR_EL1,
});

export const sameImplementation = (a: Implementation, b: Implementation): boolean =>
  a.midr === b.midr && a.revidr === b.revidr && a.aidr === b.aidr;

/** The list without what it says twice. @throws RangeError where it is too long */
export function implementationList(list: readonly Implementation[]): Implementation[] {
  const unique = list.filter((one, i) => list.findIndex((other) => sameImplementation(one, other)) === i);
  if (unique.length > MAX_IMPLEMENTATIONS) {
    throw new RangeError(`${unique.length} implementations: a guest is told of at most ${MAX_IMPLEMENTATIONS}`);
  }
  return unique;
}

const PART = /^(midr|revidr|aidr)=(0x[0-9a-f]{1,16}|\d{1,19})$/;

/**
 * Reads a profile's name, or 'midr=0x413fd0c1,revidr=0,aidr=0'.
 * @throws RangeError with the text and what it may be
 */
export function parseImplementation(text: string, option = '--may-meet'): Implementation {
  if (Object.hasOwn(PROFILES, text)) return { midr: PROFILES[text]!.midr, revidr: 0n, aidr: 0n };
  const subject = `${option} ${text.slice(0, 60)}`;
  const values: Partial<Implementation> = {};
  for (const part of text.toLowerCase().split(',')) {
    const [, name, value] = PART.exec(part.trim()) ?? [];
    if (name === undefined) {
      const profiles = Object.keys(PROFILES).join(', ');
      throw new RangeError(
        `${subject}: no implementation; say midr=0x413fd0c1,revidr=0,aidr=0 or a profile: ${profiles}`,
      );
    }
    const key = name as keyof Implementation;
    if (values[key] !== undefined) throw new RangeError(`${subject}: ${name} is given twice`);
    values[key] = BigInt(value!);
    if (values[key] >= 1n << 64n) throw new RangeError(`${subject}: ${name} is a 64-bit register`);
  }
  if (values.midr === undefined) throw new RangeError(`${subject}: no MIDR_EL1; add midr=0x...`);
  return { revidr: 0n, aidr: 0n, midr: values.midr, ...values };
}
