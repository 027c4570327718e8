/**
 * Saved state of the vGIC, the check of one that comes from outside, and the model made from it.
 */

import { GicCpuInterface, type GicCpuInterfaceState, resetGicCpuInterfaceState } from '../../arch/gic/cpu-interface.js';
import { HCR_EN } from '../../arch/gic/registers.js';
import type { FaultName } from '../faults.js';
import {
  type InterruptState,
  interruptFrom,
  interruptState,
  LEFT_OUT,
  NOWHERE,
  resetInterruptState,
  UNLOADED,
} from './interrupt.js';
import { NO_MEMORY, type TableMemory } from './its/memory.js';
import { isItsState } from './its/registers.js';
import { sync, takeWrites } from './list-registers.js';
import { requeue, unload } from './lists.js';
import { isLpi, type LpiState, lpiModelFrom, resetLpiState } from './lpi/model.js';
import { saveLpis } from './lpi/save.js';
import { lpiLimit } from './lpi/tables.js';
import type { VcpuModel, VgicHost, VgicModel } from './model.js';
import type { VgicPolicies } from './policies.js';

export interface VcpuState {
  /** Aff3.Aff2.Aff1.Aff0. */
  affinity: number;
  asleep: boolean;
  dirty: boolean;
  /** Absent: false. */
  marked?: boolean;
  activations: number;
  /** INTIDs 0 to 31. */
  privates: InterruptState[];
  /** INTIDs on the vCPU's list. */
  list: number[];
  slotStates: number[];
  cpuInterface: GicCpuInterfaceState;
}

/** Plain data, complete at any instant: list registers full, interrupts active, lists not yet flushed. */
export interface VgicState {
  /** GICD_CTLR.{EnableGrp1,EnableGrp0}. */
  groups: number;
  /** INTIDs from 32. */
  spis: InterruptState[];
  vcpus: VcpuState[];
  /** Where there are LPIs and an ITS. */
  lpis?: LpiState;
}

/** After reset: everything disabled, ProcessorSleep set, the hypervisor's ICH_HCR_EL2.En on. */
export function resetVgicState(
  affinities: readonly number[],
  spis: number,
  listRegisters: number,
  lpis: boolean,
): VgicState {
  return {
    ...(lpis && { lpis: resetLpiState(affinities.length) }),
    groups: 0,
    spis: Array.from({ length: spis }, (_, n) => resetInterruptState(32 + n)),
    vcpus: affinities.map((affinity) => ({
      affinity,
      asleep: true,
      dirty: true,
      activations: 0,
      privates: Array.from({ length: 32 }, (_, intid) => resetInterruptState(intid)),
      list: [],
      slotStates: new Array<number>(listRegisters).fill(0),
      cpuInterface: { ...resetGicCpuInterfaceState(listRegisters), hcr: HCR_EN },
    })),
  };
}

export function saveModel(model: VgicModel): VgicState {
  return {
    ...saveLpis(model),
    groups: model.groups,
    spis: model.spis.map(interruptState),
    vcpus: model.vcpus.map((vcpu) => ({
      affinity: vcpu.affinity,
      asleep: vcpu.asleep,
      dirty: vcpu.dirty,
      ...(vcpu.marked && { marked: true }),
      activations: vcpu.activations,
      privates: vcpu.privates.map(interruptState),
      list: vcpu.list.filter((irq) => !isLpi(irq)).map((irq) => irq.intid),
      slotStates: [...vcpu.slotStates],
      cpuInterface: vcpu.cpuInterface.save(),
    })),
  };
}

