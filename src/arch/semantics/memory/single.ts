/** Loads and stores of one register: unsigned offset, unscaled, pre, post, register offset, unprivileged, literal. */
import { sx, xs, xsp } from '../../a64/operands.js';
import type { Instruction, OperandRefs } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { AccessOptions, Emitter } from '../../engine/emitter.js';
import { extendRegister } from '../integer/arithmetic.js';
import { dataSlot, GENERAL, loadValue, setRegister, spVariant, storeValue, type Transfer, VECTOR } from './transfer.js';

/** The access itself, and then the base register's new value where there is one. */
function access(e: Emitter, t: Transfer, o: OperandRefs, address: Val, options: AccessOptions = {}, next?: Val): void {
  if (t.store) {
    e.write(address, t.bytes, (host) => storeValue(e, t, o.d, host), options);
    if (next) e.setR(o.n, next);
    return;
  }
  const value = loadValue(e, t, e.read(address, t.bytes, options));
  if (next) e.setR(o.n, next);
  setRegister(e, t, o.d, value);
}

const head = (t: Transfer): string => `${t.size} 111 ${t.vector ? 1 : 0}`;

const unsignedOffset = (t: Transfer): Instruction => ({
  name: `${t.name}_${t.register}_uimm`,
  asm: `${t.name} ${t.register}, [<Xn|SP>{, #<pimm>}]`,
  pattern: `${head(t)} 01 ${t.opc} imm12 Rn Rt`,
  fp: t.vector,
  variant: spVariant,
  operands: (f) => ({ d: dataSlot(t, f.Rt!), n: xsp(f.Rn!), imm: f.imm12! * t.bytes }),
  emit: (e, f, o) => access(e, t, o, e.add(e.base(o.n, f.variant!), e.imm())),
});

const signedOffset = (t: Transfer, form: 'unscaled' | 'post' | 'pre' | 'unprivileged'): Instruction => {
  const bits = { unscaled: '00', post: '01', unprivileged: '10', pre: '11' }[form];
  const name = {
    unscaled: t.name.replace('R', 'UR'),
    unprivileged: t.name.replace('R', 'TR'),
    post: t.name,
    pre: t.name,
  };
  const operand = { unscaled: ', #<simm>]', unprivileged: ', #<simm>]', post: '], #<simm>', pre: ', #<simm>]!' };
  return {
    name: `${t.name}_${t.register}_${form}`,
    asm: `${name[form]} ${t.register}, [<Xn|SP>${operand[form]}`,
    pattern: `${head(t)} 00 ${t.opc} 0 imm9 ${bits} Rn Rt`,
    fp: t.vector,
    variant: spVariant,
    operands: (f) => ({ d: dataSlot(t, f.Rt!), n: xsp(f.Rn!), imm: sx(f.imm9!, 9) }),
    emit(e, f, o) {
      const base = e.base(o.n, f.variant!);
      const moved = e.add(base, e.imm());
      const address = form === 'post' ? base : moved;
      const writeback = form === 'post' || form === 'pre';
      access(e, t, o, address, { unprivileged: form === 'unprivileged' }, writeback ? moved : undefined);
    },
  };
};

const registerOffset = (t: Transfer): Instruction => ({
  name: `${t.name}_${t.register}_reg`,
  asm: `${t.name} ${t.register}, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]`,
  pattern: `${head(t)} 00 ${t.opc} 1 Rm option:3 S 10 Rn Rt`,
  fp: t.vector,
  accept: (f) => !!(f.option! & 2),
  variant: spVariant,
  operands: (f) => ({ d: dataSlot(t, f.Rt!), n: xsp(f.Rn!), m: xs(f.Rm!) }),
  emit(e, f, o) {
    const offset = extendRegister(e, o.m, f.option!, 1);
    const base = e.base(o.n, f.variant!);
    access(e, t, o, e.add(base, f.S ? e.shl(offset, Math.log2(t.bytes)) : offset));
  },
});

/** Literal loads: opc chooses size, or LDRSW. */
const literal = (opc: string, t: Transfer): Instruction => ({
  name: `${t.name}_${t.register}_literal`,
  asm: `${t.name} ${t.register}, <label>`,
  pattern: `${opc} 011 ${t.vector ? 1 : 0} 00 imm19 Rt`,
  fp: t.vector,
  operands: (f) => ({ d: dataSlot(t, f.Rt!), imm: sx(f.imm19!, 19) * 4 }),
  emit: (e, _f, o) => access(e, t, o, e.add(e.pc(), e.imm())),
});

const pick = (list: readonly Transfer[], bytes: number, signed = false): Transfer =>
  list.find((t) => !t.store && t.bytes === bytes && !!t.signed === signed)!;

/** Prefetches have no effect that a guest can see. */
const PREFETCH: readonly Instruction[] = [
  ['PRFM_uimm', '[<Xn|SP>{, #<pimm>}]', '11 111 0 01 10 imm12 Rn Rt'],
  ['PRFUM', '[<Xn|SP>{, #<simm>}]', '11 111 0 00 10 0 imm9 00 Rn Rt'],
  ['PRFM_reg', '[<Xn|SP>, <Rm>{, <extend> {#<amount>}}]', '11 111 0 00 10 1 Rm x1x x 10 Rn Rt'],
  ['PRFM_literal', '<label>', '11 011 0 00 imm19 Rt'],
].map(
  ([name, operand, pattern]): Instruction => ({
    name: name!,
    asm: `${name!.split('_')[0]} <prfop>, ${operand}`,
    pattern: pattern!,
    emit: () => {},
  }),
);

const all = [...GENERAL, ...VECTOR];

export const SINGLE: readonly Instruction[] = [
  ...all.map(unsignedOffset),
  ...all.flatMap((t) => (['unscaled', 'post', 'pre'] as const).map((form) => signedOffset(t, form))),
  ...GENERAL.map((t) => signedOffset(t, 'unprivileged')),
  ...all.map(registerOffset),
  literal('00', pick(GENERAL, 4)),
  literal('01', pick(GENERAL, 8)),
  literal('10', pick(GENERAL, 4, true)),
  literal('00', pick(VECTOR, 4)),
  literal('01', pick(VECTOR, 8)),
  literal('10', pick(VECTOR, 16)),
  ...PREFETCH,
];
