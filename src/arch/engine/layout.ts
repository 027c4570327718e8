/**
 * Where everything lives in the engine's one WebAssembly.Memory.
 *
 * The state of the vCPU that runs now is at a fixed address, so that a register is a constant address (JIT) or a
 * 16-bit slot in a decoded record (interpreter). Other vCPUs' states are parked and copied in at a switch.
 */

/** Byte offsets in the running vCPU's state. All are below 64 KiB: a slot fits 16 bits. */
export const S = {
  /** X0..X30, 8 bytes each. */
  X: 0x000,
  /** Reads as zero, never written: XZR as a source. */
  ZERO: 0x0f8,
  /** Never read: XZR as a destination. */
  SINK: 0x100,
  /** The stack pointer that PSTATE.SP and EL select; the others are parked in SP_EL0/SP_EL1. */
  SP: 0x108,
  /** Program counter, valid when REC is 0 or the engine is not running. */
  PC: 0x110,
  /** PSTATE.N is the sign of this i64. */
  NV: 0x118,
  /** PSTATE.Z is set where this i64 is zero. */
  ZV: 0x120,
  /** PSTATE.V is the sign of this i64. */
  VV: 0x128,
  /** PSTATE.C, an i32 that is 0 or 1. */
  CF: 0x130,
  /** FPCR, i32. */
  FPCR: 0x134,
  /** FPSR, i32. */
  FPSR: 0x138,
  /** 1 where FP/SIMD instructions may run now (CPACR_EL1.FPEN and EL), else 0; i32. */
  FPEN: 0x13c,
  /** PSTATE.EL, 0..1; i32. */
  EL: 0x140,
  /** PSTATE.SP (SPSel), i32. */
  SPSEL: 0x144,
  /** PSTATE.{D,A,I,F} in bits 9:6 as in SPSR; i32. */
  DAIF: 0x148,
  /** PSTATE.{PAN 22, UAO 23, SS 21, IL 20} at their SPSR bits; i32. */
  PSTATE: 0x14c,
  /** Address of the current instruction's record; 0: look PC up. i32 */
  REC: 0x150,
  /** pc - (rec >>> 3) for the current page. i64 */
  BIAS: 0x158,
  /** Instructions left in this slice; i32, signed. */
  BUDGET: 0x160,
  /** Nonzero: leave the engine at the next instruction boundary. Value is an Exit. i32 */
  STOP: 0x164,
  /** Address of the data TLB for ordinary accesses in the present context. i32 */
  TLB: 0x168,
  /** Address of the data TLB for unprivileged accesses (LDTR, STTR). i32 */
  TLB_UNPRIV: 0x16c,
  /** Address of the fetch TLB of the present context. i32 */
  ITLB: 0x170,
  /** Exclusive monitor: byte size tagged by LDXR, 0 when open. i32 */
  EXCL_SIZE: 0x174,
  /** Exclusive monitor: virtual address. i64 */
  EXCL_ADDR: 0x178,
  /** 15 where SCTLR_EL1.SA/SA0 asks for SP alignment checks at the present EL, else 0; i32. */
  SPCHECK: 0x180,
  /** 1 where outside.irq or outside.fiq is up, whatever PSTATE masks; kept by arch/system. i32 */
  LINES: 0x184,
  /** The event register of WFE and SEV, 0 or 1. i32 */
  EVENT: 0x188,
  /** Software step: 1 where an instruction has just been stepped, 3 where it was a load-exclusive. i32 */
  STEPPED: 0x18c,
  /** 1 where DC ZVA must be looked at before it zeroes 64 bytes (derived; see system/identity). i32 */
  ZVA_LOOK: 0x190,
  /** V0..V31, 16 bytes each. */
  V: 0x200,
  /** Results of discarded vector destinations and temporaries of helpers. */
  VSCRATCH: 0x400,
  /** System registers that are plain storage, 8 bytes each; see arch/system/registers. */
  SYS: 0x800,
  /** End of the saved state. */
  END: 0x1800,
} as const;

/** Number of 8-byte system register slots from S.SYS. */
export const SYS_SLOTS = (S.END - S.SYS) / 8;

/** Bytes passed between the engine and slow memory paths (at most 64 and 16 for results). */
export const SCRATCH = 0x1800;
/** Operands and results of soft floating point calls. */
export const FP_SCRATCH = 0x1900;

