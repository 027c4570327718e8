/**
 * The GIC failures of the scenario catalogue that need no ITS (design/cases.md, G1 to G7), each as the sequence that
 * broke somebody's guest.
 */

import { describe, expect, test } from 'vitest';
import { Vgic } from '../../src/hypervisor/vgic/index.js';

const STRIDE = 0x20000;

class Machine {
  readonly vcpus: number;
  readonly listRegisters: number;
  vgic: Vgic;
  kicked: boolean[];

  constructor(vcpus: number, listRegisters: number) {
    this.vcpus = vcpus;
    this.listRegisters = listRegisters;
    this.kicked = new Array(vcpus).fill(true);
    this.vgic = this.#create();
    this.vgic.mmioWrite('dist', 0, 4, 3n, 0);
    for (const at of [4, 8]) {
      this.vgic.mmioWrite('dist', 0x80 + at, 4, 0xffffffffn, 0);
      this.vgic.mmioWrite('dist', 0x100 + at, 4, 0xffffffffn, 0);
    }
    for (let v = 0; v < vcpus; v++) {
      this.vgic.writeIcc(v, 'ICC_PMR_EL1', 0xffn);
      this.vgic.writeIcc(v, 'ICC_IGRPEN1_EL1', 1n);
    }
  }

  #create(from?: Vgic): Vgic {
    const mpidr = Array.from({ length: this.vcpus }, (_, n) => BigInt(n));
    const host = { kick: (vcpu: number) => void (this.kicked[vcpu] = true), resident: () => true };
    const { vcpus, listRegisters } = this;
    return new Vgic({ vcpus, mpidr, spis: 64, listRegisters, host }, from && structuredClone(from.save()));
  }

  restore(): void {
    this.vgic = this.#create(this.vgic);
    this.kicked.fill(true);
  }

  enter(v: number): void {
    for (let exits = 0; this.kicked[v]; exits++) {
      if (exits > 1) throw new Error(`vCPU ${v} is kicked out again at every entry`);
      this.kicked[v] = false;
      this.vgic.exit(v);
      this.vgic.flush(v);
      if (this.vgic.cpuInterfaces[v]!.maintenance) this.kicked[v] = true;
    }
  }

  /** INTIDs 32 to 47 edge-triggered. */
  edge(): void {
    this.vgic.mmioWrite('dist', 0xc08, 4, 0xaaaaaaaan, 0);
  }

  raise(intid: number, priority: number): void {
    this.vgic.mmioWrite('dist', 0x400 + intid, 1, BigInt(priority), 0);
    this.vgic.setSpiLevel(intid, true);
  }

  iar(v = 0): number {
    this.enter(v);
    return Number(this.vgic.readIcc(v, 'ICC_IAR1_EL1'));
  }

  eoi(intid: number, v = 0): void {
    this.enter(v);
    this.vgic.writeIcc(v, 'ICC_EOIR1_EL1', BigInt(intid));
  }

  active(v = 0): number[] {
    const words = [4, 8].map((at) => Number(this.vgic.mmioRead('dist', 0x300 + at, 4, v)));
    return Array.from({ length: 64 }, (_, n) => n + 32).filter((n) => (words[(n >> 5) - 1]! >>> (n & 31)) & 1);
  }

  route(intid: number, vcpu: number, v = 0): void {
    this.vgic.mmioWrite('dist', 0x6000 + 8 * intid, 8, BigInt(vcpu), v);
  }
}

describe('G1: active in another running vCPU', () => {
  test('is read as active, for which that vCPU is brought out', () => {
    const it = new Machine(2, 4);
    it.raise(40, 0x80);
    expect(it.iar(0)).toBe(40);
    it.kicked.fill(false);
    expect(it.active(1)).toEqual([40]);
    expect(it.kicked[0]).toBe(true);
    it.vgic.setSpiLevel(40, false);
    it.eoi(40, 0);
    expect(it.active(1)).toEqual([]);
  });
});

