import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callPvTime,
  createLpt,
  decodeLpt,
  decodeStolenTime,
  encodeLpt,
  encodeStolenTime,
  LPT_LAYOUTS,
  type LptProfile,
  leastNative,
  lptAddress,
  MAX_PV_TIME_VCPUS,
  migratedLpt,
  PV_TIME_BASE,
  PV_TIME_SIZE,
  parsePvTimeProfile,
  pvCount,
  pvCountFromPage,
  pvCountUnbounded,
  rfc2020Scale,
  sequenceNumber,
  stolenTimeAddress,
} from './index.js';

fc.configureGlobal({ seed: 1 });

const frequencies = fc.oneof(
  fc.integer({ min: 1, max: 2_000_000_000 }),
  fc.constantFrom(
    19_200_000,
    24_000_000,
    25_000_000,
    62_500_000,
    100_000_000,
    121_875_000,
    1_000_000_000,
    1_050_000_000,
  ),
);
const profiles = fc.constantFrom<LptProfile[]>('rfc2020', 'beta2018');
const natives = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('region', () => {
  it('is 64 KiB of its own, every structure 64-byte aligned, none overlapping', () => {
    expect(PV_TIME_BASE % 0x1_0000).toBe(0);
    const places = [{ start: lptAddress(), end: lptAddress() + 64 }];
    for (let vcpu = 0; vcpu < MAX_PV_TIME_VCPUS; vcpu++) {
      places.push({ start: stolenTimeAddress(vcpu), end: stolenTimeAddress(vcpu) + 16 });
    }
    places.sort((a, b) => a.start - b.start);
    for (const [i, { start, end }] of places.entries()) {
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(i === 0 ? PV_TIME_BASE : places[i - 1]!.end);
      expect(end).toBeLessThanOrEqual(PV_TIME_BASE + PV_TIME_SIZE);
    }
    expect(lptAddress() % 4096).toBe(0);
    expect(stolenTimeAddress(0)).toBe(0x090a_0000);
    expect(stolenTimeAddress(3)).toBe(0x090a_00c0);
    expect(() => stolenTimeAddress(MAX_PV_TIME_VCPUS)).toThrow(RangeError);
  });
});

describe('stolen time', () => {
  it('has the bytes of DEN0057A', () => {
    const bytes = encodeStolenTime(0x0102_0304_0506_0708n);
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(decodeStolenTime(bytes)).toEqual({ revision: 0, attributes: 0, nanoseconds: 0x0102_0304_0506_0708n });
  });
});

describe('calls', () => {
  const rfc = { profile: 'rfc2020', lpt: true } as const;
  const beta = { profile: 'beta2018', lpt: true } as const;
  const st = BigInt(stolenTimeAddress(2));
  const lpt = BigInt(lptAddress());

  it.each([
    [rfc, 0xc5000020, 0xc5000020n, 0n],
    [rfc, 0xc5000020, 0xc5000021n, 0n],
    [rfc, 0xc5000020, 0xc5000022n, 0n],
    [rfc, 0xc5000020, 0xdead_c500_0022n, 0n],
    [rfc, 0xc5000020, 0xc5000023n, -1n],
    [rfc, 0xc5000020, 0x85000021n, -1n],
    [rfc, 0xc5000021, 0n, st],
    [rfc, 0xc5000022, 0n, lpt],
    [rfc, 0x85000020, 0xc5000021n, null],
    [rfc, 0x85000021, 0n, null],
    [{ ...rfc, lpt: false }, 0xc5000020, 0xc5000022n, -1n],
    [{ ...rfc, lpt: false }, 0xc5000022, 0n, -1n],
    [{ ...rfc, lpt: false }, 0xc5000021, 0n, st],
    [beta, 0xc5000021, 0n, lpt],
    [beta, 0xc5000022, 0n, st],
    [beta, 0xc5000021, 1n, -1n],
    [{ ...beta, wantInterrupt: () => {} }, 0xc5000021, 1n, lpt],
    [beta, 0xc5000021, 2n, -2n],
    [beta, 0xc5000021, 3n, -2n],
    [{ ...beta, lpt: false }, 0xc5000021, 2n, -1n],
    [{ profile: 'off', lpt: true } as const, 0xc5000020, 0xc5000021n, null],
    [{ profile: 'off', lpt: true } as const, 0xc5000021, 0n, null],
  ])('%j 0x%x(%i) is %i', (config, functionId, argument, result) => {
    expect(callPvTime(config, 2, functionId, argument)).toBe(result);
  });

  it('names the profiles', () => {
    expect(parsePvTimeProfile('beta2018')).toBe('beta2018');
    expect(() => parsePvTimeProfile('toString')).toThrow(
      new RangeError('--pvtime toString: no such profile; profiles are rfc2020, beta2018 (unverified layout) and off'),
    );
  });
});

