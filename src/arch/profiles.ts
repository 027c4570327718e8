/** CPU profiles: what a modelled core is and has. Data only; ID registers are derived in system/id-registers. */
import type { Feature } from './a64/pattern.js';

export interface Profile {
  readonly name: string;
  /** Device tree compatible. */
  readonly compatible: string;
  readonly midr: bigint;
  readonly features: ReadonlySet<Feature>;
  /** Physical address bits that the MMU gives out. */
  readonly physicalBits: number;
  /** ID_AA64MMFR1_EL1.HAFDBS: 0 none, 1 access flag, 2 and dirty state. */
  readonly hafdbs: 0 | 1 | 2;
  /** PMUv3 event counters besides the cycle counter. */
  readonly pmuCounters: number;
}

const v8_2: readonly Feature[] = [
  'crc32',
  'crypto',
  'lse',
  'rdm',
  'pan',
  'uao',
  'ras',
  'dpb',
  'dotprod',
  'fp16',
  'rcpc',
];

export const PROFILES: Readonly<Record<string, Profile>> = {
  /** Cortex-A57 r1p0: Armv8.0 with CRC32 and the Cryptographic Extension. */
  'cortex-a57': {
    name: 'cortex-a57',
    compatible: 'arm,cortex-a57',
    midr: 0x411fd070n,
    features: new Set<Feature>(['crc32', 'crypto']),
    physicalBits: 44,
    hafdbs: 0,
    pmuCounters: 6,
  },
  /** Neoverse N1 r4p1: Armv8.2 with the extensions that its TRM lists. */
  'neoverse-n1': {
    name: 'neoverse-n1',
    compatible: 'arm,neoverse-n1',
    midr: 0x414fd0c1n,
    features: new Set<Feature>(v8_2),
    physicalBits: 48,
    hafdbs: 2,
    pmuCounters: 6,
  },
};
