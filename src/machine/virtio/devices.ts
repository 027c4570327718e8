/** All virtio devices of a board: made of their configuration and state, attached to their buses, served in time. */
import type { Ps } from '../../arch/timer/time.js';
import type { Bus } from '../bus.js';
import { HostBridge, type PciState } from '../pcie/index.js';
import { SPI, VIRT } from '../virt.js';
import { Block } from './block/block.js';
import { type Clusters, Disk, type DiskContents } from './block/disk.js';
import { type BlockConfig, hasPci, type NetConfig, QUEUE_SIZES, type VirtioConfig } from './config.js';
import { Console, type ConsoleState, resetConsoleState } from './console.js';
import { resetVirtioState, VirtioDevice, type VirtioState } from './device.js';
import type { GuestRam } from './guest-ram.js';
import { VirtioMmio } from './mmio.js';
import type { DeviceModel } from './model.js';
import { parseMac } from './net/frame.js';
import { Net, type NetState, resetNetState } from './net/net.js';
import { LINK_TIME, type Switch, type SwitchPort } from './net/switch.js';
import { answer } from './net/user-peer.js';
import { VirtioPci, type VirtioPciState } from './pci.js';
import { Rng, type RngState, resetRngState } from './rng.js';

/** Plain state of one device. */
export interface AttachedState {
  virtio: VirtioState;
  /** Where it is on PCI. */
  pci?: VirtioPciState;
  /** Of its type. */
  net?: NetState;
  rng?: RngState;
  console?: ConsoleState;
}

/** What a drive is made of: what it begins with, what was written to it before, and whether its keeper has that. */
export interface DiskBackend {
  readonly contents: DiskContents;
  readonly clusters?: Clusters;
  readonly persisted?: boolean;
}

/** What devices are made of beside configuration and state: no part of the machine's state. */
export interface VirtioBackends {
  /** By block device, in order. */
  readonly disks?: readonly DiskBackend[];
  /** The switch of a name; where there is none, nobody else is on it. */
  network?(name: string): Switch | undefined;
}

export interface VirtioWires {
  readonly ram: GuestRam;
  now(): Ps;
  /** A deadline has come nearer than it was. */
  attend(): void;
  /** The level of a shared peripheral interrupt. */
  interrupt(intid: number, level: boolean): void;
  /** A message-signalled interrupt, by requester id, as the guest has set it up. */
  msi(deviceId: number, address: bigint, data: number): void;
  /** What the guest prints on the virtio console. */
  console(bytes: Uint8Array): void;
}

interface Attached {
  readonly device: VirtioDevice;
  save(): AttachedState;
}

/** What a device's interrupts, saves and rights go through. */
interface Transport {
  raise(cause: number, vector: number): void;
  readonly busMaster: boolean;
  save(): Pick<AttachedState, 'pci'>;
}

const PS_PER_NS = 1000n;

export class VirtioDevices {
  /** By block device, in order. */
  readonly disks: readonly Disk[];
  /** Null where no device is on PCI. */
  readonly bridge: HostBridge | null;
  readonly #bus: Bus;
  readonly #attached: readonly Attached[];
  readonly #wires: VirtioWires;
  readonly #netDevices = new Map<Net, VirtioDevice>();
  #console: { model: Console; device: VirtioDevice } | null = null;

