/**
 * Runs one sequence of operations on the vGIC and on the reference model and compares what the guest sees. A vCPU that
 * was kicked exits and is flushed before its next instruction, as a host must; so latency is nothing, and every value
 * must be equal. Where a policy leaves a moved interrupt with its old vCPU until that one exits, the reference model's
 * change of routing is put off as long (`#later`): the architecture sets no time for it.
 */

import type { IccRegister } from '../../src/arch/gic/index.js';
import { type AccessSize, type SgiRegister, Vgic, type VgicChoices } from '../../src/hypervisor/vgic/index.js';
import { ReferenceGic, type ReferenceInterrupt } from './reference.js';

/** [kind, vCPU, three operands], all small non-negative integers: `operate` says what they mean. */
export type Operation = readonly [kind: number, vcpu: number, a: number, b: number, c: number];

export interface Setup {
  /** 1 to 8. */
  vcpus: number;
  /** 1 to 16. */
  listRegisters: number;
  /** Index in POLICIES. */
  policy: number;
  /** Start with everything enabled and unmasked: most sequences would do nothing otherwise. */
  open: boolean;
  /** Few changes of masks, enables and groups, and few EOIs: interrupts nest deeper than there are list registers. */
  calm: boolean;
}

/** Combinations of the policies that claim to be faithful. */
export const POLICIES: readonly VgicChoices[] = [
  {},
  { lazySync: true },
  { eoiMaintenance: 'all' },
  { inflightMove: 'migrating-flag' },
  { inflightMove: 'prune' },
  { inflightMove: 'migrating-flag', lazySync: true, eoiMaintenance: 'all' },
  { inflightMove: 'migrating-flag', eoiMaintenance: 'none' },
  { inflightMove: 'prune', eoiMaintenance: 'none', trap: { dir: true } },
  { trap: { common: true } },
  { trap: { group0: true }, lazySync: true },
  { trap: { group1: true }, inflightMove: 'prune' },
  { trap: { dir: true }, lazySync: true },
  { trap: { common: true, group0: true, group1: true, dir: true } },
];

/** Operations' kinds are 0 to 31, their operands 0 to 255. */
export const KINDS = 32;
export const OPERANDS = 256;

const AFFINITIES = [0x0, 0x1, 0x0100, 0x02030011, 0x2, 0xff000000, 0x20, 0x0203];
const INTIDS = [0, 1, 2, 15, 16, 20, 27, 31, 32, 33, 34, 35, 40, 41, 63, 64, 95];
const PEEK: IccRegister[] = [
  'ICC_HPPIR0_EL1',
  'ICC_HPPIR1_EL1',
  'ICC_RPR_EL1',
  'ICC_AP0R0_EL1',
  'ICC_AP1R0_EL1',
  'ICC_CTLR_EL1',
  'ICC_PMR_EL1',
  'ICC_BPR0_EL1',
  'ICC_BPR1_EL1',
  'ICC_IGRPEN0_EL1',
  'ICC_IGRPEN1_EL1',
];
const BANKS = [0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380];

const NEST = -1;
const CALMED = new Set([3, 4, 9, 10, 11, 17, 19, 22, 23, 26]);

function mpidr(affinity: number): bigint {
  return (BigInt(affinity >>> 24) << 32n) | 0x80000000n | BigInt(affinity & 0xffffff);
}

interface Acknowledged {
  intid: number;
  group: 0 | 1;
  token: number;
}

export class Differential {
  vgic: Vgic;
  readonly reference: ReferenceGic;
  /** What happened, where somebody wants to read it. */
  readonly log: string[] | null;
  /** How often each thing of interest happened. */
  readonly counts: Map<string, number>;
  readonly #setup: Setup;
  readonly #Gic: typeof Vgic;
  readonly #spis: number;
  readonly #affinities: readonly number[];
  readonly #kicked: boolean[];
  /** Waiting or off: it has exited, and does nothing until its next operation. */
  readonly #stopped: boolean[];
  /** Acknowledged and not ended, and ended and not deactivated, of each vCPU. */
  readonly #stack: Acknowledged[][];
  readonly #dropped: Acknowledged[][];
  /** Moved interrupts that a vCPU still has in a list register, and that vCPU. */
  readonly #later = new Map<ReferenceInterrupt, number>();