/** The model a checked state describes, with as many list registers as the state has. */
export function modelFrom(
  state: VgicState,
  host: VgicHost,
  policies: VgicPolicies,
  memory: TableMemory = NO_MEMORY,
  faults: ReadonlySet<FaultName> = new Set(),
): VgicModel {
  const affinities = state.vcpus.map((vcpu) => vcpu.affinity);
  const spis = state.spis.map((irq, n) => interruptFrom(irq, 32 + n, affinities.indexOf(irq.affinity)));
  const vcpus = state.vcpus.map((vcpu, index): VcpuModel => {
    const privates = vcpu.privates.map((irq, intid) => interruptFrom(irq, intid, index));
    const list = vcpu.list.map((intid) => (intid < 32 ? privates[intid]! : spis[intid - 32]!));
    const slots = vcpu.slotStates.map((_, n) => list.find((irq) => irq.lr === n) ?? null);
    return {
      index,
      affinity: vcpu.affinity,
      cpuInterface: new GicCpuInterface(vcpu.cpuInterface),
      privates,
      list,
      slots,
      slotStates: [...vcpu.slotStates],
      dirty: vcpu.dirty,
      marked: vcpu.marked ?? false,
      activations: vcpu.activations,
      asleep: vcpu.asleep,
    };
  });
  const lpis = state.lpis ? lpiModelFrom(state.lpis, memory, faults) : null;
  return { groups: state.groups, spis, vcpus, lpis, host, policies };
}

/** The same guest-visible state for another number of list registers. */
export function withListRegisters(state: VgicState, policies: VgicPolicies): VgicState {
  if (state.vcpus.every((vcpu) => vcpu.slotStates.length === policies.listRegisters)) return state;
  return unloadedState(state, policies);
}

/** The same guest-visible state with every vCPU out of the guest, and what the list registers hold back on the lists. */
export function unloadedState(state: VgicState, policies: VgicPolicies): VgicState {
  const { listRegisters } = policies;
  const model = modelFrom(state, { kick: () => {}, resident: () => false }, policies);
  for (const vcpu of model.vcpus) {
    sync(model, vcpu);
    if (vcpu.marked) takeWrites(model, vcpu);
    for (const irq of [...vcpu.list]) {
      unload(model, irq);
      requeue(model, irq);
    }
  }
  for (const vcpu of model.vcpus) {
    const active = vcpu.list.filter((irq) => irq.activation > 0).sort((a, b) => a.activation - b.activation);
    for (const [n, irq] of active.entries()) irq.activation = n + 1;
    vcpu.activations = active.length;
    for (const irq of vcpu.list) irq.lr = UNLOADED;
    vcpu.list.sort((a, b) => a.intid - b.intid);
  }
  const unloaded = saveModel(model);
  const empty = resetGicCpuInterfaceState(listRegisters);
  for (const vcpu of unloaded.vcpus) {
    const { vmcr, ap0r0, ap1r0 } = vcpu.cpuInterface;
    vcpu.cpuInterface = { ...empty, hcr: HCR_EN, vmcr, ap0r0, ap1r0 };
    vcpu.slotStates = new Array<number>(listRegisters).fill(0);
    vcpu.dirty = true;
  }
  return unloaded;
}

/** A checked state as the vGIC that is made of it saves itself: the same, but for one that no vGIC saved. */
export function resavedState(state: VgicState, policies: VgicPolicies): VgicState {
  return saveModel(modelFrom(withListRegisters(state, policies), { kick: () => {}, resident: () => false }, policies));
}

function refuse(what: string): never {
  throw new RangeError(`vGIC state: ${what}`);
}

/**
 * Throws a RangeError for a state that no run of a vGIC with these vCPUs and SPIs leaves behind. Fields are of the
 * right types: the reader of a stream sees to that.
 */
export function checkState(state: VgicState, affinities: readonly number[], spis: number, lpis: boolean): void {
  if ((state.lpis !== undefined) !== lpis)
    refuse(`it has ${lpis ? 'no' : 'an'} ITS: this vGIC has ${lpis ? 'one' : 'none'}`);
  if (state.spis.length !== spis) refuse(`${state.spis.length} SPIs: this vGIC has ${spis}`);
  if (state.vcpus.length !== affinities.length)
    refuse(`${state.vcpus.length} vCPUs: this vGIC has ${affinities.length}`);
  for (const [n, vcpu] of state.vcpus.entries()) {
    const name = `vCPU ${n}`;
    if (vcpu.affinity !== affinities[n]) refuse(`${name} has affinity ${vcpu.affinity}: here it has ${affinities[n]}`);
    if (vcpu.privates.length !== 32) refuse(`${name} has ${vcpu.privates.length} private interrupts: there are 32`);
    checkLists(state, n, vcpu);
  }
  for (const [n, irq] of state.spis.entries()) checkInterrupt(state, 32 + n, irq);
  if (state.lpis) checkLpis(state.lpis, affinities.length);
}

