/** The events of a migration: what every vCPU would read of its counters at the stop and at the resume. */
import type { HostSpec } from '../host/frequency.js';
import type { CounterViews } from '../trace/index.js';
import type { MigrationRecord } from './migrate.js';
import type { Machine } from './snapshot.js';

function counters({ host, vm }: Machine): CounterViews[] {
  const count = vm.counter.count(host.now());
  return vm.vcpus.map(({ timer }) => ({
    virtual: timer.read('CNTVCT_EL0', count),
    physical: timer.read('CNTPCT_EL0', count),
  }));
}

const place = ({ host, vm }: Machine) => ({ time: host.now(), vcpu: -1, pc: vm.engine.cpu.pc });

/** To call where no vCPU runs any more and nothing has changed yet. */
export function traceStop(machine: Machine, to: HostSpec, strategy: string): void {
  const { host, vm } = machine;
  if (!vm.trace.hears('migration-stop')) return;
  const from = host.counter.spec;
  const common = { ...place(machine), from, to, strategy, freqHz: vm.counter.freqHz };
  vm.trace.migration({ kind: 'migration-stop', ...common, counters: counters(machine) });
}

/** To call behind the last step of a migration. */
export function traceResume(machine: Machine, record: MigrationRecord): MigrationRecord {
  const { vm } = machine;
  if (vm.trace.hears('migration-resume')) {
    const { from, to, strategy, stop, hidden, stolen, pvBefore, pvAfter } = record;
    const common = { ...place(machine), from, to, strategy, stop, hidden, stolen, pvBefore, pvAfter };
    const freqHz = vm.counter.freqHz;
    vm.trace.migration({ kind: 'migration-resume', ...common, freqHz, counters: counters(machine) });
  }
  return record;
}
