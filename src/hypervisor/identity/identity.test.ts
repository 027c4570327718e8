import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../arch/profiles.js';
import { profileIdentity, type ReadIdentity } from '../../arch/system/identity.js';
import { admitCpu, type CpuMove, cpuMismatches, hasFeatures, parseIdentityRegister } from './admit.js';
import { guestIdentity, hostIdentity } from './host-cpu.js';
import { implementationList, parseImplementation } from './implementations.js';

const A57 = PROFILES['cortex-a57']!;
const N1 = PROFILES['neoverse-n1']!;
const a57 = profileIdentity(A57);
const n1 = profileIdentity(N1);

const move = (read: ReadIdentity, change: Partial<CpuMove> = {}): CpuMove => ({
  guest: a57,
  read,
  expected: [],
  destination: n1,
  allow: [],
  ...change,
});
const names = (m: CpuMove): string[] => cpuMismatches(m).map(({ register }) => register);

describe('what a guest sees', () => {
  it("is its host's implementation with its own features", () => {
    const seen = guestIdentity(A57, n1);
    expect(seen).toMatchObject({ MIDR_EL1: n1.MIDR_EL1, CTR_EL0: n1.CTR_EL0, DCZID_EL0: 4n });
    expect(seen.ID_AA64ISAR0_EL1).toBe(a57.ID_AA64ISAR0_EL1);
  });

  it("is its own profile where the host is not described, and the host's registers where they are", () => {
    expect(hostIdentity(undefined, N1)).toEqual(n1);
    const host = hostIdentity({ profile: 'neoverse-n1', registers: { REVIDR_EL1: 3n } }, A57);
    expect(host).toEqual({ ...n1, REVIDR_EL1: 3n });
    expect(hostIdentity({ profile: null, registers: { MIDR_EL1: 1n } }, A57)).toEqual({ ...a57, MIDR_EL1: 1n });
  });
});

describe('a move to another CPU', () => {
  it('is open to a guest that has read nothing, where it keeps its features', () => {
    expect(names(move({}))).toEqual([]);
  });

  it('is refused for what the guest has read and would find changed', () => {
    expect(names(move({ MIDR_EL1: a57.MIDR_EL1 }))).toEqual(['MIDR_EL1']);
    expect(names(move({ CTR_EL0: a57.CTR_EL0, REVIDR_EL1: 0n, DCZID_EL0: 4n }))).toEqual(['CTR_EL0']);
  });

  it('compares with the value that the guest knows, not with the one that the source has', () => {
    expect(names(move({ MIDR_EL1: n1.MIDR_EL1 }))).toEqual([]);
  });

  it('is refused where the destination lacks a feature, read or not', () => {
    const back = move({ ID_AA64ISAR0_EL1: n1.ID_AA64ISAR0_EL1 }, { guest: n1, destination: a57 });
    expect(names(back)).toContain('ID_AA64ISAR0_EL1');
    expect(names(back)).toContain('ID_AA64MMFR1_EL1');
    expect(() => admitCpu(back)).toThrow(/ID_AA64ISAR0_EL1 is 0x11120, the guest has read 0x100010211120;/);
    expect(() => admitCpu(back)).toThrow(/ID_AA64MMFR2_EL1 is 0x0, the VM has 0x11 /);
  });

  it('is open to what is allowed', () => {
    const read = { MIDR_EL1: a57.MIDR_EL1, CTR_EL0: a57.CTR_EL0 };
    expect(names(move(read, { allow: ['MIDR_EL1'] }))).toEqual(['CTR_EL0']);
    expect(() => admitCpu(move(read, { allow: ['MIDR_EL1', 'CTR_EL0'] }))).not.toThrow();
  });

  it('is open to an implementation that the guest expects, for what names an implementation', () => {
    const expected = [{ midr: n1.MIDR_EL1, revidr: 0n, aidr: 0n }];
    const read = { MIDR_EL1: a57.MIDR_EL1, REVIDR_EL1: 9n, AIDR_EL1: 9n, CTR_EL0: a57.CTR_EL0 };
    expect(names(move(read, { expected }))).toEqual(['CTR_EL0']);
    expect(names(move(read, { expected: [{ ...expected[0]!, revidr: 1n }] }))).toEqual([
      'MIDR_EL1',
      'REVIDR_EL1',
      'AIDR_EL1',
      'CTR_EL0',
    ]);
  });

  it('names the register, both values and the way out', () => {
    const destination = { ...a57, MIDR_EL1: 0x413f_d0c1n };
    expect(() => admitCpu(move({ MIDR_EL1: 0x411f_d070n }, { destination }))).toThrow(
      "migration refused: destination's MIDR_EL1 is 0x413fd0c1, the guest has read 0x411fd070 (--allow MIDR_EL1 to go on)",
    );
  });
});

describe('features', () => {
  it.each([
    ['ID_AA64ISAR0_EL1', 0x20n, 0x10n, false],
    ['ID_AA64ISAR0_EL1', 0x10n, 0x20n, true],
    // FP 0xf is none, less than 0.
    ['ID_AA64PFR0_EL1', 0x0_0000n, 0xf_0000n, false],
    ['ID_AA64PFR0_EL1', 0xf_0000n, 0x0_0000n, true],
    ['ID_AA64ISAR1_EL1', 0x0_0000n, 0xf_0000n, true],
    ['ID_AA64MMFR0_EL1', 0x0000_0000n, 0xf000_0000n, false],
    ['ID_AA64PFR0_EL1', 1n << 60n, 0n, false],
  ] as const)('%s: 0x%x on 0x%x is %s', (register, wanted, has, fine) => {
    expect(hasFeatures(register, wanted, has)).toBe(fine);
  });
});

describe('options', () => {
  it('reads implementations', () => {
    expect(parseImplementation('neoverse-n1')).toEqual({ midr: 0x414f_d0c1n, revidr: 0n, aidr: 0n });
    expect(parseImplementation('midr=0x413fd0c1,aidr=2')).toEqual({ midr: 0x413f_d0c1n, revidr: 0n, aidr: 2n });
    for (const bad of ['', 'midr=', 'revidr=1', 'midr=1,midr=1', 'midr=20000000000000000000', 'x'.repeat(200)]) {
      expect(() => parseImplementation(bad)).toThrow(RangeError);
    }
  });

  it('says everything once, and not too much', () => {
    const [one, two] = [parseImplementation('midr=1'), parseImplementation('midr=2')];
    expect(implementationList([one, two, one])).toEqual([one, two]);
    const many = Array.from({ length: 32 }, (_, n) => parseImplementation(`midr=${n}`));
    expect(() => implementationList(many)).toThrow('32 implementations: a guest is told of at most 31');
  });

  it('reads the names of registers', () => {
    expect(parseIdentityRegister('midr_el1')).toBe('MIDR_EL1');
    expect(() => parseIdentityRegister('MIDR')).toThrow(
      /^--allow MIDR: no register that a migration compares; these are/,
    );
  });
});