describe('G2: each register is that of its 32 interrupts', () => {
  test.each([32, 63, 64, 95])('INTID %i', (intid) => {
    const it = new Machine(1, 4);
    const at = (intid >> 5) * 4;
    const bit = 1n << BigInt(intid & 31);
    for (const [set, clear] of [
      [0x200, 0x280],
      [0x300, 0x380],
    ] as const) {
      it.vgic.mmioWrite('dist', set + at, 4, bit, 0);
      for (const word of [0, 4, 8]) {
        expect(it.vgic.mmioRead('dist', set + word, 4, 0)).toBe(word === at ? bit : 0n);
        expect(it.vgic.mmioRead('dist', clear + word, 4, 0)).toBe(word === at ? bit : 0n);
      }
      it.vgic.mmioWrite('dist', clear + at, 4, bit, 0);
      expect(it.vgic.mmioRead('dist', set + at, 4, 0)).toBe(0n);
    }
  });
});

describe('G3: more active interrupts than list registers', () => {
  test.each([1, 2, 4, 16])('%i list registers: every EOI ends the interrupt it names', (listRegisters) => {
    const it = new Machine(1, listRegisters);
    const nested = Array.from({ length: 20 }, (_, n) => 33 + ((n * 7) % 20));
    for (const [n, intid] of nested.entries()) {
      it.raise(intid, 0xf0 - 8 * n);
      expect(it.iar()).toBe(intid);
      it.vgic.setSpiLevel(intid, false);
    }
    for (let left = nested.slice(); left.length > 0; ) {
      expect(it.active()).toEqual(left.slice().sort((a, b) => a - b));
      it.eoi(left.at(-1)!);
      left = left.slice(0, -1);
    }
    expect(it.active()).toEqual([]);
  });

  test.each(['level', 'edge'])('%s: one of them deactivated by register, the others keep their EOIs', (trigger) => {
    const it = new Machine(1, 1);
    if (trigger === 'edge') it.edge();
    for (const [n, intid] of [40, 41, 42].entries()) {
      it.raise(intid, 0x80 - 8 * n);
      expect(it.iar()).toBe(intid);
      it.vgic.setSpiLevel(intid, false);
    }
    it.vgic.mmioWrite('dist', 0x384, 4, 1n << 9n, 0);
    it.eoi(42);
    it.eoi(41);
    expect(it.active()).toEqual([40]);
    it.eoi(40);
    expect(it.active()).toEqual([]);
  });

  test('an EOI that found nothing to end does not end what a write makes active later', () => {
    const it = new Machine(1, 4);
    it.edge();
    it.raise(40, 0x80);
    expect(it.iar()).toBe(40);
    it.vgic.mmioWrite('dist', 0x384, 4, 1n << 8n, 0);
    it.eoi(40);
    it.vgic.mmioWrite('dist', 0x304, 4, 1n << 9n, 0);
    it.enter(0);
    expect(it.active()).toEqual([41]);
  });

  test('acknowledged one in the other without an exit, then crowded out', () => {
    const it = new Machine(1, 2);
    it.edge();
    it.vgic.mmioWrite('dist', 0x84, 4, 0xffffffffn & ~(1n << 9n), 0);
    it.raise(41, 0x40);
    it.raise(40, 0x80);
    expect(it.iar()).toBe(40);
    it.vgic.writeIcc(0, 'ICC_IGRPEN0_EL1', 1n);
    expect(Number(it.vgic.readIcc(0, 'ICC_IAR0_EL1'))).toBe(41);
    it.raise(42, 0x20);
    it.raise(43, 0x18);
    it.enter(0);
    it.vgic.writeIcc(0, 'ICC_EOIR0_EL1', 41n);
    it.enter(0);
    expect(it.active()).toEqual([40]);
  });

  test('EOImode 1: deactivation in any order ends the right one', () => {
    const it = new Machine(1, 1);
    it.vgic.writeIcc(0, 'ICC_CTLR_EL1', 2n);
    for (const intid of [40, 41, 42]) {
      it.raise(intid, 0x80);
      expect(it.iar()).toBe(intid);
      it.vgic.setSpiLevel(intid, false);
      it.eoi(intid);
    }
    expect(it.active()).toEqual([40, 41, 42]);
    for (const [intid, left] of [
      [41, [40, 42]],
      [40, [42]],
      [42, []],
    ] as const) {
      it.enter(0);
      it.vgic.writeIcc(0, 'ICC_DIR_EL1', BigInt(intid));
      expect(it.active()).toEqual(left);
    }
  });
});

