/** The state hash: SHA-256 over registers, devices and memory, equal exactly where two machines are in the same state. */
import { createHash } from 'node:crypto';
import { encodeJson } from '../migration/json.js';
import { encodePages } from '../migration/pages.js';
import { diskSections, type Machine } from '../migration/snapshot.js';
import type { Hashes } from '../verify/replay/index.js';

/** @returns 64 hexadecimal digits */
export function stateHash({ host, vm }: Machine): string {
  const hash = createHash('sha256');
  hash.update(encodeJson({ vm: vm.save(), host: host.save(), counter: host.counter.spec }));
  for (const memory of vm.memory()) hash.update(memory.name).update(encodePages(memory.view, memory.used));
  for (const { name, payload } of diskSections({ host, vm })) hash.update(name).update(payload);
  return hash.digest('hex');
}

/** Node's SHA-256 for the replay log. */
export const HASHES: Hashes = {
  state: stateHash,
  bytes(parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  },
};
