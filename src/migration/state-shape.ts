/** What the saved state of a machine looks like, field by field: every value that a snapshot may carry. */
import { MAX_VCPUS } from '../arch/engine/layout.js';
import { FIRST_LPI_INTID } from '../arch/gic/registers.js';
import { PROFILES } from '../arch/profiles.js';
import { DCZID_64_BYTES, DCZID_MAX, IDENTITY_REGISTERS } from '../arch/system/identity.js';
import { SLOT_NAMES } from '../arch/system/slots.js';
import { DEFAULT_COSTS } from '../host/costs.js';
import { MAX_FREQUENCY, MIN_FREQUENCY } from '../host/time-spec.js';
import { FAULT_NAMES } from '../hypervisor/faults.js';
import { MAX_IMPLEMENTATIONS } from '../hypervisor/identity/index.js';
import {
  ACTIVE_READS,
  EOI_MAINTENANCES,
  INFLIGHT_MOVES,
  INTID_LIMIT,
  MAX_QUEUE_BYTES,
} from '../hypervisor/vgic/index.js';
import { LATER_SLOTS } from '../hypervisor/vm/core-state.js';
import { RX_QUEUE_MAX } from '../machine/devices/index.js';
import { SPI_COUNT } from '../machine/virt.js';
import { MAX_DEVICES } from '../machine/virtio/index.js';
import { FIRMWARE_SHAPE } from './firmware-shape.js';
import { big, byKind, flag, int, list, nullable, oneOf, optional, real, record, type Shape, word } from './shape.js';
import { ATTACHED_SHAPE, BRIDGE_SHAPE, VIRTIO_CONFIG_SHAPE } from './virtio-shape.js';

const U8 = int(0, 0xff);
const U32 = int(0, 2 ** 32 - 1);
const I32 = int(-(2 ** 31), 2 ** 31 - 1);
const COUNT = int(0, Number.MAX_SAFE_INTEGER);
const U64 = big(0n, (1n << 64n) - 1n);
/** Host time: beyond any run, and small enough that sums and products stay quick. */
export const PS_SHAPE = big(0n, 1n << 100n);
const VCPU = int(0, MAX_VCPUS - 1);
const FREQUENCY = int(MIN_FREQUENCY, MAX_FREQUENCY);
const PV_TIME = ['rfc2020', 'beta2018'] as const;

const perVcpu = (shape: Shape): Shape => list(shape, 1, MAX_VCPUS);

/** Identification registers, some of them. */
const identityFields = Object.fromEntries(IDENTITY_REGISTERS.map((name) => [name, optional(U64)]));
const identity = record(identityFields);
const hostCpu = record({
  profile: nullable(oneOf(...Object.keys(PROFILES))),
  registers: record({ ...identityFields, DCZID_EL0: optional(big(DCZID_64_BYTES, DCZID_MAX)) }),
});

/** A host's counter. */
export const SPEC_SHAPE = record({
  name: word(40),
  freqHz: FREQUENCY,
  ppm: real(-100_000, 100_000),
  start: big(0n, (1n << 63n) - 1n),
  cpu: optional(hostCpu),
  cntsc: optional(flag),
  ecv: optional(flag),
});

const pattern = record({
  vcpu: (value, path) => (value === 'all' ? undefined : int(0, 999)(value, path)),
  every: PS_SHAPE,
  length: PS_SHAPE,
  phase: PS_SHAPE,
  jitter: PS_SHAPE,
});

const account = record({ running: PS_SHAPE, idle: PS_SHAPE, stolen: PS_SHAPE, paused: PS_SHAPE, off: PS_SHAPE });

export const COSTS_SHAPE = record({
  ...Object.fromEntries(Object.keys(DEFAULT_COSTS).map((kind) => [kind, int(0, 1e9)])),
  trap: optional(int(0, 1e9)),
  kick: optional(int(0, 1e9)),
  maintenance: optional(int(0, 1e9)),
});

export const STEAL_SHAPE = record({ patterns: list(pattern, 0, 64), seed: U32 });

/** The section `host`. */
export const HOST_SHAPE = record({
  spec: SPEC_SHAPE,
  ips: int(1e6, 1e12),
  quantum: PS_SHAPE,
  costs: COSTS_SHAPE,
  steal: STEAL_SHAPE,
  end: nullable(
    byKind({
      poweroff: record({ kind: oneOf('poweroff') }),
      reset: record({ kind: oneOf('reset') }),
      exit: record({ kind: oneOf('exit'), code: U32 }),
    }),
  ),
  state: record({
    timeline: record({ anchor: PS_SHAPE, work: PS_SHAPE, parallel: int(1, MAX_VCPUS) }),
    turn: VCPU,
    left: int(1, 1e12),
    accounts: perVcpu(account),
    alarms: perVcpu(nullable(big(0n, 1n << 140n))),
  }),
});

/** VmConfig. */
export const CONFIG_SHAPE = record({
  cpu: oneOf(...Object.keys(PROFILES)),
  vcpus: int(1, MAX_VCPUS),
  ramBytes: COUNT,
  pvTime: oneOf(...PV_TIME, 'off'),
  lpt: flag,
  pvFreqHz: FREQUENCY,
  listRegisters: int(1, 16),
  gic: optional(
    record({
      lazySync: optional(flag),
      eoiMaintenance: optional(oneOf(...EOI_MAINTENANCES)),
      trap: optional(
        record({ common: optional(flag), group0: optional(flag), group1: optional(flag), dir: optional(flag) }),
      ),
      directLpi: optional(flag),
      activeRead: optional(oneOf(...ACTIVE_READS)),
      inflightMove: optional(oneOf(...INFLIGHT_MOVES)),
    }),
  ),
  startEpoch: U32,
  semihosting: flag,
  faults: optional(list(oneOf(...FAULT_NAMES), 1, FAULT_NAMES.length)),
  vmclock: optional(flag),
  its: optional(flag),
  firmware: optional(flag),
  implementations: optional(list(record({ midr: U64, revidr: U64, aidr: U64 }), 0, MAX_IMPLEMENTATIONS)),
  devices: optional(list(VIRTIO_CONFIG_SHAPE, 1, 2 * MAX_DEVICES)),
});

