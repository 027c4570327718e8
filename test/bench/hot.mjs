// Writes src/arch/engine/hot.ts: which handlers are inlined in the interpreter. Samples what a Debian boot and the benchmark
// guests execute, every 1009 instructions. Usage: node test/bench/hot.mjs <kernel> <initrd> [how many, 215]
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { S } from '../../dist/arch/engine/layout.js';
import { ZERO_COSTS } from '../../dist/host/costs.js';
import { parseHost } from '../../dist/host/frequency.js';
import { StealSchedule } from '../../dist/host/steal.js';
import { planLoad } from '../../dist/loader/index.js';
import { createMachine } from '../../dist/migration/snapshot.js';

const [kernel, initrd, count = '215'] = process.argv.slice(2);
if (!kernel || !initrd) {
  process.stderr.write('hot: say which kernel and initrd: node test/bench/hot.mjs <kernel> <initrd> [how many]\n');
  process.exit(2);
}
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const bench = `${ROOT}guests/bench/bench.elf`;

/** Loads and how much each counts. */
const LOADS = [
  { image: kernel, initrd, bootargs: 'console=ttyAMA0 cv.nomodules', until: 'CHRONOVISOR-READY', weight: 4 },
  ...[
    ['int', 40, 3],
    ['memory', 1, 0.5],
    ['fp', 20, 1],
    ['simd', 40, 1],
    ['syscall', 20, 1],
    ['switch', 20, 1],
    ['timer', 10, 1],
  ].map(([name, n, weight]) => ({ image: bench, bootargs: `bench=${name} n=${n}`, until: 'END ', weight })),
];

/** Share of each handler in what a load executes, with one instruction word of it. */
function profile({ image, initrd, bootargs, until }) {
  const steal = new StealSchedule([], 1);
  const host = { spec: parseHost('62.5MHz'), ips: 1e9, quantum: 10_000_000n, costs: ZERO_COSTS, steal };
  const config = { cpu: 'cortex-a57', vcpus: 1, ramBytes: 512 * 2 ** 20, pvTime: 'rfc2020', lpt: false };
  const rest = { pvFreqHz: 1e8, listRegisters: 4, startEpoch: 0, semihosting: true };
  const machine = createMachine(host, { ...config, ...rest }, 'interp');
  const plan = planLoad(readFileSync(image), {
    name: image,
    ramBase: 0x4000_0000n,
    ramSize: 512n << 20n,
    bootargs,
    ...(initrd && { initrd: readFileSync(initrd) }),
    board: { cpus: 1, cpuCompatible: 'arm,cortex-a57', pvTimeBase: 0x090a_0000n },
  });
  const [ram] = machine.vm.memory();
  for (const { address, data } of plan.segments) ram.bytes.set(data, Number(address) - ram.base);
  machine.vm.boot(plan.entry, plan.dtbAddress);
  let printed = '';
  machine.host.onTransmit = (byte) => (printed = (printed + String.fromCharCode(byte)).slice(-40));
  const { engine } = machine.vm;
  const counts = new Map();
  let samples = 0;
  while (!printed.includes(until)) {
    const stop = machine.host.run({ instructions: machine.host.instructions + 1009 });
    if (stop !== 'limit') break;
    const record = engine.cpu.i32[S.REC >> 2];
    if (!record) continue;
    const insn = engine.insnAt(record);
    const match = engine.decoder.match(insn);
    if (!match?.encoding.instruction.emit) continue;
    samples++;
    const { encoding, variant } = match;
    const key = `${encoding.instruction.name}/${(insn & encoding.staticMask) >>> 0}/${variant}`;
    const known = counts.get(key);
    if (known) known.n++;
    else counts.set(key, { n: 1, insn, asm: encoding.instruction.asm });
  }
  return { counts, samples };
}

const total = new Map();
for (const load of LOADS) {
  const { counts, samples } = profile(load);
  for (const [key, { n, insn, asm }] of counts) {
    const entry = total.get(key) ?? { share: 0, insn, asm };
    entry.share += (n / samples) * load.weight;
    total.set(key, entry);
  }
}
const list = [...total.values()].sort((a, b) => b.share - a.share).slice(0, Number(count));
const lines = list.map(({ insn, asm }) => `  0x${(insn >>> 0).toString(16).padStart(8, '0')}, // ${asm}`);
writeFileSync(
  `${ROOT}src/arch/engine/hot.ts`,
  `/**
 * Instruction words whose handlers are inlined in the interpreter's main function: one of each, the most executed first.
 * Made by test/bench/hot.mjs from a Debian boot and the benchmarks. Any list is right; a good one is fast.
 */
// biome-ignore format: one line each
export const HOT: readonly number[] = [
${lines.join('\n')}
];
`,
);
process.stdout.write(`${list.length} handlers\n`);
