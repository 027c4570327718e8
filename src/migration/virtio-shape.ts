/** What the saved state of virtio devices looks like, field by field. */
import { MAX_DEVICES, MAX_DISK, MAX_INPUT, MAX_LATENCY, SECTOR } from '../machine/virtio/index.js';
import { BadSnapshot } from './errors.js';
import { big, byKind, flag, int, list, nullable, oneOf, optional, record, type Shape } from './shape.js';

const U8 = int(0, 0xff);
const U16 = int(0, 0xffff);
const U32 = int(0, 2 ** 32 - 1);
const U64 = big(0n, (1n << 64n) - 1n);
const PS = big(0n, 1n << 100n);

const bus = oneOf('pci', 'mmio');

const text =
  (pattern: RegExp, wanted: string): Shape =>
  (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new BadSnapshot(`${path} is not ${wanted}`);
  };

const diskSize: Shape = (value, path) => {
  int(SECTOR, MAX_DISK)(value, path);
  if ((value as number) % SECTOR) throw new BadSnapshot(`${path} is ${value}, not a multiple of ${SECTOR}`);
};

/** VirtioConfig. */
export const VIRTIO_CONFIG_SHAPE = byKind({
  block: record({
    kind: oneOf('block'),
    bus,
    readOnly: flag,
    size: diskSize,
    sha256: text(/^[0-9a-f]{64}$/, 'a SHA-256'),
    latency: int(0, MAX_LATENCY),
  }),
  rng: record({ kind: oneOf('rng'), bus, seed: U32 }),
  console: record({ kind: oneOf('console'), bus }),
});

const powerOfTwo: Shape = (value, path) => {
  int(1, 32768)(value, path);
  if ((value as number) & ((value as number) - 1)) throw new BadSnapshot(`${path} is ${value}, not a power of two`);
};

const queue = record({
  size: powerOfTwo,
  ready: flag,
  descriptors: U64,
  driver: U64,
  device: U64,
  vector: U16,
  available: U16,
  used: U16,
  inFlight: nullable(record({ head: int(-1, 32767), due: PS })),
  idle: flag,
});

/** AttachedState. */
export const ATTACHED_SHAPE = record({
  virtio: record({
    status: U8,
    isr: int(0, 3),
    deviceFeaturesSelect: U32,
    driverFeaturesSelect: U32,
    driverFeatures: U64,
    queueSelect: U32,
    configVector: U16,
    queues: list(queue, 1, MAX_DEVICES),
  }),
  rng: optional(record({ counter: U64 })),
  console: optional(record({ input: list(U8, 0, MAX_INPUT), due: PS })),
});
