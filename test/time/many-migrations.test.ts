/** A guest that keeps time by Live Physical Time over hundreds of migrations, against true time. */
import { expect, it } from 'vitest';
import type { HostSpec } from '../../src/host/frequency.js';
import { parseSample, ReadRecorder, type Sample } from '../../src/verify/demo/clock.js';
import { Session, type SessionEvent } from '../../src/verify/session.js';
import { guestMachine } from '../support/machine.js';

const MIGRATIONS = 400;
const PV_HZ = 100_000_000;
const MS = 1_000_000_000n;

/** Numbers below `limit`, the same in every run. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

it.each([
  ['paused', 7],
  ['elapsed', 8],
] as const)(`the PV clock stays within a tick of either counter over ${MIGRATIONS} migrations (%s)`, (policy, seed) => {
  const random = randomFrom(seed);
  const hostOf = (n: number): HostSpec => ({
    name: `h${n}`,
    freqHz: 1_000_000 + random(1_049_000_001),
    ppm: 0,
    start: BigInt(random(2 ** 40)),
  });
  let at = 20n * MS;
  const events = Array.from({ length: MIGRATIONS }, (_, n): SessionEvent => {
    at += BigInt(1 + random(3_000_000)) * 1000n + 4n * MS;
    const downtime = BigInt(random(4_000_000)) * 1000n;
    return {
      when: { kind: 'time', at },
      action: { kind: 'migrate', to: hostOf(n), strategy: 'lpt', policy, downtime },
    };
  });
  const machine = guestMachine('clock', {
    bootargs: 'samples=1600 work=6000 report=only exit=semihosting lpt=on',
    lpt: true,
    pvFreqHz: PV_HZ,
    ips: 10_000_000,
  });
  const recorder = new ReadRecorder(machine);
  const samples: (Sample & { grain: number; hidden: bigint })[] = [];
  let line = '';
  const session = new Session(machine, events, (byte) => {
    if (byte !== 10) {
      line += String.fromCharCode(byte);
      return;
    }
    const sample = parseSample(line.trimEnd(), recorder);
    // The host at the read: a line may be printed behind the migration that cut it.
    const done = session.migrations.filter((m) => sample && m.resume <= sample.time);
    const freqHz = Number(line.split(' ')[3]);
    const hidden = done.reduce((sum, m) => sum + m.hidden, 0n);
    const hostHz = done.at(-1)?.to.freqHz ?? freqHz;
    if (sample) samples.push({ ...sample, grain: 1 / hostHz + 1 / PV_HZ, hidden });
    line = '';
  });
  expect(session.run()).toBe('exit');
  expect(session.migrations).toHaveLength(MIGRATIONS);
  expect(samples).toHaveLength(1600);
  const [first] = samples;
  let last = first!.pv!;
  for (const s of samples) {
    expect(s.pv!).toBeGreaterThanOrEqual(last);
    last = s.pv!;
    const guest = Number(s.pv! - first!.pv!) / PV_HZ;
    const real = Number(s.time - first!.time - (s.hidden - first!.hidden)) / 1e12;
    expect(Math.abs(guest - real)).toBeLessThan(s.grain + first!.grain);
  }
});
