// Register states that suit a word: operands where it may err, addresses in the data window, targets that can be hit.
import type { Match } from '../../src/arch/a64/decoder.js';
import { addressing, isBranch, isCacheByAddress, isLiteral, isMemory, isSplit } from './addressing.js';
import type { Random } from './random.js';
import { B, BLOCK, CODE, CODE_BYTES, DATA, DATA_BYTES, LANDING, LITERALS } from './state.js';
import { edgePartner, fusedAddend, integer, partner, vector, word as wordValue } from './values.js';
import { BASES, INDEX, wordOf } from './words.js';

/** QC and the cumulative exception bits. */
const FPSR_BITS = 0x0800009f;
const FPSR_IXC = 0x10;
/** The state for one word, or, where nothing is known of it, one with an address in every register. */
export function fillState(
  r: Random,
  states: Uint32Array,
  at: number,
  match: Match | null,
  pc: number,
  fpcr: number,
): void {
  r.fill(states, at, at + BLOCK);
  fillControl(r, states, at, pc, fpcr);
  if (!match) return fillAddresses(r, states, at);
  const { fields, encoding } = match;
  const word = wordOf(match);
  const named = encoding.fields.filter((f) => /^R/.test(f.name)).map((f) => fields[f.name]!);
  named.forEach((n, i) => {
    if (n < 31) integer(r, states, at + B.X + 2 * n);
    vector(r, states, at + B.V + 4 * n);
    const before = i > 0 ? at + B.V + 4 * named[i - 1]! : -1;
    if (i > 0 && r.chance(1, 3)) (r.chance(1, 2) ? partner : edgePartner)(r, states, at + B.V + 4 * n, before);
  });
  const { Rn, Rm, Ra, Rd } = fields;
  if (Rn !== undefined && Rm !== undefined && r.chance(1, 6)) {
    const v = (reg: number): number => at + B.V + 4 * reg;
    fusedAddend(r, states, v(Ra ?? Rd ?? 0), v(Rn), v(Rm));
  }
  if (r.chance(1, 4)) integer(r, states, at + B.SP);
  if (isMemory(word) && !isLiteral(word)) placeBase(r, states, at, word);
  if (isCacheByAddress(word)) {
    // QEMU translates for ZVA only.
    const zero = encoding.instruction.name === 'DC_ZVA';
    setAddress(states, at, word & 31, zero ? windowAddress(r) : DATA + r.below(DATA_BYTES));
  }
  if (isBranch(word) && fields.Rn !== undefined && fields.Rn < 31) placeTarget(r, states, at + B.X + 2 * fields.Rn);
}

/** SP, PC, flags, FPCR within `fpcr`, FPSR. */
function fillControl(r: Random, states: Uint32Array, at: number, pc: number, fpcr: number): void {
  states[at + B.SP] = DATA + 0x1000 + 16 * r.below(0xe00);
  states[at + B.SP + 1] = 0;
  states[at + B.PC] = pc;
  states[at + B.PC + 1] = 0;
  states[at + B.NZCV] = r.below(16);
  states[at + B.FPCR] = r.chance(1, 2) ? 0 : r.word() & r.word() & fpcr;
  if (r.chance(1, 4)) states[at + B.FPCR] = r.word() & fpcr;
  // With IXC set and FPCR zero the engine takes its shortest ways.
  states[at + B.FPSR] = r.pick([0, 0, FPSR_IXC, r.word() & FPSR_BITS]);
  states[at + B.SIGNAL] = 0;
  states[at + 70] = 0;
  states[at + 71] = 0;
}

/** The state for a sequence: see BASES. */
export function fillForSequence(r: Random, states: Uint32Array, at: number, pc: number, fpcr: number): void {
  r.fill(states, at, at + BLOCK);
  fillControl(r, states, at, pc, fpcr);
  for (let n = 0; n < 31; n++) if (r.chance(1, 2)) integer(r, states, at + B.X + 2 * n);
  for (let n = 0; n < 32; n++) if (r.chance(1, 2)) vector(r, states, at + B.V + 4 * n);
  for (const n of BASES) setAddress(states, at, n, DATA + 0x4000 + 16 * r.below(0x800));
  setAddress(states, at, INDEX, r.below(64));
}

