/** Several hosts, each with its guest, whose guests can reach each other by a network. */
import type { Ps } from '../arch/timer/time.js';
import { LINK_TIME } from '../machine/virtio/index.js';
import type { Host } from './host.js';

/**
 * Runs hosts side by side until an instant of host time, or until `done`. They take turns in windows that are no longer
 * than a frame is under way: what one sends reaches another behind the window, whichever of them runs first. So all runs
 * together are as deterministic as each is by itself.
 */
export function runTogether(hosts: readonly Host[], until: Ps, done: () => boolean = () => false): void {
  const [first = until] = hosts.map((host) => host.now()).sort((a, b) => (a < b ? -1 : 1));
  for (let now = first; now < until && !done(); ) {
    now = now + LINK_TIME < until ? now + LINK_TIME : until;
    for (const host of hosts) while (host.now() < now && host.run({ until: now }) === 'interrupted');
  }
}
