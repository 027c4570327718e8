/** Hosts for tests, by the frequency of their counter. */
import { type HostSpec, parseHost } from '../host/frequency.js';

/** What else a host's counter may be. */
export interface CounterOptions {
  /** Drift, parts per million; at most three decimals. */
  readonly ppm?: number;
  /** The counter at host time 0. */
  readonly start?: bigint;
}

const made = (frequency: string, { ppm, start }: CounterOptions): HostSpec => {
  const more = `${ppm === undefined ? '' : `,ppm=${ppm}`}${start === undefined ? '' : `,start=${start}`}`;
  return parseHost(`freq=${frequency}${more}`, 'hosts');
};

/** @throws RangeError where no counter ticks so, with the bounds */
export const hosts = {
  hz: (frequency: number, options: CounterOptions = {}): HostSpec => made(`${frequency}Hz`, options),
  /** Such as 19.2. */
  mhz: (frequency: number, options: CounterOptions = {}): HostSpec => made(`${frequency}MHz`, options),
  ghz: (frequency: number, options: CounterOptions = {}): HostSpec => made(`${frequency}GHz`, options),
  /** As `--host` reads it: '25MHz', a preset's name (`chronovisor inspect hosts`), or 'freq=25MHz,ppm=30,...'. */
  named: (text: string): HostSpec => parseHost(text, 'hosts.named'),
} as const;
