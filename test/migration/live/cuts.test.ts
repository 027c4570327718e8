/**
 * The link cut and damaged at every message's end and at random bytes: exactly one side can run the guest afterwards,
 * and it goes on as if nothing had been, to the last byte that it prints. CV_CUTS=1000 for a campaign.
 *
 * One guest is moved again and again, between two engines, at the same counter and with no pause: its run must end in
 * the state of the run that was never moved.
 */
import { expect, test } from 'vitest';
import { stateHash } from '../../../src/cli/state-hash.js';
import type { VmConfig } from '../../../src/hypervisor/vm/config.js';
import { createEngine } from '../../../src/hypervisor/vm/create-engine.js';
import type { Session } from '../../../src/verify/session.js';
import { Random } from '../../conformance/random.js';
import { guestMachine, runToEnd } from '../../support/machine.js';
import { arrive, ask, type Direction, type Move, move, sessionOf, type Trouble } from './link.js';

const COUNT = Number(process.env.CV_CUTS ?? 300);
const OPTIONS = {
  vcpus: 2,
  ramBytes: 4 * 2 ** 20,
  bootargs: `exit=semihosting samples=${COUNT * 5} work=4000`,
  steal: ['vcpu=0 every=1ms for=300us'],
};
const ROUNDS = [20_000_000n, 5_000_000n];

/** Engines whose guest has gone. */
class Engines {
  readonly #free: ReturnType<typeof createEngine>[] = [];

  take(config: VmConfig): ReturnType<typeof createEngine> {
    const engine = this.#free.pop() ?? createEngine(config, 'interp');
    engine.cpu.u8.fill(0, engine.map.ram);
    return engine;
  }

  give(engine: ReturnType<typeof createEngine>): void {
    this.#free.push(engine);
  }
}

test(`${COUNT} troubles with the link`, () => {
  const reference = guestMachine('steal', OPTIONS);
  const whole = runToEnd(reference).console;

  const out: number[] = [];
  const transmit = (byte: number): void => void out.push(byte);
  const random = new Random(1);
  const engines = new Engines();
  let session: Session = sessionOf(guestMachine('steal', OPTIONS), transmit);
  const outcomes = new Map<string, number>();
  const reasons = new Set<string>();

  const attempt = (n: number, trouble: Trouble | null): Move => {
    const { engine } = session.machine.vm;
    let other: ReturnType<typeof createEngine> | null = null;
    const moved = move({
      session,
      id: n.toString(16).padStart(32, '0'),
      trouble,
      rounds: ROUNDS,
      engineFor: (offer) => {
        other = engines.take(offer.config);
        return other;
      },
    });
    const { source, destination } = moved;
    expect(moved.status).toBe(null);
    const state = `${source.phase} ${destination.phase}`;
    outcomes.set(state, (outcomes.get(state) ?? 0) + 1);
    // Never both: what runs there has been given up here.
    if (destination.phase === 'running') expect(['given-up', 'gone']).toContain(source.phase);
    // Never none: what has been given up is complete there.
    if (source.phase === 'given-up') expect(['ready', 'running']).toContain(destination.phase);
    if (source.phase === 'failed') expect(source.reason).toMatch(/^[\x20-\x7e]{5,200}$/);
    if (source.phase === 'failed') reasons.add(source.reason!.replace(/\d+/g, 'n'));
    if (source.phase === 'given-up' || source.mustTell) ask(moved);
    expect(`${source.phase} ${destination.phase}`).toMatch(/^(gone running|failed failed|failed hello|failed offer)$/);
    if (source.phase === 'gone') {
      session = arrive(destination.arrived!, transmit);
      engines.give(engine);
    } else if (other) engines.give(other);
    return moved;
  };

  const perfect = attempt(0, null);
  const kinds: ['cut', 'flip'] = ['cut', 'flip'];
  const troubles: Trouble[] = [];
  for (const direction of ['there', 'back'] as Direction[]) {
    const pipe = direction === 'there' ? perfect.there : perfect.back;
    const ends = [...new Set(pipe.boundaries)].filter((byte) => byte < pipe.bytes);
    for (const byte of ends) for (const kind of kinds) troubles.push({ direction, byte, kind });
  }
  while (troubles.length < COUNT) {
    const direction = random.chance(1, 3) ? 'back' : 'there';
    const pipe = direction === 'there' ? perfect.there : perfect.back;
    const kind = kinds[random.word() % 2]!;
    const names = direction === 'there' ? ['STAT', 'GOON'] : ['REDY', 'RUNS'];
    // The end is where it is decided who has the guest.
    if (random.chance(1, 3)) {
      troubles.push({ direction, byte: random.word() % 16, kind, message: names[random.word() % 2]! });
    } else troubles.push({ direction, byte: random.word() % pipe.bytes, kind });
  }
  troubles.forEach((trouble, n) => void attempt(n + 1, trouble));

  console.log(Object.fromEntries([...outcomes].sort()), [...reasons].sort());
  for (const state of ['gone running', 'failed failed', 'failed ready', 'given-up ready', 'given-up running']) {
    expect(outcomes.get(state), state).toBeGreaterThan(0);
  }
  expect(session.run()).toBe('exit');
  expect(Buffer.from(out).toString('latin1').replaceAll('\r', '')).toBe(whole);
  expect(stateHash(session.machine)).toBe(stateHash(reference));
});
