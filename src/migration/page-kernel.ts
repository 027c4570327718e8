/**
 * Work on whole pages of guest memory, done by WebAssembly where the bytes are: finding pages with something in them,
 * and a checksum (XXH64 with seed 0) quicker than memory can be copied. It finds damage, not malice.
 */
import { Assembler, type Val, type Var } from '../arch/engine/assembler.js';
import { ModuleBuilder } from '../arch/engine/wasm.js';

/** The functions, bound to one memory. Addresses and lengths are bytes; pages are 4096 and aligned. */
export interface PageKernel {
  /** XXH64 of `length` bytes, a multiple of 32, not 0. */
  hash(address: number, length: number): bigint;
  /** The first page from `address` on, before `end`, that is not all zeros; or `end`. */
  firstUsed(address: number, end: number): number;
  /** The first page from `address` on, before `end`, that is all zeros; or `end`. */
  firstZero(address: number, end: number): number;
}

const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const PAGE = 4096;

function round(a: Assembler, acc: Val, lane: Val): Val {
  return a.mul(a.int('rotl', a.add(acc, a.mul(lane, P2)), 31), P1);
}

function emitHash(a: Assembler): void {
  const length = a.param(1);
  const address = a.variable(a.param(0));
  const end = a.add(address, length);
  const lanes: Var[] = [P1 + P2, P2, 0n, -P1].map((start) => a.variable(a.i64(start)));
  a.loop((again) => {
    for (const [i, lane] of lanes.entries()) a.assign(lane, round(a, lane, a.load('i64.load', address, i * 8)));
    a.assign(address, a.add(address, 32));
    a.if(a.test('ne', address, end), () => a.br(again));
  });
  let h = [1, 7, 12, 18].map((by, i) => a.int('rotl', lanes[i]!, by)).reduce((sum, lane) => a.add(sum, lane));
  for (const lane of lanes) h = a.add(a.mul(a.xor(h, round(a, a.i64(0), lane)), P1), P4);
  h = a.add(h, a.uext(length));
  h = a.mul(a.xor(h, a.shr(h, 33)), P2);
  h = a.mul(a.xor(h, a.shr(h, 29)), P3);
  a.return(a.xor(h, a.shr(h, 32)));
}

/** Goes on until a page is found that is (`used`) or is not other than zeros. */
function emitSearch(a: Assembler, used: boolean): void {
  const page = a.variable(a.param(0));
  const end = a.param(1);
  a.block((found) => {
    a.loop((nextPage) => {
      a.if(a.test('eq', page, end), () => a.br(found));
      const next = a.add(page, PAGE);
      const at = a.variable(page);
      const any = a.variable(a.i32(0));
      a.block((decided) => {
        a.loop((again) => {
          const vectors = [0, 16, 32, 48, 64, 80, 96, 112].map((offset) => a.loadV(at, offset));
          const all = vectors.reduce((x, y) => a.simd('v128.or', x, y));
          a.assign(any, a.simdTest('v128.any_true', all));
          a.if(any, () => a.br(decided));
          a.assign(at, a.add(at, 128));
          a.if(a.test('ne', at, next), () => a.br(again));
        });
      });
      a.if(used ? any : a.eqz(any), () => a.br(found));
      a.assign(page, next);
      a.br(nextPage);
    });
  });
  a.return(page);
}

let compiled: WebAssembly.Module | null = null;

function compile(): WebAssembly.Module {
  const builder = new ModuleBuilder();
  const add = (name: string, result: 'i32' | 'i64', emit: (a: Assembler) => void): void => {
    const assembler = new Assembler(['i32', 'i32'], [result], {});
    emit(assembler);
    builder.function(name, assembler.finish().body);
  };
  add('hash', 'i64', emitHash);
  add('firstUsed', 'i32', (a) => emitSearch(a, true));
  add('firstZero', 'i32', (a) => emitSearch(a, false));
  return new WebAssembly.Module(builder.finish());
}

export function pageKernel(memory: WebAssembly.Memory): PageKernel {
  compiled ??= compile();
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const raw = exports as Record<keyof PageKernel, (a: number, b: number) => never>;
  return {
    hash: (address, length) => BigInt.asUintN(64, raw.hash(address, length)),
    firstUsed: (address, end) => unsigned(raw.firstUsed(address, end), end),
    firstZero: (address, end) => unsigned(raw.firstZero(address, end), end),
  };
}

/** Addresses from 2 GiB on come back negative, an end of 4 GiB as 0. */
const unsigned = (address: number, end: number): number => (address === 0 && end === 2 ** 32 ? end : address >>> 0);
