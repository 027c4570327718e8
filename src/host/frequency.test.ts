import { describe, expect, it } from 'vitest';
import { HOST_PRESETS, parseHost } from './frequency.js';
import { formatDuration, formatFrequency, parseDuration, parseFrequency } from './time-spec.js';

describe('parseHost', () => {
  it('reads a bare frequency', () => {
    expect(parseHost('25MHz')).toEqual({ name: '25MHz', freqHz: 25_000_000, ppm: 0, start: 0n });
    expect(parseHost('1.05 GHz')).toEqual({ name: '1.05GHz', freqHz: 1_050_000_000, ppm: 0, start: 0n });
    expect(parseHost('19200000hz').freqHz).toBe(19_200_000);
  });

  it('reads every preset by name, in any letter case', () => {
    for (const preset of HOST_PRESETS) {
      expect(parseHost(preset.name).freqHz).toBe(preset.freqHz);
      expect(parseHost(preset.name.toUpperCase()).freqHz).toBe(preset.freqHz);
    }
  });

  it('reads all parts', () => {
    expect(parseHost('freq=25MHz,ppm=-30.125,start=0x100,name=old')).toEqual({
      name: 'old',
      freqHz: 25_000_000,
      ppm: -30.125,
      start: 256n,
    });
    expect(parseHost('start=9223372036854775807,freq=qemu-tcg')).toEqual({
      name: 'qemu-tcg',
      freqHz: 62_500_000,
      ppm: 0,
      start: (1n << 63n) - 1n,
    });
  });

  it.each([
    ['25', '--host 25: no unit; say 25MHz, 25000000Hz or a name from `chronovisor inspect hosts`'],
    ['62.5', '--host 62.5: no unit; say 62.5MHz, 62500000Hz or a name from `chronovisor inspect hosts`'],
    ['fast', '--host fast: no such host; say 25MHz, 25000000Hz or a name from `chronovisor inspect hosts`'],
    ['', '--host : no such host; say 25MHz, 25000000Hz or a name from `chronovisor inspect hosts`'],
    ['25THz', '--host 25THz: unknown unit THz; units are Hz, kHz, MHz and GHz'],
    ['3GHz', '--host 3GHz: out of range; a counter frequency is 1 Hz to 2 GHz'],
    ['0Hz', '--host 0Hz: out of range; a counter frequency is 1 Hz to 2 GHz'],
    ['1.5Hz', '--host 1.5Hz: not a whole number of Hz; CNTFRQ_EL0 counts Hz'],
    ['ppm=3', '--host ppm=3: no frequency; add freq=25MHz'],
    [
      'freq=25MHz,pmp=3',
      '--host freq=25MHz,pmp=3: unknown part pmp=3; parts are freq=, ppm=, start=, name=, cntsc=, ecv=, cpu=, midr=, revidr=, aidr=, ctr=, dczid=, id_aa64isar0_el1=',
    ],
    [
      'freq=25MHz,',
      '--host freq=25MHz,: unknown part ; parts are freq=, ppm=, start=, name=, cntsc=, ecv=, cpu=, midr=, revidr=, aidr=, ctr=, dczid=, id_aa64isar0_el1=',
    ],
    ['freq=25MHz,freq=1GHz', '--host freq=25MHz,freq=1GHz: freq is given twice'],
    ['freq=25Mhx', '--host freq=25Mhx: freq 25Mhx: unknown unit Mhx; units are Hz, kHz, MHz and GHz'],
    [
      'freq=1GHz,name=a b',
      "--host freq=1GHz,name=a b: name a b is not a name; use up to 40 letters, digits, '.', '_' and '-'",
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseHost(text)).toThrow(new RangeError(message));
  });

  it.each(['freq=1GHz,ppm=0.0001', 'freq=1GHz,ppm=100001', 'freq=1GHz,start=-1', 'freq=1GHz,start=0x8000000000000000'])(
    'refuses %j for its range',
    (text) => expect(() => parseHost(text)).toThrow(/is out of range; say/),
  );

  it('names the option it was given and shortens what it repeats', () => {
    expect(() => parseHost('x'.repeat(100_000), '--migrate')).toThrow(/^--migrate x{40}\.\.\.: no such host/);
    expect(() => parseHost(`1${'0'.repeat(100_000)}MHz`)).toThrow(/^--host 10{39}\.\.\.: not a frequency/);
  });
});

describe('durations', () => {
  it.each([
    ['2.5s', 2_500_000_000_000n, '2.5 s'],
    ['18ms', 18_000_000_000n, '18 ms'],
    ['18.2 ms', 18_200_000_000n, '18.2 ms'],
    ['10us', 10_000_000n, '10 us'],
    ['10µs', 10_000_000n, '10 us'],
    ['500ns', 500_000n, '500 ns'],
    ['1.001ns', 1_001n, '1.001 ns'],
    ['7ps', 7n, '7 ps'],
    ['0s', 0n, '0 s'],
    ['1.234567890123s', 1_234_567_890_123n, '1.234567890123 s'],
    ['1000ms', 1_000_000_000_000n, '1 s'],
  ])('%s', (text, ps, printed) => {
    expect(parseDuration(text)).toBe(ps);
    expect(formatDuration(ps)).toBe(printed);
    expect(parseDuration(printed)).toBe(ps);
  });

  it('refuses what is not exact or not a duration', () => {
    expect(() => parseDuration('5', '--timeout')).toThrow('--timeout 5: no unit; say 5s, ms, us, ns or ps');
    expect(() => parseDuration('5m')).toThrow('duration 5m: unknown unit m; units are s, ms, us, ns and ps');
    expect(() => parseDuration('0.5ps')).toThrow('finer than 1 ps');
    for (const text of ['', '-1s', '1e3s', 's', '1..2s', 'NaN']) expect(() => parseDuration(text)).toThrow(RangeError);
  });

  it('prints negative durations with their sign', () => expect(formatDuration(-40_000n)).toBe('-40 ns'));
});

describe('frequencies', () => {
  it.each([
    [25_000_000, '25 MHz'],
    [121_875_000, '121.875 MHz'],
    [1_000_000_000, '1 GHz'],
    [1_050_000_000, '1.05 GHz'],
    [32_768, '32.768 kHz'],
    [1, '1 Hz'],
    [1_999_999_999, '1.999999999 GHz'],
  ])('%d Hz', (hz, printed) => {
    expect(formatFrequency(hz)).toBe(printed);
    expect(parseFrequency(printed)).toBe(hz);
  });
});
