/**
 * The vGIC: GICv3 distributor and redistributors in software, over the list registers of each vCPU's CPU interface.
 * One instance serves one guest; docs/vgic.md says when a host must call what.
 */

import type { GicCpuInterface } from '../../arch/gic/cpu-interface.js';
import { LR_ACTIVE, LR_PENDING } from '../../arch/gic/list-register.js';
import { FIRST_LPI_INTID, FIRST_SPECIAL_INTID, type IccRegister } from '../../arch/gic/registers.js';
import type { FaultName } from '../faults.js';
import { distributorTable } from './distributor.js';
import { type Interrupt, isForwarded, NOWHERE } from './interrupt.js';
import {
  hasCommands,
  ITS_SIZE,
  ITS_TABLE,
  loseDevice,
  type Mapping,
  mappings,
  runCommands,
  signalMsi,
  type TableMemory,
} from './its/index.js';
import { atExit, flush, learn, sync } from './list-registers.js';
import { change, deactivate, setLine } from './lists.js';
import { markTaken } from './lpi/lists.js';
import { readLpis } from './lpi/lpis.js';
import { configuredPriority } from './lpi/tables.js';
import { type Frame, readFrame, writeFrame } from './mmio.js';
import { affinityOf, type VgicHost, type VgicModel } from './model.js';
import { resolvePolicies, type VgicChoices, type VgicPolicies } from './policies.js';
import { REDISTRIBUTOR_STRIDE, REDISTRIBUTOR_TABLE } from './redistributor.js';
import type { AccessSize, RegisterTable } from './register-table.js';
import { type SgiRegister, sendSgi } from './sgi.js';
import {
  checkState,
  modelFrom,
  resetVgicState,
  saveModel,
  unloadedState,
  type VgicState,
  withListRegisters,
} from './state.js';

/** 'dist': GICD, 64 KB. 'redist': GICR of all vCPUs, 0x20000 bytes each, in their order. 'its': GITS, 0x20000 bytes. */
export type VgicRegion = 'dist' | 'redist' | 'its';

export interface VgicOptions {
  /** 1 to 8. */
  vcpus: number;
  /** MPIDR_EL1 of each. */
  mpidr: readonly bigint[];
  /** Number of SPIs: a multiple of 32, 32 to 960. */
  spis: number;
  /** 1 to 16. */
  listRegisters: number;
  host: VgicHost;
  /** Guest memory for the tables of LPIs and an ITS; absent: there are none. */
  lpis?: TableMemory | undefined;
  /** Misbehaviours of the ITS and of LPIs. */
  faults?: ReadonlySet<FaultName>;
  policies?: VgicChoices;
}

const DISTRIBUTOR_SIZE = 0x10000;

export class Vgic {
  readonly cpuInterfaces: readonly GicCpuInterface[];
  /** The policies in force. */
  readonly policies: VgicPolicies;
  #model: VgicModel;
  #distributor: RegisterTable;

  /**
   * A vGIC after reset, or as `state` has it, also where that has another number of list registers. Throws a RangeError
   * for options or policies that cannot be had and for a state that is not of such a vGIC.
   */
  constructor(opts: VgicOptions, state?: VgicState) {
    const { vcpus, mpidr, spis, listRegisters, host } = opts;
    if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > 8)
      throw new RangeError(`vcpus ${vcpus}: this vGIC has 1 to 8`);
    if (!Number.isInteger(spis) || spis < 32 || spis > 960 || spis % 32) {
      throw new RangeError(`spis ${spis}: a multiple of 32 from 32 to 960`);
    }
    const affinities = mpidr.map(affinityOf);
    if (affinities.length !== vcpus || new Set(affinities).size !== vcpus) {
      throw new RangeError(`mpidr: ${vcpus} vCPUs need as many different affinities`);
    }
    this.policies = resolvePolicies(listRegisters, opts.policies ?? {});
    const lpis = opts.lpis !== undefined;
    if (state) checkState(state, affinities, spis, lpis);
    const start = state
      ? withListRegisters(state, this.policies)
      : resetVgicState(affinities, spis, listRegisters, lpis);
    this.#model = modelFrom(start, host, this.policies, opts.lpis, opts.faults);
    if (!state && this.#model.lpis) this.#model.lpis.unread = null;
    this.#distributor = distributorTable(spis);
    this.cpuInterfaces = this.#model.vcpus.map((vcpu) => vcpu.cpuInterface);
  }

