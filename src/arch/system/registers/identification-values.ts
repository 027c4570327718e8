/** Values of the identification registers, derived from the profile: they say what works, and no more (D17.2.49 ff.). */
import type { Feature } from '../../a64/pattern.js';
import type { Profile } from '../../profiles.js';
import { BREAKPOINTS, WATCHPOINTS } from '../slots.js';

/** ID_AA64MMFR0_EL1.PARange by physical address bits. */
const PA_RANGE: Readonly<Record<number, bigint>> = { 32: 0n, 36: 1n, 40: 2n, 42: 3n, 44: 4n, 48: 5n };
const CONTEXT_BREAKPOINTS = 2;

export interface Caches {
  readonly ctr: bigint;
  readonly clidr: bigint;
  /** CCSIDR_EL1 by CSSELR_EL1: L1 data, L1 instruction, L2. */
  readonly ccsidr: readonly [bigint, bigint, bigint];
}

/** From the cores' TRMs; CTR_EL0.IDC is set where the core may be built so, as nothing need be cleaned here. */
const CACHES: Readonly<Record<string, Caches>> = {
  'cortex-a57': {
    ctr: 0x8444_c004n,
    clidr: 0x0a20_0023n,
    ccsidr: [0x701f_e00an, 0x201f_e012n, 0x70ff_e07an],
  },
  'neoverse-n1': {
    ctr: 0x9444_c004n,
    clidr: 0x0200_0023n,
    ccsidr: [0x701f_e01an, 0x201f_e01an, 0x70ff_e03an],
  },
};

type FieldValue = readonly [shift: number, value: number | bigint];
const fields = (...list: FieldValue[]): bigint =>
  list.reduce((sum, [shift, value]) => sum | (BigInt(value) << BigInt(shift)), 0n);

/** Values of the registers that are not zero. */
export function idValues(profile: Profile): Readonly<Record<string, bigint>> {
  const has = (f: Feature): number => (profile.features.has(f) ? 1 : 0);
  const v8_1 = has('lse');
  const v8_2 = has('uao');
  const fp = has('fp16');
  return {
    // AArch64 only at EL0 and EL1; as a KVM guest sees it, no EL2 and EL3; GICv3 system registers. CSV2 and CSV3 from
    // v8.2 on, as there is no speculation.
    ID_AA64PFR0_EL1: fields([0, 1], [4, 1], [16, fp], [20, fp], [24, 1], [28, has('ras')], [56, v8_2], [60, v8_2]),
    ID_AA64DFR0_EL1: fields(
      [0, v8_2 ? 8 : 6],
      [8, 1],
      [12, BREAKPOINTS - 1],
      [20, WATCHPOINTS - 1],
      [28, CONTEXT_BREAKPOINTS - 1],
    ),
    ID_AA64ISAR0_EL1: fields(
      [4, has('crypto') * 2],
      [8, has('crypto')],
      [12, has('crypto')],
      [16, has('crc32')],
      [20, has('lse') * 2],
      [28, has('rdm')],
      [44, has('dotprod')],
    ),
    ID_AA64ISAR1_EL1: fields([0, has('dpb')], [20, has('rcpc')]),
    // 16-bit ASIDs; 4 KiB and 64 KiB granules (0), 16 KiB from v8.1 on. Little-endian only.
    ID_AA64MMFR0_EL1: fields([0, PA_RANGE[profile.physicalBits]!], [4, 2], [20, v8_1]),
    ID_AA64MMFR1_EL1: fields([0, profile.hafdbs], [12, v8_1], [20, has('pan') * 2]),
    ID_AA64MMFR2_EL1: fields([0, v8_2], [4, has('uao')]),
  };
}

/** @throws RangeError for a profile without caches: a mistake of ours */
export function cachesOf(profile: Profile): Caches {
  const caches = CACHES[profile.name];
  if (!caches) throw new RangeError(`${profile.name}: no cache registers`);
  return caches;
}
