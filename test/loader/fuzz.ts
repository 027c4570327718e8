// Mutated images and device trees for the loader: each must load or be refused by the loader's own errors.
// `LOADER_FUZZ=100000 npx vitest run --config test/vitest.config.ts test/loader/fuzz.test.ts` is the long run.

import { gzipSync } from 'node:zlib';
import { BadImage, type LoadPlan, planLoad } from '../../src/loader/index.js';
import { BadDeviceTree, readFdt, virtDeviceTree, writeFdt } from '../../src/machine/device-tree/index.js';
import { generator } from '../support/random.js';
import { makeElf, makeLinuxImage, makeZboot } from './images.js';

const RAM_BASE = 0x4000_0000n;
const RAM_SIZE = 0x80_0000n;

/** Counts of a run. `kinds` has the outcomes by seed and result, so that a share that tests nothing can be seen. */
export interface FuzzResult {
  readonly kinds: Map<string, number>;
  /** Longest time of one input in ms, for reports. */
  readonly slowest: number;
}

type Random = ReturnType<typeof generator>;

const INTERESTING = [
  0n,
  1n,
  7n,
  64n,
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
  RAM_BASE,
  RAM_BASE + RAM_SIZE - 4n,
];

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - remove + insert.length);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + remove), at + insert.length);
  return out;
}

/** One random change; positions favour the first 256 bytes, where the headers are. */
function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return new Uint8Array([random(256)]);
  const at = random(random(2) === 0 ? Math.min(bytes.length, 256) : bytes.length);
  const length = Math.min(1 + random(64), bytes.length - at);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = INTERESTING[random(INTERESTING.length)] + BigInt(random(3) - 1);
  const littleEndian = random(2) === 0;
  switch (random(9)) {
    case 0:
      bytes[at] ^= 1 << random(8);
      return bytes;
    case 1:
      bytes[at] = random(256);
      return bytes;
    case 2: {
      const aligned = at & ~1;
      if (aligned + 2 <= bytes.length) view.setUint16(aligned, Number(value & 0xffffn), littleEndian);
      return bytes;
    }
    case 3:
    case 4: {
      const aligned = at & ~3;
      if (aligned + 4 <= bytes.length) view.setUint32(aligned, Number(value & 0xffff_ffffn), littleEndian);
      return bytes;
    }
    case 5: {
      const aligned = at & ~7;
      if (aligned + 8 <= bytes.length) view.setBigUint64(aligned, BigInt.asUintN(64, value), littleEndian);
      return bytes;
    }
    case 6:
      return bytes.slice(0, at);
    case 7:
      return splice(bytes, at, length, new Uint8Array(0));
    default:
      return splice(bytes, at, 0, bytes.slice(at, at + length));
  }
}

function mutate(seed: Uint8Array, random: Random): Uint8Array {
  let bytes = new Uint8Array(seed);
  for (let n = 1 + random(4); n > 0; n--) bytes = new Uint8Array(mutateOnce(bytes, random));
  return bytes;
}

const virtBlob = (): Uint8Array =>
  writeFdt({
    ...virtDeviceTree({
      cpus: 2,
      cpuCompatible: 'arm,cortex-a57',
      ramBase: RAM_BASE,
      ramSize: RAM_SIZE,
      bootargs: 'a',
    }),
    reservations: [{ address: RAM_BASE, size: 4096n }],
  });

function elfSeed(): Uint8Array {
  const data = new Uint8Array(256).fill(0x1f);
  const virtual = 0xffff_8000_0000_0000n;
  return makeElf({
    entry: virtual,
    segments: [
      { physical: RAM_BASE, virtual, data, memorySize: 0x1000n },
      { physical: RAM_BASE + 0x2000n, data },
      { physical: 0n, type: 4, data },
    ],
    symbols: [
      { name: '_start', value: virtual, size: 16n },
      { name: 'main', value: virtual + 16n, size: 0n },
    ],
  });
}

const position = (elf: Uint8Array): Uint8Array => {
  const copy = elf.slice();
  copy[16] = 3;
  return copy;
};

/** Unmutated inputs by name; those named `dtb` go in as the user's device tree. */
export function fuzzSeeds(): Map<string, Uint8Array> {
  const image = makeLinuxImage({ size: 512 });
  return new Map<string, Uint8Array>([
    ['elf', elfSeed()],
    ['pie', position(elfSeed())],
    ['image', image],
    ['gzip', gzipSync(image)],
    ['bomb', gzipSync(new Uint8Array(9 << 20))],
    ['zboot', makeZboot(gzipSync(image))],
    ['dtb', virtBlob()],
    ['dtb-small', writeFdt({ root: { name: '', props: new Map(), children: [] }, reservations: [], bootCpu: 0 })],
  ]);
}

/** Throws where a plan puts a byte outside RAM or over another one, or enters outside RAM. */
export function checkPlan(plan: LoadPlan): void {
  const ranges = plan.segments
    .map((s) => ({ start: s.address, end: s.address + BigInt(s.data.length) + BigInt(s.zeroFill) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  let free = RAM_BASE;
  for (const { start, end } of ranges) {
    if (start < free)
      throw new Error(`0x${start.toString(16)} is below RAM or overlaps what ends at 0x${free.toString(16)}`);
    free = end;
  }
  if (free > RAM_BASE + RAM_SIZE) throw new Error(`0x${free.toString(16)} is past RAM`);
  if (plan.segments.some((s) => s.zeroFill < 0 || !Number.isSafeInteger(s.zeroFill))) throw new Error('zeroFill');
  if (plan.entry < RAM_BASE || plan.entry >= RAM_BASE + RAM_SIZE) throw new Error('the entry point is not in RAM');
}

/** Loads one input; resolves to what became of it and throws any error that is not the loader's own. */
export function tryInput(seed: string, bytes: Uint8Array): string {
  const options = { name: 'fuzz', ramBase: RAM_BASE, ramSize: RAM_SIZE, initrd: new Uint8Array(100), bootargs: 'b' };
  try {
    if (seed.startsWith('dtb')) {
      const tree = readFdt(bytes);
      const again = readFdt(writeFdt(tree));
      if (writeFdt(again).join() !== writeFdt(tree).join())
        throw new Error('the tree that was read is not written again');
      checkPlan(planLoad(makeLinuxImage({ size: 64 }), { ...options, dtb: bytes }));
    } else {
      checkPlan(planLoad(bytes, options));
    }
    return 'loaded';
  } catch (error) {
    if (!(error instanceof BadImage) && !(error instanceof BadDeviceTree)) throw error;
    if (error.message.includes('\n') || error.message.length > 400) {
      throw new Error(`not one short line: ${JSON.stringify(error.message)}`);
    }
    return 'refused';
  }
}

/** Tries `count` mutated inputs from `seed` on. Throws, with the number of the input, at the first other outcome. */
export function fuzzLoader(count: number, seed: number): FuzzResult {
  const seeds = [...fuzzSeeds()];
  const kinds = new Map<string, number>();
  let slowest = 0;
  for (let i = 0; i < count; i++) {
    const random = generator(seed + i);
    const [name, bytes] = seeds[i % seeds.length];
    const input = mutate(bytes, random);
    const start = performance.now();
    try {
      const kind = `${name} ${tryInput(name, input)}`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    } catch (error) {
      const hex = Buffer.from(input.subarray(0, 512)).toString('hex');
      throw new Error(`input ${seed + i} (${name}, ${input.length} bytes, ${hex}): ${(error as Error).stack}`);
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  return { kinds, slowest };
}
