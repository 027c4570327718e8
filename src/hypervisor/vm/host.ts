/** What a VM needs of the host that runs it. The VM never knows how fast it is run or what else the host does. */
import type { Ps, SystemCounter } from '../../arch/timer/time.js';
import type { HostCpu } from '../identity/host-cpu.js';

/** Kinds of exits with a modelled cost. */
export type ExitKind = 'hypercall' | 'mmioVgic' | 'mmioUser' | 'eoi' | 'ipi' | 'lpi' | 'trap' | 'kick' | 'maintenance';

export interface VmHost {
  /** The system counter of the host that the VM runs on now. */
  readonly counter: SystemCounter;
  /** The CPU of that host; absent: the VM's profile. */
  readonly cpu?: HostCpu | undefined;
  /** Host time, exact at the instruction that is running. */
  now(): Ps;
  /** UTC as the PL031 counts it: picoseconds since `startEpoch`, going on over migrations. */
  utc(): Ps;
  /** Makes the running vCPU pay for an exit. */
  charge(kind: ExitKind): void;
  /** Something that the guest asked for and did not get, told once of each kind: for whoever debugs it. */
  refused?(what: string): void;
  /** A character that the guest sent. */
  transmit(byte: number): void;
  /** What the guest prints on its virtio console. */
  transmitVirtio?(bytes: Uint8Array): void;
}

/** Why a VM ended by itself. */
export type GuestEnd =
  | { readonly kind: 'poweroff' }
  | { readonly kind: 'reset' }
  /** Semihosting SYS_EXIT with the guest's status. */
  | { readonly kind: 'exit'; readonly code: number };
