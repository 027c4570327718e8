/**
 * Translation against a second walker, written here with 64-bit integers straight from the manual's pseudocode
 * (AArch64.S1Walk, D8), on random tables; and what the caches must not show.
 */
import { describe, expect, it } from 'vitest';
import { Access } from '../engine/emitter.js';
import { SCRATCH } from '../engine/layout.js';
import { Want } from './mmu.js';
import { SCTLR } from './regime.js';
import { RAM, TestCore } from './test-core.js';

const bits = (value: bigint, high: number, low: number): bigint =>
  (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) === 1n;

interface Config {
  tcr: bigint;
  ttbr: [bigint, bigint];
  mair: bigint;
  sctlr: bigint;
  paBits: number;
  granule16: boolean;
  hafdbs: number;
  hpd: boolean;
}

type Result = { fault: number } | { pa: bigint; attributes: number };

/** The reference. `update` receives descriptors that hardware rewrites. */
function reference(
  core: TestCore,
  c: Config,
  va: bigint,
  want: number,
  update: (address: bigint, value: bigint) => void,
): Result {
  const high = bit(va, 55);
  const half = high ? 1 : 0;
  const tbi = bit(c.tcr, 37 + half);
  const top = tbi ? 55 : 63;
  const granules = high ? [12, 14, 12, 16] : [12, 16, 14, 12];
  let granule = granules[Number(bits(c.tcr, high ? 31 : 15, high ? 30 : 14))]!;
  if (granule === 14 && !c.granule16) granule = 12;
  const tsz = Math.min(39, Math.max(16, Number(bits(c.tcr, high ? 21 : 5, high ? 16 : 0))));
  const inputSize = 64 - tsz;
  const upper = bits(va, top, inputSize);
  const want1s = (1n << BigInt(top - inputSize + 1)) - 1n;
  if (upper !== (high ? want1s : 0n)) return { fault: 4 };
  if (bit(c.tcr, high ? 23 : 7)) return { fault: 4 };
  const ips = [32, 36, 40, 42, 44, 48, 48, 48][Number(bits(c.tcr, 34, 32))]!;
  const outputSize = Math.min(ips, c.paBits);
  const stride = granule - 3;
  let level = 4 - Math.ceil((inputSize - granule) / stride);
  const lowerBound = 3 + inputSize - ((3 - level) * stride + granule);
  const baseField = bits(c.ttbr[half], 47, Math.max(lowerBound, 1)) << BigInt(Math.max(lowerBound, 1));
  if (baseField >> BigInt(outputSize)) return { fault: 0 };
  let base = baseField;
  let topBit = inputSize - 1;
  let apTable = 0n;
  let xnTable = false;
  let pxnTable = false;
  for (;;) {
    const lowBit = (3 - level) * stride + granule;
    const address = base + (bits(va, topBit, lowBit) << 3n);
    if (core.cpu.ram.host(Number(address)) < 0) return { fault: 0x14 | level };
    const d = core.read64(Number(address));
    if (!bit(d, 0) || (!bit(d, 1) && level === 3)) return { fault: 4 | level };
    const outOfRange = outputSize < 48 && bits(d, 47, outputSize) !== 0n;
    if (bit(d, 1) && level < 3) {
      if (outOfRange) return { fault: level };
      base = bits(d, 47, granule) << BigInt(granule);
      if (!(c.hpd && bit(c.tcr, 41 + half))) {
        apTable |= bits(d, 62, 61);
        xnTable ||= bit(d, 60);
        pxnTable ||= bit(d, 59);
      }
      topBit = lowBit - 1;
      level++;
      continue;
    }
    if (level < 3 && (level === 0 || (level === 1 && granule !== 12))) return { fault: 4 | level };
    if (outOfRange) return { fault: level };
    const ha = c.hafdbs >= 1 && bit(c.tcr, 39);
    const hd = ha && c.hafdbs === 2 && bit(c.tcr, 40);
    let written = d;
    if (!bit(d, 10)) {
      if (!ha) return { fault: 8 | level };
      written |= 1n << 10n;
    }
    const tableRo = bit(apTable, 1);
    const dirtyable = hd && bit(d, 51) && bit(d, 7) && !tableRo;
    const readOnly = tableRo || (bit(d, 7) && !dirtyable);
    const user = bit(d, 6) && !bit(apTable, 0);
    const uxn = bit(d, 54) || xnTable;
    const pxn = bit(d, 53) || pxnTable;
    const wxn = bit(c.sctlr, 19);
    const asUser = (want & Want.USER) !== 0;
    let allowed: boolean;
    if (want & Want.FETCH) {
      allowed = asUser ? !uxn && !(user && !readOnly && wxn) : !pxn && !(user && !readOnly) && !(!readOnly && wxn);
    } else {
      const reads = asUser ? user : !(user && want & Want.PAN);
      allowed = reads && !(want & Want.WRITE && readOnly);
    }
    if (written !== d) update(address, written);
    if (!allowed) return { fault: 0xc | level };
    if (dirtyable && want & Want.WRITE) update(address, written & ~(1n << 7n));
    const mask = (1n << BigInt(lowBit)) - 1n;
    return {
      pa: (bits(d, 47, lowBit) << BigInt(lowBit)) | (va & mask),
      attributes: Number((c.mair >> (bits(d, 4, 2) * 8n)) & 0xffn),
    };
  }
}

