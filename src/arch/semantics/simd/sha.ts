/** SHA-1 and SHA-256 instructions (C4.1 "Cryptographic three-register SHA" and "two-register SHA"). */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { operandsDN, operandsDNM } from './form.js';
import { zero } from './lanes.js';

const words = (e: Emitter, a: Val): Val[] => [0, 1, 2, 3].map((i) => e.extract(a, 32, i));
const vector = (e: Emitter, elements: readonly Val[]): Val =>
  elements.reduce((result, element, i) => e.replace(result, 32, i, element), zero(e));

const rotateLeft = (e: Emitter, a: Val, by: number): Val => e.int('rotl', a, by);

/** Of each word: rotations right, and with `shift` a shift right, combined by exclusive or. */
function sigma(e: Emitter, a: Val, first: number, second: number, third: number, shift = false): Val {
  const last = shift ? e.shr(a, third) : e.int('rotr', a, third);
  return e.xor(e.xor(e.int('rotr', a, first), e.int('rotr', a, second)), last);
}

const choose = (e: Emitter, x: Val, y: Val, z: Val): Val => e.xor(e.and(e.xor(y, z), x), z);
const majority = (e: Emitter, x: Val, y: Val, z: Val): Val => e.or(e.and(x, y), e.and(e.or(x, y), z));
const parity = (e: Emitter, x: Val, y: Val, z: Val): Val => e.xor(e.xor(x, y), z);

/** SHA256hash: four rounds; the halves of the state afterwards. */
function hash256(e: Emitter, first: Val, second: Val, schedule: Val): { x: Val; y: Val } {
  let x = words(e, first);
  let y = words(e, second);
  for (const word of words(e, schedule)) {
    const [x0, x1, x2, x3] = x as [Val, Val, Val, Val];
    const [y0, y1, y2, y3] = y as [Val, Val, Val, Val];
    const sum = [sigma(e, y0, 6, 11, 25), choose(e, y0, y1, y2), word].reduce((a, b) => e.add(a, b), y3);
    const rest = e.add(sigma(e, x0, 2, 13, 22), majority(e, x0, x1, x2));
    x = [e.add(sum, rest), x0, x1, x2];
    y = [e.add(sum, x3), y0, y1, y2];
  }
  return { x: vector(e, x), y: vector(e, y) };
}

/** Four rounds of SHA-1 with the function `op`. */
function hash1(e: Emitter, op: typeof choose, first: Val, fifth: Val, schedule: Val): Val {
  let x = words(e, first);
  let y = e.extract(fifth, 32, 0);
  for (const word of words(e, schedule)) {
    const [x0, x1, x2, x3] = x as [Val, Val, Val, Val];
    const sum = [rotateLeft(e, x0, 5), op(e, x1, x2, x3), word].reduce((a, b) => e.add(a, b), y);
    x = [sum, x0, rotateLeft(e, x1, 30), x2];
    y = x3;
  }
  return vector(e, x);
}

/** The four words from word 1 of a on, and then word 0 of b. */
const nextWords = (e: Emitter, a: Val, b: Val): Val =>
  e.shuffle(
    a,
    b,
    Array.from({ length: 16 }, (_, i) => i + 4),
  );

type Three = (e: Emitter, d: Val, n: Val, m: Val) => Val;

const THREE: readonly [name: string, opcode: string, asm: string, op: Three][] = [
  ['SHA1C', '000', 'Q<d>, S<n>, <Vm>.4S', (e, d, n, m) => hash1(e, choose, d, n, m)],
  ['SHA1P', '001', 'Q<d>, S<n>, <Vm>.4S', (e, d, n, m) => hash1(e, parity, d, n, m)],
  ['SHA1M', '010', 'Q<d>, S<n>, <Vm>.4S', (e, d, n, m) => hash1(e, majority, d, n, m)],
  [
    'SHA1SU0',
    '011',
    '<Vd>.4S, <Vn>.4S, <Vm>.4S',
    (e, d, n, m) => {
      const middle = e.shuffle(
        d,
        n,
        Array.from({ length: 16 }, (_, i) => i + 8),
      );
      return e.simd('v128.xor', e.simd('v128.xor', middle, d), m);
    },
  ],
  ['SHA256H', '100', 'Q<d>, Q<n>, <Vm>.4S', (e, d, n, m) => hash256(e, d, n, m).x],
  ['SHA256H2', '101', 'Q<d>, Q<n>, <Vm>.4S', (e, d, n, m) => hash256(e, n, d, m).y],
  [
    'SHA256SU1',
    '110',
    '<Vd>.4S, <Vn>.4S, <Vm>.4S',
    (e, d, n, m) => {
      const base = words(e, e.simd('i32x4.add', d, nextWords(e, n, m)));
      const last = words(e, m);
      const result = [0, 1].map((i) => e.add(sigma(e, last[i + 2]!, 17, 19, 10, true), base[i]!));
      for (const i of [2, 3]) result.push(e.add(sigma(e, result[i - 2]!, 17, 19, 10, true), base[i]!));
      return vector(e, result);
    },
  ],
];

type Two = (e: Emitter, d: () => Val, n: Val) => Val;

const TWO: readonly [name: string, opcode: string, asm: string, op: Two][] = [
  ['SHA1H', '00000', 'S<d>, S<n>', (e, _, n) => e.replace(zero(e), 32, 0, rotateLeft(e, e.extract(n, 32, 0), 30))],
  [
    'SHA1SU1',
    '00001',
    '<Vd>.4S, <Vn>.4S',
    (e, d, n) => {
      const mixed = words(e, e.simd('v128.xor', d(), nextWords(e, n, zero(e))));
      const result = mixed.map((word) => rotateLeft(e, word, 1));
      result[3] = e.xor(result[3]!, rotateLeft(e, mixed[0]!, 2));
      return vector(e, result);
    },
  ],
  [
    'SHA256SU0',
    '00010',
    '<Vd>.4S, <Vn>.4S',
    (e, d, n) => {
      const old = d();
      const next = words(e, nextWords(e, old, n));
      const terms = vector(
        e,
        next.map((word) => sigma(e, word, 7, 18, 3, true)),
      );
      return e.simd('i32x4.add', old, terms);
    },
  ],
];

const three = THREE.map(
  ([name, opcode, asm, op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} ${asm}`,
    pattern: `0101 1110 00 0 Rm 0 ${opcode} 00 Rn Rd`,
    feature: 'crypto',
    fp: true,
    operands: operandsDNM,
    emit: (e, _, o) => e.setVec(o.d, op(e, e.vec(o.d), e.vec(o.n), e.vec(o.m))),
  }),
);

const two = TWO.map(
  ([name, opcode, asm, op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} ${asm}`,
    pattern: `0101 1110 00 10100 ${opcode} 10 Rn Rd`,
    feature: 'crypto',
    fp: true,
    operands: operandsDN,
    emit(e, _, o) {
      e.setVec(
        o.d,
        op(e, () => e.vec(o.d), e.vec(o.n)),
      );
    },
  }),
);

export const SHA: readonly Instruction[] = [...three, ...two];