  /** @param Gic the vGIC, or a broken variant of it */
  constructor(setup: Setup, counts = new Map<string, number>(), log: string[] | null = null, Gic = Vgic) {
    this.#setup = setup;
    this.#Gic = Gic;
    this.counts = counts;
    this.log = log;
    this.#spis = setup.vcpus % 2 ? 64 : 32;
    this.#affinities = AFFINITIES.slice(0, setup.vcpus);
    this.#kicked = this.#affinities.map(() => true);
    this.#stopped = this.#affinities.map(() => false);
    this.#stack = this.#affinities.map(() => []);
    this.#dropped = this.#affinities.map(() => []);
    this.reference = new ReferenceGic([...this.#affinities], this.#spis);
    this.reference.routesLater = (irq) => this.#later.has(irq);
    this.vgic = this.#create(setup.listRegisters);
    if (setup.open) this.#open();
  }

  #create(listRegisters: number, from?: Vgic): Vgic {
    const host = {
      kick: (vcpu: number) => {
        this.#kicked[vcpu] = true;
      },
      resident: (vcpu: number) => !this.#stopped[vcpu],
    };
    const opts = {
      vcpus: this.#affinities.length,
      mpidr: this.#affinities.map(mpidr),
      spis: this.#spis,
      listRegisters,
      host,
      policies: POLICIES[this.#setup.policy]!,
    };
    return from ? new this.#Gic(opts, from.save()) : new this.#Gic(opts);
  }

  #open(): void {
    this.#write(0, null, 0, 4, 3n);
    for (let v = 0; v < this.#setup.vcpus; v++) {
      this.#write(v, v, 0x10100, 4, 0xffffffffn);
      this.#write(v, v, 0x10080, 4, 0xffff00ffn);
      this.#icc(v, 'ICC_PMR_EL1', 0xf8n);
      this.#icc(v, 'ICC_IGRPEN0_EL1', 1n);
      this.#icc(v, 'ICC_IGRPEN1_EL1', 1n);
    }
    for (let at = 0; at < this.#spis / 8; at += 4) {
      this.#write(0, null, 0x104 + at, 4, 0xffffffffn);
      this.#write(0, null, 0x84 + at, 4, 0xfffffff0n);
    }
    // In half of the runs odd INTIDs are edge-triggered from the start.
    for (let at = 0; this.#setup.listRegisters % 2 && at < this.#spis / 4; at += 4)
      this.#write(0, null, 0xc08 + at, 4, 0x88888888n);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #say(what: () => string): void {
    this.log?.push(what());
  }

  /** Out of the guest: what was left to this is done. */
  #exit(v: number): void {
    this.vgic.exit(v);
    if (this.#later.size > 0) this.#arrive(v);
  }

  /** Out of the guest, and ready to go in again. */
  #leave(v: number): void {
    this.vgic.exit(v);
    this.#kicked[v] = false;
    this.vgic.flush(v);
    // A flush may find that an interrupt moved; it must leave nothing that asks for an exit at once.
    if (this.vgic.cpuInterfaces[v]!.maintenance) this.#fail(`maintenance interrupt of vCPU ${v} at entry`);
    if (this.#later.size > 0) this.#arrive(v);
  }

  /** Before a guest instruction of a vCPU. */
  #enter(v: number): void {
    this.#stopped[v] = false;
    if (this.#kicked[v]) this.#leave(v);
  }

  /** Before an access that traps. */
  #trap(v: number): void {
    this.#enter(v);
    this.#exit(v);
  }

  #fail(what: string): never {
    throw new Error(what);
  }

