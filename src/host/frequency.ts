/**
 * A host's description as an option gives it: counter frequency, drift, start count, name, what its hardware can do.
 */

import type { HostCpu } from '../hypervisor/identity/host-cpu.js';
import { CPU_KEYS, isCpuKey, parseHostCpu } from './cpu-spec.js';
import { parseFrequency, shown } from './time-spec.js';

/** What distinguishes one host from another. Plain data, part of every snapshot. */
export interface HostSpec {
  name: string;
  /** Nominal counter frequency in Hz, a whole number from 1 to 2 * 10^9 (CNTFRQ_EL0). */
  freqHz: number;
  /** Drift in parts per million, in whole parts per billion (at most 3 decimals), -100000 to 100000. */
  ppm: number;
  /** The counter's value at host time 0, 0 to 2^63 - 1. */
  start: bigint;
  /** Its CPU; absent: the profile of the VM that it runs. */
  cpu?: HostCpu;
  /** FEAT_CNTSC: the counter can be scaled in hardware. Absent: it cannot. */
  cntsc?: boolean;
  /** FEAT_ECV: EL2 can trap the virtual counter and timer. Absent: it can. */
  ecv?: boolean;
}

/** A named host: the counter frequencies commonly reported from the field. */
export interface HostPreset {
  name: string;
  freqHz: number;
  note: string;
}

export const HOST_PRESETS: readonly HostPreset[] = [
  { name: '19.2MHz', freqHz: 19_200_000, note: 'seen in the field' },
  { name: '24MHz', freqHz: 24_000_000, note: 'seen in the field' },
  { name: '25MHz', freqHz: 25_000_000, note: 'seen in the field' },
  { name: '50MHz', freqHz: 50_000_000, note: 'seen in the field' },
  { name: '54MHz', freqHz: 54_000_000, note: 'seen in the field' },
  { name: 'qemu-tcg', freqHz: 62_500_000, note: 'QEMU TCG before 9.2' },
  { name: '100MHz', freqHz: 100_000_000, note: 'seen in the field' },
  { name: '121.875MHz', freqHz: 121_875_000, note: 'seen in the field' },
  { name: 'armv8.6', freqHz: 1_000_000_000, note: 'Armv8.6 and later; QEMU 9.2 and later' },
  { name: '1.05GHz', freqHz: 1_050_000_000, note: 'seen in the field' },
];

const MAX_PPM = 100_000;
const MAX_START = (1n << 63n) - 1n;
const KEYS = ['freq', 'ppm', 'start', 'name', 'cntsc', 'ecv'] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** The drift in whole parts per billion. */
export function partsPerBillion(ppm: number): number {
  return Math.round(ppm * 1000);
}

/**
 * Reads '25MHz', a preset's name, or 'freq=25MHz,ppm=30,start=0,name=old,cntsc=1,ecv=0'.
 * @param option the option that holds it, for errors.
 * @throws RangeError with the text, the limit and the way out.
 */
export function parseHost(text: string, option = '--host'): HostSpec {
  const subject = `${option} ${shown(text)}`;
  if (!text.includes('=')) {
    return { name: text.replace(/\s/g, ''), freqHz: hostFrequency(text, option), ppm: 0, start: 0n };
  }
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [key, value] = keyAndValue(part, subject);
    if (values.has(key)) throw new RangeError(`${subject}: ${key} is given twice`);
    values.set(key, value);
  }
  const freq = values.get('freq');
  if (freq === undefined) throw new RangeError(`${subject}: no frequency; add freq=25MHz`);
  const freqHz = hostFrequency(freq, `${subject}: freq`);
  const name = values.get('name') ?? freq.replace(/\s/g, '');
  if (!NAME.test(name)) {
    throw new RangeError(
      `${subject}: name ${shown(name)} is not a name; use up to 40 letters, digits, '.', '_' and '-'`,
    );
  }
  const cpu = parseHostCpu(values, subject);
  return {
    name,
    freqHz,
    ppm: parsePpm(values.get('ppm') ?? '0', subject),
    start: parseStart(values.get('start') ?? '0', subject),
    ...(cpu && { cpu }),
    ...(parseFeature('cntsc', values.get('cntsc') ?? '0', subject) && { cntsc: true }),
    ...(!parseFeature('ecv', values.get('ecv') ?? '1', subject) && { ecv: false }),
  };
}

function keyAndValue(part: string, subject: string): [string, string] {
  const at = part.indexOf('=');
  const word = (at < 0 ? part : part.slice(0, at)).trim();
  const key = isCpuKey(word.toLowerCase()) ? word.toLowerCase() : word;
  if (at < 0 || !((KEYS as readonly string[]).includes(key) || isCpuKey(key))) {
    const parts = [...KEYS, ...CPU_KEYS].map((k) => `${k}=`).join(', ');
    throw new RangeError(`${subject}: unknown part ${shown(part)}; parts are ${parts}`);
  }
  return [key, part.slice(at + 1).trim()];
}

/** A preset's frequency or a frequency with a unit; `what` and the text open an error. */
function hostFrequency(text: string, what: string): number {
  const name = text.trim();
  const preset = HOST_PRESETS.find((p) => p.name.toLowerCase() === name.toLowerCase());
  if (preset) return preset.freqHz;
  const ways = 'a name from `chronovisor inspect hosts`';
  if (/^\d{1,4}(\.\d{1,6})?$/.test(name)) {
    const hz = Math.round(Number(name) * 1_000_000);
    throw new RangeError(`${what} ${name}: no unit; say ${name}MHz, ${hz}Hz or ${ways}`);
  }
  if (!/^\d/.test(name)) {
    throw new RangeError(`${what} ${shown(name)}: no such host; say 25MHz, 25000000Hz or ${ways}`);
  }
  return parseFrequency(name, what);
}

function parseFeature(key: string, text: string, subject: string): boolean {
  if (text === '1' || text === '0') return text === '1';
  throw new RangeError(
    `${subject}: ${key} ${shown(text)} is neither 1 nor 0; say ${key}=1 where the host has the feature`,
  );
}

function parsePpm(text: string, subject: string): number {
  if (!/^[+-]?\d{1,6}(\.\d{1,3})?$/.test(text) || Math.abs(Number(text)) > MAX_PPM) {
    throw new RangeError(
      `${subject}: ppm ${shown(text)} is out of range; say -100000 to 100000, with at most 3 decimals`,
    );
  }
  return Number(text) + 0;
}

function parseStart(text: string, subject: string): bigint {
  const start = /^(\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(text) ? BigInt(text) : -1n;
  if (start < 0n || start > MAX_START) {
    throw new RangeError(`${subject}: start ${shown(text)} is out of range; say 0 to 2^63 - 1, decimal or 0x...`);
  }
  return start;
}