/** Numbers from a seed (xorshift32). */
function random(seed: number): (below: number) => number {
  let s = seed;
  return (below) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % below;
  };
}

const TABLES = RAM + 0x10_0000;

/** Applies a configuration as a guest's writes would. */
function configure(core: TestCore, c: Config): void {
  core.setSys('TCR_EL1', c.tcr);
  core.setSys('TTBR0_EL1', c.ttbr[0]);
  core.setSys('TTBR1_EL1', c.ttbr[1]);
  core.setSys('MAIR_EL1', c.mair);
  core.setSys('SCTLR_EL1', c.sctlr);
  core.system.updateContext();
}

const lowOf = (va: bigint): number => Number(BigInt.asIntN(32, va));
const highOf = (va: bigint): number => Number(BigInt.asIntN(32, va >> 32n));

function translate(core: TestCore, va: bigint, want: number): Result {
  const { mmu } = core.system;
  const fault = mmu.translate(lowOf(va), highOf(va), want);
  return fault >= 0 ? { fault } : { pa: BigInt(mmu.physical), attributes: mmu.attributes };
}

describe.each(['cortex-a57', 'neoverse-n1'])('%s', (profile) => {
  const core = new TestCore(profile);
  const n1 = profile === 'neoverse-n1';
  const { physicalBits } = core.cpu.profile;

  it('agrees with the reference walker on random tables', () => {
    const next = random(n1 ? 77 : 5);
    const one = (n: number): bigint => BigInt(next(n));
    const kinds = { translated: 0, faults: new Set<number>(), pages: new Set<bigint>() };
    for (let round = 0; round < 60; round++) {
      const tsz = [16, 17, 20, 25, 28, 34, 39, 60][next(8)]!;
      const tsz1 = [16, 22, 25, 31, 33, 36, 39, 0][next(8)]!;
      const c: Config = {
        tcr:
          BigInt(tsz) |
          (BigInt(tsz1) << 16n) |
          (one(4) << 14n) |
          (one(4) << 30n) |
          ([5n, 5n, 5n, 4n, 2n, 0n][next(6)]! << 32n) |
          (next(12) ? 0n : 1n << 7n) |
          (one(4) << 37n) |
          (n1 ? one(16) << 39n : 0n),
        ttbr: [BigInt(TABLES) | (one(65536) << 48n), BigInt(TABLES + 0x4_0000) | (one(65536) << 48n)],
        mair: 0x04_44_ff_00_bb_0c_ee_08n,
        sctlr: BigInt(SCTLR.M) | (next(4) ? 0n : BigInt(SCTLR.WXN)),
        paBits: physicalBits,
        granule16: n1,
        hafdbs: n1 ? 2 : 0,
        hpd: n1,
      };
      configure(core, c);
      const granule = 0x1_0000;
      /** A descriptor that leads on, or maps, or is broken in one of the ways there are. */
      const descriptor = (): bigint => {
        const attributes = (one(8) << 2n) | (one(4) << 6n) | (one(4) << 8n) | (next(6) ? 1n << 10n : 0n);
        const upper = (one(16) << 51n) | (one(2) << 62n);
        if (next(20) === 0) return one(65536) << 48n;
        if (next(25) === 0) return 3n | (1n << BigInt(36 + next(12))) | attributes;
        if (next(3)) return 3n | BigInt(TABLES + next(8) * granule) | attributes | ((next(4) ? 0n : one(16)) << 59n);
        return (next(2) ? 1n : 3n) | (one(1 << 20) << 21n) | attributes | upper;
      };
      const probes: bigint[] = [];
      for (let i = 0; i < 24; i++) {
        // Few different indices at each level, so that walks meet what is written.
        const index = (shift: number): bigint => BigInt(next(3)) << BigInt(shift);
        let va =
          index(12) | index(14) | index(16) | index(21) | index(25) | index(29) | index(30) | index(36) | index(39);
        va = (va & ((1n << BigInt(25 + next(24))) - 1n)) | one(4096);
        if (next(2)) va = BigInt.asUintN(64, va | (-1n << BigInt(25 + next(24))));
        if (next(5) === 0) va = BigInt.asUintN(64, va ^ (one(256) << 56n));
        probes.push(va);
      }
      const fill = (): void => {
        for (const va of probes) {
          for (const shift of [12, 21, 30, 39, 14, 25, 36, 47, 16, 29, 42]) {
            const table = TABLES + next(8) * granule;
            core.write64(table + Number((va >> BigInt(shift)) & 0x1fffn) * 8, descriptor());
          }
        }
      };
      fill();
      fill();
      for (let step = 0; step < 300; step++) {
        if (next(6) === 0) {
          // A store to a table, by the guest's own way: nothing may be stale after it.
          const va = probes[next(probes.length)]!;
          const shift = [12, 21, 30, 39, 14, 25, 16, 29][next(8)]!;
          const address = TABLES + next(8) * granule + Number((va >> BigInt(shift)) & 0x1fffn) * 8;
          const host = core.host(address);
          if (core.system.mmu.tables.watches(host)) core.system.mmu.tables.beforeWrite(host, 8);
          core.cpu.view.setBigUint64(host, descriptor(), true);
        }
        const va = probes[next(probes.length)]!;
        const want = next(2)
          ? [0, Want.WRITE, Want.USER, Want.USER | Want.WRITE, Want.PAN][next(5)]!
          : Want.FETCH | (next(2) * Want.USER);
        const updates = new Map<bigint, bigint>();
        const expected = reference(core, c, va, want, (address, value) => updates.set(address, value));
        const actual = translate(core, va, want);
        expect({ round, step, va: va.toString(16), want, ...actual }).toEqual({
          round,
          step,
          va: va.toString(16),
          want,
          ...expected,
        });
        for (const [address, value] of updates) expect(core.read64(Number(address))).toBe(value);
        if ('fault' in actual) kinds.faults.add(actual.fault);
        else kinds.translated++;
      }
    }
    expect(kinds.translated).toBeGreaterThan(1000);
    // Address size, translation, permission at several levels, external aborts on walks.
    for (const fault of [0, 2, 3, 4, 5, 6, 7, 0xd, 0xe, 0xf]) expect(kinds.faults).toContain(fault);
    expect([...kinds.faults].some((f) => (f & ~3) === 8)).toBe(true);
  });
});

