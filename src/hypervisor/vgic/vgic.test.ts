import { beforeEach, describe, expect, test } from 'vitest';
import { Vgic, type VgicOptions, type VgicState } from './index.js';

const GROUP_BOTH = 3n;
const SPI = 42;
const BIT = 1n << BigInt(SPI % 32);
const STRIDE = 0x20000;
const SGI_BASE = 0x10000;

let kicks: number[];

function options(over: Partial<VgicOptions> = {}): VgicOptions {
  const vcpus = over.vcpus ?? 2;
  const mpidr = Array.from({ length: vcpus }, (_, n) => 0x8000_0000n | BigInt(n));
  return {
    vcpus,
    mpidr,
    spis: 64,
    listRegisters: 4,
    host: { kick: (vcpu) => kicks.push(vcpu), resident: () => true },
    ...over,
  };
}

/** A vGIC with everything of group 1, enabled and unmasked, and nothing to do. */
function ready(over: Partial<VgicOptions> = {}): Vgic {
  const vgic = new Vgic(options(over));
  vgic.mmioWrite('dist', 0, 4, GROUP_BOTH, 0);
  for (const at of [4, 8]) {
    vgic.mmioWrite('dist', 0x80 + at, 4, 0xffffffffn, 0);
    vgic.mmioWrite('dist', 0x100 + at, 4, 0xffffffffn, 0);
  }
  for (const vcpu of vgic.cpuInterfaces.keys()) {
    vgic.mmioWrite('redist', vcpu * STRIDE + SGI_BASE + 0x80, 4, 0xffffffffn, vcpu);
    vgic.mmioWrite('redist', vcpu * STRIDE + SGI_BASE + 0x100, 4, 0xffffffffn, vcpu);
    vgic.writeIcc(vcpu, 'ICC_PMR_EL1', 0xffn);
    vgic.writeIcc(vcpu, 'ICC_IGRPEN1_EL1', 1n);
    vgic.flush(vcpu);
  }
  kicks = [];
  return vgic;
}

/** What a guest instruction sees: exits asked for are taken first. */
function iar(vgic: Vgic, vcpu = 0): number {
  vgic.exit(vcpu);
  vgic.flush(vcpu);
  return Number(vgic.readIcc(vcpu, 'ICC_IAR1_EL1'));
}

function eoi(vgic: Vgic, intid: number, vcpu = 0): void {
  vgic.exit(vcpu);
  vgic.flush(vcpu);
  vgic.writeIcc(vcpu, 'ICC_EOIR1_EL1', BigInt(intid));
}

beforeEach(() => {
  kicks = [];
});

describe('level-sensitive interrupts', () => {
  test('are pending again after an EOI with the line high', () => {
    const vgic = ready();
    vgic.setSpiLevel(SPI, true);
    expect(kicks).toContain(0);
    expect(iar(vgic)).toBe(SPI);
    expect(iar(vgic)).toBe(1023);
    kicks = [];
    eoi(vgic, SPI);
    expect(kicks).toContain(0);
    expect(iar(vgic)).toBe(SPI);
    vgic.setSpiLevel(SPI, false);
    eoi(vgic, SPI);
    expect(iar(vgic)).toBe(1023);
  });

  test('are taken out of a list register when the line falls', () => {
    const vgic = ready();
    vgic.setSpiLevel(SPI, true);
    vgic.flush(0);
    expect(vgic.cpuInterfaces[0]!.virq).toBe(true);
    kicks = [];
    vgic.setSpiLevel(SPI, false);
    expect(kicks).toEqual([0]);
    expect(iar(vgic)).toBe(1023);
  });

  test('do not trouble the vCPU when the line falls after the acknowledgement', () => {
    const vgic = ready();
    vgic.setPpiLevel(0, 27, true);
    expect(iar(vgic)).toBe(27);
    kicks = [];
    vgic.setPpiLevel(0, 27, false);
    expect(kicks).toEqual([]);
  });
});

describe('edge-triggered interrupts', () => {
  test('are pending once more for an edge that comes while active', () => {
    const vgic = ready();
    vgic.mmioWrite('dist', 0xc00 + 8, 4, 0xaaaaaaaan, 0);
    vgic.setSpiLevel(SPI, true);
    expect(iar(vgic)).toBe(SPI);
    for (const level of [false, true, false, true, false]) vgic.setSpiLevel(SPI, level);
    expect(vgic.mmioRead('dist', 0x200 + 4, 4, 0)).toBe(BIT);
    eoi(vgic, SPI);
    expect(iar(vgic)).toBe(SPI);
    eoi(vgic, SPI);
    expect(iar(vgic)).toBe(1023);
  });
});

