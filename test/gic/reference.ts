/**
 * Reference model of a GICv3 with one security state: the interrupt state machine and the CPU interface of IHI 0069H,
 * chapters 4 and 12, as a guest sees them. No list registers, no laziness; 5 priority bits. Where the specification
 * leaves a choice: of equal priorities the lowest INTID is taken first; an EOI with no active priority does nothing; an
 * EOI of the other group, or of an interrupt active on another PE, drops the priority only.
 */

export interface ReferenceInterrupt {
  intid: number;
  enabled: boolean;
  group: 0 | 1;
  priority: number;
  edge: boolean;
  line: boolean;
  latch: boolean;
  active: boolean;
  /** PE that acknowledged it; -1: made active by a write. */
  activeOn: number;
  /** Distinguishes one acknowledgement from another. */
  token: number;
  /** Aff3.Aff2.Aff1.Aff0. */
  affinity: number;
  /** The affinity that delivery goes by: `affinity`, once the change has reached the interrupt (`routesLater`). */
  route: number;
}

interface ReferencePe {
  privates: ReferenceInterrupt[];
  /** The interrupts that it may be sent. */
  all: ReferenceInterrupt[];
  enable: [boolean, boolean];
  bpr: [number, number];
  pmr: number;
  cbpr: boolean;
  eoiMode: boolean;
  /** Active group priorities of each group. */
  active: [Set<number>, Set<number>];
  asleep: boolean;
}

const SPURIOUS = 1023;

/** Name, offset and bits a field of each bank of GICD, and of GICR's SGI frame. */
const BANKS: readonly [string, number, number][] = [
  ['group', 0x80, 1],
  ['enable', 0x100, 1],
  ['disable', 0x180, 1],
  ['pend', 0x200, 1],
  ['unpend', 0x280, 1],
  ['activate', 0x300, 1],
  ['deactivate', 0x380, 1],
  ['priority', 0x400, 8],
  ['config', 0xc00, 2],
  ['route', 0x6000, 64],
];

interface Bank {
  name: string;
  intid: number;
  count: number;
  bits: number;
}

function interrupt(intid: number): ReferenceInterrupt {
  return {
    intid,
    enabled: false,
    group: 0,
    priority: 0,
    edge: intid < 16,
    line: false,
    latch: false,
    active: false,
    activeOn: -1,
    token: 0,
    affinity: 0,
    route: 0,
  };
}

export class ReferenceGic {
  readonly spis: ReferenceInterrupt[];
  readonly pes: ReferencePe[];
  readonly affinities: number[];
  groups = 0;
  /** Whether a change of routing reaches an interrupt later only: the architecture sets no time (IHI 0069H, GICD_IROUTER). */
  routesLater: (irq: ReferenceInterrupt) => boolean = () => false;
  #tokens = 0;

  constructor(affinities: number[], spis: number) {
    this.affinities = affinities;
    this.spis = Array.from({ length: spis }, (_, n) => interrupt(32 + n));
    this.pes = affinities.map(() => ({
      privates: Array.from({ length: 32 }, (_, intid) => interrupt(intid)),
      all: [],
      enable: [false, false],
      bpr: [2, 3],
      pmr: 0,
      cbpr: false,
      eoiMode: false,
      active: [new Set(), new Set()],
      asleep: true,
    }));
    for (const pe of this.pes) pe.all = [...pe.privates, ...this.spis];
  }

  find(pe: number, intid: number): ReferenceInterrupt | undefined {
    return intid < 32 ? this.pes[pe]!.privates[intid] : this.spis[intid - 32];
  }

  pending(irq: ReferenceInterrupt): boolean {
    return irq.latch || (irq.line && !irq.edge);
  }

  setLine(irq: ReferenceInterrupt, level: boolean): void {
    if (irq.edge && level && !irq.line) irq.latch = true;
    irq.line = level;
  }

  sgi(sender: number, register: string, value: bigint): void {
    const field = (low: bigint, bits: bigint) => Number((value >> low) & ((1n << bits) - 1n));
    for (const [pe, affinity] of this.affinities.entries()) {
      const named =
        affinity >>> 24 === field(48n, 8n) &&
        ((affinity >>> 16) & 255) === field(32n, 8n) &&
        ((affinity >>> 8) & 255) === field(16n, 8n) &&
        ((affinity >>> 4) & 15) === field(44n, 4n) &&
        (field(0n, 16n) & (1 << (affinity & 15))) !== 0;
      if (field(40n, 1n) ? pe === sender : !named) continue;
      const irq = this.pes[pe]!.privates[field(24n, 4n)]!;
      if (register === 'ICC_SGI1R_EL1' || irq.group === 0) irq.latch = true;
    }
  }