/** An address in the window: anywhere, near a page's or the window's end, or aligned. */
function windowAddress(r: Random): number {
  const anywhere = DATA + (r.word() & (DATA_BYTES - 1));
  switch (r.below(8)) {
    case 0:
      return DATA + 0x1000 * (1 + r.below(15)) + r.below(80) - 72;
    case 1:
      return r.chance(1, 3) ? DATA + r.below(80) - 16 : DATA + DATA_BYTES - r.below(80);
    case 2:
    case 3:
    case 4:
      return anywhere & ~15;
    default:
      return anywhere;
  }
}

function setAddress(states: Uint32Array, at: number, n: number, address: number): void {
  const i = n === 31 ? at + B.SP : at + B.X + 2 * n;
  states[i] = address;
  states[i + 1] = address < 0 ? -1 : 0;
}

/** Every register an address, where nothing is known of the word. */
function fillAddresses(r: Random, states: Uint32Array, at: number): void {
  for (let n = 0; n < 31; n++) setAddress(states, at, n, windowAddress(r) & ~15);
}

/** Where an indirect branch goes: mostly to BRK words, else anywhere but into cases' code and data for literals. */
function placeTarget(r: Random, states: Uint32Array, at: number): void {
  const anyCode = states[at]! >= CODE && states[at]! < CODE + CODE_BYTES;
  if (!anyCode && r.chance(1, 4)) return;
  states[at] = CODE + LANDING + (r.below(LITERALS - LANDING) & (r.chance(1, 8) ? -1 : ~3));
  // Any tag is dropped by TBI.
  states[at + 1] = r.chance(1, 4) ? (r.word() & 0xff000000) >>> 0 : 0;
}

/** Chooses the base (and offset register) so that the access is where `windowAddress` says; rarely with a tag or far. */
function placeBase(r: Random, states: Uint32Array, at: number, word: number): void {
  const { rn } = addressing(word);
  placeInWindow(r, states, at, word);
  const high = rn === 31 ? at + B.SP + 1 : at + B.X + 2 * rn + 1;
  // A tag, which TBI ignores, or an address whose low word alone is mapped.
  if (r.chance(1, 12)) states[high] = (states[high]! ^ (r.word() & 0xff000000)) >>> 0;
  else if (r.chance(1, 24)) states[high] = (states[high]! ^ r.pick([r.word(), 0x80000000, 0x00800000, 1])) >>> 0;
}

function placeInWindow(r: Random, states: Uint32Array, at: number, word: number): void {
  const { offset, index, ordered, rn } = addressing(word);
  let address = windowAddress(r);
  // Where a part of an access faults, others may have been done or not (B2.2.1): all parts are in or out.
  if (isSplit(word) && address > DATA + DATA_BYTES - 64) address -= 64;
  if (ordered && r.chance(3, 4)) address &= ~15;
  if (!index || index.rm === rn) {
    const base = address - offset;
    return setAddress(states, at, rn, rn === 31 && r.chance(9, 10) ? base & ~15 : base);
  }
  let extended = 0;
  if (index.rm !== 31) {
    const x = at + B.X + 2 * index.rm;
    if (r.chance(3, 4)) states[x] = (r.below(0x400) - 0x200) >>> 0;
    if (index.option === 3 || index.option === 7) states[x + 1] = (states[x]! | 0) >> 31;
    else states[x + 1] = wordValue(r);
    extended = index.option === 2 ? states[x]! : states[x]! | 0;
  }
  const base = BigInt(address) - (BigInt(extended) << BigInt(index.shift));
  const aligned = rn === 31 && r.chance(9, 10) ? base & ~15n : base;
  const slot = rn === 31 ? at + B.SP : at + B.X + 2 * rn;
  states[slot] = Number(BigInt.asUintN(32, aligned));
  states[slot + 1] = Number(BigInt.asUintN(32, aligned >> 32n));
}
