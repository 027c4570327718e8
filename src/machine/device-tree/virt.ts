// The device tree of our `virt` board, in the shape of QEMU's virt machine so that images built for it find their devices.
import { lineOf, PINS } from '../pcie/index.js';
import { SPI as INTID, VIRT } from '../virt.js';
import { cells, type DeviceTree, type DeviceTreeNode, doubleCells, node, present, strings } from './tree.js';

/** What the tree depends on; nothing else does, so the same board has the same bytes. */
export interface VirtBoard {
  /** Number of CPUs, 1 to 8. */
  readonly cpus: number;
  /** `compatible` of every CPU node, such as 'arm,cortex-a57'. */
  readonly cpuCompatible: string;
  readonly ramBase: bigint;
  /** Bytes. */
  readonly ramSize: bigint;
  /** Where the initial RAM disk lies; `end` is the first byte after it. */
  readonly initrd?: { readonly start: bigint; readonly end: bigint };
  readonly bootargs?: string;
  /** Base of the 64 KiB that hold the paravirtualized time structures (Arm DEN0057A); none where left out. */
  readonly pvTimeBase?: bigint;
  /** Base of the ITS's two frames; none where left out. */
  readonly itsBase?: bigint;
  /** Base of the vmclock page; none where left out. */
  readonly vmclockBase?: bigint;
  /** Virtio devices on MMIO, which lie one behind the other. */
  readonly virtioMmio?: number;
  /** Whether there is a PCIe host bridge. */
  readonly pcie?: boolean;
  /** Whether there are flash and fw_cfg. */
  readonly firmware?: boolean;
  /** Entropy for the guest: left out, or fixed bytes, since a run must be repeatable. */
  readonly rngSeed?: Uint8Array;
  /** Seed of the kernel's address randomisation; without it the kernel stays where it is linked. */
  readonly kaslrSeed?: bigint;
}

/** Interrupts in the devices' nodes are INTIDs less the base of their kind (GICv3 binding). */
const SPI = 0;
const PPI = 1;
const FIRST_SPI = 32;
const EDGE_RISING = 1;
const LEVEL_HIGH = 4;

const CLOCK = 1;
const INTERRUPT_CONTROLLER = 2;
const GPIO = 3;
const FIRST_CPU = 4;
/** The ITS: what `msi-map` and `msi-parent` point at. */
const MSI_CONTROLLER = FIRST_CPU + 8;

const VMCLOCK_SPI = 10;

/** Bytes of a bus's configuration space. */
const BUS_ECAM = 2 ** 20;
const IO_SPACE = 0x100_0000;
const MEMORY_SPACE = 0x200_0000;

const PV_TIME_SIZE = 0x10000n;

/** Linux's KEY_POWER. */
const KEY_POWER = 116;
const POWEROFF_LINE = 3;

const hex = (value: number | bigint): string => value.toString(16);
const pages = (address: bigint, size: bigint): Uint8Array => doubleCells(address, size);

/** An Arm PrimeCell peripheral: one page, one level interrupt, clocks from the board's 24 MHz. */
function primecell(
  part: string,
  address: bigint,
  spi: number,
  clockNames: string[],
  more: Record<string, Uint8Array> = {},
): DeviceTreeNode {
  return node(`${part}@${hex(address)}`, {
    compatible: strings(`arm,${part}`, 'arm,primecell'),
    reg: pages(address, 0x1000n),
    interrupts: cells(SPI, spi, LEVEL_HIGH),
    clocks: cells(...clockNames.map(() => CLOCK)),
    'clock-names': strings(...clockNames),
    ...more,
  });
}

function cpuNodes(board: VirtBoard): DeviceTreeNode {
  const indices = Array.from({ length: board.cpus }, (_, i) => i);
  const cores = indices.map((i) => node(`core${i}`, { cpu: cells(FIRST_CPU + i) }));
  const cpus = indices.map((i) =>
    node(`cpu@${hex(i)}`, {
      device_type: strings('cpu'),
      compatible: strings(board.cpuCompatible),
      'enable-method': strings('psci'),
      reg: cells(i),
      phandle: cells(FIRST_CPU + i),
    }),
  );
  const map = node('cpu-map', {}, [node('socket0', {}, [node('cluster0', {}, cores)])]);
  return node('cpus', { '#address-cells': cells(1), '#size-cells': cells(0) }, [map, ...cpus]);
}

