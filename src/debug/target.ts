/** What the remote stub needs of a machine. vCPUs are gdb's threads 1, 2, ... */

export type WatchKind = 'write' | 'read' | 'access';

/** What a vCPU may do while the machine runs: run, one instruction and then the machine stops, or nothing. */
export type Allowance = 'run' | 'step' | 'hold';

export interface RegisterInfo {
  readonly name: string;
  readonly bytes: 4 | 8 | 16;
  /** Target description feature it belongs to. */
  readonly feature: string;
  /** gdb's type. */
  readonly type: string;
  /** One of the modelled core's system registers: read one by one, and not saved around calls that gdb makes. */
  readonly system?: boolean;
}

/** Why a target stands still. */
export type Stop =
  | { readonly kind: 'breakpoint'; readonly vcpu: number }
  | { readonly kind: 'watchpoint'; readonly vcpu: number; readonly watch: WatchKind; readonly address: bigint }
  | { readonly kind: 'step'; readonly vcpu: number }
  | { readonly kind: 'interrupt'; readonly vcpu: number }
  /** No vCPU that may run will ever have anything to do. */
  | { readonly kind: 'stalled'; readonly vcpu: number }
  /** The guest has ended with this exit status. */
  | { readonly kind: 'exited'; readonly code: number };

export interface DebugTarget {
  readonly vcpus: number;
  /** By gdb's register number. */
  readonly registers: readonly RegisterInfo[];
  /** The vCPU that ran last. */
  readonly current: number;
  programCounter(vcpu: number): bigint;
  /** Null where it cannot be read. */
  readRegister(vcpu: number, register: number): bigint | null;
  /** False where it cannot be written, or not with this value. */
  writeRegister(vcpu: number, register: number, value: bigint): boolean;
  /** Bytes at a virtual address of the vCPU, as many as are RAM that it has mapped; null where the first is not. */
  readMemory(vcpu: number, address: bigint, length: number): Uint8Array | null;
  /** False where not all of it is RAM that the vCPU has mapped; then nothing is written. */
  writeMemory(vcpu: number, address: bigint, data: Uint8Array): boolean;
  setBreakpoint(address: bigint, on: boolean): void;
  setWatchpoint(kind: WatchKind, address: bigint, length: number, on: boolean): void;
  /** Runs for a while; null where nothing stopped it. */
  run(allowances: readonly Allowance[]): Stop | null;
  /** gdb is gone: no breakpoint or watchpoint stays. */
  release(): void;
  /** Text for `info threads`. */
  describe(vcpu: number): string;
  /** The answer to gdb's `monitor` command; null where there is no such command. */
  monitor(command: string, vcpu: number): string | null;
}
