/** What the messages carry: plain values with their shapes, and the state of a machine as sections. */
import { IDENTITY_REGISTERS, type IdentityRegister } from '../../arch/system/identity.js';
import type { Ps } from '../../arch/timer/time.js';
import type { HostSpec } from '../../host/frequency.js';
import {
  type DowntimePolicy,
  parseDowntime,
  parseStrategy,
  type StrategyName,
} from '../../hypervisor/strategy/index.js';
import { checkConfig, type VmConfig } from '../../hypervisor/vm/config.js';
import { inMemory, readSections, writeContainer } from '../container.js';
import { BadSnapshot } from '../errors.js';
import { decodeJson, encodeJson, readJson } from '../json.js';
import { readState, type Snapshot } from '../read-snapshot.js';
import { int, list, nullable, oneOf, record, type Shape, word } from '../shape.js';
import { type Machine, stateSections } from '../snapshot.js';
import { CONFIG_SHAPE, PS_SHAPE, SPEC_SHAPE } from '../state-shape.js';
import { MigrationFailed } from './errors.js';

export interface Hello {
  version: number;
  role: 'source' | 'destination';
}

/** The machine that is to come. */
export interface Offer {
  /** 32 hexadecimal digits, never used before. */
  id: string;
  config: VmConfig;
  memories: { name: string; size: number }[];
  /** The host that it leaves. */
  spec: HostSpec;
  strategy: StrategyName;
  downtime: DowntimePolicy;
  /** How long the migration stops the guest, in host time. */
  pause: Ps;
  /** Identification registers that may differ from what the guest has read. */
  allow: IdentityRegister[];
}

export interface Acceptance {
  /** The host that the guest goes on at; null: one like the source. */
  spec: HostSpec | null;
}

export interface Question {
  id: string;
  /** What the source has decided. */
  decision: 'go' | 'quit';
}

/** A machine without its memory, and the line that its guest is printing. */
export interface MachineState extends Pick<Snapshot, 'host' | 'vm'> {
  line: string;
}

const id: Shape = (value, path) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{32}$/.test(value)) throw new BadSnapshot(`${path} is no id`);
};

const HELLO = record({ version: int(0, 65535), role: oneOf('source', 'destination') });
const OFFER = record({
  id,
  config: CONFIG_SHAPE,
  memories: list(record({ name: word(20), size: int(4096, 2 ** 32) }), 1, 8),
  spec: SPEC_SHAPE,
  strategy: word(20),
  downtime: word(20),
  pause: PS_SHAPE,
  allow: list(oneOf(...IDENTITY_REGISTERS), 0, IDENTITY_REGISTERS.length),
});
const ACCEPTANCE = record({ spec: nullable(SPEC_SHAPE) });
const QUESTION = record({ id, decision: oneOf('go', 'quit') });

/** Anything that is wrong with what was sent, as one error. */
function decode<T>(what: string, payload: Uint8Array, shape: Shape): T {
  return refusing(what, () => {
    const value = decodeJson(payload);
    shape(value, what);
    return value as T;
  });
}

/** @throws MigrationFailed in place of what the parts say of bad input */
export function refusing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BadSnapshot || error instanceof RangeError) {
      throw new MigrationFailed(`${what}: ${error.message.replace(/^snapshot: /, '')}`);
    }
    throw error;
  }
}

export const encodeHello = (hello: Hello): Uint8Array => encodeJson(hello);
export const decodeHello = (payload: Uint8Array): Hello => decode('HELO', payload, HELLO);
export const encodeOffer = (offer: Offer): Uint8Array => encodeJson(offer);
export const encodeAcceptance = (acceptance: Acceptance): Uint8Array => encodeJson(acceptance);
export const decodeAcceptance = (payload: Uint8Array): Acceptance => decode('ACPT', payload, ACCEPTANCE);
export const encodeQuestion = (question: Question): Uint8Array => encodeJson(question);
export const decodeQuestion = (payload: Uint8Array): Question => decode('ASKS', payload, QUESTION);

export function decodeOffer(payload: Uint8Array): Offer {
  const offer = decode<Offer>('OFFR', payload, OFFER);
  refusing('OFFR', () => {
    checkConfig(offer.config);
    parseStrategy(offer.strategy);
    parseDowntime(offer.downtime);
  });
  return offer;
}

/** A reason in one line of printable characters, whatever the other side sent. */
export function decodeReason(payload: Uint8Array): string {
  const text = new TextDecoder().decode(payload.subarray(0, 400));
  return text.replace(/[^\x20-\x7e]+/g, '?').replace(/^migration: /, '') || 'no reason given';
}

export const encodeReason = (reason: string): Uint8Array =>
  new TextEncoder().encode(reason.replace(/^migration: /, '').slice(0, 400));

export function encodeState(machine: Machine, line: string): Uint8Array<ArrayBuffer> {
  const console = { name: 'console', version: 1, payload: encodeJson({ line }) };
  return writeContainer([...stateSections(machine), console]);
}

/** Longest line that the session keeps. */
const LINE = 4096;
const CONSOLE = record({
  line: (value, path) => {
    if (typeof value !== 'string' || value.length > LINE) throw new BadSnapshot(`${path} is not a line`);
  },
});

/** @param ramBytes of the guest that was offered */
export function decodeState(payload: Uint8Array, ramBytes: number): MachineState {
  return refusing('state', () => {
    const sections = readSections(inMemory(payload));
    const state = readState(sections, ramBytes);
    const console = sections.find((s) => s.name === 'console');
    if (!console || sections.length !== 3) throw new BadSnapshot('sections are missing or too many');
    const printing = readJson(console);
    CONSOLE(printing, 'console');
    return { ...state, line: (printing as { line: string }).line };
  });
}
