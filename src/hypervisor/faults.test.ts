import { describe, expect, it } from 'vitest';
import { FAULT_NAMES, FAULTS, parseFaults } from './faults.js';

describe('faults', () => {
  it('have names of their own, a case, and one line each', () => {
    expect(new Set(FAULT_NAMES).size).toBe(FAULT_NAMES.length);
    for (const { name, caseId, does } of FAULTS) {
      expect(name).toMatch(/^[a-z][a-z0-9-]+$/);
      expect(caseId).toMatch(/^[TSRGI]\d+$/);
      expect(does.length).toBeLessThanOrEqual(110);
    }
  });

  it('are read each once, in one order', () => {
    expect(parseFaults(['per-vcpu-offset', 'cntvoff-replayed', 'per-vcpu-offset'])).toEqual([
      'cntvoff-replayed',
      'per-vcpu-offset',
    ]);
    expect(parseFaults([])).toEqual([]);
  });

  it('are named with those near them where there is no such', () => {
    expect(() => parseFaults(['cntvof-replayde'])).toThrow(
      '--fault cntvof-replayde: no such fault; did you mean cntvoff-replayed?',
    );
    expect(() => parseFaults(['rearmed'])).toThrow(/did you mean wfi-timer-not-rearmed/);
    expect(() => parseFaults(['xyzzy'])).toThrow('--fault xyzzy: no such fault; chronovisor inspect faults lists them');
    expect(() => parseFaults(['q'.repeat(500)])).toThrow(RangeError);
    expect(() => parseFaults(['__proto__'])).toThrow(RangeError);
  });
});