function its(base: bigint): DeviceTreeNode {
  return node(`its@${hex(base)}`, {
    compatible: strings('arm,gic-v3-its'),
    'msi-controller': present(),
    '#msi-cells': cells(1),
    reg: doubleCells(base, 0x2_0000n),
    phandle: cells(MSI_CONTROLLER),
  });
}

function interruptController({ itsBase }: VirtBoard): DeviceTreeNode {
  const properties = {
    compatible: strings('arm,gic-v3'),
    'interrupt-controller': present(),
    '#interrupt-cells': cells(3),
    '#address-cells': cells(2),
    '#size-cells': cells(2),
    ranges: present(),
    '#redistributor-regions': cells(1),
    reg: doubleCells(0x0800_0000n, 0x1_0000n, 0x080a_0000n, 0xf6_0000n),
    phandle: cells(INTERRUPT_CONTROLLER),
  };
  return node('intc@8000000', properties, itsBase === undefined ? [] : [its(itsBase)]);
}

function timer(): DeviceTreeNode {
  // Secure EL1, non-secure EL1, virtual, hypervisor: the order of the binding.
  const interrupts = [13, 14, 11, 10].flatMap((ppi) => [PPI, ppi, LEVEL_HIGH]);
  return node('timer', {
    compatible: strings('arm,armv8-timer', 'arm,armv7-timer'),
    'always-on': present(),
    interrupts: cells(...interrupts),
  });
}

function psci(): DeviceTreeNode {
  // The function ids are for guests that know PSCI 0.1 alone, where they are not fixed.
  return node('psci', {
    compatible: strings('arm,psci-1.0', 'arm,psci-0.2', 'arm,psci'),
    method: strings('hvc'),
    cpu_suspend: cells(0xc400_0001),
    cpu_off: cells(0x8400_0002),
    cpu_on: cells(0xc400_0003),
  });
}

function chosen(board: VirtBoard): DeviceTreeNode {
  return node('chosen', {
    'stdout-path': strings('/pl011@9000000'),
    bootargs: board.bootargs === undefined ? undefined : strings(board.bootargs),
    'linux,initrd-start': board.initrd && doubleCells(board.initrd.start),
    'linux,initrd-end': board.initrd && doubleCells(board.initrd.end),
    'rng-seed': board.rngSeed,
    'kaslr-seed': board.kaslrSeed === undefined ? undefined : doubleCells(board.kaslrSeed),
  });
}

function pvTime(base: bigint): DeviceTreeNode {
  const region = node(`pv-time@${hex(base)}`, { reg: pages(base, PV_TIME_SIZE), 'no-map': present() });
  const props = { '#address-cells': cells(2), '#size-cells': cells(2), ranges: present() };
  return node('reserved-memory', props, [region]);
}

/** Linux Documentation/devicetree/bindings/ptp/amazon,vmclock.yaml. */
function vmclock(base: bigint): DeviceTreeNode {
  return node(`ptp@${hex(base)}`, {
    compatible: strings('amazon,vmclock'),
    reg: pages(base, 0x1000n),
    interrupts: cells(SPI, VMCLOCK_SPI, EDGE_RISING),
  });
}

/** Linux Documentation/devicetree/bindings/virtio/mmio.yaml. */
function virtioMmio(slot: number): DeviceTreeNode {
  const { base, size } = VIRT.virtioMmio;
  const address = BigInt(base + slot * size);
  return node(`virtio_mmio@${hex(address)}`, {
    compatible: strings('virtio,mmio'),
    reg: pages(address, BigInt(size)),
    interrupts: cells(SPI, INTID.virtioMmio - FIRST_SPI + slot, LEVEL_HIGH),
    'dma-coherent': present(),
  });
}

