/** From a test's options to a machine that has its image loaded. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DEFAULT_COSTS, parseCosts } from '../host/costs.js';
import { type HostSpec, parseHost } from '../host/frequency.js';
import { parseSteal, StealSchedule } from '../host/steal.js';
import { parseDuration, parseFrequency } from '../host/time-spec.js';
import { parseFaults } from '../hypervisor/faults.js';
import { parsePvTimeProfile } from '../hypervisor/pvtime/index.js';
import { parseStrategy, type StrategyName } from '../hypervisor/strategy/index.js';
import { boardOf } from '../hypervisor/vm/board-of.js';
import { checkConfig } from '../hypervisor/vm/config.js';
import { type ImageSymbol, parseMemorySize, planLoad } from '../loader/index.js';
import { VIRT } from '../machine/virt.js';
import {
  DEFAULT_BLOCK_LATENCY,
  type DiskContents,
  defaultMac,
  memoryContents,
  SECTOR,
  type Switch,
  type VirtioBackends,
  type VirtioConfig,
} from '../machine/virtio/index.js';
import { beginWith } from '../migration/migrate.js';
import { createMachine, type Machine } from '../migration/snapshot.js';

/** What holds for a machine that is booted and for one that is restored. */
export interface VmOptions {
  /** 'interp' (default) or 'jit'; both give the same run. */
  readonly engine?: 'interp' | 'jit';
  /** What migrations do to guest time unless they say otherwise; 'lpt' also offers Live Physical Time. Default 'offset'. */
  readonly strategy?: StrategyName;
  /** Guest time that a wait may take unless it says otherwise. Default '60 s'. */
  readonly within?: string;
  /** Misbehaviours of the hypervisor (`chronovisor inspect faults`). */
  readonly faults?: readonly string[];
  /** Virtio disks: contents that stay as they are; what the guest writes is kept apart. A restore needs the same. */
  readonly drives?: readonly DriveOptions[];
  /** Virtio network devices. */
  readonly nets?: readonly NetOptions[];
}

/** All but the image has the default that `chronovisor run` has, but for `memory`, which is 64M. */
export interface BootOptions extends VmOptions {
  /** A file's path or its bytes: an ELF file, a Linux Image or a raw binary. */
  readonly image: string | Uint8Array;
  readonly initrd?: string | Uint8Array;
  /** A device tree of your own. */
  readonly dtb?: string | Uint8Array;
  /** The kernel command line. */
  readonly append?: string;
  readonly host?: HostSpec | string;
  readonly cpu?: string;
  readonly vcpus?: number;
  /** Such as '64M'. */
  readonly memory?: string;
  /** Patterns of stolen time: 'vcpu=0 every=10ms for=3ms'. */
  readonly steal?: readonly string[];
  readonly seed?: number;
  /** Exit costs in ns: 'hypercall=306,mmio-user=0' or 'all=0'. */
  readonly costs?: string;
  /** Instructions a second and vCPU; divides 10^12. */
  readonly ips?: number;
  /** A vCPU's turn where several run: '10us'. */
  readonly quantum?: string;
  readonly pvtime?: string;
  /** A vmclock device. */
  readonly vmclock?: boolean;
  /** Frequency of Live Physical Time: '100MHz'. */
  readonly lptFrequency?: string;
  /** List registers of the GIC's CPU interfaces, 1..16. */
  readonly listRegisters?: number;
  /** LPIs and an ITS. */
  readonly its?: boolean;
  /** A virtio entropy device, on `seed`. */
  readonly rng?: boolean;
  /** UTC at host time 0, seconds since 1970. */
  readonly epoch?: number;
}

export interface DriveOptions {
  /** A file's path or its bytes: whole sectors of 512. */
  readonly contents: string | Uint8Array;
  readonly readOnly?: boolean;
  /** Default 'pci'. */
  readonly bus?: 'pci' | 'mmio';
}

export interface NetOptions {
  /** Default: one host that answers ARP, DHCP, ping and UDP echo. */
  readonly lan?: Switch;
  /** Default 52:54:00:12:34:56 and so on: on one switch each has to have its own. */
  readonly mac?: string;
  /** Default 'pci'. */
  readonly bus?: 'pci' | 'mmio';
}

