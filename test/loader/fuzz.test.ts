import { describe, expect, it } from 'vitest';
import { fuzzLoader, fuzzSeeds, tryInput } from './fuzz.js';

const count = Number(process.env.LOADER_FUZZ ?? 4000);
const seed = Number(process.env.LOADER_FUZZ_SEED ?? 1);

describe('mutated images', () => {
  it.each([...fuzzSeeds()])('start from a %s with a known outcome', (name, bytes) => {
    expect(tryInput(name, bytes)).toBe(name === 'bomb' ? 'refused' : 'loaded');
  });

  it(`load or are refused (${count} from seed ${seed})`, () => {
    const { kinds, slowest } = fuzzLoader(count, seed);
    console.log(`slowest ${slowest.toFixed(1)} ms`, Object.fromEntries([...kinds].sort()));
    // A share in which every input has the same outcome would test one branch only.
    for (const name of ['elf', 'image', 'zboot', 'dtb']) {
      expect(kinds.get(`${name} loaded`)).toBeGreaterThan(0);
      expect(kinds.get(`${name} refused`)).toBeGreaterThan(0);
    }
    expect([...kinds.values()].reduce((a, b) => a + b, 0)).toBe(count);
  });
});
