/** LD1-LD4 and ST1-ST4 of one lane of each register, and LD1R-LD4R. */
import type { Fields, Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { ADDRESSING, type Addressing, registers, STRUCTURE, structure } from './addressing.js';
import { type Bits, bitsOf } from './form.js';
import { lanes } from './lanes.js';

/** One element size: opcode bits 15:14, and the index from Q:S:size. */
interface Lane {
  readonly letter: string;
  readonly bits: Bits;
  readonly scale: string;
  accept(f: Fields): boolean;
  index(f: Fields): number;
}

const LANES: readonly Lane[] = [
  { letter: 'b', bits: 8, scale: '00', accept: () => true, index: (f) => (f.Q << 3) | (f.S << 2) | f.size },
  {
    letter: 'h',
    bits: 16,
    scale: '01',
    accept: (f) => (f.size & 1) === 0,
    index: (f) => (f.Q << 2) | (f.S << 1) | (f.size >> 1),
  },
  { letter: 's', bits: 32, scale: '10', accept: (f) => f.size === 0, index: (f) => (f.Q << 1) | f.S },
  { letter: 'd', bits: 64, scale: '10', accept: (f) => f.size === 1 && f.S === 0, index: (f) => f.Q },
];

function loadElement(e: Emitter, bits: Bits, host: Val, at: number): Val {
  const op = { 8: 'i32.load8_u', 16: 'i32.load16_u', 32: 'i32.load', 64: 'i64.load' } as const;
  return e.load(op[bits], host, at);
}

function storeElement(e: Emitter, bits: Bits, host: Val, value: Val, at: number): void {
  const op = { 8: 'i32.store8', 16: 'i32.store16', 32: 'i32.store', 64: 'i64.store' } as const;
  e.store(op[bits], host, value, at);
}

/** Bits 31:10 of a line: one less than the count of registers is opcode<0>:R. */
const bitsFrom = (a: Addressing, load: 0 | 1, count: number, scale: string, s: string): string =>
  `0 Q 001101 ${a.post} ${load} ${(count - 1) & 1} ${a.rm} ${scale}${(count - 1) >> 1} ${s} size:2 Rn Rt`;

function line(mnemonic: string, count: number, a: Addressing, load: 0 | 1, lane: Lane) {
  return {
    ...STRUCTURE,
    name: `${mnemonic}_single_${lane.letter}${a.suffix}`,
    asm: `${mnemonic} { <Vt>.${lane.letter.toUpperCase()}${count > 1 ? '..' : ''} }[<index>], ${a.asm}`,
    pattern: bitsFrom(a, load, count, lane.scale, 'S:1'),
    accept: lane.accept,
  };
}

function loadLane(count: number, a: Addressing, lane: Lane): Instruction {
  const { bits } = lane;
  const element = bits / 8;
  return {
    ...line(`LD${count}`, count, a, 1, lane),
    emit(e, f, o) {
      structure(e, f.variant, o, a, count * element, (address) => {
        const host = e.read(address, count * element, { element });
        const values = registers(o, count).map((_, r) => loadElement(e, bits, host, r * element));
        registers(o, count).forEach((register, r) => {
          e.setLane(register, bits, lane.index(f), values[r]!);
        });
      });
    },
  };
}

function storeLane(count: number, a: Addressing, lane: Lane): Instruction {
  const { bits } = lane;
  const element = bits / 8;
  return {
    ...line(`ST${count}`, count, a, 0, lane),
    emit(e, f, o) {
      const values = registers(o, count).map((register) => e.lane(register, bits, lane.index(f)));
      structure(e, f.variant, o, a, count * element, (address) => {
        const fill = (host: Val): void =>
          values.forEach((value, r) => {
            storeElement(e, bits, host, value, r * element);
          });
        e.write(address, count * element, fill, { element });
      });
    },
  };
}

function loadReplicate(count: number, a: Addressing): Instruction {
  return {
    ...STRUCTURE,
    name: `LD${count}R_single${a.suffix}`,
    asm: `LD${count}R { <Vt>.<T>${count > 1 ? '..' : ''} }, ${a.asm}`,
    pattern: bitsFrom(a, 1, count, '11', '0'),
    emit(e, f, o) {
      const bits = bitsOf(f.size);
      const element = bits / 8;
      structure(e, f.variant, o, a, count * element, (address) => {
        const host = e.read(address, count * element, { element });
        const values = registers(o, count).map((_, r) => loadElement(e, bits, host, r * element));
        registers(o, count).forEach((register, r) => {
          e.setVecQ(register, f.Q, lanes(e, bits, 'splat', values[r]!));
        });
      });
    },
  };
}

const COUNTS = [1, 2, 3, 4];

export const STRUCTURE_LANES: readonly Instruction[] = ADDRESSING.flatMap((a) =>
  COUNTS.flatMap((count) => [
    ...LANES.flatMap((lane) => [loadLane(count, a, lane), storeLane(count, a, lane)]),
    loadReplicate(count, a),
  ]),
);
