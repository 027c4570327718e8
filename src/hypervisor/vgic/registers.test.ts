/** The register surface that guests probe, and register-by-register restore. */
import { describe, expect, test } from 'vitest';
import { type AccessSize, Vgic } from './index.js';

const STRIDE = 0x20000;
const SGI_BASE = 0x10000;

function create(): Vgic {
  const mpidr = [0x8000_0000n, 0x8000_0001n, 0x80ab_cd02n | (0x7fn << 32n)];
  return new Vgic({ vcpus: 3, mpidr, spis: 224, listRegisters: 4, host: { kick: () => {}, resident: () => true } });
}

const word = (vgic: Vgic, offset: number) => vgic.mmioRead('dist', offset, 4, 0);

describe('distributor', () => {
  test('says one security state, affinity routing, 256 INTIDs, no LPIs', () => {
    const vgic = create();
    expect(word(vgic, 0)).toBe(0x50n);
    expect(word(vgic, 4)).toBe(0x0778_0007n);
    expect(word(vgic, 8)).toBe(0x4300_043bn);
    expect(word(vgic, 0xffe8)).toBe(0x3bn);
    expect(vgic.mmioWrite('dist', 0, 4, 0n, 0)).toBe(true);
    expect(word(vgic, 0)).toBe(0x50n);
    vgic.mmioWrite('dist', 0, 4, 0xffff_ffffn, 0);
    expect(word(vgic, 0)).toBe(0x53n);
  });

  test('INTIDs 0 to 31 and those beyond the last SPI are RAZ/WI', () => {
    const vgic = create();
    for (const [offset, size] of [
      [0x100, 4],
      [0x120, 4],
      [0x400, 4],
      [0x500, 4],
      [0xc00, 4],
      [0xc40, 4],
      [0x6000, 8],
      [0x6800, 8],
    ] as [number, AccessSize][]) {
      vgic.mmioWrite('dist', offset, size, 0xffff_ffff_ffff_ffffn, 0);
      expect(vgic.mmioRead('dist', offset, size, 0), `0x${offset.toString(16)}`).toBe(0n);
    }
    vgic.mmioWrite('dist', 0x11c, 4, 0xffff_ffffn, 0);
    expect(word(vgic, 0x11c)).toBe(0xffff_ffffn);
  });

  test('GICv2 and second-security-state registers are RAZ/WI', () => {
    const vgic = create();
    for (const offset of [0x10, 0x40, 0x48, 0x804, 0x820, 0xd04, 0xe08, 0xf00, 0xf10, 0xf20]) {
      vgic.mmioWrite('dist', offset, 4, 0xffff_ffffn, 0);
      expect(word(vgic, offset), `0x${offset.toString(16)}`).toBe(0n);
    }
  });

  test('priorities take bytes and words and keep 5 bits', () => {
    const vgic = create();
    vgic.mmioWrite('dist', 0x421, 1, 0xffn, 0);
    expect(word(vgic, 0x420)).toBe(0xf800n);
    vgic.mmioWrite('dist', 0x420, 2, 0x1010n, 0);
    expect(word(vgic, 0x420)).toBe(0xf800n);
    vgic.mmioWrite('dist', 0x420, 4, 0x1122_3344n, 0);
    expect(vgic.mmioRead('dist', 0x422, 1, 0)).toBe(0x20n);
    expect(vgic.mmioRead('dist', 0x420, 8, 0)).toBe(0n);
  });

  test('bit banks take aligned words only', () => {
    const vgic = create();
    vgic.mmioWrite('dist', 0x104, 4, 0xff00_ff00n, 0);
    expect(vgic.mmioRead('dist', 0x105, 1, 0)).toBe(0n);
    expect(vgic.mmioRead('dist', 0x106, 4, 0)).toBe(0n);
    expect(vgic.mmioRead('dist', 0x100, 8, 0)).toBe(0n);
    vgic.mmioWrite('dist', 0x104, 1, 0xffn, 0);
    expect(word(vgic, 0x184)).toBe(0xff00_ff00n);
  });

  test('GICD_IROUTER is one register of 64 bits or two of 32', () => {
    const vgic = create();
    const at = 0x6000 + 8 * 40;
    vgic.mmioWrite('dist', at, 8, 0xffff_ffff_ffff_ffffn, 0);
    expect(vgic.mmioRead('dist', at, 8, 0)).toBe(0xff_00ff_ffffn);
    vgic.mmioWrite('dist', at, 4, 0x00ab_cd02n, 0);
    vgic.mmioWrite('dist', at + 4, 4, 0x7fn, 0);
    expect(vgic.mmioRead('dist', at, 8, 0)).toBe(0x7f_00ab_cd02n);
    expect(vgic.mmioRead('dist', at + 4, 4, 0)).toBe(0x7fn);
    vgic.mmioWrite('dist', 0, 4, 3n, 0);
    vgic.mmioWrite('dist', 0x104, 4, 1n << 8n, 0);
    vgic.writeIcc(2, 'ICC_PMR_EL1', 0xf8n);
    vgic.writeIcc(2, 'ICC_IGRPEN0_EL1', 1n);
    vgic.setSpiLevel(40, true);
    expect([0, 1, 2].map((vcpu) => vgic.hasPending(vcpu))).toEqual([false, false, true]);
  });

  test('an access beyond the frame aborts', () => {
    const vgic = create();
    expect(vgic.mmioRead('dist', 0x10000, 4, 0)).toBeNull();
    expect(vgic.mmioWrite('dist', 0xfffc, 8, 0n, 0)).toBe(false);
    expect(vgic.mmioRead('redist', 3 * STRIDE, 4, 0)).toBeNull();
    expect(vgic.mmioWrite('redist', 3 * STRIDE, 4, 0n, 0)).toBe(false);
  });
});

