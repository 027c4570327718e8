/** Migration in process: the VM goes on behind a host with another counter. */
import type { IdentityRegister } from '../arch/system/identity.js';
import type { Ps } from '../arch/timer/time.js';
import { HostCounter } from '../host/counter.js';
import type { HostSpec } from '../host/frequency.js';
import {
  admitMigration,
  admitTraps,
  type DowntimePolicy,
  guestCounter,
  planMigration,
  type StrategyName,
} from '../hypervisor/strategy/index.js';
import type { Vm } from '../hypervisor/vm/vm.js';
import { admitHostCpu } from './compatibility.js';
import { spoiledPlan, spoilResume } from './faults.js';
import type { Machine } from './snapshot.js';
import { traceResume, traceStop } from './traced.js';

/** What a migration did, for reports. Counters are vCPU 0's virtual counter and the PV counter derived from it. */
export interface MigrationRecord {
  /** Host time of the stop and of the resume. */
  readonly stop: Ps;
  readonly resume: Ps;
  /** Host time of the stop that guest time does not include: all of it where guest time stands still, else 0. */
  readonly hidden: Ps;
  /** Host time of the stop that a vCPU with something to do is told was stolen. */
  readonly stolen: Ps;
  /** Instructions retired by all vCPUs until then. */
  readonly instructions: number;
  readonly from: HostSpec;
  readonly to: HostSpec;
  readonly strategy: StrategyName;
  readonly policy: DowntimePolicy;
  /** By how much the counter's rate is off on the destination where it is scaled in 8.24 fixed point; else 0. */
  readonly rateErrorPpb: number;
  readonly virtualBefore: bigint;
  readonly virtualAfter: bigint;
  readonly pvBefore: bigint | null;
  readonly pvAfter: bigint | null;
}

/**
 * Says whether the machine could move to a host: to be asked before the source stops.
 * @throws RangeError as `migrate`
 */
export function admitMove(
  { host, vm }: Machine,
  to: HostSpec,
  strategy: StrategyName,
  policy: DowntimePolicy,
  allow: readonly IdentityRegister[] = [],
): void {
  const { time, lpt } = vm;
  admitMigration(strategy, policy, host.counter.spec, to, { time, lpt, pvTime: vm.config.pvTime });
  admitHostCpu(vm, to, allow);
}

/**
 * Moves the machine, between two slices, to a host with another counter.
 * @param downtime host time during which no vCPU can run
 * @param policy what guest time makes of it
 * @param allow identification registers that may differ from what the guest has read
 * @throws RangeError where the strategy or the policy cannot be kept, or the destination's CPU refuses; nothing has changed then
 */
export function migrate(
  machine: Machine,
  to: HostSpec,
  strategy: StrategyName,
  downtime: Ps,
  policy: DowntimePolicy = 'paused',
  allow: readonly IdentityRegister[] = [],
): MigrationRecord {
  const { host, vm } = machine;
  const from = host.counter;
  admitMove({ host, vm }, to, strategy, policy, allow);
  const stop = host.now();
  const input = {
    from,
    to: new HostCounter(to),
    stop,
    resume: stop + downtime,
    // Fault counter-by-value (T1): whatever the policy says, guest time goes on from the value that was saved.
    included: policy === 'paused' || vm.faults.has('counter-by-value') ? 0n : downtime,
    time: vm.time,
    timers: vm.vcpus.map((v) => v.timer.save()),
    lpt: vm.lpt,
  };
  const good = planMigration(strategy, input);
  const counters = { from: vm.counter, to: guestCounter(good.time, input.to) };
  const plan = spoiledPlan(vm.faults, good, { ...input, ...counters, resume: good.resume });
  const { resume } = plan;
  traceStop(machine, to, strategy);
  host.becomes(to, resume - stop, policy === 'stolen' ? wakeTimes(vm, resume) : null);
  vm.setTime(plan.time);
  for (const [i, timer] of plan.timers.entries()) vm.vcpus[i]!.timer.restore(timer);
  vm.cpuChanged();
  vm.lpt = plan.lpt;
  if (plan.lptPage) vm.publishLpt(plan.lptPage);
  for (let v = 0; v < vm.vcpus.length; v++) vm.updateTimers(v);
  vm.announceMigration(stop);
  spoilResume(machine, stop, resume);
  return traceResume(machine, {
    stop,
    resume,
    hidden: policy === 'paused' ? downtime : 0n,
    stolen: policy === 'stolen' ? resume - stop : 0n,
    instructions: host.instructions,
    from: from.spec,
    to,
    strategy,
    policy,
    rateErrorPpb: plan.rateErrorPpb,
    virtualBefore: plan.virtualBefore,
    virtualAfter: plan.virtualAfter,
    pvBefore: plan.pvBefore,
    pvAfter: plan.pvAfter,
  });
}

/**
 * Makes a new machine ready for the strategy of its migrations: `trap` traps from the beginning, so that the price of a
 * counter is the same on every host and the guest's loops are calibrated with it.
 * @throws RangeError where its host cannot
 */
export function beginWith({ host, vm }: Machine, strategy: StrategyName): void {
  if (strategy !== 'trap') return;
  admitTraps(host.counter.spec);
  vm.setTime({ ...vm.time, kind: 'trapped' });
}

/** When each vCPU that waits would have had something to do, had it not been stopped: until then nothing is stolen. */
const wakeTimes = (vm: Vm, never: Ps): Ps[] => vm.vcpus.map((v) => v.deadline ?? never);