  highest(pe: number): ReferenceInterrupt | undefined {
    const it = this.pes[pe]!;
    let best: ReferenceInterrupt | undefined;
    for (const irq of it.all) {
      if (irq.active || !irq.enabled || !this.pending(irq)) continue;
      if (irq.intid >= 32 && irq.route !== this.affinities[pe]) continue;
      if (!((this.groups >> irq.group) & 1) || !it.enable[irq.group]) continue;
      if (!best || irq.priority < best.priority) best = irq;
    }
    return best;
  }

  running(pe: number): number {
    const [a, b] = this.pes[pe]!.active;
    return Math.min(0xff, ...a, ...b);
  }

  /** The group priority of a priority: the bits above the binary point. */
  groupPriority(pe: number, group: 0 | 1, priority: number): number {
    const it = this.pes[pe]!;
    const subpriorityBits = group === 1 && !it.cbpr ? it.bpr[1] : it.bpr[0] + 1;
    return Math.floor(priority / 2 ** subpriorityBits) * 2 ** subpriorityBits;
  }

  signalled(pe: number): ReferenceInterrupt | undefined {
    const irq = this.highest(pe);
    if (!irq || irq.priority >= this.pes[pe]!.pmr) return undefined;
    const running = this.running(pe);
    if (running === 0xff) return irq;
    return this.groupPriority(pe, irq.group, irq.priority) < this.groupPriority(pe, irq.group, running)
      ? irq
      : undefined;
  }

  signal(pe: number): string {
    const irq = this.signalled(pe);
    return irq ? (irq.group ? 'irq' : 'fiq') : 'none';
  }

  acknowledge(pe: number, group: 0 | 1): ReferenceInterrupt | undefined {
    const irq = this.signalled(pe);
    if (irq?.group !== group) return undefined;
    irq.latch = false;
    irq.active = true;
    irq.activeOn = pe;
    irq.token = ++this.#tokens;
    this.pes[pe]!.active[group].add(this.groupPriority(pe, group, irq.priority));
    return irq;
  }

  endOfInterrupt(pe: number, group: 0 | 1, intid: number): void {
    const it = this.pes[pe]!;
    const running = this.running(pe);
    if ((intid >= 1020 && intid <= 1023) || running === 0xff) return;
    if (!it.active[0].delete(running)) it.active[1].delete(running);
    if (it.eoiMode) return;
    const irq = this.find(pe, intid);
    if (irq?.active && irq.activeOn === pe && irq.group === group) irq.active = false;
  }

  readIcc(pe: number, register: string): bigint {
    const it = this.pes[pe]!;
    const apr = (group: 0 | 1) => [...it.active[group]].reduce((bits, p) => bits | (1n << BigInt(p / 8)), 0n);
    const hppir = (group: 0 | 1) => {
      const irq = this.highest(pe);
      return BigInt(irq?.group === group ? irq.intid : SPURIOUS);
    };
    switch (register) {
      case 'ICC_IAR0_EL1':
        return BigInt(this.acknowledge(pe, 0)?.intid ?? SPURIOUS);
      case 'ICC_IAR1_EL1':
        return BigInt(this.acknowledge(pe, 1)?.intid ?? SPURIOUS);
      case 'ICC_HPPIR0_EL1':
        return hppir(0);
      case 'ICC_HPPIR1_EL1':
        return hppir(1);
      case 'ICC_AP0R0_EL1':
        return apr(0);
      case 'ICC_AP1R0_EL1':
        return apr(1);
      case 'ICC_RPR_EL1':
        return BigInt(this.running(pe));
      case 'ICC_PMR_EL1':
        return BigInt(it.pmr);
      case 'ICC_BPR0_EL1':
        return BigInt(it.bpr[0]);
      case 'ICC_BPR1_EL1':
        return BigInt(it.cbpr ? Math.min(7, it.bpr[0] + 1) : it.bpr[1]);
      case 'ICC_IGRPEN0_EL1':
        return it.enable[0] ? 1n : 0n;
      case 'ICC_IGRPEN1_EL1':
        return it.enable[1] ? 1n : 0n;
      case 'ICC_CTLR_EL1':
        return 0x48400n | (it.eoiMode ? 2n : 0n) | (it.cbpr ? 1n : 0n);
      default:
        throw new Error(register);
    }
  }

