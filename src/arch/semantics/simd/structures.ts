/** LD1-LD4 and ST1-ST4 of whole registers, whose elements memory interleaves. */
import type { Fields, Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { ADDRESSING, type Addressing, registers, STRUCTURE, structure } from './addressing.js';

/** Chunks of 16 bytes, of which the last may be 8 bytes twice. */
function loadBytes(e: Emitter, host: Val, total: number): Val[] {
  const chunks: Val[] = [];
  for (let at = 0; at < total; at += 16) {
    chunks.push(total - at >= 16 ? e.loadV(host, at) : e.simd('i64x2.splat', e.load('i64.load', host, at)));
  }
  return chunks;
}

function storeBytes(e: Emitter, host: Val, total: number, chunks: readonly Val[]): void {
  chunks.forEach((chunk, i) => {
    if (total - i * 16 >= 16) e.storeV(host, chunk, i * 16);
    else e.store('i64.store', host, e.extract(chunk, 64, 0), i * 16);
  });
}

/** The vector whose byte i is byte `from(i)`, counted through all `chunks`. */
function gather(e: Emitter, chunks: readonly Val[], from: (i: number) => number): Val {
  const bytes = Array.from({ length: 16 }, (_, i) => from(i));
  const first = Math.min(...bytes) >> 4;
  let result = chunks[first]!;
  let placed = bytes.map((byte) => byte & 15);
  chunks.forEach((chunk, c) => {
    if (c <= first || !bytes.some((byte) => byte >> 4 === c)) return;
    const indices = bytes.map((byte, i) => (byte >> 4 === c ? 16 + (byte & 15) : placed[i]!));
    result = e.shuffle(result, chunk, indices);
    placed = bytes.map((_, i) => i);
  });
  return placed.every((byte, i) => byte === i) ? result : e.shuffle(result, result, placed);
}

/** How `count` registers of `length` bytes lie in memory: element by element where `interleaved`, else one by one. */
interface Layout {
  readonly count: number;
  readonly length: number;
  readonly element: number;
  readonly interleaved: boolean;
}

/** Memory's byte number of byte `i` of register `r`. */
function memoryByte({ count, length, element, interleaved }: Layout, r: number, i: number): number {
  const byte = i % length;
  if (!interleaved) return r * length + byte;
  return (Math.floor(byte / element) * count + r) * element + (byte % element);
}

/** The register and its byte that memory's byte `m` is of, as 16 * register + byte. */
function registerByte({ count, length, element, interleaved }: Layout, m: number): number {
  if (!interleaved) return Math.floor(m / length) * 16 + (m % length);
  const k = Math.floor(m / element);
  return (k % count) * 16 + Math.floor(k / count) * element + (m % element);
}

function layoutOf(count: number, interleaved: boolean, f: Fields): Layout {
  return { count, length: f.Q ? 16 : 8, element: 1 << f.size, interleaved };
}

const KINDS: readonly [structure: number, count: number, opcode: string][] = [
  [4, 4, '0000'],
  [1, 4, '0010'],
  [3, 3, '0100'],
  [1, 3, '0110'],
  [1, 1, '0111'],
  [2, 2, '1000'],
  [1, 2, '1010'],
];

function line(mnemonic: string, count: number, interleaved: boolean, a: Addressing, load: 0 | 1, opcode: string) {
  return {
    ...STRUCTURE,
    name: `${mnemonic}_multiple_${count}${a.suffix}`,
    asm: `${mnemonic} { <Vt>.<T>${count > 1 ? '..' : ''} }, ${a.asm}`,
    pattern: `0 Q 001100 ${a.post} ${load} 0 ${a.rm} ${opcode} size:2 Rn Rt`,
    accept: (f: Fields) => !interleaved || f.size < 3 || f.Q === 1,
  };
}

function loading(count: number, interleaved: boolean, a: Addressing, opcode: string): Instruction {
  return {
    ...line(`LD${interleaved ? count : 1}`, count, interleaved, a, 1, opcode),
    emit(e, f, o) {
      const layout = layoutOf(count, interleaved, f);
      const total = count * layout.length;
      structure(e, f.variant, o, a, total, (address) => {
        const chunks = loadBytes(e, e.read(address, total, { element: layout.element }), total);
        registers(o, count).forEach((register, r) => {
          e.setVecQ(
            register,
            f.Q,
            gather(e, chunks, (i) => memoryByte(layout, r, i)),
          );
        });
      });
    },
  };
}

function storing(count: number, interleaved: boolean, a: Addressing, opcode: string): Instruction {
  return {
    ...line(`ST${interleaved ? count : 1}`, count, interleaved, a, 0, opcode),
    emit(e, f, o) {
      const layout = layoutOf(count, interleaved, f);
      const total = count * layout.length;
      const values = registers(o, count).map((register) => e.vec(register));
      const chunks: Val[] = [];
      for (let at = 0; at < total; at += 16) {
        chunks.push(gather(e, values, (i) => registerByte(layout, (at + i) % total)));
      }
      structure(e, f.variant, o, a, total, (address) => {
        e.write(address, total, (host) => storeBytes(e, host, total, chunks), { element: layout.element });
      });
    },
  };
}

export const STRUCTURES: readonly Instruction[] = ADDRESSING.flatMap((a) =>
  KINDS.flatMap(([elements, count, opcode]) => [
    loading(count, elements > 1, a, opcode),
    storing(count, elements > 1, a, opcode),
  ]),
);
