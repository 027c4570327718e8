/** Migration in process: the VM goes on behind a host with another counter. */
import type { IdentityRegister } from '../arch/system/identity.js';
import type { Ps } from '../arch/timer/time.js';
import { HostCounter } from '../host/counter.js';
import type { HostSpec } from '../host/frequency.js';
import { admitMigration, planMigration, type StrategyName } from '../hypervisor/strategy/index.js';
import { admitHostCpu } from './compatibility.js';
import { spoiledPlan, spoilResume } from './faults.js';
import type { Machine } from './snapshot.js';

/** What a migration did, for reports. Counters are vCPU 0's virtual counter and the PV counter derived from it. */
export interface MigrationRecord {
  /** Host time of the stop and of the resume. */
  readonly stop: Ps;
  readonly resume: Ps;
  /** Host time of the stop that guest time does not include: all of it where guest time stands still, else 0. */
  readonly hidden: Ps;
  /** Host time of the stop that the guest is told was stolen. */
  readonly stolen: Ps;
  /** Instructions retired by all vCPUs until then. */
  readonly instructions: number;
  readonly from: HostSpec;
  readonly to: HostSpec;
  readonly strategy: StrategyName;
  readonly virtualBefore: bigint;
  readonly virtualAfter: bigint;
  readonly pvBefore: bigint | null;
  readonly pvAfter: bigint | null;
}

/**
 * Moves the machine, between two slices, to a host with another counter.
 * @param downtime host time during which no vCPU runs
 * @param allow identification registers that may differ from what the guest has read
 * @throws RangeError where the strategy or the destination's CPU refuses; nothing has changed then
 */
export function migrate(
  { host, vm }: Machine,
  to: HostSpec,
  strategy: StrategyName,
  downtime: Ps,
  allow: readonly IdentityRegister[] = [],
): MigrationRecord {
  const from = host.counter;
  admitMigration(strategy, from.freqHz, to.freqHz, vm.lpt);
  admitHostCpu(vm, to, allow);
  const stop = host.now();
  const resume = stop + downtime;
  const counter = new HostCounter(to);
  const timers = vm.vcpus.map((v) => v.timer.save());
  const input = { from, to: counter, stop, resume, timers, lpt: vm.lpt };
  const plan = spoiledPlan(vm.faults, planMigration(strategy, input), input);
  host.becomes(to, downtime);
  for (const [i, timer] of plan.timers.entries()) vm.vcpus[i]!.timer.restore(timer);
  vm.cpuChanged();
  vm.lpt = plan.lpt;
  if (plan.lptPage) vm.publishLpt(plan.lptPage);
  for (let v = 0; v < vm.vcpus.length; v++) vm.updateTimers(v);
  spoilResume({ host, vm }, stop, resume);
  return {
    stop,
    resume,
    hidden: downtime,
    stolen: 0n,
    instructions: host.instructions,
    from: from.spec,
    to,
    strategy,
    virtualBefore: plan.virtualBefore,
    virtualAfter: plan.virtualAfter,
    pvBefore: plan.pvBefore,
    pvAfter: plan.pvAfter,
  };
}
