// The table's form, what each profile has, and that faults leave no trace. Results: test/conformance/simd.
import { expect, test } from 'vitest';
import { Decoder } from '../../a64/decoder.js';
import { createHarness, DATA, DATA_BYTES, zeroState } from '../../engine/harness.js';
import { PROFILES } from '../../profiles.js';
import { CRYPTO } from '../crypto.js';
import { SIMD } from './index.js';

const TABLE = [...SIMD, ...CRYPTO];
const decoders = {
  a57: new Decoder(TABLE, PROFILES['cortex-a57']!.features),
  n1: new Decoder(TABLE, PROFILES['neoverse-n1']!.features),
};
const nameOf = (profile: 'a57' | 'n1', word: number): string | undefined =>
  decoders[profile].match(word)?.encoding.instruction.name;

test('names are unique and every line may trap', () => {
  expect(new Set(TABLE.map((i) => i.name)).size).toBe(TABLE.length);
  expect(TABLE.filter((i) => !i.fp)).toEqual([]);
});

test.each([
  ['SQRDMLAH_vector', 0x6e428420],
  ['SQRDMLSH_element_scalar', 0x7f42f020],
  ['SDOT_vector', 0x4e829420],
  ['UDOT_element_vector', 0x6f82e020],
  ['FMOV_imm_16_vector', 0x4f00fc00],
])('%s is UNDEFINED before v8.1 or v8.2', (name, word) => {
  expect(nameOf('n1', word)).toBe(name);
  expect(nameOf('a57', word)).toBeUndefined();
});

test.each([
  ['ADD of one doubleword', 0x0ee28420],
  ['MUL of doublewords', 0x4ee29c20],
  ['PMUL of halfwords', 0x6e629c20],
  ['ADDV of two words', 0x0eb1b820],
  ['LD2 of one doubleword', 0x0c408c20],
  ['EXT of 8 bytes from byte 8', 0x2e024020],
  ['DUP with imm5 0', 0x4e000420],
  ['UMOV of a byte to X', 0x4e013c20],
  ['SSHR of one doubleword', 0x0f7f0420],
  ['SQDMULL of bytes', 0x0e22d020],
])('%s is UNDEFINED', (_, word) => {
  expect(nameOf('n1', word)).toBeUndefined();
});

test.each(['interp', 'jit'] as const)('a fault of a structure access leaves all as it was: %s', (engine) => {
  const harness = createHarness('neoverse-n1', TABLE, { engine });
  const LD4_POST = 0x4cdf0020;
  const ST4_POST = 0x4c9f0020;
  for (const word of [LD4_POST, ST4_POST]) {
    const state = zeroState();
    state.v.forEach((_, n) => {
      state.v[n] = [BigInt(n), BigInt(n + 100)];
    });
    state.x[1] = BigInt(DATA + DATA_BYTES - 63);
    harness.data.fill(7);
    const outcome = harness.run([word], state);
    expect(outcome.exception).toBe('abort');
    expect(outcome.x).toEqual(state.x);
    expect(outcome.v).toEqual(state.v);
    expect(harness.data.every((byte) => byte === 7)).toBe(true);
  }
});

test('SP as a base must be aligned', () => {
  const harness = createHarness('neoverse-n1', TABLE);
  const LD1_SP = 0x4c4073e0;
  const state = zeroState();
  state.sp = BigInt(DATA + 8);
  expect(harness.run([LD1_SP], state).exception).toBe('sp-alignment');
  state.sp = BigInt(DATA + 16);
  expect(harness.run([LD1_SP], state).exception).toBeNull();
});