  /**
   * @param states by device; null: all at reset
   * @throws RangeError where a drive has no contents or others than it was made with
   */
  constructor(
    configs: readonly VirtioConfig[],
    wires: VirtioWires,
    bus: Bus,
    backends: VirtioBackends,
    { virtio: states, pcie }: { virtio?: readonly AttachedState[]; pcie?: PciState },
  ) {
    this.#wires = wires;
    this.#bus = bus;
    this.bridge = hasPci(configs) ? new HostBridge(bus, wires, pcie) : null;
    const { disks = [] } = backends;
    const blocks = configs.filter((c) => c.kind === 'block');
    this.disks = blocks.map((config, n) => diskOf(config, n, disks[n]));
    /** The slot at 0 is the bridge's own. */
    let [block, mmio, slot] = [0, 0, 1];
    this.#attached = configs.map((config, n) => {
      const state = states?.[n];
      const disk = config.kind === 'block' ? this.disks[block++]! : null;
      const { model, save } = this.#model(config, disk, backends, state);
      const device: VirtioDevice = new VirtioDevice(
        model,
        {
          ram: wires.ram,
          now: () => wires.now(),
          mayAccess: () => transport.busMaster,
          interrupt: (cause, vector) => transport.raise(cause, vector),
          attend: () => wires.attend(),
        },
        state?.virtio ?? resetVirtioState(model),
      );
      if (model instanceof Net) this.#netDevices.set(model, device);
      if (model instanceof Console) this.#console = { model, device };
      const transport = config.bus === 'pci' ? this.#plug(device, slot++, state?.pci) : this.#map(device, mmio++);
      return { device, save: () => ({ virtio: device.save(), ...transport.save(), ...save() }) };
    });
  }

  get devices(): readonly VirtioDevice[] {
    return this.#attached.map(({ device }) => device);
  }

  nextDeadline(): Ps | null {
    let next: Ps | null = null;
    for (const { device } of this.#attached) {
      const at = device.deadline();
      if (at !== null && (next === null || at < next)) next = at;
    }
    return next;
  }

  /** Between two slices only. */
  fireDue(now: Ps): void {
    for (const { device } of this.#attached) device.fireDue(now);
  }

  save(): AttachedState[] {
    return this.#attached.map((a) => a.save());
  }

  /** Characters for the guest's virtio console. @throws RangeError where it has none */
  type(bytes: Iterable<number>): void {
    if (!this.#console) throw new RangeError('the machine has no virtio console');
    this.#console.model.receive(bytes, this.#wires.now());
    this.#console.device.inputArrived();
  }

  /** Puts a device on MMIO. */
  #map(device: VirtioDevice, place: number): Transport {
    const mmio = new VirtioMmio(device, (level) => this.#wires.interrupt(SPI.virtioMmio + place, level));
    const { base, size } = VIRT.virtioMmio;
    this.#bus.add({ kind: 'device', name: `virtio-mmio ${place}`, base: base + place * size, size, device: mmio });
    return { raise: (cause) => mmio.raise(cause), busMaster: true, save: () => ({}) };
  }

  /** Puts a device into a PCI slot. */
  #plug(device: VirtioDevice, slot: number, state?: VirtioPciState): Transport {
    const requester = slot << 3;
    const connections = {
      interrupt: (level: boolean) => this.bridge!.setPin(slot, level),
      msi: (address: bigint, data: number) => this.#wires.msi(requester, address, data),
    };
    const pci = new VirtioPci(device, connections, state);
    this.bridge!.add(slot, pci);
    return {
      raise: (cause, vector) => pci.raise(cause, vector),
      get busMaster() {
        return pci.busMaster;
      },
      save: () => ({ pci: pci.save() }),
    };
  }

  #net({ mac, peer }: NetConfig, { network }: VirtioBackends, state: NetState): Net {
    const address = parseMac(mac)!;
    const lan = peer === 'user' ? undefined : network?.(peer.switch);
    const arrive = (frame: Uint8Array, due: Ps): void => {
      model.receive(frame, due);
      this.#netDevices.get(model)!.inputArrived();
    };
    const port: SwitchPort = { mac: address, deliver: arrive };
    const transmit = (frame: Uint8Array, now: Ps): void => {
      if (peer !== 'user') return lan?.send(port, frame, now);
      const reply = answer(frame);
      if (reply) arrive(reply, now + 2n * LINK_TIME);
    };
    const model: Net = new Net(address, transmit, state);
    lan?.join(port);
    return model;
  }

  #model(
    config: VirtioConfig,
    disk: Disk | null,
    backends: VirtioBackends,
    state: AttachedState | undefined,
  ): { model: DeviceModel; save(): Omit<AttachedState, 'virtio'> } {
    switch (config.kind) {
      case 'block': {
        const { readOnly, latency, sha256 } = config;
        const serial = sha256.slice(0, 20);
        const model = new Block({ disk: disk!, readOnly, serial, latency: BigInt(latency) * PS_PER_NS });
        return { model, save: () => ({}) };
      }
      case 'net': {
        const model = this.#net(config, backends, state?.net ?? resetNetState());
        return { model, save: () => ({ net: model.save() }) };
      }
      case 'rng': {
        const model = new Rng(state?.rng ?? resetRngState(config.seed));
        return { model, save: () => ({ rng: model.save() }) };
      }
      case 'console': {
        const model = new Console((bytes) => this.#wires.console(bytes), state?.console ?? resetConsoleState());
        return { model, save: () => ({ console: model.save() }) };
      }
    }
  }
}

function diskOf({ size, sha256 }: BlockConfig, n: number, given: DiskBackend | undefined): Disk {
  const what = `drive ${n} (${size} bytes, SHA-256 ${sha256.slice(0, 12)}...)`;
  if (!given) throw new RangeError(`${what}: its file is not given; say --drive FILE`);
  const { contents, clusters, persisted } = given;
  if (contents.size !== size || contents.sha256 !== sha256) {
    throw new RangeError(`${what}: another file is given (${contents.size} bytes, ${contents.sha256.slice(0, 12)}...)`);
  }
  return new Disk(contents, clusters, persisted);
}

/**
 * Checks that states are of devices so configured, and can be.
 * @throws RangeError
 */
export function checkAttached(configs: readonly VirtioConfig[], states: readonly AttachedState[]): void {
  if (configs.length !== states.length) throw new RangeError(`${states.length} virtio states for ${configs.length}`);
  for (const [n, { kind, bus }] of configs.entries()) {
    const { virtio, net, rng, console, pci } = states[n]!;
    if ((bus === 'pci') !== (pci !== undefined))
      throw new RangeError(`virtio device ${n} is on ${bus}: its state is not`);
    if (pci && pci.msix?.length !== virtio.queues.length + 1) {
      throw new RangeError(
        `virtio device ${n} has ${virtio.queues.length} queues, its state ${pci.msix?.length} vectors`,
      );
    }
    for (const [type, has] of Object.entries({ net, rng, console })) {
      if ((kind === type) !== (has !== undefined))
        throw new RangeError(`virtio device ${n} is a ${kind}: its state is not`);
    }
    const sizes = QUEUE_SIZES[kind];
    const fits = virtio.queues.length === sizes.length && virtio.queues.every((q, i) => q.size <= sizes[i]!);
    const heads = virtio.queues.every(({ inFlight, size }) => !inFlight || inFlight.head < size);
    if (!fits || !heads) throw new RangeError(`virtio device ${n} is a ${kind}: its queues cannot be`);
  }
}
