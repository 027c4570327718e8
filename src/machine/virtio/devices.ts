/** All virtio devices of a board: made of their configuration and state, attached to their buses, served in time. */
import type { Ps } from '../../arch/timer/time.js';
import type { Bus } from '../bus.js';
import { SPI, VIRT } from '../virt.js';
import { Block } from './block/block.js';
import { type Clusters, Disk, type DiskContents } from './block/disk.js';
import { type BlockConfig, QUEUE_SIZES, type VirtioConfig } from './config.js';
import { Console, type ConsoleState, resetConsoleState } from './console.js';
import { resetVirtioState, VirtioDevice, type VirtioState } from './device.js';
import type { GuestRam } from './guest-ram.js';
import { VirtioMmio } from './mmio.js';
import type { DeviceModel } from './model.js';
import { Rng, type RngState, resetRngState } from './rng.js';

/** Plain state of one device. */
export interface AttachedState {
  virtio: VirtioState;
  /** Of its type. */
  rng?: RngState;
  console?: ConsoleState;
}

/** What devices are made of beside configuration and state: no part of the machine's state. */
export interface VirtioBackends {
  /** By block device, in order, with what was written to it before. */
  readonly disks?: readonly { readonly contents: DiskContents; readonly clusters?: Clusters }[];
}

export interface VirtioWires {
  readonly ram: GuestRam;
  now(): Ps;
  /** A deadline has come nearer than it was. */
  attend(): void;
  /** The level of a shared peripheral interrupt. */
  interrupt(intid: number, level: boolean): void;
  /** What the guest prints on the virtio console. */
  console(bytes: Uint8Array): void;
}

interface Attached {
  readonly device: VirtioDevice;
  save(): AttachedState;
}

const PS_PER_NS = 1000n;

export class VirtioDevices {
  /** By block device, in order. */
  readonly disks: readonly Disk[];
  readonly #attached: readonly Attached[];
  readonly #wires: VirtioWires;
  #console: { model: Console; device: VirtioDevice } | null = null;

  /**
   * @param states by device; null: all at reset
   * @throws RangeError where a drive has no contents or others than it was made with
   */
  constructor(
    configs: readonly VirtioConfig[],
    wires: VirtioWires,
    bus: Bus,
    { disks = [] }: VirtioBackends,
    states: readonly AttachedState[] | null,
  ) {
    this.#wires = wires;
    const blocks = configs.filter((c) => c.kind === 'block');
    this.disks = blocks.map((config, n) => diskOf(config, n, disks[n]));
    let [block, mmio] = [0, 0];
    this.#attached = configs.map((config, n) => {
      const state = states?.[n];
      const disk = config.kind === 'block' ? this.disks[block++]! : null;
      const { model, save } = this.#model(config, disk, state);
      const device: VirtioDevice = new VirtioDevice(
        model,
        {
          ram: wires.ram,
          now: () => wires.now(),
          mayAccess: () => true,
          interrupt: (cause) => transport.raise(cause),
          attend: () => wires.attend(),
        },
        state?.virtio ?? resetVirtioState(model),
      );
      if (model instanceof Console) this.#console = { model, device };
      const slot = mmio++;
      const transport = new VirtioMmio(device, (level) => wires.interrupt(SPI.virtioMmio + slot, level));
      const { base, size } = VIRT.virtioMmio;
      bus.add({ kind: 'device', name: `virtio-mmio ${slot}`, base: base + slot * size, size, device: transport });
      return { device, save: () => ({ virtio: device.save(), ...save() }) };
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

  #model(
    config: VirtioConfig,
    disk: Disk | null,
    state: AttachedState | undefined,
  ): { model: DeviceModel; save(): Omit<AttachedState, 'virtio'> } {
    switch (config.kind) {
      case 'block': {
        const { readOnly, latency, sha256 } = config;
        const serial = sha256.slice(0, 20);
        const model = new Block({ disk: disk!, readOnly, serial, latency: BigInt(latency) * PS_PER_NS });
        return { model, save: () => ({}) };
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

function diskOf(
  { size, sha256 }: BlockConfig,
  n: number,
  given: NonNullable<VirtioBackends['disks']>[number] | undefined,
): Disk {
  const what = `drive ${n} (${size} bytes, SHA-256 ${sha256.slice(0, 12)}...)`;
  if (!given) throw new RangeError(`${what}: its file is not given; say --drive FILE`);
  const { contents, clusters } = given;
  if (contents.size !== size || contents.sha256 !== sha256) {
    throw new RangeError(`${what}: another file is given (${contents.size} bytes, ${contents.sha256.slice(0, 12)}...)`);
  }
  return new Disk(contents, clusters);
}

/**
 * Checks that states are of devices so configured, and can be.
 * @throws RangeError
 */
export function checkAttached(configs: readonly VirtioConfig[], states: readonly AttachedState[]): void {
  if (configs.length !== states.length) throw new RangeError(`${states.length} virtio states for ${configs.length}`);
  for (const [n, { kind }] of configs.entries()) {
    const { virtio, rng, console } = states[n]!;
    if ((kind === 'rng') !== (rng !== undefined) || (kind === 'console') !== (console !== undefined)) {
      throw new RangeError(`virtio device ${n} is a ${kind}: its state is of another type`);
    }
    const sizes = QUEUE_SIZES[kind];
    const fits = virtio.queues.length === sizes.length && virtio.queues.every((q, i) => q.size <= sizes[i]!);
    const heads = virtio.queues.every(({ inFlight, size }) => !inFlight || inFlight.head < size);
    if (!fits || !heads) throw new RangeError(`virtio device ${n} is a ${kind}: its queues cannot be`);
  }
}
