/** What the saved state of virtio devices looks like, field by field. */
import {
  MAX_ARRIVING,
  MAX_DEVICES,
  MAX_DISK,
  MAX_FRAME,
  MAX_INPUT,
  MAX_LATENCY,
  SECTOR,
} from '../machine/virtio/index.js';
import { BadSnapshot } from './errors.js';
import { big, byKind, flag, int, list, nullable, oneOf, optional, record, type Shape, word } from './shape.js';

const U8 = int(0, 0xff);
const U16 = int(0, 0xffff);
const U32 = int(0, 2 ** 32 - 1);
const U64 = big(0n, (1n << 64n) - 1n);
const PS = big(0n, 1n << 100n);

const FRAME = new RegExp(`^([0-9a-f]{2}){0,${MAX_FRAME}}$`);

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
  net: record({
    kind: oneOf('net'),
    bus,
    peer: (value, path) => (value === 'user' ? undefined : record({ switch: word(40) })(value, path)),
    mac: text(/^[0-9a-f:]{17}$/, 'a MAC address'),
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

const function_ = {
  command: U16,
  cacheLine: U8,
  interruptLine: U8,
  bars: list(U32, 6, 6),
};

/** PciState of the host bridge's own function. */
export const BRIDGE_SHAPE = record(function_);

const pci = record({
  ...function_,
  msixControl: U16,
  msix: list(record({ address: U64, data: U32, masked: flag, pending: flag }), 1, MAX_DEVICES),
  window: record({ bar: U8, offset: U32, length: U32 }),
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
  pci: optional(pci),
  net: optional(record({ arriving: list(record({ frame: text(FRAME, 'a frame'), due: PS }), 0, MAX_ARRIVING) })),
  rng: optional(record({ counter: U64 })),
  console: optional(record({ input: list(U8, 0, MAX_INPUT), due: PS })),
});
