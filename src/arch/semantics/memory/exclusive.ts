/**
 * Exclusives, load-acquire and store-release, and the atomics of FEAT_LSE and FEAT_LRCPC (C4.1.88).
 *
 * vCPUs take turns on one thread and a switch opens the monitor, so while it is tagged nobody else can have written:
 * comparing the address and size is exact. Ordering needs no code for the same reason.
 */
import { xd, xs, xsp } from '../../a64/operands.js';
import type { Instruction, RegRef } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { S } from '../../engine/layout.js';
import type { LoadOp, StoreOp } from '../../engine/opcodes.js';
import { spVariant } from './transfer.js';

const LOADS: readonly LoadOp[] = ['i64.load8_u', 'i64.load16_u', 'i64.load32_u', 'i64.load'];
const STORES: readonly StoreOp[] = ['i64.store8', 'i64.store16', 'i64.store32', 'i64.store'];
const SUFFIX = ['B', 'H', '', ''] as const;
const two = (n: number): string => `${n >> 1}${n & 1}`;
const sizes = [0, 1, 2, 3] as const;
const width = (size: number): string => (size === 3 ? 'X' : 'W');
const flags = [0, 1] as const;

/** LDXR, LDAXR, LDXP, LDAXP. */
const loadExclusive = (size: number, acquire: number, pair: boolean): Instruction => ({
  name: `LD${acquire ? 'A' : ''}X${pair ? 'P' : 'R'}${SUFFIX[size]}_${width(size)}`,
  asm: `LD${acquire ? 'A' : ''}X${pair ? 'P' : 'R'}${SUFFIX[size]} <${width(size)}t>${pair ? ', <t2>' : ''}, [<Xn|SP>]`,
  pattern: `${two(size)} 001000 0 1 ${pair ? 1 : 0} xxxxx ${acquire} ${pair ? 'Rt2' : 'xxxxx'} Rn Rt`,
  variant: spVariant,
  operands: (f) => ({ d: xd(f.Rt!), a: xd(f.Rt2 ?? 31), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const bytes = 1 << size;
    const total = pair ? 2 * bytes : bytes;
    const address = e.base(o.n, f.variant!);
    const host = e.read(address, total, { element: bytes, aligned: true });
    const first = e.load(LOADS[size]!, host);
    const second = pair ? e.load(LOADS[size]!, host, bytes) : first;
    e.setState32(S.EXCL_SIZE, total);
    e.setState64(S.EXCL_ADDR, address);
    e.setR(o.d, first);
    if (pair) e.setR(o.a, second);
  },
});

/** STXR, STLXR, STXP, STLXP. An unaligned address faults whether or not the monitor would pass. */
const storeExclusive = (size: number, release: number, pair: boolean): Instruction => ({
  name: `ST${release ? 'L' : ''}X${pair ? 'P' : 'R'}${SUFFIX[size]}_${width(size)}`,
  asm: `ST${release ? 'L' : ''}X${pair ? 'P' : 'R'}${SUFFIX[size]} <Ws>, <${width(size)}t>${pair ? ', <t2>' : ''}, [<Xn|SP>]`,
  pattern: `${two(size)} 001000 0 0 ${pair ? 1 : 0} Rs ${release} ${pair ? 'Rt2' : 'xxxxx'} Rn Rt`,
  variant: spVariant,
  operands: (f) => ({ b: xd(f.Rs!), d: xs(f.Rt!), a: xs(f.Rt2 ?? 31), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const bytes = 1 << size;
    const total = pair ? 2 * bytes : bytes;
    const address = e.base(o.n, f.variant!);
    const tagged = e.test('eq', e.state32(S.EXCL_SIZE), total);
    const same = e.test('eq', e.state64(S.EXCL_ADDR), address);
    const pass = e.and(tagged, same);
    const status = e.variable(e.i32(1));
    const attempt = total > 1 ? e.or(pass, e.and(e.wrap(address), total - 1)) : pass;
    e.if(attempt, () => {
      const fill = (host: Val): void => {
        e.store(STORES[size]!, host, e.x(o.d));
        if (pair) e.store(STORES[size]!, host, e.x(o.a), bytes);
      };
      e.write(address, total, fill, { element: bytes, aligned: true });
      e.assign(status, e.i32(0));
    });
    e.setState32(S.EXCL_SIZE, 0);
    e.setR(o.b, status);
  },
});

/** LDAR, LDLAR and LDAPR: aligned loads. */
const loadAcquire = (name: string, size: number, pattern: string, feature?: 'rcpc' | 'lse'): Instruction => ({
  name: `${name}${SUFFIX[size]}_${width(size)}`,
  asm: `${name}${SUFFIX[size]} <${width(size)}t>, [<Xn|SP>]`,
  pattern: `${two(size)} ${pattern} Rn Rt`,
  ...(feature && { feature }),
  variant: spVariant,
  operands: (f) => ({ d: xd(f.Rt!), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const host = e.read(e.base(o.n, f.variant!), 1 << size, { aligned: true });
    e.setR(o.d, e.load(LOADS[size]!, host));
  },
});

/** STLR and STLLR. */
const storeRelease = (name: string, size: number, o0: number, feature?: 'lse'): Instruction => ({
  name: `${name}${SUFFIX[size]}_${width(size)}`,
  asm: `${name}${SUFFIX[size]} <${width(size)}t>, [<Xn|SP>]`,
  pattern: `${two(size)} 001000 1 0 0 xxxxx ${o0} xxxxx Rn Rt`,
  ...(feature && { feature }),
  variant: spVariant,
  operands: (f) => ({ d: xs(f.Rt!), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const fill = (host: Val): void => e.store(STORES[size]!, host, e.x(o.d));
    e.write(e.base(o.n, f.variant!), 1 << size, fill, { aligned: true });
  },
});

/** CAS in all sizes and orders. */
const compareAndSwap = (size: number): Instruction => ({
  name: `CAS${SUFFIX[size]}_${width(size)}`,
  asm: `CAS${SUFFIX[size]} <${width(size)}s>, <${width(size)}t>, [<Xn|SP>]`,
  pattern: `${two(size)} 001000 1 x 1 Rs x 11111 Rn Rt`,
  feature: 'lse',
  variant: spVariant,
  operands: (f) => ({ d: xd(f.Rs!), a: xs(f.Rs!), b: xs(f.Rt!), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const host = e.modify(e.base(o.n, f.variant!), 1 << size);
    const old = e.load(LOADS[size]!, host);
    e.if(e.test('eq', old, truncate(e, e.x(o.a), size)), () => e.store(STORES[size]!, host, e.x(o.b)));
    e.setR(o.d, old);
  },
});

/** CASP: pairs of even and next odd registers. */
const compareAndSwapPair = (size: number): Instruction => ({
  name: `CASP_${width(size)}`,
  asm: `CASP <${width(size)}s>, <s+1>, <${width(size)}t>, <t+1>, [<Xn|SP>]`,
  pattern: `0${size & 1} 001000 0 x 1 Rs x 11111 Rn Rt`,
  feature: 'lse',
  accept: (f) => !((f.Rs! | f.Rt!) & 1),
  variant: spVariant,
  operands: (f) => ({
    d: xs(f.Rs!),
    a: xd(f.Rs! + 1),
    b: xs(f.Rt!),
    c: xs(f.Rt! + 1),
    n: xsp(f.Rn!),
    m: xs(f.Rs! + 1),
  }),
  emit(e, f, o) {
    const bytes = 1 << size;
    const host = e.modify(e.base(o.n, f.variant!), 2 * bytes, { element: bytes });
    const low = e.load(LOADS[size]!, host);
    const high = e.load(LOADS[size]!, host, bytes);
    const equal = (old: Val, ref: RegRef): Val => e.test('eq', old, truncate(e, e.x(ref), size));
    e.if(e.and(equal(low, o.d), equal(high, o.m)), () => {
      e.store(STORES[size]!, host, e.x(o.b));
      e.store(STORES[size]!, host, e.x(o.c), bytes);
    });
    e.setR(o.d, low);
    e.setR(o.a, high);
  },
});

function truncate(e: Emitter, value: Val, size: number): Val {
  return size === 3 ? value : e.and(value, 2 ** (8 << size) - 1);
}

/** Sign-extends from an element's size, for signed comparison. */
function signed(e: Emitter, value: Val, size: number): Val {
  return size === 3 ? value : e.sar(e.shl(value, 64 - (8 << size)), 64 - (8 << size));
}

const OPERATIONS: readonly [name: string, code: string, (e: Emitter, old: Val, operand: Val, size: number) => Val][] = [
  ['ADD', '0 000', (e, old, x) => e.add(old, x)],
  ['CLR', '0 001', (e, old, x) => e.and(old, e.not(x))],
  ['EOR', '0 010', (e, old, x) => e.xor(old, x)],
  ['SET', '0 011', (e, old, x) => e.or(old, x)],
  ['SMAX', '0 100', (e, old, x, s) => e.select(e.test('gt_s', signed(e, old, s), signed(e, x, s)), old, x)],
  ['SMIN', '0 101', (e, old, x, s) => e.select(e.test('lt_s', signed(e, old, s), signed(e, x, s)), old, x)],
  ['UMAX', '0 110', (e, old, x, s) => e.select(e.test('gt_u', old, truncate(e, x, s)), old, x)],
  ['UMIN', '0 111', (e, old, x, s) => e.select(e.test('lt_u', old, truncate(e, x, s)), old, x)],
  ['SWP', '1 000', (_e, _old, x) => x],
];

/** LDADD.. LDUMIN and SWP in all sizes and orders; ST<op> is Rt = 31. */
const atomic = ([name, code, operation]: (typeof OPERATIONS)[number], size: number): Instruction => ({
  name: `${name === 'SWP' ? 'SWP' : `LD${name}`}${SUFFIX[size]}_${width(size)}`,
  asm: `${name === 'SWP' ? 'SWP' : `LD${name}`}${SUFFIX[size]} <${width(size)}s>, <${width(size)}t>, [<Xn|SP>]`,
  pattern: `${two(size)} 111 0 00 x x 1 Rs ${code} 00 Rn Rt`,
  feature: 'lse',
  variant: spVariant,
  operands: (f) => ({ d: xd(f.Rt!), m: xs(f.Rs!), n: xsp(f.Rn!) }),
  emit(e, f, o) {
    const operand = e.x(o.m);
    const host = e.modify(e.base(o.n, f.variant!), 1 << size);
    const old = e.load(LOADS[size]!, host);
    e.store(STORES[size]!, host, operation(e, old, operand, size));
    e.setR(o.d, old);
  },
});

export const EXCLUSIVE: readonly Instruction[] = [
  ...sizes.flatMap((size) => flags.map((a) => loadExclusive(size, a, false))),
  ...([2, 3] as const).flatMap((size) => flags.map((a) => loadExclusive(size, a, true))),
  ...sizes.flatMap((size) => flags.map((a) => storeExclusive(size, a, false))),
  ...([2, 3] as const).flatMap((size) => flags.map((a) => storeExclusive(size, a, true))),
  ...sizes.map((size) => loadAcquire('LDAR', size, '001000 1 1 0 xxxxx 1 xxxxx')),
  ...sizes.map((size) => loadAcquire('LDLAR', size, '001000 1 1 0 xxxxx 0 xxxxx', 'lse')),
  ...sizes.map((size) => loadAcquire('LDAPR', size, '111 0 00 1 0 1 xxxxx 1 100 00', 'rcpc')),
  ...sizes.map((size) => storeRelease('STLR', size, 1)),
  ...sizes.map((size) => storeRelease('STLLR', size, 0, 'lse')),
  ...sizes.map(compareAndSwap),
  ...([2, 3] as const).map(compareAndSwapPair),
  ...OPERATIONS.flatMap((operation) => sizes.map((size) => atomic(operation, size))),
];