  save(): VgicState {
    if (!this.#model.lpis) return saveModel(this.#model);
    // Pending LPIs are in guest memory, and list registers may hold some: the state has those of neither.
    return unloadedState(saveModel(this.#model), this.policies);
  }

  /** A guest's read. Null, an external abort: beyond the region, or as activeRead says. */
  mmioRead(region: VgicRegion, offset: number, size: AccessSize, vcpu: number): bigint | null {
    const frame = this.#frame(region, offset, size);
    return frame && readFrame(this.#model, frame, offset % frame.size, size, vcpu);
  }

  /** A guest's write. False, an external abort: beyond the region, or as activeRead says. */
  mmioWrite(region: VgicRegion, offset: number, size: AccessSize, value: bigint, vcpu: number): boolean {
    const frame = this.#frame(region, offset, size);
    return frame !== null && writeFrame(this.#model, frame, offset % frame.size, size, value, vcpu);
  }

  /**
   * A write that restores what was read there: I[SC]PENDR, I[SC]ACTIVER and I[SC]ENABLER set the state through the S
   * register, and read-only registers check it. RangeError where the value cannot be had. False beyond the region.
   */
  mmioRestore(region: VgicRegion, offset: number, size: AccessSize, value: bigint): boolean {
    const frame = this.#frame(region, offset, size);
    if (frame) writeFrame(this.#model, frame, offset % frame.size, size, value, frame.redistributor ?? 0, true);
    return frame !== null;
  }

  /** Guest memory has what it had when the state was saved, and can be read: which LPIs are pending is there. */
  memoryRestored(): void {
    if (this.#model.lpis?.unread) readLpis(this.#model);
  }

  /** A device's MSI: a write of an EventID to GITS_TRANSLATER. `vcpu`: the one whose access it is part of, or -1. */
  msi(deviceId: number, eventId: number, vcpu = -1): void {
    signalMsi(this.#model, deviceId, eventId, vcpu);
  }

  /** Whether the ITS has commands that it left for later. */
  get hasCommands(): boolean {
    return hasCommands(this.#model);
  }

  /** Runs as many of them as one access may. */
  runCommands(): void {
    runCommands(this.#model, -1);
  }

  /** The ITS's mappings, by DeviceID and EventID. */
  get itsMappings(): Iterable<Mapping> {
    return mappings(this.#model);
  }

  /** Makes the ITS forget a device, as a mistaken hypervisor does. */
  loseItsDevice(id: number): void {
    loseDevice(this.#model, id);
  }

  /** LPIs that have been delivered to redistributors since this object was made. */
  get lpisDelivered(): number {
    return this.#model.lpis?.delivered ?? 0;
  }

  /** Pending LPIs: what the vGIC's memory grows with. */
  get lpisPending(): number {
    return this.#model.lpis?.live.size ?? 0;
  }

  /** What the guest asked of the ITS and was not done, and how often; no part of the state. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#model.lpis?.refusals ?? new Map();
  }

  /** The input line of an SPI. RangeError for an INTID that is none. */
  setSpiLevel(intid: number, level: boolean): void {
    const irq = this.#model.spis[intid - 32];
    if (!irq) throw new RangeError(`SPI ${intid}: this vGIC has 32 to ${31 + this.#model.spis.length}`);
    setLine(this.#model, irq, level);
  }

  /** The input line of a vCPU's PPI. RangeError for an INTID that is none. */
  setPpiLevel(vcpu: number, intid: number, level: boolean): void {
    const irq = intid >= 16 ? this.#model.vcpus[vcpu]?.privates[intid] : undefined;
    if (!irq)
      throw new RangeError(
        `PPI ${intid} of vCPU ${vcpu}: PPIs are 16 to 31, vCPUs 0 to ${this.#model.vcpus.length - 1}`,
      );
    setLine(this.#model, irq, level);
  }

  /** Makes a vCPU's PPI pending whatever its input line is, as a write to ISPENDR does: what a mistaken hypervisor injects. */
  setPpiPending(vcpu: number, intid: number): void {
    this.mmioWrite('redist', vcpu * REDISTRIBUTOR_STRIDE + 0x1_0200, 4, 1n << BigInt(intid), vcpu);
  }

  /** A guest's write to an SGI register, which always traps. */
  sgi(vcpu: number, register: SgiRegister, value: bigint): void {
    sendSgi(this.#model, vcpu, register, value);
  }

  /** Whether a guest's access to an ICC register traps now. */
  traps(vcpu: number, register: IccRegister): boolean {
    return this.cpuInterfaces[vcpu]!.traps(register);
  }

  /** A guest's read of an ICC register: by the hardware, or emulated where it traps. */
  readIcc(vcpu: number, register: IccRegister): bigint {
    const hardware = this.cpuInterfaces[vcpu]!;
    if (hardware.traps(register)) sync(this.#model, this.#model.vcpus[vcpu]!);
    const value = hardware.readIcc(register);
    if (value >= FIRST_LPI_INTID && register.startsWith('ICC_IAR')) markTaken(this.#model, Number(value));
    if (hardware.maintenance) this.#model.host.kick(vcpu, 'maintenance');
    return value;
  }

  /** A guest's write of an ICC register: by the hardware, or emulated where it traps. */
  writeIcc(vcpu: number, register: IccRegister, value: bigint): void {
    const hardware = this.cpuInterfaces[vcpu]!;
    if (hardware.traps(register)) this.#emulateWrite(vcpu, register, value);
    else hardware.writeIcc(register, value);
    if (hardware.maintenance) this.#model.host.kick(vcpu, 'maintenance');
  }

  /** Fills a vCPU's list registers before it enters the guest. */
  flush(vcpu: number): void {
    flush(this.#model, this.#model.vcpus[vcpu]!);
  }

  /** A vCPU has left the guest, for whatever reason: what the policies do then. */
  exit(vcpu: number): void {
    atExit(this.#model, this.#model.vcpus[vcpu]!);
  }

  /** Whether a flush now would leave the vCPU's virtual IRQ or FIQ asserted: what ends its WFI. */
  hasPending(vcpu: number): boolean {
    const it = this.#model.vcpus[vcpu]!;
    sync(this.#model, it);
    const hardware = it.cpuInterface;
    if (!it.dirty && !hardware.maintenance) return hardware.virq || hardware.vfiq;
    let best: Interrupt | undefined;
    const queued = this.#model.lpis?.queues[vcpu]?.first;
    for (const irq of queued ? [...it.list, queued] : it.list) {
      if (irq.active || irq.target !== vcpu || !isForwarded(this.#model.groups, irq)) continue;
      if (!hardware.groupEnabled(irq.group)) continue;
      if (!best || irq.priority < best.priority || (irq.priority === best.priority && irq.intid < best.intid))
        best = irq;
    }
    return best !== undefined && hardware.wouldSignal(best.priority, best.group);
  }

  /**
   * Whether the interrupt, were it pending and not active, would be signalled to the vCPU: routed there, enabled, its
   * group enabled everywhere, its priority sufficient. A look from outside: nothing is synced.
   */
  deliverable(vcpu: number, intid: number): boolean {
    const priority = this.priorityOf(vcpu, intid);
    return priority < 256 && this.cpuInterfaces[vcpu]!.wouldSignal(priority, this.#irq(vcpu, intid)!.group);
  }

  /** Priority of an interrupt that is routed to the vCPU and enabled, as is its group; 256 of any other. */
  priorityOf(vcpu: number, intid: number): number {
    const irq = this.#irq(vcpu, intid);
    if (!irq?.enabled || irq.target !== vcpu || !((this.#model.groups >> irq.group) & 1)) return 256;
    return this.cpuInterfaces[vcpu]!.groupEnabled(irq.group) ? irq.priority : 256;
  }

  /** Priority as configured; 256 of what is no interrupt. */
  priority(vcpu: number, intid: number): number {
    const irq = this.#irq(vcpu, intid);
    // An LPI that has just been taken is no more.
    if (!irq && intid >= FIRST_LPI_INTID && this.#model.lpis) return configuredPriority(this.#model.lpis, vcpu, intid);
    return irq?.priority ?? 256;
  }

  /** Interrupts that are pending or active. A look from outside: nothing is synced. */
  get live(): readonly { vcpu: number; intid: number; pending: boolean; active: boolean; line: boolean }[] {
    const all = [...this.#model.vcpus.flatMap((vcpu) => vcpu.privates), ...this.#model.spis];
    return all
      .map((irq) => ({
        vcpu: irq.owner === NOWHERE ? irq.target : irq.owner,
        intid: irq.intid,
        ...this.#stateOf(irq),
        line: irq.line,
      }))
      .filter((it) => it.pending || it.active || it.line);
  }

  /** Latch and active state, wherever they are now. */
  #stateOf(irq: Interrupt): { pending: boolean; active: boolean } {
    const loaded = irq.lr >= 0 ? this.cpuInterfaces[irq.owner]!.lrState(irq.lr) : 0;
    if (irq.lr < 0) return { pending: irq.latch || irq.again, active: irq.active };
    return { pending: irq.again || (irq.latch && (loaded & LR_PENDING) !== 0), active: (loaded & LR_ACTIVE) !== 0 };
  }

  #irq(vcpu: number, intid: number): Interrupt | undefined {
    if (intid >= FIRST_LPI_INTID) return this.#model.lpis?.live.get(intid);
    return intid < 32 ? this.#model.vcpus[vcpu]!.privates[intid] : this.#model.spis[intid - 32];
  }

  /** A trapped write: on the registers of the interface, and for what is in no list register, here. */
  #emulateWrite(vcpu: number, register: IccRegister, value: bigint): void {
    const it = this.#model.vcpus[vcpu]!;
    const hardware = it.cpuInterface;
    const intid = Number(value & 0xffffffn);
    sync(this.#model, it);
    if (register === 'ICC_DIR_EL1') {
      // An SPI may be active in another vCPU's list register.
      if (hardware.eoiMode) this.#deactivate(vcpu, intid, () => true);
      return;
    }
    hardware.writeIcc(register, value);
    if (hardware.eoiCount === 0) return;
    hardware.clearEoiCount();
    const group = register === 'ICC_EOIR1_EL1' ? 1 : 0;
    this.#deactivate(vcpu, intid, (irq) => irq.owner === vcpu && irq.group === group);
  }

  #deactivate(vcpu: number, intid: number, condition: (irq: Interrupt) => boolean): void {
    if (intid >= FIRST_SPECIAL_INTID) return;
    const irq = this.#irq(vcpu, intid);
    if (!irq) return;
    learn(this.#model, irq, vcpu);
    if (irq.active && condition(irq)) change(this.#model, irq, deactivate);
  }

  #frame(region: VgicRegion, offset: number, size: number): (Frame & { size: number }) | null {
    if (region === 'dist') {
      return offset + size <= DISTRIBUTOR_SIZE
        ? { table: this.#distributor, redistributor: null, size: DISTRIBUTOR_SIZE }
        : null;
    }
    if (region === 'its') {
      const there = this.#model.lpis !== null && offset + size <= ITS_SIZE;
      return there ? { table: ITS_TABLE, redistributor: null, size: ITS_SIZE } : null;
    }
    if (offset + size > this.#model.vcpus.length * REDISTRIBUTOR_STRIDE) return null;
    const redistributor = Math.floor(offset / REDISTRIBUTOR_STRIDE);
    return { table: REDISTRIBUTOR_TABLE, redistributor, size: REDISTRIBUTOR_STRIDE };
  }
}