// A flat map of RAM with 4 KiB granules: L1 at TABLES, L2 behind it; one L3 table for the 2 MiB at VA 0x4020_0000.
const L1 = TABLES;
const L2 = TABLES + 0x1000;
const L3 = TABLES + 0x2000;
const PAGE_VA = 0x4020_0000n;
const NORMAL = 0x400n | (1n << 2n);
const DEVICE = 0x400n;
const USER_RW = 1n << 6n;
const READ_ONLY = 1n << 7n;

function mapped(profile: string, vcpus = 1): TestCore {
  const core = new TestCore(profile, { vcpus });
  core.write64(L1 + 8, BigInt(L2) | 3n);
  for (let i = 0; i < 4; i++) core.write64(L2 + i * 8, BigInt(RAM + i * 0x20_0000) | NORMAL | 1n);
  core.write64(L2 + 8, BigInt(L3) | 3n);
  for (let i = 0; i < 512; i++) core.write64(L3 + i * 8, (PAGE_VA + BigInt(i * 4096)) | NORMAL | 3n);
  core.write64(L1, DEVICE | 1n);
  for (let v = 0; v < vcpus; v++) {
    core.engine.select(v);
    core.setSys('TCR_EL1', 25n | (1n << 23n) | (5n << 32n));
    core.setSys('TTBR0_EL1', BigInt(L1));
    core.setSys('MAIR_EL1', 0xff00n);
    core.setSys('SCTLR_EL1', BigInt(SCTLR.M));
    core.system.updateContext();
  }
  core.engine.select(0);
  return core;
}