/** IEEE 1275 PCI bus binding; Linux Documentation/devicetree/bindings/pci/host-generic-pci.yaml. */
function pcie({ itsBase }: VirtBoard): DeviceTreeNode {
  const { pcieEcam: ecam, pcieMemory: memory, pciePorts: ports } = VIRT;
  const range = (space: number, pci: number, { base, size }: { base: number; size: number }): number[] => [
    space,
    0,
    pci,
    0,
    base,
    0,
    size,
  ];
  const slots = Array.from({ length: PINS }, (_, slot) => slot);
  const map = slots.flatMap((slot) =>
    slots.flatMap((pin) => {
      const spi = INTID.pcie - FIRST_SPI + lineOf(slot, pin);
      return [slot << 11, 0, 0, pin + 1, INTERRUPT_CONTROLLER, 0, 0, SPI, spi, LEVEL_HIGH];
    }),
  );
  return node(`pcie@${hex(memory.base)}`, {
    compatible: strings('pci-host-ecam-generic'),
    device_type: strings('pci'),
    '#address-cells': cells(3),
    '#size-cells': cells(2),
    'linux,pci-domain': cells(0),
    'bus-range': cells(0, ecam.size / BUS_ECAM - 1),
    'dma-coherent': present(),
    reg: pages(BigInt(ecam.base), BigInt(ecam.size)),
    ranges: cells(...range(IO_SPACE, 0, ports), ...range(MEMORY_SPACE, memory.base, memory)),
    '#interrupt-cells': cells(1),
    'interrupt-map-mask': cells(3 << 11, 0, 0, 7),
    'interrupt-map': cells(...map),
    // Requester ids are the ITS's device ids.
    'msi-map': itsBase === undefined ? undefined : cells(0, MSI_CONTROLLER, 0, 0x1_0000),
  });
}

/** Linux Documentation/devicetree/bindings/mtd/mtd-physmap.yaml and firmware/qemu,fw-cfg-mmio.yaml. */
function firmware(): DeviceTreeNode[] {
  const banks = VIRT.flash.map(({ base, size }) => doubleCells(BigInt(base), BigInt(size)));
  return [
    node('flash@0', {
      compatible: strings('cfi-flash'),
      reg: Uint8Array.from(banks.flatMap((bank) => [...bank])),
      'bank-width': cells(4),
    }),
    node(`fw-cfg@${hex(VIRT.fwCfg.base)}`, {
      compatible: strings('qemu,fw-cfg-mmio'),
      reg: pages(BigInt(VIRT.fwCfg.base), BigInt(VIRT.fwCfg.size)),
      'dma-coherent': present(),
    }),
  ];
}

/** The board's tree. Throws RangeError where `cpus` is not 1 to 8: the board has one cluster of eight. */
export function virtDeviceTree(board: VirtBoard): DeviceTree {
  if (!Number.isInteger(board.cpus) || board.cpus < 1 || board.cpus > 8) {
    throw new RangeError(`${board.cpus} CPUs: the virt board has 1 to 8`);
  }
  const children: DeviceTreeNode[] = [
    chosen(board),
    psci(),
    node(`memory@${hex(board.ramBase)}`, {
      device_type: strings('memory'),
      reg: doubleCells(board.ramBase, board.ramSize),
    }),
    cpuNodes(board),
    interruptController(board),
    timer(),
    node('pmu', { compatible: strings('arm,armv8-pmuv3'), interrupts: cells(PPI, 7, LEVEL_HIGH) }),
    node('apb-pclk', {
      compatible: strings('fixed-clock'),
      '#clock-cells': cells(0),
      'clock-frequency': cells(24_000_000),
      'clock-output-names': strings('clk24mhz'),
      phandle: cells(CLOCK),
    }),
    primecell('pl011', 0x0900_0000n, 1, ['uartclk', 'apb_pclk']),
    primecell('pl031', 0x0901_0000n, 2, ['apb_pclk']),
    primecell('pl061', 0x0903_0000n, 7, ['apb_pclk'], {
      '#gpio-cells': cells(2),
      'gpio-controller': present(),
      phandle: cells(GPIO),
    }),
    node('gpio-keys', { compatible: strings('gpio-keys') }, [
      node('poweroff', {
        label: strings('GPIO Key Poweroff'),
        'linux,code': cells(KEY_POWER),
        gpios: cells(GPIO, POWEROFF_LINE, 0),
      }),
    ]),
  ];
  if (board.firmware) children.push(...firmware());
  for (let slot = 0; slot < (board.virtioMmio ?? 0); slot++) children.push(virtioMmio(slot));
  if (board.pcie) children.push(pcie(board));
  if (board.pvTimeBase !== undefined) children.push(pvTime(board.pvTimeBase));
  if (board.vmclockBase !== undefined) children.push(vmclock(board.vmclockBase));
  const root = node(
    '',
    {
      compatible: strings('linux,dummy-virt'),
      model: strings('linux,dummy-virt'),
      'interrupt-parent': cells(INTERRUPT_CONTROLLER),
      '#address-cells': cells(2),
      '#size-cells': cells(2),
    },
    children,
  );
  return { root, reservations: [], bootCpu: 0 };
}
