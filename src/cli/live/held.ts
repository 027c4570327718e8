/** What is done with a guest of which nobody here can say whether the other side runs it: kept whole, and not run. */
import type { Machine } from '../../migration/snapshot.js';
import { saveSnapshot } from '../../migration/snapshot.js';
import { writeOutput } from '../files.js';

/** Where a held guest is written unless --held says otherwise. */
export const heldPath = (option: string | undefined, id: string): string =>
  option ?? `chronovisor-held-${id.slice(0, 8)}.snapshot`;

/** @returns the sentence that says where it is */
export function hold(machine: Machine, path: string): string {
  writeOutput(path, saveSnapshot(machine));
  return `the guest is held in ${path}, complete and not running`;
}
