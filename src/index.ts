/** The public API: machines, snapshots, migrations, sessions and what they say. Runs in Node and in a browser tab. */
export { PROFILES, type Profile } from './arch/profiles.js';
export type { Ps } from './arch/timer/time.js';
export { DEFAULT_COSTS, type ExitCosts, parseCosts, ZERO_COSTS } from './host/costs.js';
export { HostCounter } from './host/counter.js';
export { HOST_PRESETS, type HostSpec, parseHost } from './host/frequency.js';
export { Host, type HostOptions, type RunLimit, type RunStop, type VcpuAccount } from './host/host.js';
export { parseSteal, type StealPattern, StealSchedule } from './host/steal.js';
export { formatDuration, formatFrequency, parseDuration, parseFrequency } from './host/time-spec.js';
export { runTogether } from './host/together.js';
export { FAULTS, type Fault, type FaultName, parseFaults } from './hypervisor/faults.js';
export { parseStrategy, STRATEGIES, type StrategyName } from './hypervisor/strategy/index.js';
export { checkConfig, type VmConfig } from './hypervisor/vm/config.js';
export type { GuestMemory } from './hypervisor/vm/guest-memory.js';
export type { GuestEnd } from './hypervisor/vm/host.js';
export { Vm } from './hypervisor/vm/vm.js';
export type { VmState } from './hypervisor/vm/vm-state.js';
export {
  type DiskContents,
  memoryContents,
  Switch,
  type VirtioBackends,
  type VirtioConfig,
} from './machine/virtio/index.js';
export { BadSnapshot } from './migration/errors.js';
export { beginWith, type MigrationRecord, migrate } from './migration/migrate.js';
export { createMachine, describeSnapshot, type Machine, restoreSnapshot, saveSnapshot } from './migration/snapshot.js';
export * from './trace/index.js';
export {
  BadReplayLog,
  type Hashes,
  Recorder,
  type RecorderOptions,
  type RecordOf,
  Replayer,
  type ReplayLog,
  type ReplayOutcome,
  readLog,
} from './verify/replay/index.js';
export { Session, type SessionAction, type SessionEvent, type SessionStatus } from './verify/session.js';
export type { Verdict } from './verify/verdict.js';
export { Watch } from './verify/watch.js';
export { parseWhen, type When } from './verify/when.js';
