/**
 * A debugger's breakpoints and watchpoints by virtual address, in every address space. The guest cannot see them: they
 * are in no register and no memory of its, and they stop it before the instruction, of which nothing has happened then.
 */
import { Access } from '../arch/engine/emitter.js';
import type { SystemHooks } from '../arch/engine/engine.js';
import { Exit } from '../arch/engine/layout.js';
import type { Vm } from '../hypervisor/vm/vm.js';
import type { Stop, WatchKind } from './target.js';

interface Watch {
  readonly kind: WatchKind;
  readonly address: bigint;
  readonly length: number;
  /** VA[48:0] of the first byte and of the one behind the last. */
  readonly start: number;
  readonly end: number;
}

const VA_BITS = 49;
const PAGE = 4096;
/** Page offsets that stay marked for breakpoints that are gone. */
const MAX_MARKS = 64;

/** VA[48:0], exact, of an address in two 32-bit halves. */
const numberOf = (low: number, high: number): number => (high & 0x1_ffff) * 2 ** 32 + (low >>> 0);

export class Points {
  readonly #vm: Vm;
  readonly #hooks: SystemHooks;
  readonly #breakpoints = new Set<bigint>();
  #watches: readonly Watch[] = [];
  #hit: Stop | null = null;
  /** The instruction that was stopped at last: it may run when the guest goes on. */
  #reported: { readonly vcpu: number; readonly pc: bigint; readonly retired: number } | null = null;

  constructor(vm: Vm) {
    this.#vm = vm;
    this.#hooks = vm.engine.hooks;
  }

  setBreakpoint(address: bigint, on: boolean): void {
    if (this.#breakpoints.has(address) === on) return;
    if (on) this.#breakpoints.add(address);
    else this.#breakpoints.delete(address);
    this.#arm();
  }

  /** @param length bytes, at least 1 */
  setWatchpoint(kind: WatchKind, address: bigint, length: number, on: boolean): void {
    const start = Number(BigInt.asUintN(VA_BITS, address));
    const others = this.#watches.filter((w) => w.kind !== kind || w.address !== address || w.length !== length);
    this.#watches = on ? [...others, { kind, address, length, start, end: start + length }] : others;
    this.#arm();
    if (!on) return;
    for (let page = start - (start % PAGE); page < start + length; page += PAGE) {
      this.#forget(page | 0, Math.floor(page / 2 ** 32) | 0);
    }
  }

  /** What stopped the guest, once. */
  take(): Stop | null {
    const hit = this.#hit;
    this.#hit = null;
    return hit;
  }

  clear(): void {
    this.#breakpoints.clear();
    this.#watches = [];
    this.#arm();
    if (this.#vm.engine.breakOffsets.size) this.#vm.engine.setBreakOffsets(new Set());
  }

  /** Hooks and marks follow the sets. gdb takes all points out at every stop; marks stay, as decoding anew costs more. */
  #arm(): void {
    const { engine } = this.#vm;
    const wanted = [...this.#breakpoints].map((address) => Number(address & 0xffcn));
    const marked = engine.breakOffsets;
    if (wanted.some((offset) => !marked.has(offset))) {
      engine.setBreakOffsets(new Set(marked.size < MAX_MARKS ? [...marked, ...wanted] : wanted));
    }
    const base = this.#hooks;
    engine.hooks = { ...base, breakpoint: () => this.#atBreakpoint() };
    if (!this.#watches.length) return;
    Object.assign(engine.hooks, {
      slowRead: (low: number, high: number, access: number) =>
        this.#watched(low, high, access, 'read') ? 0 : this.#slowly(low, high, base.slowRead(low, high, access)),
      slowWrite: (low: number, high: number, access: number) =>
        this.#watched(low, high, access, 'write') ? 1 : this.#slowly(low, high, base.slowWrite(low, high, access)),
      slowModify: (low: number, high: number, access: number) =>
        this.#watched(low, high, access, 'access') ? 0 : this.#slowly(low, high, base.slowModify(low, high, access)),
    });
  }

  #atBreakpoint(): boolean {
    const { cpu } = this.#vm.engine;
    const { pc } = cpu;
    if (!this.#breakpoints.has(pc) || this.#wasReported(pc)) return false;
    this.#report({ kind: 'breakpoint', vcpu: cpu.vcpu }, pc);
    return true;
  }

  /** Stops the guest at an access to what is watched: the instruction is taken back. */
  #watched(low: number, high: number, access: number, kind: WatchKind): boolean {
    const start = numberOf(low, high);
    const end = start + (access & Access.TOTAL);
    const watch = this.#watches.find(
      (w) => start < w.end && end > w.start && (w.kind === 'access' || kind === 'access' || w.kind === kind),
    );
    if (!watch) return false;
    const { cpu } = this.#vm.engine;
    const { pc } = cpu;
    cpu.spend(-1);
    if (this.#wasReported(pc)) {
      cpu.spend(1);
      return false;
    }
    cpu.branchTo(pc);
    const offset = BigInt(Math.max(0, start - watch.start));
    this.#report({ kind: 'watchpoint', vcpu: cpu.vcpu, watch: watch.kind, address: watch.address + offset }, pc);
    return true;
  }

  #wasReported(pc: bigint): boolean {
    const { engine } = this.#vm;
    const r = this.#reported;
    return r !== null && r.vcpu === engine.cpu.vcpu && r.pc === pc && r.retired === engine.now();
  }

  #report(stop: Stop & { vcpu: number }, pc: bigint): void {
    const { engine } = this.#vm;
    this.#reported = { vcpu: stop.vcpu, pc, retired: engine.now() };
    this.#hit = stop;
    engine.cpu.requestExit(Exit.Debug);
  }

  /** After an access that went on: one to a watched page must come here the next time, too. */
  #slowly(low: number, high: number, result: number): number {
    const page = numberOf(low & ~(PAGE - 1), high);
    if (this.#watches.some((w) => w.start < page + PAGE && w.end > page)) this.#forget(low, high);
    return result;
  }

  #forget(low: number, high: number): void {
    // VA[48] stands for all the bits above it.
    this.#vm.system.mmu.fast.forgetPage(low, (high << 15) >> 15);
  }
}
