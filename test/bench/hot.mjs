// Writes src/arch/engine/hot.ts: which handlers are inlined in the interpreter. Samples what a Debian boot and the benchmark
// guests execute, every 1009 instructions. Usage: node test/bench/hot.mjs <kernel> <initrd> [how many, 215]
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RECORD, S } from '../../dist/arch/engine/layout.js';
import { ZERO_COSTS } from '../../dist/host/costs.js';
import { parseHost } from '../../dist/host/frequency.js';
import { StealSchedule } from '../../dist/host/steal.js';
import { planLoad } from '../../dist/loader/index.js';
import { createMachine } from '../../dist/migration/snapshot.js';

const [kernel, initrd, count = '215', pairCount = '64'] = process.argv.slice(2);
if (!kernel || !initrd) {
  process.stderr.write(
    'hot: say which kernel and initrd: node test/bench/hot.mjs <kernel> <initrd> [handlers] [pairs]\n',
  );
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

const PERIOD = 1009;
const WINDOW = 8;

/** Windows of what a load executes: handlers as {key, insn, asm}, null where one was left out of straight-line order. */
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
  const windows = [];
  while (!printed.includes(until)) {
    if (machine.host.run({ instructions: machine.host.instructions + PERIOD - WINDOW }) !== 'limit') break;
    const window = [];
    let before = 0;
    for (let i = 0; i < WINDOW; i++) {
      const record = engine.cpu.i32[S.REC >> 2];
      if (before && record !== before + RECORD) window.push(null);
      window.push(record ? handlerOf(engine, engine.insnAt(record)) : null);
      before = record;
      if (machine.host.run({ instructions: machine.host.instructions + 1 }) !== 'limit') break;
    }
    windows.push(window);
  }
  return windows;
}

/** The handler of an instruction word, or null where it has no emitted form. */
function handlerOf(engine, insn) {
  const match = engine.decoder.match(insn);
  if (!match?.encoding.instruction.emit) return null;
  const { encoding, variant } = match;
  const key = `${encoding.instruction.name}/${(insn & encoding.staticMask) >>> 0}/${variant}`;
  return { key, insn, asm: encoding.instruction.asm };
}

const add = (map, key, share, value) => {
  const entry = map.get(key) ?? { share: 0, ...value };
  entry.share += share;
  map.set(key, entry);
};

const loads = LOADS.map((load) => ({ weight: load.weight, windows: profile(load) }));
const total = new Map();
for (const { weight, windows } of loads) {
  const share = weight / windows.length;
  for (const handler of windows.flat()) if (handler) add(total, handler.key, share, handler);
}
const list = [...total.values()].sort((a, b) => b.share - a.share).slice(0, Number(count));

/** Pairs of neighbours in a window that may be one handler. */
function* neighbours(window, inline) {
  for (let at = 0; at + 1 < window.length; at++) {
    const [a, b] = [window[at], window[at + 1]];
    if (a && b && inline.has(a.key) && inline.has(b.key)) yield { key: `${a.key} ${b.key}`, a, b };
  }
}

/** The pairs that save most dispatches, each counted where no better one has taken one of its members. */
function choosePairs(inline, count) {
  const candidates = new Map();
  const tally = (entry, sign) => {
    for (const { key, a, b } of neighbours(entry.window, inline)) {
      const candidate = candidates.get(key) ?? { share: 0, a, b, entries: new Set() };
      candidate.share += sign * entry.share;
      candidate.entries.add(entry);
      candidates.set(key, candidate);
    }
  };
  for (const { weight, windows } of loads) {
    for (const window of windows) tally({ window, share: weight / windows.length }, 1);
  }
  const pairs = [];
  while (pairs.length < count && candidates.size) {
    const [key, best] = [...candidates].reduce((x, y) => (y[1].share > x[1].share ? y : x));
    pairs.push({ a: best.a, b: best.b, share: best.share });
    candidates.delete(key);
    for (const entry of best.entries) {
      tally(entry, -1);
      cut(entry.window, best);
      tally(entry, 1);
    }
    candidates.delete(key);
  }
  return pairs;
}

/** Takes a pair out of a window. */
function cut(window, { a, b }) {
  for (let at = 0; at + 1 < window.length; at++) {
    if (window[at]?.key === a.key && window[at + 1]?.key === b.key) window[at] = window[at + 1] = null;
  }
}

const pairs = choosePairs(new Set(list.map(({ key }) => key)), Number(pairCount));
const hex = (insn) => `0x${(insn >>> 0).toString(16).padStart(8, '0')}`;
const pairLines = pairs.map(({ a, b }) => `  [${hex(a.insn)}, ${hex(b.insn)}], // ${a.asm} ; ${b.asm}`);
const lines = list.map(({ insn, asm }) => `  ${hex(insn)}, // ${asm}`);
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

/** Words of \`HOT\` that get a handler together, the pairs that save most dispatches first. */
// biome-ignore format: one line each
export const PAIRS: readonly (readonly [number, number])[] = [
${pairLines.join('\n')}
];
`,
);
const all = loads.reduce((sum, { weight }) => sum + weight * WINDOW, 0);
const saved = pairs.reduce((sum, { share }) => sum + share, 0);
process.stdout.write(
  `${list.length} handlers, ${pairs.length} pairs: ${((100 * saved) / all).toFixed(1)}% of dispatches saved\n`,
);
