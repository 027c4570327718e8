/**
 * Durations and frequencies as text: '2.5s', '18ms', '25MHz', read exactly and printed exactly.
 */

import {
  PS_PER_MICROSECOND,
  PS_PER_MILLISECOND,
  PS_PER_NANOSECOND,
  PS_PER_SECOND,
  type Ps,
} from '../arch/timer/time.js';

export {
  PS_PER_MICROSECOND,
  PS_PER_MILLISECOND,
  PS_PER_NANOSECOND,
  PS_PER_SECOND,
  type Ps,
} from '../arch/timer/time.js';

/** Lowest and highest counter frequency of a host, in Hz. */
export const MIN_FREQUENCY = 1;
export const MAX_FREQUENCY = 2_000_000_000;

const DURATION_UNITS: ReadonlyMap<string, Ps> = new Map([
  ['s', PS_PER_SECOND],
  ['ms', PS_PER_MILLISECOND],
  ['us', PS_PER_MICROSECOND],
  ['µs', PS_PER_MICROSECOND],
  ['ns', PS_PER_NANOSECOND],
  ['ps', 1n],
]);

const FREQUENCY_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['hz', 1n],
  ['khz', 1_000n],
  ['mhz', 1_000_000n],
  ['ghz', 1_000_000_000n],
]);

// Bounds the digits, so that a hostile option cannot ask for a number of a million digits.
const MAX_TEXT = 40;
const QUANTITY = /^(\d+)(?:\.(\d+))?\s*([A-Za-zµ]*)$/;

/**
 * Reads a duration such as '2.5s', '18 ms', '10us', '500ns', '3ps'.
 * @param what what the text is for, the first words of an error ('--timeout').
 * @throws RangeError without a unit, with a fraction of a picosecond, or where it is no number at all.
 */
export function parseDuration(text: string, what = 'duration'): Ps {
  const parts = quantity(text);
  if (!parts) throw new RangeError(`${what} ${shown(text)}: not a duration; say 2.5s, 18ms, 10us or 500ns`);
  if (parts.unit === '') throw new RangeError(`${what} ${shown(text)}: no unit; say ${text.trim()}s, ms, us, ns or ps`);
  const unit = DURATION_UNITS.get(parts.unit);
  if (unit === undefined) {
    throw new RangeError(`${what} ${shown(text)}: unknown unit ${parts.unit}; units are s, ms, us, ns and ps`);
  }
  const value = scaled(parts, unit);
  if (value === null) throw new RangeError(`${what} ${shown(text)}: finer than 1 ps; host time is whole picoseconds`);
  return value;
}

/**
 * Reads a frequency such as '25MHz', '121.875 MHz', '1.05GHz' or '25000000Hz'; units in any letter case.
 * @returns whole Hz, 1 to 2 * 10^9.
 * @throws RangeError without a unit, with a fraction of a Hz, or out of range.
 */
export function parseFrequency(text: string, what = 'frequency'): number {
  const parts = quantity(text);
  if (!parts) throw new RangeError(`${what} ${shown(text)}: not a frequency; say 25MHz, 25000000Hz or 1GHz`);
  if (parts.unit === '') {
    const number = text.trim();
    throw new RangeError(`${what} ${shown(text)}: no unit; say ${number}MHz or ${number}Hz`);
  }
  const unit = FREQUENCY_UNITS.get(parts.unit.toLowerCase());
  if (unit === undefined) {
    throw new RangeError(`${what} ${shown(text)}: unknown unit ${parts.unit}; units are Hz, kHz, MHz and GHz`);
  }
  const value = scaled(parts, unit);
  if (value === null) throw new RangeError(`${what} ${shown(text)}: not a whole number of Hz; CNTFRQ_EL0 counts Hz`);
  if (value < BigInt(MIN_FREQUENCY) || value > BigInt(MAX_FREQUENCY)) {
    throw new RangeError(`${what} ${shown(text)}: out of range; a counter frequency is 1 Hz to 2 GHz`);
  }
  return Number(value);
}

/** A duration in its largest unit of at least 1, exact: '18.2 ms', '1.5 s', '40 ns', '0 s'. */
export function formatDuration(duration: Ps): string {
  if (duration < 0n) return `-${formatDuration(-duration)}`;
  if (duration >= PS_PER_SECOND || duration === 0n) return `${decimal(duration, PS_PER_SECOND)} s`;
  if (duration >= PS_PER_MILLISECOND) return `${decimal(duration, PS_PER_MILLISECOND)} ms`;
  if (duration >= PS_PER_MICROSECOND) return `${decimal(duration, PS_PER_MICROSECOND)} us`;
  if (duration >= PS_PER_NANOSECOND) return `${decimal(duration, PS_PER_NANOSECOND)} ns`;
  return `${duration} ps`;
}

/** A frequency in its largest unit of at least 1, exact: '25 MHz', '121.875 MHz', '1.05 GHz'. */
export function formatFrequency(hz: number): string {
  const value = BigInt(hz);
  if (value >= 1_000_000_000n) return `${decimal(value, 1_000_000_000n)} GHz`;
  if (value >= 1_000_000n) return `${decimal(value, 1_000_000n)} MHz`;
  if (value >= 1_000n) return `${decimal(value, 1_000n)} kHz`;
  return `${value} Hz`;
}

interface Quantity {
  whole: string;
  fraction: string;
  unit: string;
}

function quantity(text: string): Quantity | null {
  if (text.length > MAX_TEXT) return null;
  const match = QUANTITY.exec(text.trim());
  return match ? { whole: match[1]!, fraction: match[2] ?? '', unit: match[3]! } : null;
}

/** The quantity in base units; null where it is not a whole number of them. */
function scaled({ whole, fraction }: Quantity, unit: bigint): bigint | null {
  const scale = 10n ** BigInt(fraction.length);
  const value = BigInt(whole + fraction) * unit;
  return value % scale === 0n ? value / scale : null;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** Text for an error message: never more than a line of it. */
export function shown(text: string): string {
  return text.length > MAX_TEXT
    ? `${JSON.stringify(text.slice(0, MAX_TEXT)).slice(1, -1)}...`
    : JSON.stringify(text).slice(1, -1);
}
