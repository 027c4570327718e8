/** Hashes of a machine. SHA-256 comes from the outside: Node and a browser have it in different places. */
import { encodeJson } from '../../migration/json.js';
import type { Machine } from '../../migration/snapshot.js';

export interface Hashes {
  /** Of the whole machine, as `--hash` prints it; 64 hexadecimal digits. */
  state(machine: Machine): string;
  /** Of bytes, one part behind the other; 64 hexadecimal digits. */
  bytes(parts: readonly Uint8Array[]): string;
}

/** Memory that one checkpoint covers, so that a checkpoint costs the same on every machine. */
const PART = 2 * 2 ** 20;

/** Of registers, devices and clock, and of one part of RAM: consecutive numbers go through all of it in turn. */
export function checkpointHash({ host, vm }: Machine, part: number, hashes: Hashes): string {
  // Flash is in the hashes of the whole: it is large, and hardly changes.
  const [ram, pvTime] = vm.memory();
  const at = (part % Math.ceil(ram!.size / PART)) * PART;
  const state = encodeJson({ vm: vm.save(), host: host.save(), counter: host.counter.spec });
  return hashes.bytes([state, ram!.view.subarray(at, at + PART), pvTime!.view]);
}