describe('redistributors', () => {
  test('GICR_TYPER names each and marks the last', () => {
    const vgic = create();
    const typer = [0, 1, 2].map((n) => vgic.mmioRead('redist', n * STRIDE + 8, 8, 0));
    expect(typer).toEqual([0n, 0x1_0000_0100n, 0x7fab_cd02_0000_0210n]);
    expect(vgic.mmioRead('redist', 2 * STRIDE + 12, 4, 0)).toBe(0x7fab_cd02n);
    expect(vgic.mmioRead('redist', 2 * STRIDE + 8, 4, 0)).toBe(0x210n);
  });

  test('GICR_WAKER wakes at once', () => {
    const vgic = create();
    expect(vgic.mmioRead('redist', STRIDE + 0x14, 4, 0)).toBe(6n);
    vgic.mmioWrite('redist', STRIDE + 0x14, 4, 0n, 0);
    expect(vgic.mmioRead('redist', STRIDE + 0x14, 4, 0)).toBe(0n);
    expect(vgic.mmioRead('redist', 0x14, 4, 0)).toBe(6n);
  });

  test('SGIs are edge-triggered for good, PPIs as configured', () => {
    const vgic = create();
    vgic.mmioWrite('redist', SGI_BASE + 0xc00, 4, 0n, 0);
    expect(vgic.mmioRead('redist', SGI_BASE + 0xc00, 4, 0)).toBe(0xaaaa_aaaan);
    vgic.mmioWrite('redist', SGI_BASE + 0xc04, 4, 0x0000_000fn, 0);
    expect(vgic.mmioRead('redist', SGI_BASE + 0xc04, 4, 0)).toBe(0xan);
  });

  test('LPI registers are RAZ/WI: there are no LPIs', () => {
    const vgic = create();
    for (const [offset, size] of [
      [0, 4],
      [0x70, 8],
      [0x78, 8],
    ] as [number, AccessSize][]) {
      vgic.mmioWrite('redist', offset, size, 0xffff_ffff_ffff_ffffn, 0);
      expect(vgic.mmioRead('redist', offset, size, 0)).toBe(0n);
    }
  });

  test('private interrupts are those of the redistributor, whoever asks', () => {
    const vgic = create();
    vgic.mmioWrite('redist', STRIDE + SGI_BASE + 0x100, 4, 1n << 27n, 2);
    expect([0, 1, 2].map((n) => vgic.mmioRead('redist', n * STRIDE + SGI_BASE + 0x100, 4, 0))).toEqual([
      0n,
      1n << 27n,
      0n,
    ]);
  });
});

/** Banks whose restore sets the whole state, and the sizes of their entries. */
const BANKS: [offset: number, bitsPerInterrupt: number][] = [
  [0x80, 1],
  [0x100, 1],
  [0x200, 1],
  [0x300, 1],
  [0x400, 8],
  [0xc00, 2],
];

function registers(vgic: Vgic): [region: 'dist' | 'redist', offset: number, size: AccessSize, value: bigint][] {
  const all: [region: 'dist' | 'redist', offset: number, size: AccessSize][] = [
    ['dist', 0, 4],
    ['dist', 4, 4],
    ['dist', 8, 4],
  ];
  for (const [offset, bits] of BANKS) {
    for (let at = 0; at < (256 * bits) / 8; at += 4) all.push(['dist', offset + at, 4]);
    for (let vcpu = 0; vcpu < 3; vcpu++) {
      for (let at = 0; at < 4 * bits; at += 4) all.push(['redist', vcpu * STRIDE + SGI_BASE + offset + at, 4]);
    }
  }
  for (let n = 0; n < 256; n++) all.push(['dist', 0x6000 + 8 * n, 8]);
  for (let vcpu = 0; vcpu < 3; vcpu++) all.push(['redist', vcpu * STRIDE + 8, 8], ['redist', vcpu * STRIDE + 0x14, 4]);
  return all.map(([region, offset, size]) => [region, offset, size, vgic.mmioRead(region, offset, size, 0)!]);
}

describe('restore by register', () => {
  test('sets what was read, over whatever was there', () => {
    const source = create();
    const target = create();
    for (const [vgic, salt] of [
      [source, 0x9e37_79b1n],
      [target, 0x85eb_ca6bn],
    ] as const) {
      for (const [region, offset, size] of registers(vgic)) {
        const value = BigInt.asUintN(size * 8, (BigInt(offset) + 7n) * salt * salt);
        vgic.mmioWrite(region, offset, size, value, 0);
      }
    }
    const saved = registers(source);
    expect(registers(target)).not.toEqual(saved);
    for (const [region, offset, size, value] of saved) target.mmioRestore(region, offset, size, value);
    expect(registers(target)).toEqual(saved);
  });

  test('I[C]... registers restore nothing: their S register has it all', () => {
    const vgic = create();
    vgic.mmioRestore('dist', 0x204, 4, 0xffn);
    vgic.mmioRestore('dist', 0x284, 4, 0xffn);
    expect(word(vgic, 0x204)).toBe(0xffn);
  });

  test('a read-only register that differs is an error', () => {
    const vgic = create();
    expect(() => vgic.mmioRestore('dist', 4, 4, 0x0778_0003n)).toThrow(
      "GICD_TYPER 0x7780003: this GIC's is 0x7780007, and the guest has seen it",
    );
    expect(() => vgic.mmioRestore('redist', 8, 8, 0x10n)).toThrow('GICR_TYPER 0x10');
  });
});
