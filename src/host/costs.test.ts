import { describe, expect, it } from 'vitest';
import { costOf, DEFAULT_COSTS, parseCosts, ZERO_COSTS } from './costs.js';

describe('exit costs', () => {
  it('has the defaults of architecture.md section 3', () => {
    expect(DEFAULT_COSTS).toEqual({
      hypercall: 306,
      mmioVgic: 451,
      mmioUser: 1683,
      eoi: 14,
      ipi: 1926,
      lpi: 2179,
      trap: 306,
      kick: 0,
      maintenance: 0,
    });
  });

  it('overrides some, and leaves the base alone', () => {
    expect(parseCosts('hypercall=1,mmio-user=0ns')).toEqual({ ...DEFAULT_COSTS, hypercall: 1, mmioUser: 0 });
    expect(parseCosts('all=0')).toEqual(ZERO_COSTS);
    expect(parseCosts('all=0,eoi=3')).toEqual({ ...ZERO_COSTS, eoi: 3 });
    expect(parseCosts('lpi=5', ZERO_COSTS)).toEqual({ ...ZERO_COSTS, lpi: 5 });
    expect(DEFAULT_COSTS.hypercall).toBe(306);
  });

  it('is host time', () => expect(costOf(DEFAULT_COSTS, 'mmioVgic')).toBe(451_000n));

  it.each([
    ['', '--cost :  is not kind=nanoseconds, such as eoi=14'],
    ['eoi', '--cost eoi: eoi is not kind=nanoseconds, such as eoi=14'],
    ['eoi=-1', '--cost eoi=-1: eoi=-1 is not kind=nanoseconds, such as eoi=14'],
    [
      'eio=1',
      '--cost eio=1: unknown exit eio; exits are hypercall, mmio-vgic, mmio-user, eoi, ipi, lpi, trap, kick, maintenance and all',
    ],
    ['eoi=1000000001', '--cost eoi=1000000001: 1000000001 ns is out of range; at most 1 s'],
  ])('refuses %j', (text, message) => expect(() => parseCosts(text)).toThrow(new RangeError(message)));
});
