/**
 * An Ethernet switch between guests of one process. It knows its ports' addresses and remembers nothing, so it has no
 * state: what is on its way is state of the guest that it is on its way to.
 */
import type { Ps } from '../../../arch/timer/time.js';
import { equalBytes } from './frame.js';

/** Host time of a frame from one end of a cable to the other. Guests that run side by side take turns no longer than it. */
export const LINK_TIME: Ps = 50_000_000n;

export interface SwitchPort {
  readonly mac: Uint8Array;
  /** Takes a frame that is there at an instant of the port's own host time. */
  deliver(frame: Uint8Array, due: Ps): void;
}

export class Switch {
  readonly #ports: SwitchPort[] = [];

  join(port: SwitchPort): void {
    this.#ports.push(port);
  }

  /** A frame from a port goes to the one that it names, or, where none has that address, to all others. */
  send(from: SwitchPort, frame: Uint8Array, now: Ps): void {
    const to = frame.subarray(0, 6);
    const others = this.#ports.filter((port) => port !== from);
    const named = others.filter((port) => equalBytes(port.mac, to));
    for (const port of named.length ? named : others) port.deliver(frame, now + LINK_TIME);
  }
}