const core = record({
  x: list(U64, 31, 31),
  sp: U64,
  pc: U64,
  nzcv: int(0, 15),
  el: int(0, 1),
  spsel: int(0, 1),
  daif: int(0, 0x3c0),
  pstate: int(0, 0xf << 20),
  fpcr: I32,
  fpsr: I32,
  v: list(U64, 64, 64),
  event: int(0, 1),
  stepped: int(0, 3),
  exclusive: record({ size: int(0, 16), address: U64 }),
  system: record(Object.fromEntries(SLOT_NAMES.map((name) => [name, name in LATER_SLOTS ? optional(U64) : U64]))),
});

const comparator = record({ ctl: int(0, 3), cval: U64 });

const vcpu = record({
  power: oneOf('on', 'off', 'on-pending'),
  waiting: oneOf('no', 'wfi', 'wfe'),
  start: nullable(record({ entry: U64, contextId: U64 })),
  timer: record({ cntvoff: U64, cntpoff: U64, cntkctl: big(0n, 0x3ffn), cntv: comparator, cntp: comparator }),
  stolen: PS_SHAPE,
  retired: COUNT,
  kicked: optional(COUNT),
  core,
});

const interrupt = record({
  enabled: flag,
  group: int(0, 1),
  priority: U8,
  edge: flag,
  line: flag,
  latch: flag,
  again: flag,
  active: flag,
  affinity: U32,
  owner: int(-1, MAX_VCPUS - 1),
  lr: int(-2, 15),
  activation: COUNT,
  written: optional(flag),
});

const cpuInterface = record({
  lr: list(U64, 1, 16),
  hcr: U32,
  vmcr: U32,
  ap0r0: U32,
  ap1r0: U32,
  changed: flag,
});

const lpis = record({
  redistributors: perVcpu(record({ enabled: flag, propbaser: U64, pendbaser: U64 })),
  its: record({
    enabled: flag,
    cbaser: U64,
    cwriter: int(0, MAX_QUEUE_BYTES),
    creadr: int(0, MAX_QUEUE_BYTES),
    stalled: flag,
    deviceBaser: U64,
    collectionBaser: U64,
  }),
  differences: list(
    record({ vcpu: VCPU, intid: int(FIRST_LPI_INTID, INTID_LIMIT - 1), config: int(-1, 0xff) }),
    0,
    MAX_VCPUS * INTID_LIMIT,
  ),
});

const vgic = record({
  lpis: optional(lpis),
  groups: int(0, 3),
  spis: list(interrupt, SPI_COUNT - 32, SPI_COUNT - 32),
  vcpus: perVcpu(
    record({
      affinity: U32,
      asleep: flag,
      dirty: flag,
      marked: optional(flag),
      activations: COUNT,
      privates: list(interrupt, 32, 32),
      list: list(int(0, SPI_COUNT - 1), 0, SPI_COUNT),
      slotStates: list(int(0, 3), 1, 16),
      cpuInterface,
    }),
  ),
});

const character = int(0, 0x7ff);

const board = record({
  uart: record({
    rxFifo: list(character, 0, 16),
    rxQueue: list(character, 0, RX_QUEUE_MAX),
    rsr: int(0, 15),
    ilpr: U8,
    ibrd: int(0, 0xffff),
    fbrd: int(0, 0x3f),
    lcrH: U8,
    cr: int(0, 0xffff),
    ifls: int(0, 0x3f),
    imsc: int(0, 0x7ff),
    ris: int(0, 0x7ff),
    dmacr: int(0, 7),
  }),
  rtc: record({
    offset: U32,
    mr: U32,
    lr: U32,
    imsc: int(0, 1),
    ris: int(0, 1),
    matchAt: nullable(PS_SHAPE),
  }),
  gpio: record({
    inputs: U8,
    outputs: U8,
    dir: U8,
    is: U8,
    ibe: U8,
    iev: U8,
    ie: U8,
    afsel: U8,
    ris: U8,
  }),
  firmware: optional(FIRMWARE_SHAPE),
  virtio: optional(list(ATTACHED_SHAPE, 1, 2 * MAX_DEVICES)),
  pcie: optional(BRIDGE_SHAPE),
});

const lpt = record({
  profile: oneOf(...PV_TIME),
  pvFreqHz: FREQUENCY,
  nativeFreqHz: FREQUENCY,
  runs: int(1, 2 ** 31),
});

const lead = U64;

const time = record({
  firstHz: FREQUENCY,
  kind: oneOf('native', 'trapped', 'scaled'),
  scaleValue: U32,
  leads: record({ virtual: lead, physical: lead }),
});
const vmclock = record({
  disruptions: COUNT,
  count: U64,
  utc: PS_SHAPE,
  period: U64,
  shift: int(0, 63),
  tick: PS_SHAPE,
});

/** The section `vm`. */
export const VM_SHAPE = record({
  config: CONFIG_SHAPE,
  time: optional(time),
  vcpus: perVcpu(vcpu),
  vgic,
  board,
  lpt: nullable(lpt),
  identity: optional(record({ read: identity, told: U32 })),
  lptInterrupt: optional(flag),
  vmclock: optional(vmclock),
  itsDue: optional(PS_SHAPE),
  last: VCPU,
});
