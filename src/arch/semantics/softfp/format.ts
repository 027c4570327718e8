// The three IEEE 754 formats as parameters, the FPCR/FPSR bits that matter here, and the special values of each format.

/** Width of a floating-point number in bits: half, single or double precision. */
export type Fmt = 16 | 32 | 64;

/** FPSR cumulative exception bits (Arm ARM C5.2, "FPSR"). */
export const IOC = 1;
export const DZC = 2;
export const OFC = 4;
export const UFC = 8;
export const IXC = 16;
export const IDC = 128;

/** FPCR control bits (Arm ARM C5.2, "FPCR"). RMode is a two-bit field. */
export const FPCR_AHP = 1 << 26;
export const FPCR_DN = 1 << 25;
export const FPCR_FZ = 1 << 24;
export const FPCR_RMODE_SHIFT = 22;
export const FPCR_FZ16 = 1 << 19;

/** The floating-point environment: `fpcr` as in the register, `flags` collects FPSR bits (every operation ORs into it). */
export interface FpControl {
  fpcr: number;
  flags: number;
}

/**
 * Rounding directions: nearest with ties to even (n), towards +infinity (p), -infinity (m) and zero (z), nearest with
 * ties away from zero (a), and to odd (FCVTXN).
 */
export type Rounding = 'n' | 'p' | 'm' | 'z' | 'a' | 'odd';

const RMODE: readonly Rounding[] = ['n', 'p', 'm', 'z'];

/** The rounding direction that FPCR.RMode selects. */
export function fpRoundingMode(fpcr: number): Rounding {
  return RMODE[(fpcr >>> FPCR_RMODE_SHIFT) & 3]!;
}

/** Parameters of a format; bit patterns are unsigned bigints. */
export interface Format {
  readonly bits: Fmt;
  readonly bitsN: bigint;
  readonly fractionBits: number;
  readonly fractionBitsN: bigint;
  /** Position of the sign, and width and mask of the fraction, in the highest word of the pattern. */
  readonly highSign: number;
  readonly highFractionBits: number;
  readonly highFractionMask: number;
  readonly exponentOnes: number;
  /** Exponent of the smallest normal number, that is 1 - bias. */
  readonly minimumExponent: number;
  readonly bias: number;
  readonly fractionMask: bigint;
  readonly signBit: bigint;
  /** Set in quiet NaNs, clear in signalling ones. */
  readonly quietBit: bigint;
  /** 1 << fractionBits: the leading bit of a normal significand. */
  readonly hiddenBit: bigint;
  readonly infinity: bigint;
  readonly maxNormal: bigint;
  readonly defaultNaN: bigint;
  /** The FPCR bit that flushes denormals of this format: FZ16 for half precision, FZ for the others. */
  readonly flushBit: number;
}

function format(bits: Fmt, exponentBits: number): Format {
  const fractionBits = bits - 1 - exponentBits;
  const exponentOnes = (1 << exponentBits) - 1;
  const bias = exponentOnes >> 1;
  const hiddenBit = 1n << BigInt(fractionBits);
  const infinity = BigInt(exponentOnes) << BigInt(fractionBits);
  return {
    bits,
    bitsN: BigInt(bits),
    fractionBits,
    fractionBitsN: BigInt(fractionBits),
    highSign: (bits - 1) & 31,
    highFractionBits: fractionBits & 31,
    highFractionMask: (1 << (fractionBits & 31)) - 1,
    exponentOnes,
    minimumExponent: 1 - bias,
    bias,
    fractionMask: hiddenBit - 1n,
    signBit: 1n << BigInt(bits - 1),
    quietBit: hiddenBit >> 1n,
    hiddenBit,
    infinity,
    maxNormal: infinity - 1n,
    defaultNaN: infinity | (hiddenBit >> 1n),
    flushBit: bits === 16 ? FPCR_FZ16 : FPCR_FZ,
  };
}

const HALF = format(16, 5);
const SINGLE = format(32, 8);
const DOUBLE = format(64, 11);

/** Parameters of the format that is `fmt` bits wide. */
export function formatOf(fmt: Fmt): Format {
  return fmt === 64 ? DOUBLE : fmt === 32 ? SINGLE : HALF;
}

/** `magnitude` with the sign put on it. */
export function withSign(f: Format, sign: number, magnitude: bigint): bigint {
  return sign ? magnitude | f.signBit : magnitude;
}

/** FPTwo: 2.0 with a sign. */
export function fpTwo(f: Format, sign: number): bigint {
  return withSign(f, sign, BigInt(f.bias + 1) << f.fractionBitsN);
}

/** FPOnePointFive: 1.5 with a sign. */
export function fpOnePointFive(f: Format, sign: number): bigint {
  return withSign(f, sign, (BigInt(f.bias) << f.fractionBitsN) | f.quietBit);
}