describe('G4: all list registers active and one more pending', () => {
  test('the vCPU runs on, and takes the pending one when it may', () => {
    const it = new Machine(1, 2);
    for (const [n, intid] of [40, 41].entries()) {
      it.raise(intid, 0x80 - 8 * n);
      expect(it.iar()).toBe(intid);
      it.vgic.setSpiLevel(intid, false);
    }
    it.raise(42, 0xa0);
    it.enter(0);
    expect(it.iar()).toBe(1023);
    expect(Number(it.vgic.readIcc(0, 'ICC_HPPIR1_EL1'))).toBe(42);
    it.eoi(41);
    it.eoi(40);
    expect(it.iar()).toBe(42);
  });
});

describe('G5: redistributors', () => {
  test('are saved each as its own', () => {
    const it = new Machine(4, 4);
    for (let v = 0; v < 4; v++) it.vgic.mmioWrite('redist', v * STRIDE + 0x10100, 4, BigInt(0x11 << v), 0);
    it.restore();
    const enabled = [0, 1, 2, 3].map((v) => Number(it.vgic.mmioRead('redist', v * STRIDE + 0x10100, 4, 0)));
    expect(enabled).toEqual([0x11, 0x22, 0x44, 0x88]);
  });
});

describe('G6: restored in the middle of a handler', () => {
  test.each([1, 4])(
    '%i list registers: the running priority and the active interrupts are those of before',
    (listRegisters) => {
      const it = new Machine(1, listRegisters);
      for (const [n, intid] of [40, 41, 42].entries()) {
        it.raise(intid, 0x80 - 8 * n);
        expect(it.iar()).toBe(intid);
        it.vgic.setSpiLevel(intid, false);
      }
      it.restore();
      expect(it.vgic.readIcc(0, 'ICC_RPR_EL1')).toBe(0x70n);
      for (const intid of [42, 41, 40]) {
        it.eoi(intid);
        it.restore();
      }
      expect(it.active()).toEqual([]);
      expect(it.vgic.readIcc(0, 'ICC_RPR_EL1')).toBe(0xffn);
    },
  );
});

describe('G7: affinity changed while active', () => {
  test.each(['level', 'edge'])('%s: the next instance goes to the last target, once, after deactivation', (trigger) => {
    const it = new Machine(3, 4);
    if (trigger === 'edge') it.edge();
    const raise = () => {
      it.vgic.setSpiLevel(40, false);
      it.vgic.setSpiLevel(40, true);
    };
    raise();
    expect(it.iar(0)).toBe(40);
    it.route(40, 1, 2);
    raise();
    it.route(40, 2, 1);
    expect([0, 1, 2].map((v) => it.vgic.hasPending(v))).toEqual([false, false, false]);
    expect(it.active(1)).toEqual([40]);
    it.eoi(40, 0);
    it.enter(0);
    // The new target's first: the old one's would sync it.
    expect([2, 1, 0].map((v) => it.vgic.hasPending(v))).toEqual([true, false, false]);
    expect([it.iar(0), it.iar(1), it.iar(2)]).toEqual([1023, 1023, 40]);
    it.vgic.setSpiLevel(40, false);
    it.eoi(40, 2);
    expect([it.iar(0), it.iar(1), it.iar(2)]).toEqual([1023, 1023, 1023]);
  });

  test('pending in a list register: it moves with the write', () => {
    const it = new Machine(2, 4);
    it.raise(40, 0x80);
    it.enter(0);
    it.route(40, 1);
    expect([it.iar(0), it.iar(1)]).toEqual([1023, 40]);
  });
});