/** @throws RangeError where a drive is no whole number of sectors */
export function devicesOf(options: VmOptions & Pick<BootOptions, 'rng' | 'seed'>): {
  devices: VirtioConfig[];
  backends: VirtioBackends;
} {
  const drives = drivesOf(options.drives ?? []);
  const nets = options.nets ?? [];
  const devices = [
    ...drives.map(({ config }) => config),
    ...nets.map(({ lan, mac, bus = 'pci' }, n) => {
      const peer = lan ? { switch: `lan${n}` } : ('user' as const);
      return { kind: 'net' as const, bus, peer, mac: mac ?? defaultMac(n) };
    }),
    ...(options.rng ? [{ kind: 'rng' as const, bus: 'pci' as const, seed: options.seed ?? 1 }] : []),
  ];
  return {
    devices,
    backends: {
      disks: drives.map(({ disk }) => ({ contents: disk })),
      network: (name) => nets[Number(name.slice(3))]?.lan,
    },
  };
}

function drivesOf(drives: readonly DriveOptions[]): { config: VirtioConfig; disk: DiskContents }[] {
  return drives.map(({ contents: given, readOnly = false, bus = 'pci' }, n) => {
    const bytes = contents(given);
    if (bytes.length === 0 || bytes.length % SECTOR) {
      throw new RangeError(`drives[${n}]: ${bytes.length} bytes; a drive is a multiple of ${SECTOR}`);
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const config = {
      kind: 'block' as const,
      bus,
      readOnly,
      size: bytes.length,
      sha256,
      latency: DEFAULT_BLOCK_LATENCY,
    };
    return { config, disk: memoryContents(bytes, sha256) };
  });
}

const contents = (file: string | Uint8Array): Uint8Array => (typeof file === 'string' ? readFileSync(file) : file);

export const hostSpec = (host: HostSpec | string, what: string): HostSpec =>
  typeof host === 'string' ? parseHost(host, what) : host;

/**
 * @throws RangeError naming the option, or BadImage
 */
export function machineOf(options: BootOptions): { machine: Machine; symbols: readonly ImageSymbol[] } {
  const faults = parseFaults(options.faults ?? [], 'faults');
  const strategy = parseStrategy(options.strategy ?? 'offset', 'strategy');
  const { devices, backends } = devicesOf(options);
  const config = checkConfig({
    cpu: options.cpu ?? 'cortex-a57',
    vcpus: options.vcpus ?? 1,
    ramBytes: Number(parseMemorySize(options.memory ?? '64M')),
    pvTime: parsePvTimeProfile(options.pvtime ?? 'rfc2020'),
    lpt: strategy === 'lpt',
    pvFreqHz: parseFrequency(options.lptFrequency ?? '100MHz', 'lptFrequency'),
    listRegisters: options.listRegisters ?? 4,
    startEpoch: options.epoch ?? Date.UTC(2026, 0, 1) / 1000,
    semihosting: true,
    ...(options.its && { its: true }),
    ...(options.vmclock && { vmclock: true }),
    ...(faults.length && { faults }),
    ...(devices.length && { devices }),
  });
  const plan = planLoad(contents(options.image), {
    name: typeof options.image === 'string' ? options.image : 'image',
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(config.ramBytes),
    ...(options.initrd && { initrd: contents(options.initrd) }),
    ...(options.dtb && { dtb: contents(options.dtb) }),
    ...(options.append !== undefined && { bootargs: options.append }),
    board: boardOf(config),
  });
  const host = {
    spec: hostSpec(options.host ?? '62.5MHz', 'host'),
    ips: options.ips ?? 1e9,
    quantum: parseDuration(options.quantum ?? '10us', 'quantum'),
    costs: options.costs === undefined ? { ...DEFAULT_COSTS } : parseCosts(options.costs, { ...DEFAULT_COSTS }),
    steal: new StealSchedule(
      (options.steal ?? []).map((text) => parseSteal(text)),
      options.seed ?? 1,
    ),
  };
  const machine = createMachine(host, config, options.engine ?? 'interp', backends);
  beginWith(machine, strategy);
  const [ram] = machine.vm.memory();
  for (const { address, data } of plan.segments) ram!.write(Number(address) - ram!.base, data);
  machine.vm.boot(plan.entry, plan.dtbAddress);
  return { machine, symbols: plan.symbols };
}