function checkLpis({ redistributors, its, differences }: LpiState, vcpus: number): void {
  if (redistributors.length !== vcpus) refuse(`${redistributors.length} redistributors have LPIs, of ${vcpus}`);
  if (!isItsState(its)) refuse('the ITS has registers that it cannot have');
  for (const [n, { vcpu, intid }] of differences.entries()) {
    const before = differences[n - 1];
    const inOrder = !before || before.vcpu < vcpu || (before.vcpu === vcpu && before.intid < intid);
    if (vcpu >= vcpus || intid >= lpiLimit(redistributors[vcpu]!) || !inOrder) refuse(`LPI ${intid} of vCPU ${vcpu}`);
  }
}

function checkLists(state: VgicState, n: number, vcpu: VcpuState): void {
  const count = vcpu.cpuInterface.lr.length;
  if (count < 1 || count > 16 || vcpu.slotStates.length !== count) refuse(`vCPU ${n} has ${count} list registers`);
  const listed = new Set(vcpu.list);
  if (listed.size !== vcpu.list.length) refuse(`vCPU ${n} lists an interrupt twice`);
  const used = new Set<number>();
  for (const intid of vcpu.list) {
    const irq = intid < 32 ? vcpu.privates[intid] : state.spis[intid - 32];
    if (!irq) refuse(`vCPU ${n} lists INTID ${intid}, which does not exist`);
    if (irq.owner !== n) refuse(`vCPU ${n} lists INTID ${intid}, which vCPU ${irq.owner} has`);
    if (irq.lr < 0) continue;
    if (used.has(irq.lr)) refuse(`vCPU ${n} has two interrupts in list register ${irq.lr}`);
    used.add(irq.lr);
    if (Number(vcpu.cpuInterface.lr[irq.lr]! & 0xffffn) !== intid)
      refuse(`vCPU ${n} has not INTID ${intid} in list register ${irq.lr}`);
  }
  const stray = vcpu.cpuInterface.lr.findIndex((lr, at) => lr >> 62n !== 0n && !used.has(at));
  if (stray >= 0) refuse(`vCPU ${n} has nothing that is in its list register ${stray}`);
  for (const [intid, irq] of vcpu.privates.entries()) {
    checkInterrupt(state, intid, irq);
    if (irq.owner !== NOWHERE && irq.owner !== n) refuse(`vCPU ${n}'s INTID ${intid} is on vCPU ${irq.owner}'s list`);
  }
}

function checkInterrupt(state: VgicState, intid: number, irq: InterruptState): void {
  if (irq.priority & ~0xf8) refuse(`INTID ${intid} has priority ${irq.priority}: the low 3 bits are not implemented`);
  if (irq.group !== 0 && irq.group !== 1) refuse(`INTID ${intid} has group ${irq.group}`);
  if (irq.owner === NOWHERE) {
    if (irq.lr !== UNLOADED) refuse(`INTID ${intid} is in a list register and on no list`);
    return;
  }
  const owner =
    state.vcpus[irq.owner] ?? refuse(`INTID ${intid} is on the list of vCPU ${irq.owner}, which does not exist`);
  if (!owner.list.includes(intid)) refuse(`INTID ${intid} is not on the list of vCPU ${irq.owner}`);
  if (irq.lr < LEFT_OUT || irq.lr >= owner.slotStates.length) refuse(`INTID ${intid} is in list register ${irq.lr}`);
}
