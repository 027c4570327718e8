// Spot cases of the exact library with values worked out by hand from the Arm ARM, and nearest rounding against the host.
// Every operation against true instructions is in test/conformance/softfp.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as fp from './index.js';

const view = new DataView(new ArrayBuffer(8));

// The bits of a host NaN depend on the processor; here it stands for the default NaN.
function double(x: number): bigint {
  if (Number.isNaN(x)) return 0x7ff8000000000000n;
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}

function single(x: number): bigint {
  if (Number.isNaN(x)) return 0x7fc00000n;
  view.setFloat32(0, x);
  return BigInt(view.getUint32(0));
}

/** Runs an operation and gives its result with the flags it raised. */
function run<T>(fpcr: number, operation: (c: fp.FpControl) => T): [T, number] {
  const control = { fpcr, flags: 0 };
  const result = operation(control);
  return [result, control.flags];
}

const MODE = { p: 1 << 22, m: 2 << 22, z: 3 << 22 };
const { IOC, DZC, OFC, UFC, IXC, IDC } = fp;

describe('nearest rounding equals the host', () => {
  const BINARY = [
    ['add', fp.fpAdd, (x: number, y: number) => x + y],
    ['sub', fp.fpSub, (x: number, y: number) => x - y],
    ['mul', fp.fpMul, (x: number, y: number) => x * y],
    ['div', fp.fpDiv, (x: number, y: number) => x / y],
  ] as const;
  const control = (): fp.FpControl => ({ fpcr: fp.FPCR_DN, flags: 0 });

  test.each(BINARY)('double %s', (_, ours, host) => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (x, y) => ours(64, double(x), double(y), control()) === double(host(x, y))),
      { seed: 1, numRuns: 2000 },
    );
  });

  test.each(BINARY)('single %s', (_, ours, host) => {
    fc.assert(
      fc.property(fc.float(), fc.float(), (x, y) => ours(32, single(x), single(y), control()) === single(host(x, y))),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('square root, conversion to single, integers', () => {
    fc.assert(
      fc.property(
        fc.double(),
        (x) =>
          fp.fpSqrt(64, double(x), control()) === double(Math.sqrt(x)) &&
          fp.fpConvert(64, 32, double(x), control()) === single(x) &&
          fp.fpRoundInt(64, double(x), 'm', control()) === double(Math.floor(x)),
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('flags', () => {
  test('of exceptional results', () => {
    expect(run(0, (c) => fp.fpDiv(64, double(1), double(-0), c))).toEqual([double(-Infinity), DZC]);
    expect(run(0, (c) => fp.fpMul(64, double(1e300), double(1e300), c))).toEqual([double(Infinity), OFC | IXC]);
    expect(run(MODE.z, (c) => fp.fpMul(64, double(1e300), double(1e300), c))).toEqual([
      double(Number.MAX_VALUE),
      OFC | IXC,
    ]);
    expect(run(0, (c) => fp.fpSqrt(32, single(-1), c))).toEqual([0x7fc00000n, IOC]);
  });

  test('underflow needs a tiny and inexact result, tiny before rounding', () => {
    expect(run(0, (c) => fp.fpMul(64, 1n, double(0.5), c))).toEqual([0n, UFC | IXC]);
    expect(run(0, (c) => fp.fpMul(64, 2n, double(0.5), c))).toEqual([1n, 0]);
    // The largest denormal and a half unit: rounds up to the smallest normal number.
    expect(run(0, (c) => fp.fpMul(64, 0x001fffffffffffffn, double(0.5), c))).toEqual([0x0010000000000000n, UFC | IXC]);
  });

  test('flushing inputs raises IDC except in half precision; flushing results raises UFC alone', () => {
    expect(run(fp.FPCR_FZ, (c) => fp.fpAdd(32, 1n, single(1), c))).toEqual([single(1), IDC]);
    expect(run(fp.FPCR_FZ16, (c) => fp.fpAdd(16, 1n, 0x3c00n, c))).toEqual([0x3c00n, 0]);
    expect(run(fp.FPCR_FZ, (c) => fp.fpMul(32, 0x80800000n, single(0.75), c))).toEqual([0x80000000n, UFC]);
    expect(run(fp.FPCR_FZ16, (c) => fp.fpMul(32, 0x80800000n, single(0.75), c))).toEqual([0x80600000n, 0]);
  });
});

describe('NaNs', () => {
  test('a signalling NaN is preferred and made quiet; DN replaces it', () => {
    expect(run(0, (c) => fp.fpAdd(32, 0x7fc00001n, 0xff800002n, c))).toEqual([0xffc00002n, IOC]);
    expect(run(0, (c) => fp.fpAdd(32, 0x7fc00001n, 0xffc00002n, c))).toEqual([0x7fc00001n, 0]);
    expect(run(fp.FPCR_DN, (c) => fp.fpAdd(32, 0xffc00001n, single(1), c))).toEqual([0x7fc00000n, 0]);
  });

  test('a quiet addend does not hide infinity times zero', () => {
    expect(run(0, (c) => fp.fpFma(64, 0x7ff8000000000001n, double(Infinity), 0n, c))).toEqual([
      0x7ff8000000000000n,
      IOC,
    ]);
  });

  test('the reciprocal step flips the sign of its first operand, a NaN too', () => {
    expect(run(0, (c) => fp.fpRecipStepFused(32, 0x7fc00001n, single(1), c))).toEqual([0xffc00001n, 0]);
    expect(run(0, (c) => fp.fpRecipStepFused(32, single(1), 0x7fc00001n, c))).toEqual([0x7fc00001n, 0]);
  });

  test('number forms of minimum and maximum ignore one quiet NaN', () => {
    expect(run(0, (c) => fp.fpMaxNum(32, 0x7fc00001n, single(-2), c))).toEqual([single(-2), 0]);
    expect(run(0, (c) => fp.fpMinNum(32, single(-2), 0x7f800001n, c))).toEqual([0x7fc00001n, IOC]);
    expect(run(0, (c) => fp.fpMax(32, single(-0), single(0), c))).toEqual([0n, 0]);
  });

  test('absolute value and negation touch the sign alone', () => {
    expect(fp.fpAbs(16, 0xfe01n)).toBe(0x7e01n);
    expect(fp.fpAbs(64, double(-2))).toBe(double(2));
    expect(fp.fpNeg(32, 0x7f800001n)).toBe(0xff800001n);
    expect(fp.fpNeg(64, double(-2))).toBe(double(2));
  });
});

test('fused multiply-add rounds once, and an exact zero takes the sign of the rounding direction', () => {
  // (1 + 2^-52) * (1 - 2^-52) - 1 = -2^-104; two roundings would give 0.
  const [a, b] = [double(1 + 2 ** -52), double(1 - 2 ** -52)];
  expect(run(0, (c) => fp.fpFma(64, double(-1), a, b, c))).toEqual([double(-(2 ** -104)), 0]);
  expect(run(MODE.p, (c) => fp.fpFma(64, double(-1), double(1), double(1), c))).toEqual([0n, 0]);
  expect(run(MODE.m, (c) => fp.fpFma(64, double(-1), double(1), double(1), c))).toEqual([double(-0), 0]);
});

describe('to integers', () => {
  test("rounding 'fpcr' takes the direction of FPCR", () => {
    const convert = (fpcr: number, x: number): [bigint, number] =>
      run(fpcr, (c) => fp.fpToFixed(64, double(x), 0, false, 32, 'fpcr', c));
    expect(convert(0, 2.5)).toEqual([2n, IXC]);
    expect(convert(MODE.p, 2.5)).toEqual([3n, IXC]);
    expect(convert(MODE.m, -2.5)).toEqual([0xfffffffdn, IXC]);
    expect(convert(MODE.z, -2.5)).toEqual([0xfffffffen, IXC]);
  });

  test('out of range saturates with IOC and without IXC; a NaN is 0', () => {
    const signed = (x: number): [bigint, number] => run(0, (c) => fp.fpToFixed(64, double(x), 0, false, 32, 'z', c));
    expect(signed(2147483648.5)).toEqual([0x7fffffffn, IOC]);
    expect(signed(-2147483648.5)).toEqual([0x80000000n, IXC]);
    expect(signed(-2147483649)).toEqual([0x80000000n, IOC]);
    expect(signed(Number.NaN)).toEqual([0n, IOC]);
    expect(run(0, (c) => fp.fpToFixed(64, double(-0.5), 0, true, 64, 'z', c))).toEqual([0n, IXC]);
    expect(run(0, (c) => fp.fpToFixed(32, single(-1), 0, true, 64, 'z', c))).toEqual([0n, IOC]);
  });

  test('fixed point scales by fraction bits', () => {
    expect(run(0, (c) => fp.fpToFixed(32, single(-1.75), 4, false, 16, 'z', c))).toEqual([0xffe4n, 0]);
    expect(run(0, (c) => fp.fixedToFp(32, -28n, 4, c))).toEqual([single(-1.75), 0]);
  });

  test('only FRINTX raises inexact', () => {
    expect(run(MODE.p, (c) => fp.fpRoundInt(64, double(-0.25), 'x', c))).toEqual([double(-0), IXC]);
    expect(run(MODE.p, (c) => fp.fpRoundInt(64, double(0.25), 'i', c))).toEqual([double(1), 0]);
    expect(run(MODE.p, (c) => fp.fpRoundInt(64, double(0.5), 'a', c))).toEqual([double(1), 0]);
  });
});

describe('conversions', () => {
  test('alternative half precision has neither infinities nor NaNs', () => {
    expect(run(fp.FPCR_AHP, (c) => fp.fpConvert(32, 16, single(Infinity), c))).toEqual([0x7fffn, IOC]);
    expect(run(fp.FPCR_AHP, (c) => fp.fpConvert(32, 16, 0xffc00001n, c))).toEqual([0x8000n, IOC]);
    expect(run(fp.FPCR_AHP, (c) => fp.fpConvert(32, 16, single(131008), c))).toEqual([0x7fffn, 0]);
    expect(run(fp.FPCR_AHP, (c) => fp.fpConvert(32, 16, single(-131072), c))).toEqual([0xffffn, IOC]);
    expect(run(fp.FPCR_AHP, (c) => fp.fpConvert(16, 32, 0x7c00n, c))).toEqual([single(65536), 0]);
  });

  test('half denormals are never flushed by a conversion', () => {
    const flush = fp.FPCR_FZ | fp.FPCR_FZ16;
    expect(run(flush, (c) => fp.fpConvert(16, 32, 1n, c))).toEqual([single(2 ** -24), 0]);
    expect(run(flush, (c) => fp.fpConvert(32, 16, single(2 ** -24), c))).toEqual([1n, 0]);
  });

  test('round to odd sets the lowest bit of an inexact result and does not overflow to infinity', () => {
    expect(run(0, (c) => fp.fpConvert(64, 32, double(1 + 2 ** -52), c, 'odd'))).toEqual([0x3f800001n, IXC]);
    expect(run(0, (c) => fp.fpConvert(64, 32, double(1e300), c, 'odd'))).toEqual([0x7f7fffffn, OFC | IXC]);
  });
});

describe('comparison', () => {
  test('gives NZCV as a nibble', () => {
    const compare = (x: number, y: number): number =>
      fp.fpCompare(64, double(x), double(y), false, { fpcr: 0, flags: 0 });
    expect([compare(1, 1), compare(-0, 0), compare(-2, -1), compare(1, -1), compare(1, Number.NaN)]).toEqual([
      0b0110, 0b0110, 0b1000, 0b0010, 0b0011,
    ]);
  });

  test('a quiet NaN is an exception for all but the equal forms', () => {
    const nan = double(Number.NaN);
    expect(run(0, (c) => fp.fpCompareEQ(64, nan, nan, c))).toEqual([false, 0]);
    expect(run(0, (c) => fp.fpCompareGE(64, nan, nan, c))).toEqual([false, IOC]);
    expect(run(0, (c) => fp.fpCompareGT(64, nan, 0n, c))).toEqual([false, IOC]);
    expect(run(0, (c) => fp.fpCompare(64, nan, 0n, true, c))).toEqual([0b0011, IOC]);
  });
});

test('the estimate functions are within one part in 256 of the true value', () => {
  for (let a = 256; a < 512; a++) {
    const estimate = fp.recipEstimate(a);
    expect(estimate).toBeGreaterThanOrEqual(256);
    expect(estimate).toBeLessThan(512);
    expect(Math.abs((estimate / 256) * ((a + 0.5) / 512) - 1)).toBeLessThan(1 / 256);
  }
  for (let a = 128; a < 512; a++) {
    const estimate = fp.recipSqrtEstimate(a);
    expect(estimate).toBeGreaterThanOrEqual(256);
    expect(estimate).toBeLessThan(512);
    expect(Math.abs((estimate / 256) * Math.sqrt((a + 0.5) / 512) - 1)).toBeLessThan(1 / 256);
  }
});
