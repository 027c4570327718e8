/**
 * The LPT structure's bytes, one table a profile, little-endian. The beta2018 table is an unverified layout.
 */

import { type LptProfile, type LptState, sequenceNumber } from './lpt.js';
import { beta2018Scale, rfc2020Scale } from './scale.js';

export interface LptField {
  name: string;
  offset: number;
  bytes: 4 | 8;
}

const field = (name: string, offset: number, bytes: 4 | 8): LptField => ({ name, offset, bytes });

export const LPT_LAYOUTS: Readonly<Record<LptProfile, { bytes: number; fields: readonly LptField[] }>> = {
  rfc2020: {
    bytes: 48,
    fields: [
      field('revision', 0, 4),
      field('attributes', 4, 4),
      field('sequence_number', 8, 8),
      field('native_freq', 16, 4),
      field('pv_freq', 20, 4),
      field('scale_mult', 24, 8),
      field('rscale_mult', 32, 8),
      field('fracbits', 40, 4),
      field('rfracbits', 44, 4),
    ],
  },
  beta2018: {
    bytes: 64,
    fields: [
      field('revision', 0, 4),
      field('attributes', 4, 4),
      field('sequence_number', 8, 8),
      field('scale_mult', 16, 8),
      field('shift', 24, 4),
      field('native_freq', 32, 8),
      field('pv_freq', 40, 8),
      field('div_by_fpv_mult', 48, 8),
    ],
  },
};

/** The structure's fields by name. */
export type LptFields = Readonly<Record<string, bigint>>;

/** What the structure must say for this state. */
export function lptFields(state: LptState): LptFields {
  const common = {
    revision: 0n,
    attributes: 0n,
    sequence_number: sequenceNumber(state),
    native_freq: BigInt(state.nativeFreqHz),
    pv_freq: BigInt(state.pvFreqHz),
  };
  if (state.profile === 'rfc2020') {
    const scale = rfc2020Scale(state.nativeFreqHz, state.pvFreqHz);
    return {
      ...common,
      scale_mult: scale.scaleMult,
      rscale_mult: scale.rscaleMult,
      fracbits: BigInt(scale.fracBits),
      rfracbits: BigInt(scale.rfracBits),
    };
  }
  const scale = beta2018Scale(state.nativeFreqHz, state.pvFreqHz);
  return {
    ...common,
    scale_mult: scale.scaleMult,
    shift: BigInt(scale.shift),
    div_by_fpv_mult: scale.divByFpvMult,
  };
}

/** The structure's bytes. The guest reads it under its sequence number: store them while no vCPU runs. */
export function encodeLpt(state: LptState): Uint8Array {
  const layout = LPT_LAYOUTS[state.profile];
  const values = lptFields(state);
  const bytes = new Uint8Array(layout.bytes);
  const view = new DataView(bytes.buffer);
  for (const { name, offset, bytes: size } of layout.fields) {
    if (size === 8) view.setBigUint64(offset, values[name]!, true);
    else view.setUint32(offset, Number(values[name]), true);
  }
  return bytes;
}

/** Reads a structure as a guest of that profile does. */
export function decodeLpt(profile: LptProfile, bytes: Uint8Array): LptFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Record<string, bigint> = {};
  for (const { name, offset, bytes: size } of LPT_LAYOUTS[profile].fields) {
    fields[name] = size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
  }
  return fields;
}

/** The PV counter as a guest computes it from the structure alone (64-bit result of a 128-bit product). */
export function pvCountFromPage(profile: LptProfile, bytes: Uint8Array, native: bigint): bigint {
  const fields = decodeLpt(profile, bytes);
  const product =
    profile === 'rfc2020'
      ? (native * fields.scale_mult!) >> fields.fracbits!
      : ((native << fields.shift!) * fields.scale_mult!) >> 64n;
  return BigInt.asUintN(64, product);
}