  #same(what: string, vgic: unknown, reference: unknown): void {
    if (vgic !== reference) this.#fail(`${what}: vGIC ${String(vgic)}, reference ${String(reference)}`);
  }

  #icc(v: number, register: IccRegister, value: bigint): void {
    this.#enter(v);
    this.#say(() => `${v}: ${register} = ${value}`);
    if (this.vgic.traps(v, register)) {
      this.#count(`trap ${register}`);
      this.#exit(v);
    }
    this.vgic.writeIcc(v, register, value);
    if (this.vgic.cpuInterfaces[v]!.maintenance) this.#countMaintenance(v);
    this.reference.writeIcc(v, register, value);
  }

  #readIcc(v: number, register: IccRegister): bigint {
    this.#enter(v);
    if (this.vgic.traps(v, register)) this.#exit(v);
    const value = this.vgic.readIcc(v, register);
    this.#say(() => `${v}: ${register} -> ${value}`);
    this.#same(`${v}: ${register}`, value, this.reference.readIcc(v, register));
    if (this.vgic.cpuInterfaces[v]!.maintenance) this.#countMaintenance(v);
    return value;
  }

  #countMaintenance(v: number): void {
    const misr = Number(this.vgic.cpuInterfaces[v]!.readIch('ICH_MISR_EL2'));
    for (let bit = 0; bit < 8; bit++) if ((misr >> bit) & 1) this.#count(`maintenance ${bit}`);
  }

  #write(v: number, pe: number | null, offset: number, size: AccessSize, value: bigint): void {
    this.#trap(v);
    this.#say(() => `${v}: ${named(pe, offset, size)} = 0x${value.toString(16)}`);
    const region = pe === null ? 'dist' : 'redist';
    this.#same('write', this.vgic.mmioWrite(region, offset + (pe ?? 0) * 0x20000, size, value, v), true);
    this.reference.write(pe, offset, size, value);
  }

  #read(v: number, pe: number | null, offset: number, size: AccessSize): void {
    this.#trap(v);
    const region = pe === null ? 'dist' : 'redist';
    const value = this.vgic.mmioRead(region, offset + (pe ?? 0) * 0x20000, size, v);
    this.#say(() => `${v}: ${named(pe, offset, size)} -> 0x${value?.toString(16)}`);
    this.#same(`${v}: ${named(pe, offset, size)}`, value, this.reference.read(pe, offset, size));
  }

  run(operation: Operation): void {
    const [asked, vcpu, a, b, c] = operation;
    const kind = this.#setup.calm && c % 8 > 0 && CALMED.has(asked) ? NEST : asked;
    const v = vcpu % this.#setup.vcpus;
    const intid = INTIDS[a % INTIDS.length]! % (32 + this.#spis);
    this.#operate(kind, v, intid, a, b, c % 8);
    this.#settle(v);
    if (!this.#stopped[v]) this.#signals(v);
    for (let w = 0; w < this.#setup.vcpus; w++) {
      // For a vCPU in the guest the question is not one that a host asks: what is left to its next exit is not done.
      if (w !== v && (b + w) % 3 === 0 && (this.#stopped[w] || this.#later.size === 0)) {
        this.#same(`hasPending(${w})`, this.vgic.hasPending(w), this.reference.signal(w) !== 'none');
      }
    }
  }

  #signals(v: number): void {
    this.#enter(v);
    const { virq, vfiq } = this.vgic.cpuInterfaces[v]!;
    this.#same(`signal of vCPU ${v}`, virq ? 'irq' : vfiq ? 'fiq' : 'none', this.reference.signal(v));
  }

  /** Everything that the policies leave to an exit which is owed now. */
  #settle(v: number): void {
    const { inflightMove, eoiMaintenance } = this.vgic.policies;
    if (eoiMaintenance === 'none') this.#leave(v);
    // With `maintenance` a vCPU may stay kicked for long: nothing that another one sees depends on it.
    if (inflightMove === 'maintenance') return;
    for (let w = this.#kicked.indexOf(true); w >= 0; w = this.#kicked.indexOf(true)) this.#leave(w);
    this.#arrive();
  }

  /** Moves that nothing holds up any more: no list register, or its vCPU has exited. */
  #arrive(exited = -1): void {
    for (const [irq, w] of this.#later) {
      if (w !== exited && this.#holds(w, irq.intid)) continue;
      irq.route = irq.affinity;
      this.#later.delete(irq);
    }
  }

  /** Whether a list register of the vCPU has the interrupt, as the guest has left it. */
  #holds(v: number, intid: number): boolean {
    const it = this.vgic.cpuInterfaces[v]!;
    for (let n = 0; n < it.listRegisters; n++) {
      if (it.lrState(n) && Number(it.readLr(n) & 0xffffn) === intid) return true;
    }
    return false;
  }

  #operate(kind: number, v: number, intid: number, a: number, b: number, c: number): void {
    // The redistributor of a private interrupt is anyone's to write.
    const pe = intid < 32 ? (c % 5 === 0 ? b % this.#setup.vcpus : v) : null;
    const bank = (base: number) => (intid < 32 ? 0x10000 : 0) + base;
    const word = (base: number) => bank(base) + (intid >> 5) * 4;
    const bit = 1n << BigInt(intid % 32);
    switch (kind) {
      case NEST:
        return this.#nest(v, pe ?? v, intid, b);
      case 0:
      case 1:
      case 2:
        return this.#acknowledge(v);
      case 3:
      case 4:
      case 5:
        return this.#end(v);
      case 6:
      case 7:
        return this.#deactivate(v, a, b);
      case 8:
        this.#readIcc(v, PEEK[a % PEEK.length]!);
        return;
      case 9:
        return this.#icc(v, 'ICC_PMR_EL1', c % 3 ? 0xffn : BigInt((b % 32) * 8));
      case 10:
        return this.#icc(v, a % 2 ? 'ICC_BPR0_EL1' : 'ICC_BPR1_EL1', BigInt(b % 8));
      case 11:
        return this.#icc(v, a % 2 ? 'ICC_IGRPEN0_EL1' : 'ICC_IGRPEN1_EL1', c % 3 ? 1n : 0n);
      case 12: {
        // EOImode changes only while no interrupt is between its acknowledgement and its deactivation.
        const quiet = this.#stack[v]!.length + this.#dropped[v]!.length === 0;
        const mode = quiet ? b % 2 === 1 : this.reference.pes[v]!.eoiMode;
        return this.#icc(v, 'ICC_CTLR_EL1', (mode ? 2n : 0n) | (c % 4 === 0 ? 1n : 0n));
      }
      case 13:
      case 14:
      case 15:
        return this.#line(v, intid, b % 3 !== 0);
      case 16:
        return this.#sgi(v, a, b, c);
      case 17:
        return this.#write(v, pe, word(c % 3 ? 0x100 : 0x180), 4, b % 4 ? bit : BigInt((b * 0x9e3779b1) >>> 0));
      case 18:
        return this.#write(v, pe, word(c % 2 ? 0x200 : 0x280), 4, bit);
      case 19:
        return this.#write(v, pe, word(c % 4 === 1 ? 0x300 : 0x380), 4, bit);
      case 20:
      case 21:
        return this.#write(v, pe, bank(0x400) + intid, 1, BigInt(b));
      case 22:
        if (this.reference.find(pe ?? 0, intid)!.active) return;
        return this.#group(v, pe, intid, word(0x80), c % 2 === 1);
      case 23:
        return this.#write(v, pe, bank(0xc00) + (intid >> 4) * 4, 4, BigInt((b * 0x9e3779b1) >>> 0) & 0xaaaaaaaan);
      case 24:
      case 25:
        if (intid >= 32) this.#route(v, intid, b, c);
        return;
      case 26:
        return this.#write(v, null, 0, 4, BigInt(c % 4 ? 3 : b % 4));
      case 27:
      case 28:
        return this.#read(v, pe, word(BANKS[b % BANKS.length]!), 4);
      case 29:
        return this.#sizes(v, pe, b, c, [
          bank(0x400) + intid,
          bank(0xc00) + (intid >> 4) * 4,
          bank(0x6000) + intid * 8,
          word(0x80),
        ]);
      case 30:
        return this.#idle(v, b);
      default:
        // A restore costs more than all others together.
        if (a % 8 === 0) this.#migrate(b, c);
        else this.#read(v, pe, word(0x200 + 0x80 * (b % 4)), 4);
    }
  }

  /** An access of any size: sizes that the register does not take read as zero. */
  #sizes(v: number, pe: number | null, b: number, c: number, registers: readonly number[]): void {
    const size = ([1, 2, 4, 8] as const)[c % 4]!;
    const at = registers[b % 4]!;
    const takes = [[1, 4], [4], [4, 8], [4]][b % 4]!;
    if (takes.includes(size)) return this.#read(v, pe, at - (at % size), size);
    this.#trap(v);
    const region = pe === null ? 'dist' : 'redist';
    this.#same('size', this.vgic.mmioRead(region, at + (pe ?? 0) * 0x20000, size, v), 0n);
  }

  /** An exit for nothing; or the vCPU stops, until it is the one to do something. */
  #idle(v: number, b: number): void {
    this.#say(() => `${v}: exit, ${b % 4 === 0 ? 'stops' : 'goes on'}`);
    this.#exit(v);
    if (b % 4 === 0) this.#stopped[v] = true;
    else if (b % 2) this.#kicked[v] = true;
  }

  #acknowledge(v: number): void {
    const group = this.reference.signal(v) === 'fiq' ? 0 : 1;
    const intid = Number(this.#readIcc(v, group ? 'ICC_IAR1_EL1' : 'ICC_IAR0_EL1'));
    if (intid >= 1020) return;
    const { token } = this.reference.find(v, intid)!;
    this.#stack[v]!.push({ intid, group, token });
    if (this.#stack[v]!.length > this.vgic.policies.listRegisters) this.#count('more active than list registers');
  }

  /** Acknowledges an interrupt that is made to preempt what runs now. */
  #nest(v: number, pe: number, intid: number, b: number): void {
    const running = this.reference.running(v);
    if (running < 32) return this.#end(v);
    const frame = intid < 32 ? pe : null;
    const base = intid < 32 ? 0x10000 : 0;
    const priority = Math.min(0xf0, running - 8 * (1 + (b % 3)));
    this.#write(v, frame, base + 0x400 + intid, 1, BigInt(priority));
    this.#write(v, frame, base + 0x200 + (intid >> 5) * 4, 4, 1n << BigInt(intid % 32));
    this.#settle(v);
    this.#acknowledge(v);
  }

  #end(v: number): void {
    const it = this.#stack[v]!.pop();
    if (!it) return this.#icc(v, 'ICC_EOIR1_EL1', 1023n);
    const irq = this.reference.find(v, it.intid)!;
    // Deactivated by someone and active anew: ending it here would be UNPREDICTABLE.
    if (irq.active && irq.token !== it.token) {
      const [pe, base] = it.intid < 32 ? [v, 0x10380] : [null, 0x380 + (it.intid >> 5) * 4];
      this.#write(v, pe, base, 4, 1n << BigInt(it.intid % 32));
    }
    if (this.reference.pes[v]!.eoiMode) this.#dropped[v]!.push(it);
    this.#icc(v, it.group ? 'ICC_EOIR1_EL1' : 'ICC_EOIR0_EL1', BigInt(it.intid));
  }

  /** By any vCPU, in any order. */
  #deactivate(v: number, a: number, b: number): void {
    const from = b % 3 ? v : a % this.#setup.vcpus;
    const dropped = this.#dropped[from]!;
    if (dropped.length === 0) return;
    const intid = dropped[a % dropped.length]!.intid;
    const by = intid < 32 ? from : v;
    if (this.reference.pes[by]!.eoiMode) dropped.splice(a % dropped.length, 1);
    this.#icc(by, 'ICC_DIR_EL1', BigInt(intid));
    if (by !== v) this.#settle(by);
  }

  #line(v: number, intid: number, level: boolean): void {
    if (intid < 16) return;
    this.#say(() => `line ${intid} of ${v} ${level}`);
    if (intid < 32) this.vgic.setPpiLevel(v, intid, level);
    else this.vgic.setSpiLevel(intid, level);
    this.reference.setLine(this.reference.find(v, intid)!, level);
  }

  #sgi(v: number, a: number, b: number, c: number): void {
    const register = (['ICC_SGI1R_EL1', 'ICC_SGI1R_EL1', 'ICC_SGI0R_EL1', 'ICC_ASGI1R_EL1'] as const)[c % 4]!;
    const to = BigInt(AFFINITIES[b % AFFINITIES.length]!);
    const intid = [0n, 1n, 2n, 15n][a % 4]!;
    const target =
      ((to >> 24n) << 48n) | (((to >> 16n) & 255n) << 32n) | (((to >> 8n) & 255n) << 16n) | (((to >> 4n) & 15n) << 44n);
    const value = (c === 7 ? 1n << 40n : target | (c === 6 ? 0xffffn : 1n << (to & 15n))) | (intid << 24n);
    this.#trap(v);
    this.#say(() => `${v}: ${register} = 0x${value.toString(16)}`);
    this.vgic.sgi(v, register satisfies SgiRegister, value);
    this.reference.sgi(v, register, value);
  }

  /** One interrupt's group; those of active interrupts of the word stay. */
  #group(v: number, pe: number | null, intid: number, offset: number, one: boolean): void {
    let value = this.reference.read(pe, offset, 4);
    const bit = 1n << BigInt(intid % 32);
    value = one ? value | bit : value & ~bit;
    this.#write(v, pe, offset, 4, value);
  }

  #route(v: number, intid: number, b: number, c: number): void {
    const affinity = BigInt([...this.#affinities, 0x77][b % (this.#setup.vcpus + 1)]!);
    const value = ((affinity >> 24n) << 32n) | (affinity & 0xffffffn);
    const at = 0x6000 + intid * 8;
    const irq = this.reference.find(0, intid)!;
    if (irq.active) this.#count('moved while active');
    this.#trap(v);
    if (this.vgic.policies.inflightMove !== 'maintenance') this.#putOff(v, irq);
    if (c % 3 === 0) {
      this.#write(v, null, at, 4, value & 0xffffffffn);
      this.#write(v, null, at + 4, 4, value >> 32n);
    } else {
      this.#write(v, null, at, 8, value | (c % 3 === 1 ? 1n << 31n : 0n));
    }
  }

  /** A move that another vCPU's list register holds up. */
  #putOff(v: number, irq: ReferenceInterrupt): void {
    const holder = this.#affinities.findIndex((_, w) => w !== v && !this.#stopped[w] && this.#holds(w, irq.intid));
    if (holder < 0) return;
    this.#later.set(irq, holder);
    this.#count('moved later');
  }

  /** Saved and restored, perhaps to a machine with another number of list registers. */
  #migrate(b: number, c: number): void {
    const before = this.vgic.policies.listRegisters;
    const after = c % 2 ? (b % 16) + 1 : before;
    this.#say(() => `restore with ${after} list registers`);
    const old = this.vgic;
    this.vgic = this.#create(after, old);
    this.#count('restore');
    if (after !== before) this.#kicked.fill(true);
    else if (c === 0) this.#same('state', stateText(this.vgic), stateText(old));
  }
}

const named = (pe: number | null, offset: number, size: number): string =>
  `${pe === null ? 'GICD' : `GICR${pe}`}+${offset.toString(16)}.${size}`;

const stateText = (vgic: Vgic): string =>
  JSON.stringify(vgic.save(), (_key, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
