/** Live migration over a perfect link: the run is the one that would have been, on either host. */
import { expect, test } from 'vitest';
import { stateHash } from '../../../src/cli/state-hash.js';
import { parseHost } from '../../../src/host/frequency.js';
import { migrate } from '../../../src/migration/migrate.js';
import { guestMachine, type MachineOptions, runToEnd } from '../../support/machine.js';
import { arrive, move, sessionOf } from './link.js';

const ID = '0123456789abcdef0123456789abcdef';
const CASES: [string, MachineOptions, string, bigint][] = [
  ['clock', { bootargs: 'exit=semihosting samples=200 work=20000' }, '25MHz', 0n],
  ['clock', { bootargs: 'exit=semihosting samples=200 work=20000 lpt=on', lpt: true }, '1GHz', 3_000_000_000n],
  ['steal', { vcpus: 2, bootargs: 'exit=semihosting samples=20', steal: ['vcpu=0 every=1ms for=300us'] }, '1GHz', 5n],
  ['smp', { vcpus: 3, cpu: 'neoverse-n1', bootargs: 'exit=semihosting rounds=3000' }, '19.2MHz', 10_000_000n],
  ['ticks', { bootargs: 'exit=semihosting rounds=1 long=4' }, '50MHz', 1_000_000n],
];

const text = (bytes: number[]): string => Buffer.from(bytes).toString('latin1').replaceAll('\r', '');

test.each(CASES)('%s %j to %s', (guest, options, host, pause) => {
  const strategy = options.lpt ? 'lpt' : 'offset';
  const spec = parseHost(host);
  const out: number[] = [];
  const session = sessionOf(guestMachine(guest, options), (byte) => out.push(byte));
  session.machine.host.run({ until: 300_000_000n });
  const moved = move({ session, id: ID, spec, pause, strategy, rounds: [200_000_000n, 50_000_000n] });
  expect([moved.source.phase, moved.destination.phase, moved.source.reason]).toEqual(['gone', 'running', null]);
  expect(moved.source.progress.rounds).toBeGreaterThan(0);
  const { machine, record } = moved.destination.arrived!;
  expect(record.resume - record.stop).toBeGreaterThanOrEqual(pause);

  // The same guest, moved in process at the same instruction.
  const twin = guestMachine(guest, options);
  const before: number[] = [];
  sessionOf(twin, (byte) => before.push(byte));
  twin.host.run({ until: record.stop });
  expect(twin.host.now()).toBe(record.stop);
  migrate(twin, spec, strategy, pause);
  expect(stateHash(machine)).toBe(stateHash(twin));
  expect(text(out)).toBe(text(before));

  const after = arrive(moved.destination.arrived!, (byte) => out.push(byte));
  const status = after.run();
  const rest = runToEnd(twin);
  expect(status).toBe(rest.status);
  expect(text(out)).toBe(text(before) + rest.console);
  expect(stateHash(machine)).toBe(stateHash(twin));
});
