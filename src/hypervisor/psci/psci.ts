/**
 * PSCI 1.1 (Arm DEN0022) as a hypervisor offers it: a state machine over `PsciHost`, with no state of its own.
 */

import type { PowerState, PsciHost } from './host.js';
import * as id from './ids.js';

/** The signed value of X0, or 'none' for a call that does not return to its caller. */
export type PsciResult = bigint | 'none';

/** MPIDR_EL1's affinity fields: Aff3 in 39:32, Aff2 to Aff0 in 23:0. */
const AFFINITY_MASK = 0xff_00ff_ffffn;
const LOW_32 = 0xffff_ffffn;

/** Functions there are, each with whether it has an SMC64 form. */
const FUNCTIONS: ReadonlyMap<number, { smc64: boolean }> = new Map([
  [id.PSCI_VERSION, { smc64: false }],
  [id.CPU_SUSPEND, { smc64: true }],
  [id.CPU_OFF, { smc64: false }],
  [id.CPU_ON, { smc64: true }],
  [id.AFFINITY_INFO, { smc64: true }],
  [id.MIGRATE_INFO_TYPE, { smc64: false }],
  [id.SYSTEM_OFF, { smc64: false }],
  [id.SYSTEM_RESET, { smc64: false }],
  [id.PSCI_FEATURES, { smc64: false }],
]);

/** Whether the function exists in the form that its identifier names. */
export function isPsciFunction(functionId: number): boolean {
  const smc64 = (functionId & id.SMC64) !== 0;
  const entry = FUNCTIONS.get((functionId & ~id.SMC64) >>> 0);
  return entry !== undefined && (entry.smc64 || !smc64);
}

/**
 * Answers a PSCI call of vCPU `vcpu`; null where `functionId` is no PSCI function here.
 * @param args X1 to X3; a 32-bit call sees their low halves.
 * @param isKnown says whether another service has this function, for PSCI_FEATURES (which answers for SMCCC_VERSION).
 */
export function callPsci(
  host: PsciHost,
  vcpu: number,
  functionId: number,
  args: readonly [bigint, bigint, bigint],
  isKnown: (functionId: number) => boolean = () => false,
): PsciResult | null {
  if (!isPsciFunction(functionId)) return null;
  const smc64 = (functionId & id.SMC64) !== 0;
  const [x1, x2, x3] = smc64 ? args : [args[0] & LOW_32, args[1] & LOW_32, args[2] & LOW_32];
  switch ((functionId & ~id.SMC64) >>> 0) {
    case id.PSCI_VERSION:
      return id.PSCI_VERSION_1_1;
    case id.CPU_SUSPEND:
      // A power-down request may be met by a standby state (DEN0022, CPU_SUSPEND): then it returns as a standby does.
      host.suspend(vcpu);
      return id.PSCI_SUCCESS;
    case id.CPU_OFF:
      host.off(vcpu);
      return 'none';
    case id.CPU_ON:
      return cpuOn(host, x1, x2, x3);
    case id.AFFINITY_INFO:
      return affinityInfo(host, x1, x2);
    case id.MIGRATE_INFO_TYPE:
      return id.NO_TRUSTED_OS;
    case id.SYSTEM_OFF:
      host.systemOff();
      return 'none';
    case id.SYSTEM_RESET:
      host.systemReset();
      return 'none';
    case id.PSCI_FEATURES: {
      // CPU_SUSPEND's feature flags are 0: original parameter format, platform-coordinated mode only.
      const asked = Number(x1 & LOW_32);
      return isPsciFunction(asked) || isKnown(asked) ? id.PSCI_SUCCESS : id.PSCI_NOT_SUPPORTED;
    }
    default:
      return null;
  }
}

function cpuOn(host: PsciHost, target: bigint, entry: bigint, contextId: bigint): bigint {
  if (target & ~AFFINITY_MASK) return id.PSCI_INVALID_PARAMETERS;
  for (let vcpu = 0; vcpu < host.vcpuCount; vcpu++) {
    if ((host.mpidr(vcpu) & AFFINITY_MASK) !== target) continue;
    const state = host.powerState(vcpu);
    if (state === 'on') return id.PSCI_ALREADY_ON;
    if (state === 'on-pending') return id.PSCI_ON_PENDING;
    if (entry & 3n) return id.PSCI_INVALID_ADDRESS;
    host.start(vcpu, entry, contextId);
    return id.PSCI_SUCCESS;
  }
  return id.PSCI_INVALID_PARAMETERS;
}

/** Bits of an affinity that remain when levels below `lowest` are ignored. */
function affinityLevelMask(lowest: bigint): bigint {
  return [AFFINITY_MASK, AFFINITY_MASK & ~0xffn, AFFINITY_MASK & ~0xffffn, AFFINITY_MASK & ~0xff_ffffn][
    Number(lowest)
  ]!;
}

/** ON where any vCPU of the affinity instance is on, ON_PENDING where one is about to be, else OFF. */
function affinityInfo(host: PsciHost, target: bigint, lowest: bigint): bigint {
  if (lowest > 3n || target & ~AFFINITY_MASK) return id.PSCI_INVALID_PARAMETERS;
  const mask = affinityLevelMask(lowest);
  const states = new Set<PowerState>();
  for (let vcpu = 0; vcpu < host.vcpuCount; vcpu++) {
    if ((host.mpidr(vcpu) & mask) === (target & mask)) states.add(host.powerState(vcpu));
  }
  if (states.size === 0) return id.PSCI_INVALID_PARAMETERS;
  if (states.has('on')) return id.AFFINITY_ON;
  return states.has('on-pending') ? id.AFFINITY_ON_PENDING : id.AFFINITY_OFF;
}
