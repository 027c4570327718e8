/**
 * Emitted MRS and MSR of registers that are plain storage in every profile, and of the flags and FP control. The
 * registers come from the table; where the present EL may not have them, the general form takes the exception.
 */
import { xd, xs } from '../../a64/operands.js';
import type { Feature, Fields, Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { S } from '../../engine/layout.js';
import { PROFILES } from '../../profiles.js';
import { PSTATE } from '../../system/pstate.js';
import { FPCR_FZ16, FPCR_MASK, FPSR_MASK, SPSR_V8_0 } from '../../system/registers/control.js';
import { moveFromRegister, moveToRegister, registersOf, type SystemRegister } from '../../system/registers/index.js';
import { SLOT, slotAddress } from '../../system/slots.js';

/** op0<0>:op1:CRn:CRm:op2, the low 15 bits of a register's encoding. */
const encodingOf = (f: Fields): number => 0x8000 | f.imm15!;

/** The register where it has the same storage in every profile and `test` holds in each. */
function inEveryProfile(encoding: number, test: (r: SystemRegister) => boolean): SystemRegister | undefined {
  const found = Object.values(PROFILES).map((profile) => registersOf(profile).find(encoding));
  const [first] = found;
  return first && found.every((r) => r !== undefined && r.slot === first.slot && test(r)) ? first : undefined;
}

const isPlain = (r: SystemRegister): boolean => !r.el0 && !r.absent && r.slot !== undefined;
const readable = (f: Fields): SystemRegister | undefined =>
  inEveryProfile(encodingOf(f), (r) => isPlain(r) && !r.read && r.readEl <= 1);
const writable = (f: Fields): SystemRegister | undefined =>
  inEveryProfile(
    encodingOf(f),
    (r) => isPlain(r) && !r.write && !r.changed && !r.external && r.writeEl <= 1 && !r.res1 && r.mask === maskOf(f),
  );
const maskOf = (f: Fields): bigint => registersOf(Object.values(PROFILES)[0]!).find(encodingOf(f))!.mask;

/** Emits `body` where EL is at least `el` (0 or 1), else the general form. */
function fromEl(e: Emitter, el: number, body: () => void): void {
  if (el === 0) body();
  else e.if(e.state32(S.EL), body, () => e.exec());
}

const storage: readonly Instruction[] = [
  {
    name: 'MRS_storage',
    asm: 'MRS <Xt>, <systemreg>',
    pattern: '11010101001 1 imm15 Rt',
    accept: (f) => readable(f) !== undefined,
    variant: (f) => readable(f)!.readEl,
    operands: (f) => ({ d: xd(f.Rt!), imm2: slotAddress(readable(f)!.slot!) }),
    emit(e, f, o) {
      fromEl(e, f.variant!, () => e.setR(o.d, e.load('i64.load', e.imm2())));
    },
    exec: moveFromRegister,
  },
  {
    name: 'MSR_storage',
    asm: 'MSR <systemreg>, <Xt>',
    pattern: '11010101000 1 imm15 Rt',
    accept: (f) => writable(f) !== undefined,
    variant: (f) => writable(f)!.writeEl,
    operands: (f) => ({ n: xs(f.Rt!), imm2: slotAddress(writable(f)!.slot!), imm: writable(f)!.mask }),
    emit(e, f, o) {
      fromEl(e, f.variant!, () => e.store('i64.store', e.imm2(), e.and(e.x(o.n), e.imm())));
    },
    exec: moveToRegister,
  },
];

/** Lines for one register by its `op1 CRn CRm op2` bits. */
interface Special {
  readonly name: string;
  readonly bits: string;
  readonly fp?: boolean;
  read?(e: Emitter): Val;
  write?(e: Emitter, value: Val): void;
  /** i32, nonzero where the emitted form will do. */
  allowed?(e: Emitter): Val;
  readonly feature?: Feature;
}

function lines(s: Special): Instruction[] {
  const guarded = (e: Emitter, body: () => void): void => {
    if (s.allowed) e.if(s.allowed(e), body, () => e.exec());
    else body();
  };
  const common = { ...(s.fp && { fp: true }), ...(s.feature && { feature: s.feature }) };
  const { read, write } = s;
  const suffix = s.feature ? `_${s.feature}` : '';
  const out: Instruction[] = [];
  if (read) {
    out.push({
      ...common,
      name: `MRS_${s.name}${suffix}`,
      asm: `MRS <Xt>, ${s.name}`,
      pattern: `11010101001 11 ${s.bits} Rt`,
      operands: (f) => ({ d: xd(f.Rt!) }),
      emit: (e, _f, o) => guarded(e, () => e.setR(o.d, read(e))),
      exec: moveFromRegister,
    });
  }
  if (write) {
    out.push({
      ...common,
      name: `MSR_${s.name}${suffix}`,
      asm: `MSR ${s.name}, <Xt>`,
      pattern: `11010101000 11 ${s.bits} Rt`,
      operands: (f) => ({ n: xs(f.Rt!) }),
      emit: (e, _f, o) => guarded(e, () => write(e, e.x(o.n))),
      exec: moveToRegister,
    });
  }
  return out;
}

/** N, Z, C, V as bits 31:28. */
function packedFlags(e: Emitter): Val {
  const n = e.and(e.wrap(e.shr(e.state64(S.NV), 32)), 0x8000_0000);
  const v = e.shr(e.and(e.wrap(e.shr(e.state64(S.VV), 32)), 0x8000_0000), 3);
  const z = e.shl(e.eqz(e.state64(S.ZV)), 30);
  return e.or(e.or(n, z), e.or(e.shl(e.carry(), 29), v));
}

const atEl1 = (e: Emitter): Val => e.state32(S.EL);
const masked = (offset: number, mask: number) => (e: Emitter, value: Val) =>
  e.setState32(offset, e.and(e.wrap(value), mask));

const specials: readonly Special[] = [
  {
    name: 'NZCV',
    bits: '011 0100 0010 000',
    read: packedFlags,
    write: (e, value) => e.setNzcv(e.and(e.wrap(e.shr(value, 28)), 15)),
  },
  {
    name: 'DAIF',
    bits: '011 0100 0010 001',
    allowed: atEl1,
    read: (e) => e.state32(S.DAIF),
    // With something waiting for the masks to fall, the general form looks whether they did.
    write: (e, value) =>
      e.if(
        e.state32(S.LINES),
        () => e.exec(),
        () => e.setState32(S.DAIF, e.and(e.wrap(value), 0x3c0)),
      ),
  },
  {
    name: 'FPCR',
    bits: '011 0100 0100 000',
    fp: true,
    feature: 'fp16',
    write: masked(S.FPCR, FPCR_MASK | FPCR_FZ16),
  },
  {
    name: 'FPCR',
    bits: '011 0100 0100 000',
    fp: true,
    read: (e) => e.state32(S.FPCR),
    write: masked(S.FPCR, FPCR_MASK),
  },
  {
    name: 'FPSR',
    bits: '011 0100 0100 001',
    fp: true,
    read: (e) => e.state32(S.FPSR),
    write: masked(S.FPSR, FPSR_MASK),
  },
  {
    // The other bank than the current one: SP_EL0 while SP_EL1 is in use.
    name: 'SP_EL0',
    bits: '000 0100 0001 000',
    allowed: (e) => e.and(e.state32(S.EL), e.state32(S.SPSEL)),
    read: (e) => e.state64(slotAddress(SLOT.SP_EL0)),
    write: (e, value) => e.setState64(slotAddress(SLOT.SP_EL0), value),
  },
  {
    // PAN and UAO are bits of SPSR_EL1 where PSTATE has them.
    name: 'SPSR_EL1',
    bits: '000 0100 0000 000',
    feature: 'uao',
    allowed: atEl1,
    write: (e, value) =>
      e.setState64(slotAddress(SLOT.SPSR_EL1), e.and(value, SPSR_V8_0 | BigInt(PSTATE.PAN | PSTATE.UAO))),
  },
  {
    name: 'SPSR_EL1',
    bits: '000 0100 0000 000',
    allowed: atEl1,
    write: (e, value) => e.setState64(slotAddress(SLOT.SPSR_EL1), e.and(value, SPSR_V8_0)),
  },
];

export const DIRECT_MOVES: readonly Instruction[] = [...specials.flatMap(lines), ...storage];