describe('LPT factors, rfc2020', () => {
  it.each([
    // Fn, Fpv, fracbits, rfracbits, scale_mult, rscale_mult
    [100_000_000, 100_000_000, 63, 63, 1n << 63n, 1n << 63n],
    [25_000_000, 100_000_000, 61, 63, 1n << 63n, 1n << 61n],
    [100_000_000, 25_000_000, 63, 61, 1n << 61n, 1n << 63n],
    [25_000_000, 1_000_000_000, 58, 63, 40n << 58n, (1n << 63n) / 40n],
    [1_000_000_000, 19_200_000, 63, 58, ((1n << 63n) * 12n) / 625n, ((1n << 58n) * 625n) / 12n],
  ])('%d Hz to %d Hz', (native, pv, fracBits, rfracBits, scaleMult, rscaleMult) => {
    expect(rfc2020Scale(native, pv)).toEqual({ fracBits, rfracBits, scaleMult, rscaleMult });
  });

  it('fits the fields, and uses as many bits as they have', () => {
    fc.assert(
      fc.property(frequencies, frequencies, (native, pv) => {
        const { scaleMult, rscaleMult, fracBits, rfracBits } = rfc2020Scale(native, pv);
        for (const mult of [scaleMult, rscaleMult]) expect(mult >= 1n && mult < 1n << 64n).toBe(true);
        expect(Math.max(64 - fracBits, 64 - rfracBits)).toBe(
          1 + Math.floor(Math.log2(Math.floor(Math.max(native, pv) / Math.min(native, pv)))),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('LPT page', () => {
  it('has the bytes of the rfc2020 table', () => {
    const bytes = encodeLpt(createLpt('rfc2020', 100_000_000, 25_000_000));
    expect(Buffer.from(bytes).toString('hex')).toBe(
      [
        '00000000', // revision
        '00000000', // attributes
        '0200000000000000', // sequence_number: one run
        '40787d01', // native_freq
        '00e1f505', // pv_freq
        '0000000000000080', // scale_mult 4 * 2^61
        '0000000000000020', // rscale_mult 2^63 / 4
        '3d000000', // fracbits
        '3f000000', // rfracbits
      ].join(''),
    );
  });

  it('has 64 bytes in beta2018, the reserved ones 0', () => {
    const bytes = encodeLpt(createLpt('beta2018', 100_000_000, 25_000_000));
    expect(bytes.length).toBe(64);
    expect(decodeLpt('beta2018', bytes)).toEqual({
      revision: 0n,
      attributes: 0n,
      sequence_number: 0n,
      scale_mult: 1n << 63n,
      shift: 3n,
      native_freq: 25_000_000n,
      pv_freq: 100_000_000n,
      div_by_fpv_mult: (1n << 64n) / 100_000_000n,
    });
    expect([...bytes.slice(28, 32), ...bytes.slice(56)].every((b) => b === 0)).toBe(true);
  });

  it('has tables without holes that matter: fields in order, aligned, within the structure', () => {
    for (const { bytes, fields } of Object.values(LPT_LAYOUTS)) {
      let end = 0;
      for (const { offset, bytes: size } of fields) {
        expect(offset).toBeGreaterThanOrEqual(end);
        expect(offset % size).toBe(0);
        end = offset + size;
      }
      expect(end).toBeLessThanOrEqual(bytes);
    }
  });

  it('counts runs in rfc2020 and migrations in beta2018, asked for or not', () => {
    let [rfc, beta] = [createLpt('rfc2020', 1_000, 1_000), createLpt('beta2018', 1_000, 1_000)];
    expect([sequenceNumber(rfc), sequenceNumber(beta)]).toEqual([2n, 0n]);
    for (let migration = 1n; migration <= 3n; migration++) {
      [rfc, beta] = [migratedLpt(rfc, 2_000), migratedLpt(beta, 2_000)];
      expect([sequenceNumber(rfc), sequenceNumber(beta)]).toEqual([2n + 2n * migration, 2n * migration]);
    }
    // A guest that asks only now finds what a guest that asked at once finds.
    expect(decodeLpt('rfc2020', encodeLpt(rfc)).sequence_number).toBe(8n);
    expect(rfc.pvFreqHz).toBe(1_000);
  });

  it('refuses frequencies that do not fit', () => {
    for (const hz of [0, 2 ** 32, 1.5]) {
      expect(() => createLpt('rfc2020', hz, 1_000)).toThrow(RangeError);
      expect(() => createLpt('rfc2020', 1_000, hz)).toThrow(RangeError);
    }
  });
});

describe('PV counter', () => {
  it('is what a guest computes from the page', () => {
    fc.assert(
      fc.property(profiles, frequencies, frequencies, natives, (profile, pv, native, count) => {
        const state = createLpt(profile, pv, native);
        expect(pvCount(state, count)).toBe(pvCountFromPage(profile, encodeLpt(state), count));
      }),
      { numRuns: 1000 },
    );
  });

  it('is below the exact ratio by its own rounding and that of the multiplier, no more', () => {
    fc.assert(
      fc.property(frequencies, frequencies, fc.bigInt({ min: 0n, max: 1n << 56n }), (pv, native, count) => {
        const exact = (count * BigInt(pv)) / BigInt(native);
        const got = pvCountUnbounded(createLpt('rfc2020', pv, native), count);
        const multiplier = count >> BigInt(rfc2020Scale(native, pv).fracBits);
        expect(exact - got >= 0n && exact - got <= 1n + multiplier).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('leastNative is its least inverse', () => {
    fc.assert(
      fc.property(profiles, frequencies, frequencies, natives, (profile, pvHz, nativeHz, pv) => {
        const state = createLpt(profile, pvHz, nativeHz);
        const native = leastNative(state, pv);
        expect(pvCountUnbounded(state, native)).toBeGreaterThanOrEqual(pv);
        if (native > 0n) expect(pvCountUnbounded(state, native - 1n)).toBeLessThan(pv);
      }),
      { numRuns: 1000 },
    );
  });
});
