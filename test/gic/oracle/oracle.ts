// Builds the oracle program with the cross compiler and runs accesses through it under qemu-system-aarch64's GICv3.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'aarch64-linux-gnu-gcc';
const EMULATOR = 'qemu-system-aarch64';
const SOURCES = ['oracle.S', 'oracle.c'].map((file) => new URL(file, import.meta.url).pathname);
const REQUEST_BYTES = 16;

/** Accesses by their number in oracle.c. */
export const ACCESSES = [
  'ICC_IAR0_EL1',
  'ICC_IAR1_EL1',
  'ICC_EOIR0_EL1',
  'ICC_EOIR1_EL1',
  'ICC_DIR_EL1',
  'ICC_PMR_EL1',
  'ICC_BPR0_EL1',
  'ICC_BPR1_EL1',
  'ICC_CTLR_EL1',
  'ICC_IGRPEN0_EL1',
  'ICC_IGRPEN1_EL1',
  'ICC_AP0R0_EL1',
  'ICC_AP1R0_EL1',
  'ICH_LR_EL2',
  'ICH_HCR_EL2',
  'ICH_VMCR_EL2',
  'ICH_AP0R0_EL2',
  'ICH_AP1R0_EL2',
] as const;

/** What is read after each access, in the order of oracle.c. */
export const OBSERVED = [
  'result',
  'ISR_EL1',
  'ICC_HPPIR0_EL1',
  'ICC_HPPIR1_EL1',
  'ICC_RPR_EL1',
  'ICC_PMR_EL1',
  'ICC_BPR0_EL1',
  'ICC_BPR1_EL1',
  'ICC_CTLR_EL1',
  'ICC_IGRPEN0_EL1',
  'ICC_IGRPEN1_EL1',
  'ICC_AP0R0_EL1',
  'ICC_AP1R0_EL1',
  'ICH_HCR_EL2',
  'ICH_VMCR_EL2',
  'ICH_MISR_EL2',
  'ICH_EISR_EL2',
  'ICH_ELRSR_EL2',
  'ICH_LR0_EL2',
  'ICH_LR1_EL2',
  'ICH_LR2_EL2',
  'ICH_LR3_EL2',
] as const;

export interface Request {
  access: (typeof ACCESSES)[number];
  /** Of the list register. */
  number: number;
  value: bigint;
}

/** Why the oracle cannot run here, or undefined when it can. */
export function missingTool(): string | undefined {
  return [COMPILER, EMULATOR].find((tool) => spawnSync(tool, ['--version']).status !== 0);
}

/** One observation a request, as `OBSERVED` lists them. */
export function runOracle(requests: readonly Request[]): BigUint64Array[] {
  const directory = mkdtempSync(join(tmpdir(), 'gic-oracle-'));
  try {
    build(join(directory, 'oracle'));
    writeFileSync(join(directory, 'requests'), encode(requests));
    const machine = [
      '-M',
      'virt,gic-version=3,virtualization=on',
      '-cpu',
      'cortex-a57',
      '-m',
      '1G',
      '-nodefaults',
      '-display',
      'none',
    ];
    const io = ['-semihosting-config', 'enable=on,target=native', '-monitor', 'none', '-serial', 'none'];
    const files = ['-kernel', 'oracle', '-device', 'loader,file=requests,addr=0x50000000,force-raw=on'];
    const run = spawnSync(EMULATOR, [...machine, ...io, ...files], {
      cwd: directory,
      timeout: 120_000,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`oracle: status ${run.status}\n${run.stderr}`);
    const replies = readFileSync(join(directory, 'replies'));
    const width = OBSERVED.length;
    const words = new BigUint64Array(new Uint8Array(replies).buffer);
    if (words.length !== width * requests.length)
      throw new Error(`oracle: ${words.length} words for ${requests.length} requests`);
    return requests.map((_, n) => words.subarray(n * width, (n + 1) * width));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function build(output: string): void {
  const code = ['-O1', '-Wall', '-Werror', '-ffreestanding', '-mgeneral-regs-only', '-mstrict-align', '-Wno-main'];
  const link = [
    '-static',
    '-nostdlib',
    '-no-pie',
    '-fno-pie',
    '-Wl,--build-id=none',
    '-Wl,-Ttext=0x40200000',
    '-Wl,-e,_start',
  ];
  const result = spawnSync(COMPILER, [...code, ...link, '-o', output, ...SOURCES], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${SOURCES.join(' ')}: ${COMPILER} failed\n${result.stderr}`);
}

function encode(requests: readonly Request[]): Uint8Array {
  const view = new DataView(new ArrayBuffer((requests.length + 1) * REQUEST_BYTES));
  for (const [n, { access, number, value }] of requests.entries()) {
    view.setUint32(n * REQUEST_BYTES, ACCESSES.indexOf(access), true);
    view.setUint32(n * REQUEST_BYTES + 4, number, true);
    view.setBigUint64(n * REQUEST_BYTES + 8, value, true);
  }
  view.setUint32(requests.length * REQUEST_BYTES, 0xffffffff, true);
  return new Uint8Array(view.buffer);
}
