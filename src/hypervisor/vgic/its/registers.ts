/** GITS registers (IHI 0069H, 12.18 and 12.19): the control frame, and the translation frame 64 KB behind it. */

import { constant, identification } from '../identification.js';
import type { VgicModel } from '../model.js';
import { RegisterTable, type SingleRow } from '../register-table.js';
import { runCommands } from './its.js';
import { COLLECTION_BITS, COMMAND_BYTES, DEVICE_BITS, EVENT_BITS, type ItsState, queueBytes } from './state.js';
import { INDIRECT } from './tables.js';

/** Bytes of both frames. */
export const ITS_SIZE = 0x20000;
/** GITS_TRANSLATER, from the control frame. */
export const TRANSLATER = 0x1_0040;

const CTLR_ENABLED = 1n << 0n;
const CTLR_QUIESCENT = 1n << 31n;

const TYPER =
  (1n << 0n) | // Physical
  (7n << 4n) | // ITT_entry_size: 8 bytes
  (BigInt(EVENT_BITS - 1) << 8n) |
  (BigInt(DEVICE_BITS - 1) << 13n) |
  (BigInt(COLLECTION_BITS - 1) << 32n) |
  (1n << 36n); // CIL: CIDbits says how many collection ids there are

/** Valid, InnerCache, OuterCache, Physical_Address, Shareability, Size. */
const CBASER_MASK = 0xb8ef_ffff_ffff_fcffn;
/** The same of a table; Page_Size and Entry_Size, Type are read-only. */
const BASER_MASK = 0xb8e0_ffff_ffff_fcffn;
const BASER_PAGE_64K = 2n << 8n;
const BASER_ENTRY_8 = 7n << 48n;
const BASER_DEVICES = 1n << 56n;
const BASER_COLLECTIONS = 4n << 56n;

const OFFSET_MASK = 0xf_ffe0n;
const CWRITER_RETRY = 1n;
const CREADR_STALLED = 1n;

const its = (model: VgicModel): ItsState => model.lpis!.its;

const CTLR: SingleRow = {
  kind: 'single',
  name: 'GITS_CTLR',
  offset: 0,
  bytes: 4,
  sizes: [4],
  // Disabled, the ITS takes no command: it is quiescent at once.
  read: (model) => (its(model).enabled ? CTLR_ENABLED : CTLR_QUIESCENT),
  write: (model, value, { accessor }) => {
    its(model).enabled = (value & CTLR_ENABLED) !== 0n;
    runCommands(model, accessor);
  },
};

/** Tables and queue stay while the ITS is enabled (writing them then is UNPREDICTABLE). */
const CBASER: SingleRow = {
  kind: 'single',
  name: 'GITS_CBASER',
  offset: 0x80,
  bytes: 8,
  sizes: [4, 8],
  read: (model) => its(model).cbaser,
  write: (model, value) => {
    const it = its(model);
    if (it.enabled) return;
    it.cbaser = value & CBASER_MASK;
    it.creadr = 0;
    it.cwriter = 0;
    it.stalled = false;
  },
  restore: (model, value) => {
    its(model).cbaser = value & CBASER_MASK;
  },
};

/** An offset beyond the queue is ignored. */
const CWRITER: SingleRow = {
  kind: 'single',
  name: 'GITS_CWRITER',
  offset: 0x88,
  bytes: 8,
  sizes: [4, 8],
  read: (model) => BigInt(its(model).cwriter),
  write: (model, value, { accessor }) => {
    const it = its(model);
    const offset = Number(value & OFFSET_MASK);
    if (offset >= queueBytes(it.cbaser)) return;
    it.cwriter = offset;
    if (value & CWRITER_RETRY) it.stalled = false;
    runCommands(model, accessor);
  },
  restore: (model, value) => {
    its(model).cwriter = Number(value & OFFSET_MASK) % queueBytes(its(model).cbaser);
  },
};

const CREADR: SingleRow = {
  kind: 'single',
  name: 'GITS_CREADR',
  offset: 0x90,
  bytes: 8,
  sizes: [4, 8],
  read: (model) => BigInt(its(model).creadr) | (its(model).stalled ? CREADR_STALLED : 0n),
  restore: (model, value) => {
    its(model).creadr = Number(value & OFFSET_MASK) % queueBytes(its(model).cbaser);
    its(model).stalled = (value & CREADR_STALLED) !== 0n;
  },
};

function baser(n: number, field: 'deviceBaser' | 'collectionBaser', constants: bigint, more: bigint): SingleRow {
  return {
    kind: 'single',
    name: `GITS_BASER${n}`,
    offset: 0x100 + n * 8,
    bytes: 8,
    sizes: [4, 8],
    read: (model) => its(model)[field] | constants | BASER_ENTRY_8 | BASER_PAGE_64K,
    write: (model, value) => {
      if (!its(model).enabled) its(model)[field] = value & (BASER_MASK | more);
    },
  };
}

/** GITS_TRANSLATER is a device's to write: a vCPU has no DeviceID, and it reads as zero. */
export const ITS_TABLE = new RegisterTable(
  [
    CTLR,
    constant('GITS_TYPER', 8, 8, () => TYPER),
    CBASER,
    CWRITER,
    CREADR,
    baser(0, 'deviceBaser', BASER_DEVICES, INDIRECT),
    baser(1, 'collectionBaser', BASER_COLLECTIONS, 0n),
    ...identification('GITS', 4),
  ],
  0,
);

/** Whether what a state says of an ITS is what its registers can hold. */
export function isItsState({ cbaser, cwriter, creadr, deviceBaser, collectionBaser }: ItsState): boolean {
  const offset = (n: number): boolean => n % COMMAND_BYTES === 0 && n < queueBytes(cbaser);
  return (
    (cbaser & ~CBASER_MASK) === 0n &&
    offset(cwriter) &&
    offset(creadr) &&
    (deviceBaser & ~(BASER_MASK | INDIRECT)) === 0n &&
    (collectionBaser & ~BASER_MASK) === 0n
  );
}