/** LDR X0, [X1] and STR X0, [X1] as the guest does them, through generated code. */
const LDR = 0xf940_0020;
const STR = 0xf900_0020;

function load(core: TestCore, va: bigint, word = LDR): bigint {
  core.cpu.setX(1, va);
  core.run([word]);
  return core.cpu.x(0);
}

function store(core: TestCore, va: bigint, value: bigint): void {
  core.cpu.setX(0, value);
  load(core, va, STR);
}

describe('cached translations', () => {
  it('follow a table that the guest changes, without TLBI', () => {
    const core = mapped('cortex-a57');
    core.write64(0x4020_1008, 0x1111n);
    core.write64(0x4020_2008, 0x2222n);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x1111n);
    store(core, BigInt(L3 + 8), 0x4020_2000n | NORMAL | 3n);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x2222n);
    store(core, BigInt(L3 + 8), 0n);
    load(core, PAGE_VA + 0x1008n);
    expect(core.sys('ESR_EL1')).toBe(0x9600_0007n);
    expect(core.sys('FAR_EL1')).toBe(PAGE_VA + 0x1008n);
  });

  it('follow changes of upper levels and by other vCPUs', () => {
    const core = mapped('cortex-a57', 2);
    core.write64(0x4020_1008, 0x1111n);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x1111n);
    core.engine.select(1);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x1111n);
    // The whole L3 table goes: VA 0x4020_0000 becomes a block of the first 2 MiB.
    core.write64(RAM + 0x1008, 0x3333n);
    store(core, BigInt(L2 + 8), BigInt(RAM) | NORMAL | 1n);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x3333n);
    core.engine.select(0);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x3333n);
  });

  it('follow tables that a device changes', () => {
    const core = mapped('cortex-a57');
    core.write64(0x4020_2008, 0x2222n);
    load(core, PAGE_VA + 0x1008n);
    core.write64(L3 + 8, 0x4020_2000n | NORMAL | 3n);
    expect(load(core, PAGE_VA + 0x1008n)).toBe(0x2222n);
  });

  it('belong to a table base, whatever its ASID', () => {
    const core = mapped('cortex-a57');
    const other = TABLES + 0x8000;
    core.write64(other + 8, BigInt(L2 + 0x8000) | 3n);
    for (let i = 0; i < 4; i++) core.write64(L2 + 0x8000 + i * 8, BigInt(RAM + i * 0x20_0000) | NORMAL | 1n);
    core.write64(L2 + 0x8000 + 8, BigInt(RAM + 0x40_0000) | NORMAL | 1n);
    core.write64(0x4020_1008, 0x1111n);
    core.write64(0x4040_1008, 0x4444n);
    for (let i = 0; i < 3; i++) {
      expect(load(core, PAGE_VA + 0x1008n)).toBe(0x1111n);
      core.msr('TTBR0_EL1', BigInt(other) | (7n << 48n));
      expect(load(core, PAGE_VA + 0x1008n)).toBe(0x4444n);
      core.msr('TTBR0_EL1', BigInt(L1) | (7n << 48n));
    }
  });

  it('let no store to a table through the fast path', () => {
    const core = mapped('cortex-a57');
    // The table's page is written first, so that it is in the fast TLB when the walk makes a table of it.
    store(core, BigInt(L3 + 0x800), 0x4020_0000n | NORMAL | 3n);
    core.write64(0x4020_0010, 0x5555n);
    expect(load(core, PAGE_VA + 0x10_0010n)).toBe(0x5555n);
    store(core, BigInt(L3 + 0x800), 0x4020_1000n | NORMAL | 3n);
    core.write64(0x4020_1010, 0x6666n);
    expect(load(core, PAGE_VA + 0x10_0010n)).toBe(0x6666n);
  });

  it('keep EL0, EL1 and PAN apart', () => {
    const core = mapped('neoverse-n1');
    core.write64(L3, PAGE_VA | NORMAL | USER_RW | 3n);
    core.write64(Number(PAGE_VA), 0x77n);
    expect(load(core, PAGE_VA)).toBe(0x77n);
    core.run([0xd500_419f]); // MSR PAN, #1
    load(core, PAGE_VA);
    expect(core.sys('ESR_EL1')).toBe(0x9600_000fn);
    core.cpu.branchTo(BigInt(RAM));
    // LDTR X0, [X1]: EL0's rights, so PAN does not matter; MSR UAO makes it an LDR.
    expect(load(core, PAGE_VA, 0xf840_0820)).toBe(0x77n);
    core.setSys('ESR_EL1', 0n);
    core.run([0xd500_417f]); // MSR UAO, #1
    load(core, PAGE_VA, 0xf840_0820);
    expect(core.sys('ESR_EL1')).toBe(0x9600_000fn);
  });
});

