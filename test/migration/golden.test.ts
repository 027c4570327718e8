/**
 * A snapshot that an older build wrote is read by this one (cases.md R3). golden/ticks-v1.cv.gz was saved by commit 849ac66, the
 * first with snapshots, 3 ms into guests/ticks with `rounds=1 long=4 lines=0 exit=semihosting`, 4M, 25MHz. It must never be made anew.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readContainer, writeContainer } from '../../src/migration/container.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { runToEnd } from '../support/machine.js';

const golden = (): Uint8Array =>
  new Uint8Array(gunzipSync(readFileSync(new URL('./golden/ticks-v1.cv.gz', import.meta.url))));

test('the sections of version 1 are all there', () => {
  expect(readContainer(golden()).map(({ name, version }) => [name, version])).toEqual([
    ['host', 1],
    ['vm', 1],
    ['ram', 1],
    ['pv-time', 1],
  ]);
});

test.each(['interp', 'jit'] as const)('it is read, saved and gone on with to its end (%s)', (engine) => {
  const machine = restoreSnapshot(saveSnapshot(restoreSnapshot(golden(), engine)), engine);
  expect(machine.host.now()).toBe(3_000_000_000n);
  const { status, console } = runToEnd(machine);
  expect(status).toBe('exit');
  expect(machine.vm.end).toEqual({ kind: 'exit', code: 0 });
  expect(console).toMatch(/^1\.\.[1-9]\d*$/m);
  expect(console).not.toMatch(/^not ok/m);
});

test('a section of a version to come is refused by name, with what is read', () => {
  const sections = readContainer(golden()).map((s) => (s.name === 'vm' ? { ...s, version: 7 } : s));
  expect(() => restoreSnapshot(writeContainer(sections), 'interp')).toThrow(
    /^snapshot: section 'vm' has version 7; this Chronovisor reads \d/,
  );
});
