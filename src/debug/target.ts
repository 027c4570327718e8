/** What the remote stub needs of a machine. vCPUs are gdb's threads 1, 2, ... */

export type WatchKind = 'write' | 'read' | 'access';

export interface RegisterInfo {
  readonly name: string;
  readonly bytes: 4 | 8 | 16;
  /** Target description feature it belongs to. */
  readonly feature: string;
  /** gdb's type. */
  readonly type: string;
}

/** Why a target stands still. */
export type Stop =
  | { readonly kind: 'breakpoint'; readonly vcpu: number }
  | { readonly kind: 'watchpoint'; readonly vcpu: number; readonly watch: WatchKind; readonly address: bigint }
  | { readonly kind: 'step'; readonly vcpu: number }
  | { readonly kind: 'interrupt'; readonly vcpu: number }
  /** The guest has ended with this exit status. */
  | { readonly kind: 'exited'; readonly code: number };

export interface DebugTarget {
  readonly vcpus: number;
  /** By gdb's register number. */
  readonly registers: readonly RegisterInfo[];
  /** Null where it cannot be read. */
  readRegister(vcpu: number, register: number): bigint | null;
  /** False where it cannot be written. */
  writeRegister(vcpu: number, register: number, value: bigint): boolean;
  /** Bytes at a virtual address of the vCPU, as many as can be read; null where none can. */
  readMemory(vcpu: number, address: bigint, length: number): Uint8Array | null;
  /** False where not all of it is RAM that the vCPU has mapped; then nothing is written. */
  writeMemory(vcpu: number, address: bigint, data: Uint8Array): boolean;
  setBreakpoint(address: bigint, on: boolean): void;
  setWatchpoint(kind: WatchKind, address: bigint, length: number, on: boolean): void;
  /** Runs one instruction of a vCPU. */
  step(vcpu: number): Stop;
  /** Runs for a while; null where nothing stopped it. */
  run(): Stop | null;
  /** Text for `info threads`. */
  describe(vcpu: number): string;
}