describe('dirty state and access flag', () => {
  it('are set by the accesses that need them and no others', () => {
    const core = mapped('neoverse-n1');
    const dbm = 1n << 51n;
    core.setSys('TCR_EL1', core.sys('TCR_EL1') | (3n << 39n));
    core.system.updateContext();
    const clean = (PAGE_VA | (1n << 2n) | READ_ONLY | dbm | 3n) & ~0x400n;
    core.write64(L3, clean);
    load(core, PAGE_VA);
    expect(core.read64(L3)).toBe(clean | 0x400n);
    store(core, PAGE_VA, 1n);
    expect(core.read64(L3)).toBe((clean | 0x400n) & ~READ_ONLY);
    // AT reports but does not change: AT S1E1W with AF clear.
    core.write64(L3 + 8, clean + 4096n);
    core.cpu.setX(1, PAGE_VA + 0x1000n);
    core.run([0xd508_7821]);
    expect(core.sys('PAR_EL1')).toBe(0xff00_0000_4020_1a00n);
    expect(core.read64(L3 + 8)).toBe(clean + 4096n);
  });
});

describe('memory types and alignment', () => {
  it('faults unaligned accesses to Device memory and under SCTLR.A', () => {
    const core = mapped('cortex-a57');
    core.write64(L3 + 8, 0x4020_1000n | DEVICE | 3n);
    load(core, PAGE_VA + 1n);
    expect(core.sys('ESR_EL1')).toBe(0n);
    load(core, PAGE_VA + 0x1000n);
    load(core, PAGE_VA + 0x1001n);
    expect(core.sys('ESR_EL1')).toBe(0x9600_0021n);
    core.cpu.branchTo(BigInt(RAM));
    core.setSys('ESR_EL1', 0n);
    load(core, PAGE_VA);
    core.msr('SCTLR_EL1', BigInt(SCTLR.M | SCTLR.A));
    load(core, PAGE_VA + 4n);
    expect(core.sys('ESR_EL1')).toBe(0x9600_0021n);
  });

  it('reads and writes devices by elements', () => {
    const core = mapped('cortex-a57');
    core.devices.set(0x900_0000, 0x1234_5678n);
    core.devices.set(0x900_0004, 0x9abc_def0n);
    core.cpu.setX(1, 0x900_0000n);
    core.run([0x2940_0820]); // LDP W0, W2, [X1]
    expect([core.cpu.x(0), core.cpu.x(2)]).toEqual([0x1234_5678n, 0x9abc_def0n]);
    store(core, 0x900_0000n, 0x55n);
    expect(core.log).toEqual(['read 9000000 4', 'read 9000004 4', 'write 9000000 8 55']);
    load(core, 0x900_1000n);
    expect(core.sys('ESR_EL1')).toBe(0x9600_0010n);
    // Atomics cannot go to a device.
    const n1 = mapped('neoverse-n1');
    load(n1, 0x900_0000n, 0xf820_0020); // LDADD X0, X0, [X1]
    expect(n1.sys('ESR_EL1')).toBe(0x9600_0035n);
  });

  it('handles accesses that cross a page', () => {
    const core = mapped('cortex-a57');
    core.write64(L3 + 8, 0x4020_3000n | NORMAL | 3n);
    store(core, PAGE_VA + 0xffcn, 0x1122_3344_5566_7788n);
    expect(core.cpu.view.getUint32(core.host(0x4020_0ffc), true)).toBe(0x5566_7788);
    expect(core.cpu.view.getUint32(core.host(0x4020_3000), true)).toBe(0x1122_3344);
    expect(load(core, PAGE_VA + 0xffcn)).toBe(0x1122_3344_5566_7788n);
    core.write64(L3 + 8, 0x4020_3000n | NORMAL | READ_ONLY | 3n);
    store(core, PAGE_VA + 0xffcn, 0n);
    expect(core.sys('ESR_EL1')).toBe(0x9600_004fn);
    expect(core.sys('FAR_EL1')).toBe(PAGE_VA + 0x1000n);
    expect(core.cpu.view.getUint32(core.host(0x4020_0ffc), true)).toBe(0x5566_7788);
  });

  it('writes what the slow path is given and only that', () => {
    const core = mapped('cortex-a57');
    core.cpu.view.setBigUint64(SCRATCH, 0xabcdn, true);
    const { access } = core.system;
    expect(access.write(lowOf(PAGE_VA), 0, 2 | (1 << Access.ELEMENT_SHIFT) | Access.PROBE | Access.WRITE)).toBe(0);
    expect(core.read64(Number(PAGE_VA))).toBe(0n);
    expect(access.write(lowOf(PAGE_VA), 0, 2 | (1 << Access.ELEMENT_SHIFT) | Access.WRITE)).toBe(0);
    expect(core.read64(Number(PAGE_VA))).toBe(0xabcdn);
  });
});

describe('the MMU off', () => {
  it('maps flat, as Device memory, within the physical size', () => {
    const core = new TestCore('cortex-a57');
    expect(translate(core, 0x4000_1234n, 0)).toEqual({ pa: 0x4000_1234n, attributes: 0 });
    expect(translate(core, 1n << 44n, 0)).toEqual({ fault: 0 });
    load(core, BigInt(RAM + 0x1001));
    expect(core.sys('ESR_EL1')).toBe(0x9600_0021n);
  });
});
