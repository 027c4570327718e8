/** Guests that loop, fault, flood or write everywhere: they stop at --timeout and harm nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../conformance/random.js';
import { ROOT } from '../support/machine.js';
import { chronovisor } from './cli.js';

const MB = 2 ** 20;
/** What a run may take beside the guest's RAM. */
const OVERHEAD = 200 * MB;
const RAM = 16 * MB;

/** Vector table at 0x800 of the image, each entry of which goes on behind the instruction that faulted. */
const SKIPPING_VECTORS = [
  0xd5384029, // mrs x9, elr_el1
  0x91001129, // add x9, x9, #4
  0xd5184029, // msr elr_el1, x9
  0xd69f03e0, // eret
];

const START_WITH_VECTORS = [
  0x10004000, // adr x0, .+0x800
  0xd518c000, // msr vbar_el1, x0
];

function withVectors(code: readonly number[]): number[] {
  const words = new Array<number>(1024).fill(0xd503201f);
  [...START_WITH_VECTORS, ...code].forEach((word, i) => {
    words[i] = word;
  });
  for (let entry = 0; entry < 16; entry++) {
    SKIPPING_VECTORS.forEach((word, i) => {
      words[512 + entry * 32 + i] = word;
    });
  }
  return words;
}

/** A raw binary's words by the guest's name. */
const GUESTS: Record<string, number[]> = {
  'loops for ever': [0x14000000], // b .
  'faults for ever, with no vector table in memory': [
    0xd2a20000, // mov x0, #0x10000000
    0xd518c000, // msr vbar_el1, x0
    0x00000000, // udf #0
  ],
  'faults for ever, in its own handler': withVectors([
    0x14000000 | (0x1ff & 0x3ffffff), // b .+0x7fc, into the table
  ]).map((word, i) => (i >= 512 ? 0 : word)),
  'floods the console': [
    0xd2a12001, // mov x1, #0x9000000
    0x52800b00, // mov w0, #'X'
    0x39000020, // strb w0, [x1]
    0x17ffffff, // b .-4
  ],
  'writes everywhere: devices and interrupt controller at random, then all of RAM': withVectors([
    0xd284a8a1, // mov x1, #0x2545
    0xf2be9221, // movk x1, #0xf491, lsl #16
    0xd2a80005, // mov x5, #0x40000000
    0xd10004a5, // sub x5, x5, #1
    0xd2a00066, // mov x6, #0x30000
    0xd2a10007, // mov x7, #0x8000000
    0xca013421, // eor x1, x1, x1, lsl #13
    0xca411c21, // eor x1, x1, x1, lsr #7
    0xca014421, // eor x1, x1, x1, lsl #17
    0x8a050022, // and x2, x1, x5
    0xd360fc23, // lsr x3, x1, #32
    0x36000063, // tbz w3, #0, .+12
    0x92406042, // and x2, x2, #0x1ffffff
    0x8b070042, // add x2, x2, x7
    0xf9000043, // str x3, [x2]
    0x39000443, // strb w3, [x2, #1]
    0xf9400044, // ldr x4, [x2]
    0xf10004c6, // subs x6, x6, #1
    0x54fffe81, // b.ne .-48
    0xd2a80002, // mov x2, #0x40000000
    0xa8810c41, // stp x1, x3, [x2], #16
    0x17ffffff, // b .-4
  ]),
  'runs what is no program': withVectors(noise(1)),
};

/** Words that are instructions as often as chance has it. The table of the first 2 KB stays as it is. */
function noise(seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: 400 }, () => random.word());
}

let folder: string;
const names = Object.keys(GUESTS);
const fileOf = (name: string): string => `guest${names.indexOf(name)}.bin`;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'misbehaving-'));
  for (const name of names) writeFileSync(join(folder, fileOf(name)), Uint32Array.from(GUESTS[name]!));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: string, ...more: string[]) =>
  chronovisor(['run', fileOf(name), '--memory', '16M', '--timeout', '1', ...more], { cwd: folder });

describe.each(names)('a guest that %s', (name) => {
  test.each(['interp', 'jit'])('%s: stops at the time limit with 124', async (engine) => {
    const { status, stderr, peak } = await run(name, '--engine', engine);
    expect(stderr).toBe('chronovisor: --timeout 1: the guest was still running\n');
    expect(status).toBe(124);
    expect(peak).toBeGreaterThan(0);
    expect(peak - RAM).toBeLessThan(OVERHEAD);
  });

  test('is deterministic all the same', async () => {
    const [a, b] = await Promise.all(
      ['interp', 'jit'].map((engine) =>
        run(name, '--hash', '--until', 'insn=300000', '--engine', engine, '--timeout', '60'),
      ),
    );
    expect(a!.stderr).toMatch(/^state-hash: [0-9a-f]{64}$/m);
    expect(b).toMatchObject({ status: 0, stdout: a!.stdout, stderr: a!.stderr });
  });
});

test('a guest that waits for nothing is told so, with 1', async () => {
  writeFileSync(join(folder, 'wait.bin'), Uint32Array.of(0xd503207f, 0x17ffffff));
  const { status, stderr } = await chronovisor(['run', 'wait.bin'], { cwd: folder });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'chronovisor: the guest waits for an interrupt that nothing will raise\n',
  });
});

test('a reader that has had enough ends the run without a word', () => {
  const program = `${process.execPath} ${ROOT}/dist/cli/main.js run ${fileOf('floods the console')} --timeout 30`;
  const script = `set -o pipefail; ${program} | head -c 10; echo " $?"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder });
  expect(stdout.toString()).toBe('XXXXXXXXXX 141\n');
  expect(stderr.toString()).toBe('');
});

test('they leave no files', () => {
  expect(readdirSync(folder).sort()).toEqual([...names.map(fileOf), 'wait.bin'].sort());
});
