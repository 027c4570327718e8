/**
 * `chronovisor/test`: guests in tests. `boot` and `restore` need nothing but Node; in vitest, `expect(vm)` has matchers for
 * what a guest saw of time. docs/testing-your-guest.md
 */
import { parseFaults } from '../hypervisor/faults.js';
import { restoreSnapshot } from '../migration/snapshot.js';
import { type BootOptions, devicesOf, machineOf, type VmOptions } from './options.js';
import { extendVitest } from './vitest.js';
import { TestVm } from './vm.js';

export type { HostSpec } from '../host/frequency.js';
export { runTogether } from '../host/together.js';
export type { StrategyName } from '../hypervisor/strategy/index.js';
export type { GuestEnd } from '../hypervisor/vm/host.js';
export { Switch } from '../machine/virtio/index.js';
export type { MigrationRecord } from '../migration/migrate.js';
export type { Verdict } from '../verify/verdict.js';
export { GuestError } from './error.js';
export { type CounterOptions, hosts } from './hosts.js';
export { type MonotonicOptions, matchers } from './matchers.js';
export type { BootOptions, DriveOptions, NetOptions, VmOptions } from './options.js';
export type { GuestTimeMatchers } from './vitest.js';
export { type MigrateOptions, TestVm, type WithinOptions } from './vm.js';

/**
 * A machine at its image's first instruction.
 * @throws RangeError naming the option, or BadImage
 */
export async function boot(options: BootOptions): Promise<TestVm> {
  const { machine, symbols } = machineOf(options);
  return new TestVm(machine, symbols, options);
}

/**
 * A machine from a snapshot, of `vm.save()` or of `chronovisor run --save`.
 * @throws BadSnapshot where the bytes do not describe a machine
 */
export async function restore(snapshot: Uint8Array, options: VmOptions = {}): Promise<TestVm> {
  const faults = parseFaults(options.faults ?? [], 'faults');
  const { backends } = devicesOf(options);
  return new TestVm(restoreSnapshot(snapshot, options.engine ?? 'interp', {}, faults, backends), [], options);
}

await extendVitest();