describe('waking', () => {
  test('hasPending follows priority mask, group and running priority before any flush', () => {
    const vgic = ready();
    expect(vgic.hasPending(0)).toBe(false);
    vgic.mmioWrite('dist', 0x400 + SPI, 1, 0x80n, 0);
    vgic.setSpiLevel(SPI, true);
    expect(vgic.hasPending(0)).toBe(true);
    expect(vgic.hasPending(1)).toBe(false);
    vgic.writeIcc(0, 'ICC_PMR_EL1', 0x80n);
    expect(vgic.hasPending(0)).toBe(false);
    vgic.writeIcc(0, 'ICC_PMR_EL1', 0x88n);
    vgic.writeIcc(0, 'ICC_IGRPEN1_EL1', 0n);
    expect(vgic.hasPending(0)).toBe(false);
    vgic.writeIcc(0, 'ICC_IGRPEN1_EL1', 1n);
    expect(iar(vgic)).toBe(SPI);
    vgic.mmioWrite('dist', 0x400 + SPI + 1, 1, 0x80n, 0);
    vgic.setSpiLevel(SPI + 1, true);
    expect(vgic.hasPending(0)).toBe(false);
    vgic.mmioWrite('dist', 0x400 + SPI + 1, 1, 0x78n, 0);
    expect(vgic.hasPending(0)).toBe(true);
  });

  test('a flush with nothing changed leaves the list registers alone', () => {
    const vgic = ready();
    vgic.setSpiLevel(SPI, true);
    vgic.flush(0);
    const held = vgic.cpuInterfaces[0]!;
    let loads = 0;
    held.loadLr = () => {
      loads++;
    };
    vgic.exit(0);
    vgic.flush(0);
    expect(loads).toBe(0);
  });
});

describe('options', () => {
  const refused: [string, Partial<VgicOptions>, string][] = [
    ['too many vCPUs', { vcpus: 9 }, 'vcpus 9: this vGIC has 1 to 8'],
    ['an odd number of SPIs', { spis: 100 }, 'spis 100: a multiple of 32'],
    ['two vCPUs of one affinity', { mpidr: [0n, 0n] }, '2 vCPUs need as many different affinities'],
    ['no list registers', { listRegisters: 0 }, 'listRegisters=0: a GIC has 1 to 16'],
    ['what is not there', { policies: { directLpi: true } }, 'directLpi=on: LPIs go through list registers only'],
    [
      'moves at an exit that nothing asks for',
      { policies: { eoiMaintenance: 'none' } },
      'eoiMaintenance=none: inflightMove=maintenance moves at such an exit',
    ],
    [
      'ends that nobody sees',
      { policies: { eoiMaintenance: 'none', inflightMove: 'migrating-flag', lazySync: true } },
      'eoiMaintenance=none: with lazySync=on nobody would see',
    ],
    [
      'pruning without a look',
      { policies: { inflightMove: 'prune', lazySync: true } },
      'inflightMove=prune: looks at the list registers at every exit',
    ],
  ];
  test.each(refused)('refused: %s', (_name, over, message) => {
    expect(() => new Vgic(options(over))).toThrow(message);
  });

  test('policies report what took effect', () => {
    const trap = { common: false, group0: false, group1: false, dir: false };
    const defaults = {
      lazySync: false,
      eoiMaintenance: 'level',
      trap,
      directLpi: false,
      activeRead: 'sync',
      inflightMove: 'maintenance',
    };
    expect(new Vgic(options({ listRegisters: 7 })).policies).toEqual({ listRegisters: 7, ...defaults });
    const policies = { activeRead: 'local', trap: { dir: true } } as const;
    const asked = new Vgic(options({ policies })).policies;
    expect(asked).toEqual({ ...defaults, listRegisters: 4, activeRead: 'local', trap: { ...trap, dir: true } });
  });

  test('lines that do not exist are errors', () => {
    const vgic = ready();
    expect(() => vgic.setSpiLevel(31, true)).toThrow('SPI 31: this vGIC has 32 to 95');
    expect(() => vgic.setSpiLevel(96, true)).toThrow('SPI 96');
    expect(() => vgic.setPpiLevel(0, 15, true)).toThrow('PPI 15 of vCPU 0');
    expect(() => vgic.setPpiLevel(2, 27, true)).toThrow('PPI 27 of vCPU 2');
  });
});

describe('states that no vGIC leaves behind are refused', () => {
  const damaged: [string, (state: VgicState) => void, string][] = [
    ['fewer SPIs', (s) => s.spis.pop(), '63 SPIs: this vGIC has 64'],
    ['fewer vCPUs', (s) => s.vcpus.pop(), '1 vCPUs: this vGIC has 2'],
    ['another affinity', (s) => void (s.vcpus[1]!.affinity = 7), 'vCPU 1 has affinity 7: here it has 1'],
    [
      'an INTID that does not exist',
      (s) => s.vcpus[0]!.list.push(4000),
      'vCPU 0 lists INTID 4000, which does not exist',
    ],
    ['a list entry of another vCPU', (s) => s.vcpus[1]!.list.push(SPI), `vCPU 1 lists INTID ${SPI}, which vCPU 0 has`],
    ['an interrupt listed twice', (s) => s.vcpus[0]!.list.push(SPI), 'vCPU 0 lists an interrupt twice'],
    ['an interrupt on no list', (s) => void (s.vcpus[0]!.list = []), `INTID ${SPI} is not on the list of vCPU 0`],
    ['an owner that does not exist', (s) => void (s.spis[0]!.owner = 5), 'INTID 32 is on the list of vCPU 5'],
    ['a priority of 8 bits', (s) => void (s.spis[0]!.priority = 0x81), 'INTID 32 has priority 129'],
  ];
  test.each(damaged)('%s', (_name, damage, message) => {
    const vgic = ready();
    vgic.setSpiLevel(SPI, true);
    const state = structuredClone(vgic.save());
    damage(state);
    expect(() => new Vgic(options(), state)).toThrow(message);
  });
});
