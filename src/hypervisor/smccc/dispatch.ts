/**
 * The guest's hypercalls (SMCCC 1.1, Arm DEN0028): architecture calls, PSCI, PV time, KVM's own; everything else is
 * NOT_SUPPORTED.
 */

import { callKvm, type KvmServices, type Registers } from '../kvm/calls.js';
import type { PsciHost } from '../psci/host.js';
import { callPsci } from '../psci/psci.js';
import { callPvTime, hasPvTime, type PvTimeConfig } from '../pvtime/calls.js';
import { PROFILE_CALLS } from '../pvtime/profile.js';
import * as id from './ids.js';

/** What answers a VM's calls. */
export interface SmcccServices {
  psci: PsciHost;
  pvTime: PvTimeConfig;
  kvm: KvmServices;
}

/**
 * What a call did. Where it returns, `x` is X0 to X3, 64-bit two's complement; all other registers are as they were.
 * Where it does not return, the vCPU (CPU_OFF) or the machine has been stopped.
 */
export type CallResult = { returns: true; x: readonly [bigint, bigint, bigint, bigint] } | { returns: false };

const GONE: CallResult = { returns: false };
const returning = ([x0, x1, x2, x3]: Registers): CallResult => ({
  returns: true,
  x: [BigInt.asUintN(64, x0), x1, x2, x3],
});

/**
 * Carries out one HVC of `vcpu`.
 * @param x0 the function identifier is W0, its low half.
 */
export function dispatch(
  services: SmcccServices,
  vcpu: number,
  x0: bigint,
  x1: bigint,
  x2: bigint,
  x3: bigint,
): CallResult {
  const functionId = Number(x0 & 0xffff_ffffn);
  const registers = callKvm(services.kvm, vcpu, functionId, [x1, x2, x3]);
  if (registers) return returning(registers);
  const result =
    callArchitecture(services, functionId, x1) ??
    callPvTime(services.pvTime, vcpu, functionId, x1) ??
    callPsci(services.psci, vcpu, functionId, [x1, x2, x3], (asked) => asked === id.SMCCC_VERSION) ??
    id.NOT_SUPPORTED;
  return result === 'none' ? GONE : returning([result, 0n, 0n, 0n]);
}

function callArchitecture(services: SmcccServices, functionId: number, argument: bigint): bigint | null {
  switch (functionId) {
    case id.SMCCC_VERSION:
      return id.SMCCC_VERSION_1_1;
    case id.SMCCC_ARCH_FEATURES:
      return architectureFeature(services, Number(argument & 0xffff_ffffn));
    case id.SMCCC_ARCH_WORKAROUND_1:
    case id.SMCCC_ARCH_WORKAROUND_3:
      // Safe to call on any PE, without effect where not needed.
      return id.SUCCESS;
    default:
      return null;
  }
}

/** The modelled PE does not speculate, so that no workaround is needed on it whatever MIDR_EL1 it shows. */
function architectureFeature({ pvTime }: SmcccServices, asked: number): bigint {
  switch (asked) {
    case id.SMCCC_VERSION:
    case id.SMCCC_ARCH_FEATURES:
      return id.SUCCESS;
    case id.SMCCC_ARCH_WORKAROUND_1:
    case id.SMCCC_ARCH_WORKAROUND_3:
      return id.WORKAROUND_NOT_NEEDED;
    case id.SMCCC_ARCH_WORKAROUND_2:
      return id.NOT_REQUIRED;
    default:
      return hasPvTime(pvTime) && asked === PROFILE_CALLS[pvTime.profile]?.features ? id.SUCCESS : id.NOT_SUPPORTED;
  }
}
