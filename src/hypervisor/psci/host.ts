/**
 * What PSCI needs of the machine that it controls.
 */

/** A vCPU's power state; `on-pending` from CPU_ON until it executes its first instruction. */
export type PowerState = 'on' | 'off' | 'on-pending';

export interface PsciHost {
  readonly vcpuCount: number;
  /** Guests are AArch64 only: CPU_ON starts every vCPU in AArch64 state. */
  readonly aarch32: false;
  /** MPIDR_EL1 of a vCPU; its affinity fields are its identity in every call. */
  mpidr(vcpu: number): bigint;
  powerState(vcpu: number): PowerState;
  /** Turns a vCPU on: EL1, MMU and caches off, DAIF set, pc = `entry`, x0 = `contextId`. Its state becomes on or on-pending. */
  start(vcpu: number, entry: bigint, contextId: bigint): void;
  /** Turns the calling vCPU off; it executes nothing more until `start`. */
  off(vcpu: number): void;
  /** Suspends the calling vCPU as WFI does: it goes on after the call when an interrupt is pending. */
  suspend(vcpu: number): void;
  /** Turns the machine off; the call does not return. */
  systemOff(): void;
  /** Resets the machine; the call does not return. */
  systemReset(): void;
}
