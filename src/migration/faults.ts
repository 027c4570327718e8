/** What the faults of a run make of a migration, of a save and of a restore. Each branch is one real mistake; docs/cases tells its story. */
import type { TimerState } from '../arch/timer/index.js';
import { PS_PER_MICROSECOND, PS_PER_SECOND, type Ps } from '../arch/timer/time.js';
import type { FaultName } from '../hypervisor/faults.js';
import type { MigrationInput, MigrationPlan } from '../hypervisor/strategy/index.js';
import type { Vm } from '../hypervisor/vm/vm.js';
import type { VmState } from '../hypervisor/vm/vm-state.js';
import { VIRT } from '../machine/virt.js';
import type { Section } from './container.js';
import { BadSnapshot } from './errors.js';
import type { Machine } from './snapshot.js';

/** T5: host time between the restores of two vCPUs. */
const RESTORE_DISTANCE: Ps = 20n * PS_PER_MICROSECOND;

/** Device table entries of a second-level table: 64 KiB of 8 bytes. */
const LEVEL2_DEVICES = 8192;

/** RTCLR of the PL031: what is written there becomes the time. */
const RTC_LR = 0x008;

/** The plan as a hypervisor with these faults carries it out. */
export function spoiledPlan(
  faults: ReadonlySet<FaultName>,
  plan: MigrationPlan,
  input: Pick<MigrationInput, 'from' | 'to' | 'stop' | 'resume' | 'timers'>,
): MigrationPlan {
  if (faults.size === 0) return plan;
  const timers = plan.timers.map((timer, vcpu) => spoiledTimer(faults, timer, vcpu, input));
  return { ...plan, timers };
}

function spoiledTimer(
  faults: ReadonlySet<FaultName>,
  planned: TimerState,
  vcpu: number,
  { from, to, stop, resume, timers }: Pick<MigrationInput, 'from' | 'to' | 'stop' | 'resume' | 'timers'>,
): TimerState {
  const timer = { ...planned };
  const source = timers[vcpu]!;
  // T2: registers are replayed in the order of their list, and the raw CNTVOFF comes after the counter.
  if (faults.has('cntvoff-replayed')) timer.cntvoff = source.cntvoff;
  // T5: "counter = value" is turned into an offset when each vCPU is restored. The last one is restored at the resume.
  if (faults.has('per-vcpu-offset')) {
    const before = RESTORE_DISTANCE * BigInt(timers.length - 1 - vcpu);
    const since = to.count(resume) - to.count(resume > before ? resume - before : 0n);
    timer.cntvoff = BigInt.asUintN(64, timer.cntvoff - since);
  }
  // T4: the expiry masks the timer and makes its interrupt pending in a GIC whose state is saved already.
  if (faults.has('timer-fires-between-saves')) {
    const view = BigInt.asUintN(64, from.count(stop) - source.cntvoff);
    const armed = source.cntv.ctl === 1 && source.cntv.cval > view;
    if (armed && from.timeOf(source.cntv.cval + source.cntvoff) <= resume) {
      timer.cntv = { ...timer.cntv, ctl: 3 };
    }
  }
  return timer;
}

/** What goes wrong when the VM, stopped and started at these instants, is about to run on the destination. */
export function spoilResume({ vm }: Machine, stop: Ps, resume: Ps): void {
  // T8: the RTC's data register is saved, and written to its load register behind the downtime.
  if (vm.faults.has('rtc-stands-still')) {
    const behind = Number(resume / PS_PER_SECOND - stop / PS_PER_SECOND);
    const { bus } = vm.board;
    bus.writeDevice(VIRT.rtc.base + RTC_LR, 4, BigInt((Number(bus.readDevice(VIRT.rtc.base, 4)) - behind) >>> 0));
  }
  // S1: the total is the host thread's, and that is a new one.
  if (vm.faults.has('stolen-restarts')) {
    for (const [vcpu, v] of vm.vcpus.entries()) {
      v.stolen = 0n;
      vm.publishStolenTime(vcpu);
    }
  }
  // T3: the host timer of a parked vCPU was cancelled at the source, and only an entry arms it.
  if (vm.faults.has('wfi-timer-not-rearmed')) {
    for (const v of vm.vcpus) if (v.waiting === 'wfi') v.deadline = null;
  }
}

/** R2: what a snapshot says of a VM when the interrupts that are being handled are forgotten. */
export function spoiledSave(faults: ReadonlySet<FaultName>, state: VmState): VmState {
  if (!faults.has('snapshot-drops-priorities')) return state;
  const vcpus = state.vgic.vcpus.map((v) => ({ ...v, cpuInterface: { ...v.cpuInterface, ap0r0: 0, ap1r0: 0 } }));
  return { ...state, vgic: { ...state.vgic, vcpus } };
}

/** What a restore makes of an ITS whose tables are in guest memory. @throws BadSnapshot where it gives up */
export function spoilRestoredIts({ faults, vgic }: Vm): void {
  // I4: an event whose collection is not mapped is taken for damage.
  if (faults.has('its-restore-all-or-nothing')) {
    for (const { device, event, vcpu } of vgic.itsMappings) {
      if (vcpu < 0)
        throw new BadSnapshot(`the ITS's device ${device} has event ${event} of a collection that is not mapped`);
    }
  }
  // I7: the distance to the next device leads out of the second-level table, and "bytes left" wraps.
  if (faults.has('its-scan-overruns')) {
    const lost = new Set([...vgic.itsMappings].map(({ device }) => device).filter((id) => id >= LEVEL2_DEVICES));
    for (const id of lost) vgic.loseItsDevice(id);
  }
}

/** R3: the section as a later build would write it. */
export function spoiledSection(faults: ReadonlySet<FaultName>, section: Section): Section {
  return faults.has('snapshot-version-ahead') ? { ...section, version: section.version + 1 } : section;
}

/** R1: counter reads of the run that goes on come from a clock that the snapshot does not know. */
export function spoiledRestore(faults: ReadonlySet<FaultName>, state: VmState): VmState {
  if (!faults.has('counter-unlogged')) return state;
  const off = (timer: TimerState): TimerState => ({ ...timer, cntvoff: BigInt.asUintN(64, timer.cntvoff - 1n) });
  return { ...state, vcpus: state.vcpus.map((v) => ({ ...v, timer: off(v.timer) })) };
}
