/**
 * The fixed-point factors that a guest converts counters with, exact, one set of formulas a profile.
 */

/** Factors of profile rfc2020: pv = (native * scaleMult) >> fracBits, and back with the r-pair. */
export interface Rfc2020Scale {
  scaleMult: bigint;
  rscaleMult: bigint;
  fracBits: number;
  rfracBits: number;
}

/** Factors of profile beta2018 (unverified layout): pv = ((native << shift) * scaleMult) >> 64. */
export interface Beta2018Scale {
  scaleMult: bigint;
  shift: number;
  divByFpvMult: bigint;
}

const TWO_64 = 1n << 64n;

/** Factors between frequencies in Hz: 64 significant bits, at least one of them an integer bit. */
export function rfc2020Scale(nativeHz: number, pvHz: number): Rfc2020Scale {
  const forward = ratio(pvHz, nativeHz);
  const reverse = ratio(nativeHz, pvHz);
  return {
    scaleMult: forward.multiplier,
    rscaleMult: reverse.multiplier,
    fracBits: forward.fractionBits,
    rfracBits: reverse.fractionBits,
  };
}

/**
 * Factors of the beta: the smallest shift that brings Fpv / Fn below 1, so that the multiplier is a 64-bit fraction;
 * divByFpvMult is floor(2^64 / Fpv), PV ticks to seconds as a 64-bit fraction.
 */
export function beta2018Scale(nativeHz: number, pvHz: number): Beta2018Scale {
  const [native, pv] = [BigInt(nativeHz), BigInt(pvHz)];
  let shift = 0;
  while (native << BigInt(shift) <= pv) shift++;
  return { scaleMult: (TWO_64 * pv) / (native << BigInt(shift)), shift, divByFpvMult: TWO_64 / pv };
}

/** to / from as a fixed-point multiplier of at most 64 bits, rounded down. */
function ratio(toHz: number, fromHz: number): { multiplier: bigint; fractionBits: number } {
  const [to, from] = [BigInt(toHz), BigInt(fromHz)];
  let integerBits = 1;
  while (from << BigInt(integerBits) <= to) integerBits++;
  const fractionBits = 64 - integerBits;
  return { multiplier: ((1n << BigInt(fractionBits)) * to) / from, fractionBits };
}
