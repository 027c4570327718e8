/** What the structure loads and stores share: their registers and their addressing. */
import { v, xs, xsp } from '../../a64/operands.js';
import type { Fields, Instruction, OperandRefs, Operands, RegRef } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';

/** No offset, post-index by the size of the transfer, post-index by a register. */
export const ADDRESSING = [
  { suffix: '', post: 0, rm: '00000', asm: '[<Xn|SP>]' },
  { suffix: '_post', post: 1, rm: '11111', asm: '[<Xn|SP>], #<bytes>' },
  { suffix: '_post_reg', post: 1, rm: 'Rm', asm: '[<Xn|SP>], <Xm>' },
] as const;
export type Addressing = (typeof ADDRESSING)[number];

/** The up to four data registers from Rt on, which wrap at 31; base and index. */
const operands = (f: Fields): Operands => ({
  d: v(f.Rt),
  a: v(f.Rt + 1),
  b: v(f.Rt + 2),
  c: v(f.Rt + 3),
  n: xsp(f.Rn),
  ...(f.Rm !== undefined && { m: xs(f.Rm) }),
});

/** What every line has; `variant` tells of SP as the base. */
export const STRUCTURE = { fp: true, operands, variant: (f) => (f.Rn === 31 ? 1 : 0) } satisfies Partial<Instruction>;

export const registers = (o: OperandRefs, count: number): RegRef[] => [o.d, o.a, o.b, o.c].slice(0, count);

/** Has `access` transfer `bytes` at the base register's address, then writes the base back as the form says. */
export function structure(
  e: Emitter,
  sp: number,
  o: OperandRefs,
  addressing: Addressing,
  bytes: number,
  access: (address: Val) => void,
): void {
  const address = e.base(o.n, sp);
  access(address);
  if (addressing.post) e.setR(o.n, e.add(address, addressing.rm === 'Rm' ? e.x(o.m) : bytes));
}