  writeIcc(pe: number, register: string, value: bigint): void {
    const it = this.pes[pe]!;
    const low = Number(value & 0xffffffn);
    switch (register) {
      case 'ICC_EOIR0_EL1':
        this.endOfInterrupt(pe, 0, low);
        break;
      case 'ICC_EOIR1_EL1':
        this.endOfInterrupt(pe, 1, low);
        break;
      case 'ICC_DIR_EL1': {
        const irq = this.find(pe, low);
        if (it.eoiMode && irq) irq.active = false;
        break;
      }
      case 'ICC_PMR_EL1':
        it.pmr = low & 0xf8;
        break;
      case 'ICC_BPR0_EL1':
        it.bpr[0] = Math.max(2, low & 7);
        break;
      case 'ICC_BPR1_EL1':
        if (!it.cbpr) it.bpr[1] = Math.max(3, low & 7);
        break;
      case 'ICC_IGRPEN0_EL1':
        it.enable[0] = (low & 1) !== 0;
        break;
      case 'ICC_IGRPEN1_EL1':
        it.enable[1] = (low & 1) !== 0;
        break;
      case 'ICC_CTLR_EL1':
        it.eoiMode = (low & 2) !== 0;
        it.cbpr = (low & 1) !== 0;
        break;
      default:
        throw new Error(register);
    }
  }

  // Memory-mapped registers. `pe` is null for GICD; offsets in GICR are those of one redistributor.

  /** The fields that an access covers: which, from which INTID on, how many, and bits of each. */
  #bank(pe: number | null, offset: number, size: number): Bank | null {
    const at = pe === null ? offset : offset - 0x10000;
    for (const [name, base, bits] of BANKS) {
      const intid = Math.floor(((at - base) * 8) / bits);
      const limit = pe === null ? 32 + this.spis.length : 32;
      if (at < base || intid >= limit || (name === 'route' && pe !== null)) continue;
      return { name, intid, count: Math.max(1, (size * 8) / bits), bits };
    }
    return null;
  }

  #banked(pe: number | null, intid: number): ReferenceInterrupt | undefined {
    return pe === null && intid < 32 ? undefined : this.find(pe ?? 0, intid);
  }

  read(pe: number | null, offset: number, size: number): bigint {
    if (pe === null && offset === 0 && size === 4) return BigInt(0x50 | this.groups);
    if (pe !== null && offset === 0x14 && size === 4) return this.pes[pe]!.asleep ? 6n : 0n;
    const bank = this.#bank(pe, offset, size);
    let value = 0n;
    for (let n = 0; bank && n < bank.count; n++) {
      const irq = this.#banked(pe, bank.intid + n);
      if (irq) value |= this.#field(bank.name, irq, (offset % 8) * 8) << BigInt(n * bank.bits);
    }
    return BigInt.asUintN(size * 8, value);
  }

  #field(name: string, irq: ReferenceInterrupt, shift: number): bigint {
    const bit = (value: boolean) => (value ? 1n : 0n);
    switch (name) {
      case 'group':
        return BigInt(irq.group);
      case 'enable':
      case 'disable':
        return bit(irq.enabled);
      case 'pend':
      case 'unpend':
        return bit(this.pending(irq));
      case 'activate':
      case 'deactivate':
        return bit(irq.active);
      case 'priority':
        return BigInt(irq.priority);
      case 'config':
        return irq.edge ? 2n : 0n;
      default: {
        const a = BigInt(irq.affinity);
        return (((a >> 24n) << 32n) | (a & 0xffffffn)) >> BigInt(shift);
      }
    }
  }

  write(pe: number | null, offset: number, size: number, value: bigint): void {
    if (pe === null && offset === 0 && size === 4) this.groups = Number(value & 3n);
    if (pe !== null && offset === 0x14 && size === 4) this.pes[pe]!.asleep = (value & 2n) !== 0n;
    const bank = this.#bank(pe, offset, size);
    for (let n = 0; bank && n < bank.count; n++) {
      const irq = this.#banked(pe, bank.intid + n);
      const field = BigInt.asUintN(Math.min(bank.bits, size * 8), value >> BigInt(n * bank.bits));
      if (irq) this.#set(bank.name, irq, field, offset % 8, size);
    }
  }

  #set(name: string, irq: ReferenceInterrupt, field: bigint, at: number, size: number): void {
    const one = field === 1n;
    if (name === 'group') irq.group = one ? 1 : 0;
    if (name === 'enable' && one) irq.enabled = true;
    if (name === 'disable' && one) irq.enabled = false;
    if (name === 'pend' && one) irq.latch = true;
    if (name === 'unpend' && one) irq.latch = false;
    if (name === 'activate' && one && !irq.active) {
      irq.active = true;
      irq.activeOn = -1;
      irq.token = 0;
    }
    if (name === 'deactivate' && one) irq.active = false;
    if (name === 'priority') irq.priority = Number(field) & 0xf8;
    if (name === 'config' && irq.intid >= 16) irq.edge = (field & 2n) !== 0n;
    if (name === 'route') {
      const old = this.#field('route', irq, 0);
      const whole =
        size === 8 ? field : at === 0 ? ((old >> 32n) << 32n) | field : (field << 32n) | (old & 0xffffffffn);
      irq.affinity = Number((((whole >> 32n) & 0xffn) << 24n) | (whole & 0xffffffn));
      if (!this.routesLater(irq)) irq.route = irq.affinity;
    }
  }
}
