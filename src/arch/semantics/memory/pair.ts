/** Loads and stores of register pairs, with and without the non-temporal hint. */
import { sx, xsp } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import { dataSlot, GENERAL, loadValue, setRegister, spVariant, storeValue, type Transfer, VECTOR } from './transfer.js';

type Form = 'noallocate' | 'post' | 'offset' | 'pre';
const FORMS: readonly Form[] = ['noallocate', 'post', 'offset', 'pre'];

const pair = (opc: string, t: Transfer, form: Form): Instruction => {
  const name = t.signed ? 'LDPSW' : `${t.store ? 'ST' : 'LD'}${form === 'noallocate' ? 'N' : ''}P`;
  const address = { noallocate: '[<Xn|SP>{, #<imm>}]', offset: '[<Xn|SP>{, #<imm>}]', post: '[<Xn|SP>], #<imm>' };
  const index = FORMS.indexOf(form);
  return {
    name: `${name}_${t.register}_${form}`,
    asm: `${name} ${t.register}, ${t.register.replace('t>', 't2>')}, ${form === 'pre' ? '[<Xn|SP>, #<imm>]!' : address[form]}`,
    pattern: `${opc} 101 ${t.vector ? 1 : 0} 0 ${index >> 1}${index & 1} ${t.store ? 0 : 1} imm7 Rt2 Rn Rt`,
    fp: t.vector,
    variant: spVariant,
    operands: (f) => ({
      d: dataSlot(t, f.Rt!),
      a: dataSlot(t, f.Rt2!),
      n: xsp(f.Rn!),
      imm: sx(f.imm7!, 7) * t.bytes,
    }),
    emit(e, f, o) {
      const base = e.base(o.n, f.variant!);
      const moved = e.add(base, e.imm());
      const where = form === 'post' ? base : moved;
      const writeback = form === 'post' || form === 'pre';
      if (t.store) {
        const fill = (host: Parameters<typeof storeValue>[3]): void => {
          storeValue(e, t, o.d, host);
          storeValue(e, t, o.a, host, t.bytes);
        };
        e.write(where, 2 * t.bytes, fill, { element: t.bytes });
        if (writeback) e.setR(o.n, moved);
        return;
      }
      const host = e.read(where, 2 * t.bytes, { element: t.bytes });
      const first = loadValue(e, t, host);
      const second = loadValue(e, t, host, t.bytes);
      if (writeback) e.setR(o.n, moved);
      setRegister(e, t, o.d, first);
      setRegister(e, t, o.a, second);
    },
  };
};

const of = (list: readonly Transfer[], bytes: number): readonly Transfer[] =>
  list.filter((t) => t.bytes === bytes && !t.signed);
const signedWord = GENERAL.find((t) => t.signed && t.bytes === 4)!;

export const PAIR: readonly Instruction[] = FORMS.flatMap((form) => [
  ...of(GENERAL, 4).map((t) => pair('00', t, form)),
  ...of(GENERAL, 8).map((t) => pair('10', t, form)),
  ...(form === 'noallocate' ? [] : [pair('01', signedWord, form)]),
  ...of(VECTOR, 4).map((t) => pair('00', t, form)),
  ...of(VECTOR, 8).map((t) => pair('01', t, form)),
  ...of(VECTOR, 16).map((t) => pair('10', t, form)),
]);