/** Data TLB: direct mapped, 32-byte entries {read tag i64, write tag i64, addend i32}. */
export const TLB_BITS = 10;
export const TLB_ENTRIES = 1 << TLB_BITS;
export const TLB_ENTRY = 32;
export const TLB_BYTES = TLB_ENTRIES * TLB_ENTRY;
export const TLB_READ = 0;
export const TLB_WRITE = 8;
export const TLB_ADDEND = 16;
/** A tag that no access can match within 4096 bytes of. */
export const TLB_INVALID = 1n << 62n;

/** Fetch TLB: direct mapped, 16-byte entries {tag i64, record page address i32}. */
export const ITLB_BITS = 10;
export const ITLB_ENTRIES = 1 << ITLB_BITS;
export const ITLB_ENTRY = 16;
export const ITLB_BYTES = ITLB_ENTRIES * ITLB_ENTRY;
/** What is compared keeps bits 1:0 of a target and clears 11:2, so this never matches. */
export const ITLB_INVALID = 4n;

/** Data TLB contexts of a vCPU: EL0, EL1, EL1 with PSTATE.PAN. */
export const TLB_CONTEXTS = 3;
/** Fetch TLB contexts of a vCPU: EL0, EL1. */
export const ITLB_CONTEXTS = 2;

/** A decoded instruction. */
export const RECORD = 32;
export const R = {
  /** u16: index of the interpreter's handler. */
  HANDLER: 0,
  /** u16 register slots. D is the number of the TypeScript semantics where there are no others. */
  D: 2,
  N: 4,
  M: 6,
  A: 8,
  B: 10,
  C: 12,
  /** u16: table index of the instruction's handler as a function, 0 where it has not been needed. */
  FN: 14,
  /** u16: table index of the compiled block that starts here. */
  BLOCK: 16,
  /** u16: the instruction's own handler, where HANDLER is a block's, a breakpoint's or a pair's. */
  OWN: 18,
  /** i32: small immediate. For direct branches inside the page: distance in bytes of records. */
  IMM2: 20,
  /** i64: immediate. */
  IMM: 24,
} as const;

/** 4 KiB of guest code: 1024 records and one that leads to the next page. */
export const PAGE_RECORDS = 1024;
export const RECORD_PAGE = (PAGE_RECORDS + 1) * RECORD;

export const MAX_VCPUS = 8;

/** Addresses of the areas behind the fixed ones. */
export interface MemoryMap {
  readonly parked: number;
  readonly tlb: number;
  readonly itlb: number;
  /** A data TLB that is always empty, for contexts that are not ready. */
  readonly noTlb: number;
  readonly records: number;
  readonly recordPages: number;
  /** Host address of the first byte of guest memory, 64 KiB aligned. */
  readonly ram: number;
  readonly ramBytes: number;
  /** Size of the whole memory in 64 KiB pages. */
  readonly pages: number;
}

const align = (n: number, a: number): number => Math.ceil(n / a) * a;

/**
 * @param vcpus 1..8
 * @param ramBytes bytes of all guest RAM and ROM, at most 4 GiB less the engine's own areas (about 64 MiB)
 * @param recordPages how many 4 KiB guest pages can be decoded at once
 * @throws RangeError where the sum exceeds a 32-bit WebAssembly memory
 */
export function memoryMap(vcpus: number, ramBytes: number, recordPages = 1536): MemoryMap {
  const parked = 0x2000;
  const tlb = align(parked + vcpus * S.END, 4096);
  const itlb = tlb + vcpus * TLB_CONTEXTS * TLB_BYTES;
  const noTlb = itlb + vcpus * ITLB_CONTEXTS * ITLB_BYTES;
  const records = noTlb + TLB_BYTES;
  const ram = align(records + recordPages * RECORD_PAGE, 65536);
  const end = align(ram + ramBytes, 65536);
  if (end > 2 ** 32) {
    throw new RangeError(`guest memory of ${ramBytes} bytes does not fit: at most ${2 ** 32 - ram} bytes`);
  }
  return { parked, tlb, itlb, noTlb, records, recordPages, ram, ramBytes, pages: end / 65536 };
}

/** Why the engine returned. */
export const Exit = {
  /** The budget is used up. */
  Budget: 1,
  /** WFI with nothing to wake it known to the engine. */
  Wfi: 2,
  /** WFE with the event register clear. */
  Wfe: 3,
  /** HVC or SMC trapped to the hypervisor; the immediate and conduit are in the Cpu. */
  Hypercall: 4,
  /** Something outside asked to look again (interrupt lines, device side effects, modelled exit costs). */
  Event: 5,
  /** A debugger's breakpoint, watchpoint or step. */
  Debug: 6,
  /** The guest asked the machine to end (semihosting). */
  Semihosting: 7,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];
